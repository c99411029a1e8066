#include "site/shape.h"

#include "base/text.h"

#include <string.h>

/* What libyaml's emitter writes as it is, less what a reader takes for a line break or a byte order mark. */
static bool stands_as_it_is(uint32_t c)
{
    return c == '\n' || (c >= 0x20 && c <= 0x7e) ||
        (c >= 0xa0 && c <= 0xd7ff && c != 0x2028 && c != 0x2029) ||
        (c >= 0xe000 && c <= 0xfffd && c != 0xfeff);
}

struct shape shape_of(const char *text, size_t len)
{
    const unsigned char *p = (const unsigned char *)text;
    struct shape s = {.block = len > 0 && p[0] != ' ' && p[0] != '\n', .fold = true};
    for (size_t i = 0; i < len;) {
        if (p[i] >= ' ' && p[i] <= '~') {
            i++;
            continue;
        }
        uint32_t c = p[i];
        size_t width = c < 0x80 ? 1 : text_decode(p + i, len - i, &c);
        unsigned char after = width && i + width < len ? p[i + width] : 0;
        if (width == 0 || !stands_as_it_is(c))
            s.escape = true;
        if (c == '\n') {
            s.lines = true;
            if (after == '\n' || after == ' ')
                s.fold = false;
            if ((after == '\n' && i + 2 == len) || (i > 0 && p[i - 1] == ' '))
                s.block = false;
        }
        i += width ? width : 1;
    }
    s.block = s.block && !s.escape && p[len - 1] != ' ';
    s.fold = s.fold && s.block;
    return s;
}

bool shape_quoted_by_libyaml(const struct tree_node *node)
{
    return strncmp(node->text, "---", 3) == 0 || strncmp(node->text, "...", 3) == 0 ||
        strcmp(node->text, "-") == 0 || strcmp(node->text, "?") == 0 ||
        (node->len > 0 && node->text[node->len - 1] == ':');
}
