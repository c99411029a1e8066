#include "render/render.h"

#include "base/log.h"
#include "base/text.h"
#include "line.h"
#include "render/report.h"
#include "render/sink.h"
#include "verbs.h"

#include <stdio.h>
#include <string.h>

#define STAGES 5

static void show_files(const char *out, const struct rendered *r, bool json)
{
    char size[32], dir[4096];
    size_t n;
    text_clean_z(dir, sizeof dir, out);
    while ((n = strlen(dir)) > 1 && dir[n - 1] == '/')
        dir[n - 1] = '\0';
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

static int render_to(struct line *line, struct rendered *rendered, const struct options *o,
                     struct errors *errors)
{
    struct error e;
    char size[32];
    if (line_gather(line, o, errors) != 0)
        return -1;
    if (sink_check(o->out, &e) != 0) {
        errors_add(errors, &e);
        return -1;
    }
    if (line_secrets(line, true, errors) != 0 || line_render(line, rendered, errors) != 0)
        return -1;
    log_stage(4, STAGES, "documents", "machine config %s, %u manifests",
              text_size(size, sizeof size, rendered->machine_config.len), rendered->manifest_count);
    if (report_write(line->plan, rendered, &e) != 0 || sink_directory(o->out, rendered, &e) != 0) {
        errors_add(errors, &e);
        return -1;
    }
    log_stage(5, STAGES, "written", "%s", o->out);
    return 0;
}

enum exit_status verb_render(const struct options *o)
{
    struct line line = {.stages = STAGES};
    struct rendered rendered = {0};
    struct errors errors = {0};
    enum exit_status status = EXIT_DONE_;
    if (!o->out) {
        struct error e;
        error_set(&e, E_USAGE, "render needs --out DIR");
        errors_add(&errors, &e);
        return fail(&errors);
    }
    if (render_to(&line, &rendered, o, &errors) == 0)
        show_files(o->out, &rendered, o->json);
    else
        status = fail(&errors);
    rendered_free(&rendered);
    line_free(&line);
    return status;
}
