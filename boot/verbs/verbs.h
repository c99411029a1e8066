/*
 * verbs.h - the verbs: a file of its name each.
 *
 * A verb takes what parsing left, prints its result through show/ and everything else through base/log.h, and returns
 * the exit status.
 */
#ifndef HEARTH_VERBS_VERBS_H
#define HEARTH_VERBS_VERBS_H

#include "base/codes.h"
#include "render/render.h"
#include "verbs/options.h"

/* Address space for a config of RENDER_CONFIG_MAX, with all that it is made of, read back and handed over. What is
 * touched is far less: `make bench` holds a whole run with Flux inlined to 4 MiB. */
#define VERBS_HEAP (8 * RENDER_CONFIG_MAX)

enum exit_status verb_boot(const struct options *o);
enum exit_status verb_plan(const struct options *o);
enum exit_status verb_check(const struct options *o);
enum exit_status verb_render(const struct options *o);
enum exit_status verb_facts(const struct options *o);
enum exit_status verb_assets(const struct options *o);
enum exit_status verb_explain(const struct options *o);
enum exit_status verb_version(const struct options *o);

#endif
