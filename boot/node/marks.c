#include "node/marks.h"

#include "base/fd.h"
#include "base/mem.h"

#include <fcntl.h>
#include <unistd.h>

static const char *const paths[MARK_COUNT] = {
    [MARK_APPLIED] = MARKS_DIR "/applied",
    [MARK_BOOTSTRAP] = MARKS_DIR "/bootstrap",
    [MARK_WIPED] = MARKS_DIR "/wiped",
};
static bool known[MARK_COUNT];

bool marks_has(enum mark mark)
{
    known[mark] = known[mark] || access(paths[mark], F_OK) == 0;
    return known[mark];
}

void marks_set(enum mark mark)
{
    known[mark] = true;
    cleanup(fd_cleanup) int fd = open(paths[mark], O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    (void)fd; /* without a place for it the process alone remembers */
}

void marks_clear(enum mark mark)
{
    known[mark] = false;
    (void)unlink(paths[mark]);
}
