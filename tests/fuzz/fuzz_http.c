/* A hostile server's bytes, whole and in two pieces: the same outcome, within the limits. */
#include "net/http.h"

#include "require.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t feed(struct http *h, const uint8_t *p, size_t n)
{
    size_t used = 0;
    while (used < n) {
        size_t k = http_feed(h, p + used, n - used);
        if (k == 0)
            break;
        used += k;
    }
    return used;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    size_t cut = 1 + data[0] * (size - 1) / 256;
    struct http whole;
    http_init(&whole, 784111777);
    struct http split;
    http_init(&split, 784111777);
    size_t used = feed(&whole, data + 1, size - 1);
    size_t used_split = feed(&split, data + 1, cut - 1);
    if (used_split == cut - 1)
        used_split += feed(&split, data + cut, size - cut);
    require(whole.state == split.state);
    require(whole.state == HTTP_BAD || used == used_split);
    require(whole.body.len <= HTTP_BODY_MAX && whole.line.len <= HTTP_LINE_MAX + 1);
    require(whole.state == HTTP_BAD || (whole.body.len == split.body.len && whole.status == split.status));
    require(whole.state == HTTP_BAD || whole.body.len == 0 ||
            memcmp(whole.body.data, split.body.data, whole.body.len) == 0);
    require(http_end(&whole) == http_end(&split));
    http_free(&whole);
    http_free(&split);
    return 0;
}
