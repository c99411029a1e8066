/*
 * curves.h - elliptic curves for TLS and certificates: P-256, P-384, P-521 and X25519.
 *
 * One implementation of each kind, which share their arithmetic (BearSSL's i31); br_ec_all_* would bring others along.
 */
#ifndef HEARTH_NET_CURVES_H
#define HEARTH_NET_CURVES_H

#include <bearssl.h>

extern const br_ec_impl curves_all;

#endif
