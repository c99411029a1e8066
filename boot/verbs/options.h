/*
 * options.h - what a command line says behind its verb.
 */
#ifndef HEARTH_VERBS_OPTIONS_H
#define HEARTH_VERBS_OPTIONS_H

#include <stdbool.h>

/* What may stand behind a verb. Each verb names the ones it takes. */
enum option_flag {
    OPT_SITE = 1 << 0,
    OPT_SYSROOT = 1 << 1,
    OPT_FACTS = 1 << 2,
    OPT_NODE = 1 << 3,
    OPT_OUT = 1 << 4,
    OPT_JSON = 1 << 5,
    OPT_EXPLAIN = 1 << 6,
    OPT_ALL = 1 << 7,
    OPT_AZ = 1 << 8,
    OPT_ACCESS = 1 << 9,
    OPT_ARGUMENT = 1 << 10, /* one word that is no option */
    OPT_PARTIAL = 1 << 11,
    OPT_TALOS = 1 << 12,
    OPT_LOGIN = 1 << 13,
};

/* Strings are borrowed from argv; NULL means not given. */
struct options {
    const char *site;
    const char *sysroot;
    const char *facts;
    const char *node;
    const char *out;
    /* whose login is born here */
    const char *login;
    const char *argument;
    /* a version, as in 1.14 */
    const char *talos;
    bool json;
    bool explain;
    bool all;
    bool az;
    bool access;
    /* a tree that is not seen whole is judged as far as it is */
    bool partial;
};

#endif
