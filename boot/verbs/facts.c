#include "facts/facts.h"

#include "base/error.h"
#include "base/log.h"
#include "pipeline/pipeline.h"
#include "show/show.h"
#include "verbs/verbs.h"

enum exit_status verb_facts(const struct options *o)
{
    struct error e;
    json_t *facts = o->facts ? facts_load(o->facts, &e) : facts_read(o->sysroot ? o->sysroot : "", &e);
    if (!facts) {
        log_error(&e);
        return error_info(e.code).exit;
    }
    show_json(json_incref(facts));
    if (!o->facts)
        pipeline_facts_notes(o, facts);
    json_decref(facts);
    return EXIT_DONE_;
}
