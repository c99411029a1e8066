#include "facts/facts.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/log.h"
#include "line.h"
#include "verbs.h"

#include <stdio.h>

enum exit_status verb_facts(const struct options *o)
{
    struct error e;
    json_t *facts = o->facts ? facts_load(o->facts, &e) : facts_read(o->sysroot ? o->sysroot : "", &e);
    if (!facts) {
        log_error(&e);
        return error_info(e.code)->exit;
    }
    json_dumpf(facts, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
    putchar('\n');
    if (!o->facts)
        line_facts_notes(o, facts);
    json_decref(facts);
    return EXIT_DONE_;
}
