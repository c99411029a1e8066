#include "render/render.h"

#include "base/log.h"
#include "base/text.h"
#include "pipeline/pipeline.h"
#include "render/report.h"
#include "render/sink.h"
#include "show/show.h"
#include "verbs/verbs.h"

#include <stdio.h>
#include <string.h>

#define STAGES 5

static void show_files(const char *out, const struct rendered *r, bool json)
{
    UNSET char dir[4096];
    text_clean_z(dir, sizeof dir, out);
    size_t n;
    while ((n = strlen(dir)) > 1 && dir[n - 1] == '/')
        dir[n - 1] = '\0';
    if (json) {
        show_bytes(r->plan_json.data, r->plan_json.len);
        return;
    }
    char size[32];
    show_printf("%s/machine-config.yaml  %s\n", dir, text_size(size, sizeof size, r->machine_config.len));
    for (unsigned i = 0; i < r->manifest_count; i++)
        show_printf("%s/manifests/%s.yaml  %s\n", dir, r->manifests[i].name,
                    text_size(size, sizeof size, r->manifests[i].contents.n));
    show_printf("%s/plan.json  %s\n", dir, text_size(size, sizeof size, r->plan_json.len));
}

static int render_to(struct pipeline *run, struct rendered *rendered, const struct options *o,
                     struct errors *errors)
{
    if (pipeline_gather(run, o, errors) != 0)
        return -1;
    struct error e;
    if (sink_check(o->out, &e) != 0) {
        errors_add(errors, &e);
        return -1;
    }
    if (pipeline_secrets(run, true, errors) != 0 || pipeline_render(run, rendered, errors) != 0)
        return -1;
    char size[32];
    log_stage(4, STAGES, "documents", "machine config %s, %u manifests",
              text_size(size, sizeof size, rendered->machine_config.len), rendered->manifest_count);
    if (report_write(run->plan, rendered, &e) != 0 || sink_directory(o->out, rendered, &e) != 0) {
        errors_add(errors, &e);
        return -1;
    }
    log_stage(5, STAGES, "written", "%s", o->out);
    return 0;
}

enum exit_status verb_render(const struct options *o)
{
    struct pipeline run = {.stages = STAGES, .stop_fd = -1};
    struct errors errors = {0};
    if (!o->out) {
        struct error e;
        error_set(&e, E_USAGE, "render needs --out DIR");
        errors_add(&errors, &e);
        return log_errors(&errors);
    }
    struct rendered rendered = {0};
    enum exit_status status = EXIT_DONE_;
    if (render_to(&run, &rendered, o, &errors) == 0)
        show_files(o->out, &rendered, o->json);
    else
        status = log_errors(&errors);
    render_free(&rendered);
    pipeline_free(&run);
    return status;
}
