/* A hostile index of Git: by both lengths of hash, and a path is found the same way twice. */
#define _GNU_SOURCE
#include "require.h"
#include "site/tracked.h"

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const paths[] = {".hearth/data.pem", "hearth.yaml", "a"};
    int fd = memfd_create("index", MFD_CLOEXEC);
    require(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    for (unsigned i = 0; i < 6; i++) {
        enum tracked said[2];
        for (unsigned k = 0; k < 2; k++) {
            require(lseek(fd, 0, SEEK_SET) == 0);
            said[k] = tracked_index(fd, i % 2 ? 20 : 32, paths[i / 2]);
        }
        require(said[0] == said[1] && said[0] != TRACKED_OUTSIDE);
    }
    close(fd);
    return 0;
}
