#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "show/show.h"
#include "verbs/verbs.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#define CODE_LAST ((unsigned)E_END_)

static const char *retry_sentence(enum retry_class retry)
{
    switch (retry) {
    case RETRY_SOON:
        return "tried again after 1 to 60 seconds, later if the server says so";
    case RETRY_SLOW:
        return "tried again every 10 minutes: somebody must act at Azure";
    case RETRY_EVENT:
        return "looked at again when the facts or the site change, at most once a minute";
    case RETRY_STOP:
        break;
    }
    return "not tried again; boot, on the node, looks again when the facts or the site change";
}

/* The next steps for one cause of several, in the order of the table; *which counts on from 0. NULL: no more. */
static const char *other_next(enum error_code code, unsigned *which)
{
    const char *next;
    for (unsigned i = *which + 1; i < ADVICE_END_; i++)
        if (error_advised((enum error_advice)i, &next) == code) {
            *which = i;
            return next;
        }
    return NULL;
}

static json_t *as_json(enum error_code code)
{
    struct error_info info = error_info(code);
    json_t *others = json_array();
    unsigned which = 0;
    for (const char *next = other_next(code, &which); next; next = other_next(code, &which))
        json_array_append_new(others, json_string(next));
    return json_pack("{s:s, s:s, s:s, s:o, s:i, s:s}", "code", info.slug, "meaning", info.sentence, "next",
                     info.next, "or", others, "exit", (int)info.exit, "retry", retry_sentence(info.retry));
}

static enum exit_status list_all(bool json)
{
    json_t *list = json ? json_array() : NULL;
    for (unsigned i = 1; i < CODE_LAST; i++) {
        struct error_info info = error_info((enum error_code)i);
        if (list)
            json_array_append_new(list, as_json((enum error_code)i));
        else
            show_printf("%-26s %s\n", info.slug, info.sentence);
    }
    if (list)
        show_json(list);
    return EXIT_DONE_;
}

enum exit_status verb_explain(const struct options *o)
{
    if (!o->argument)
        return list_all(o->json);
    enum error_code code = error_find(o->argument);
    if (code == E_NONE) {
        const char *slugs[CODE_LAST + 1] = {0};
        for (unsigned i = 1; i < CODE_LAST; i++)
            slugs[i - 1] = error_info((enum error_code)i).slug;
        const char *near = text_nearest(o->argument, slugs);
        struct error e;
        error_set(&e, E_USAGE, "there is no error code `%s`; `hearth explain` lists them", o->argument);
        if (near)
            error_set(&e, E_USAGE, "there is no error code `%s`; did you mean `%s`?", o->argument, near);
        log_error(&e);
        return EXIT_USAGE_;
    }
    struct error_info info = error_info(code);
    if (o->json) {
        show_json(as_json(code));
        return EXIT_DONE_;
    }
    show_printf("%s: %s\n  next:  %s\n", info.slug, info.sentence, info.next);
    unsigned which = 0;
    for (const char *next = other_next(code, &which); next; next = other_next(code, &which))
        show_printf("  or:    %s\n", next);
    show_printf("  exit:  %d\n  retry: %s\n", (int)info.exit, retry_sentence(info.retry));
    return EXIT_DONE_;
}
