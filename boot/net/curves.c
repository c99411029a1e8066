#include "net/curves.h"

#include "net/tls.h"

/* Points of X25519 are not added: no signature is made on that curve, and BearSSL asks for none. */
static const br_ec_impl *of(int curve)
{
    return curve == BR_EC_curve25519 ? &TLS_X25519 : &TLS_EC;
}

static const unsigned char *generator(int curve, size_t *len)
{
    return of(curve)->generator(curve, len);
}

static const unsigned char *order(int curve, size_t *len)
{
    return of(curve)->order(curve, len);
}

static size_t xoff(int curve, size_t *len)
{
    return of(curve)->xoff(curve, len);
}

static uint32_t mul(unsigned char *point, size_t point_len, const unsigned char *x, size_t x_len, int curve)
{
    return of(curve)->mul(point, point_len, x, x_len, curve);
}

static size_t mulgen(unsigned char *point, const unsigned char *x, size_t x_len, int curve)
{
    return of(curve)->mulgen(point, x, x_len, curve);
}

static uint32_t muladd(unsigned char *a, const unsigned char *b, size_t len, const unsigned char *x,
                       size_t x_len, const unsigned char *y, size_t y_len, int curve)
{
    return of(curve)->muladd(a, b, len, x, x_len, y, y_len, curve);
}

const br_ec_impl curves_all = {
    .supported_curves = (uint32_t)1 << BR_EC_curve25519 | (uint32_t)1 << BR_EC_secp256r1 |
        (uint32_t)1 << BR_EC_secp384r1 | (uint32_t)1 << BR_EC_secp521r1,
    .generator = generator,
    .order = order,
    .xoff = xoff,
    .mul = mul,
    .mulgen = mulgen,
    .muladd = muladd,
};
