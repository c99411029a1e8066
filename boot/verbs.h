/*
 * verbs.h - the command line: one table of verbs, one struct of options.
 *
 * A verb is a file of its name. It prints results to stdout and everything else through
 * base/log.h, and returns the exit status.
 */
#ifndef HEARTH_VERBS_H
#define HEARTH_VERBS_H

#include "base/codes.h"

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
};

/* Strings are borrowed from argv; NULL means not given. */
struct options {
    const char *site;
    const char *sysroot;
    const char *facts;
    const char *node;
    const char *out;
    const char *argument;
    bool json;
    bool explain;
    bool all;
    bool az;
    bool access;
};

enum exit_status verb_boot(const struct options *o);
enum exit_status verb_plan(const struct options *o);
enum exit_status verb_check(const struct options *o);
enum exit_status verb_render(const struct options *o);
enum exit_status verb_facts(const struct options *o);
enum exit_status verb_assets(const struct options *o);
enum exit_status verb_explain(const struct options *o);
enum exit_status verb_version(const struct options *o);

#endif
