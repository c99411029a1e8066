#include "base/sought.h"

#include <string.h>

#define BITS 32u

/* Only each step'th pair of bytes is looked at: wherever a mark lies, one of its first `step` pairs is such a one. Of
 * the last pair of a mark as short as that the second byte is any. */
static void make(const struct sought *marks, unsigned count, struct sought_masks *masks)
{
    unsigned step = BITS / count;
    for (unsigned i = 0; i < count; i++)
        if (step > strlen(marks[i].text) - !marks[i].behind)
            step = (unsigned)strlen(marks[i].text) - !marks[i].behind;
    unsigned bit = 0;
    for (unsigned i = 0; i < count; i++) {
        for (unsigned k = 0; k < step; k++, bit++) {
            masks->first[(unsigned char)marks[i].text[k]] |= 1u << bit;
            const unsigned char next = (unsigned char)marks[i].text[k + 1];
            for (unsigned c = next; c < (next ? next + 1u : 256u); c++)
                masks->second[c] |= 1u << bit;
        }
    }
    masks->step = step;
}

/* Whether one of the marks that the pair may belong to stands there. Apart: the loop below has its registers. */
static bool __attribute__((noinline)) stands(const struct sought *marks, unsigned step, uint32_t hit,
                                             const unsigned char *at, size_t before, size_t behind)
{
    for (; hit; hit &= hit - 1) {
        unsigned bit = (unsigned)__builtin_ctz(hit), into = bit % step;
        const struct sought *m = &marks[bit / step];
        size_t len = strlen(m->text);
        if (before >= into + m->before && behind + into >= len + m->behind &&
            memcmp(at - into, m->text, len) == 0)
            return true;
    }
    return false;
}

bool sought_in(const struct sought *marks, unsigned count, struct sought_masks *masks, const char *text,
               size_t n)
{
    if (!masks->step)
        make(marks, count, masks);
    const unsigned char *const start = (const unsigned char *)text;
    const unsigned step = masks->step;
    for (size_t i = 1; i < n; i += step) {
        const unsigned char *at = start + i - 1;
        uint32_t hit = masks->first[at[0]] & masks->second[at[1]];
        if (hit && stands(marks, step, hit, at, i - 1, n - i + 1))
            return true;
    }
    return false;
}
