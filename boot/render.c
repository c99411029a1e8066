#include "render/render.h"

#include "base/log.h"
#include "base/text.h"
#include "line.h"
#include "render/sink.h"
#include "verbs.h"

#include <stdio.h>

#define STAGES 5

static void show_files(const char *dir, const struct rendered *r, bool json)
{
    char size[32];
    if (json) {
        fwrite(r->plan_json.data, 1, r->plan_json.len, stdout);
        return;
    }
    printf("%s/machine-config.yaml  %s\n", dir, text_size(size, sizeof size, r->machine_config.len));
    for (unsigned i = 0; i < r->manifest_count; i++)
        printf("%s/manifests/%s.yaml  %s\n", dir, r->manifests[i].name,
               text_size(size, sizeof size, r->manifests[i].contents.len));
    printf("%s/plan.json  %s\n", dir, text_size(size, sizeof size, r->plan_json.len));
}

static enum exit_status write_out(const char *dir, const struct rendered *r)
{
    struct error e;
    if (sink_directory(dir, r, &e) == 0)
        return EXIT_DONE_;
    log_error(&e);
    return error_info(e.code)->exit;
}

enum exit_status verb_render(const struct options *o)
{
    struct line line = {.stages = STAGES};
    struct rendered rendered = {0};
    char size[32];
    if (!o->out) {
        struct error e;
        error_set(&e, E_USAGE, "render needs --out DIR");
        log_error(&e);
        return EXIT_USAGE_;
    }
    enum exit_status status = line_gather(&line, o, true);
    if (status == EXIT_DONE_)
        status = line_render(&line, &rendered);
    if (status == EXIT_DONE_) {
        log_stage(4, STAGES, "documents", "machine config %s, %u manifests",
                  text_size(size, sizeof size, rendered.machine_config.len), rendered.manifest_count);
        status = write_out(o->out, &rendered);
    }
    if (status == EXIT_DONE_) {
        log_stage(5, STAGES, "written", "%s", o->out);
        show_files(o->out, &rendered, o->json);
    }
    rendered_free(&rendered);
    line_free(&line);
    return status;
}
