#include "site/characters.h"

#include "base/text.h"

#include <string.h>

/* libyaml compares each %TAG with all before it, so a long run of them must not reach it. */
#define DIRECTIVE_LINES_MAX 16

static bool is_break(uint32_t c)
{
    return c == '\n' || c == '\r' || c == 0x85 || c == 0x2028 || c == 0x2029;
}

/* What libyaml's reader takes; it would report the rest by byte offset only. */
static bool is_yaml_character(uint32_t c)
{
    return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c <= 0x7e) || c == 0x85 ||
        (c >= 0xa0 && c <= 0xd7ff) || (c >= 0xe000 && c <= 0xfffd) || c >= 0x10000;
}

static int refuse_other_encodings(const char *file, struct span bytes, struct error *e)
{
    static const struct {
        const char *mark;
        size_t len;
        const char *name;
    } marks[] = {
        {"\xff\xfe\x00\x00", 4, "UTF-32"},
        {"\x00\x00\xfe\xff", 4, "UTF-32"},
        {"\xff\xfe", 2, "UTF-16"},
        {"\xfe\xff", 2, "UTF-16"},
    };
    struct pos start = {file, 1, 1};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (bytes.n >= marks[i].len && memcmp(bytes.p, marks[i].mark, marks[i].len) == 0)
            return error_at(e, start, E_YAML_REFUSED, "the file is %s; save it as UTF-8", marks[i].name);
    return 0;
}

int characters_check(const char *file, struct span bytes, struct error *e)
{
    if (refuse_other_encodings(file, bytes, e) != 0)
        return -1;
    struct pos at = {file, 1, 1};
    unsigned directives = 0;
    bool cr = false;
    for (size_t i = 0; i < bytes.n;) {
        uint32_t c = bytes.p[i];
        /* Most characters; none of them ends a line or is the second half of an end. */
        if (c >= ' ' && c <= '~' && at.column > 1) {
            at.column++;
            i++;
            continue;
        }
        size_t len = c < 0x80 ? 1 : text_decode(bytes.p + i, bytes.n - i, &c);

        if (len == 0)
            return error_at(e, at, E_YAML_REFUSED, "byte 0x%02x is not UTF-8", (unsigned)bytes.p[i]);
        if (c == 0)
            return error_at(e, at, E_YAML_REFUSED, "a NUL byte");
        if (!is_yaml_character(c))
            return error_at(
                e, at, E_YAML_SYNTAX,
                "the control character U+%04X cannot stand in YAML; in double quotes it is \"\\u%04x\"",
                (unsigned)c, (unsigned)c);
        if (at.column == 1 && !is_break(c)) {
            /* Comments and blank lines between two directives do not end the run. */
            if (c == '%')
                directives++;
            else if (c != '#' && c != ' ')
                directives = 0;
            if (directives > DIRECTIVE_LINES_MAX)
                return error_at(e, at, E_YAML_REFUSED,
                                "a %%-directive; hearth reads plain YAML without them");
        }
        if (c == '\n' && cr) {
            /* The second half of a CRLF: the line was counted already. */
        } else if (is_break(c)) {
            at.line++;
            at.column = 1;
        } else {
            at.column++;
        }
        cr = c == '\r';
        i += len;
    }
    return 0;
}
