/*
 * curves.h - the curves of a TLS client behind one of BearSSL's tables: X25519 by its own code, the NIST curves by that
 * for any prime. BearSSL's own such table, br_ec_all_m31, brings a third along for P-256 alone, 9 KB.
 */
#ifndef HEARTH_NET_CURVES_H
#define HEARTH_NET_CURVES_H

#include <bearssl_ec.h>

extern const br_ec_impl curves_all;

#endif
