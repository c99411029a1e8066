#include "net/curves.h"

/* X25519 has an implementation of its own; the others are one. */
static const br_ec_impl *of(int curve)
{
    return curve == BR_EC_curve25519 ? &br_ec_c25519_i31 : &br_ec_prime_i31;
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

static uint32_t mul(unsigned char *point, size_t n, const unsigned char *x, size_t xn, int curve)
{
    return of(curve)->mul(point, n, x, xn, curve);
}

static size_t mulgen(unsigned char *out, const unsigned char *x, size_t xn, int curve)
{
    return of(curve)->mulgen(out, x, xn, curve);
}

static uint32_t muladd(unsigned char *a, const unsigned char *b, size_t n, const unsigned char *x, size_t xn,
                       const unsigned char *y, size_t yn, int curve)
{
    return of(curve)->muladd(a, b, n, x, xn, y, yn, curve);
}

const br_ec_impl curves_all = {
    (uint32_t)1 << BR_EC_secp256r1 | (uint32_t)1 << BR_EC_secp384r1 | (uint32_t)1 << BR_EC_secp521r1 |
        (uint32_t)1 << BR_EC_curve25519,
    generator,
    order,
    xoff,
    mul,
    mulgen,
    muladd,
};
