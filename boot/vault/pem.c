#include "vault/pem.h"

#include "base/buf.h"
#include "base/mem.h"

#include <bearssl.h>
#include <string.h>

static void collect(void *arg, const void *p, size_t n)
{
    buf_add(arg, p, n);
}

/* RFC 7468 allows CR LF, and BearSSL's decoder does not: it never sees a CR. */
static size_t until_cr(const unsigned char *p, size_t n)
{
    const unsigned char *cr = memchr(p, '\r', n);
    return cr ? (size_t)(cr - p) : n;
}

bool pem_each(struct span text, pem_take *take, void *arg)
{
    cleanup(mem_cleanup) br_pem_decoder_context *pem = mem_alloc(sizeof *pem);
    struct buf der = {.max = PEM_OBJECT_MAX};
    static const unsigned char newline = '\n';
    unsigned objects = 0;
    bool inside = false;
    bool good = true;
    br_pem_decoder_init(pem);
    /* A last line without its newline would never end the object. */
    for (size_t at = 0; good && at <= text.n;) {
        const unsigned char *p = at < text.n ? text.p + at : &newline;
        size_t n = until_cr(p, at < text.n ? text.n - at : 1);
        at += n ? br_pem_decoder_push(pem, p, n) : 1;
        if (n == 0)
            continue;
        switch (br_pem_decoder_event(pem)) {
        case BR_PEM_BEGIN_OBJ:
            br_pem_decoder_setdest(pem, collect, &der);
            inside = true;
            break;
        case BR_PEM_END_OBJ:
            good = !der.full && ++objects <= PEM_OBJECTS_MAX &&
                take(arg, br_pem_decoder_name(pem), (struct span){(const unsigned char *)der.data, der.len});
            buf_free(&der);
            inside = false;
            break;
        case BR_PEM_ERROR:
            good = false;
            break;
        default:
            break;
        }
    }
    buf_free(&der);
    return good && !inside;
}
