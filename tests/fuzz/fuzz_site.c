/*
 * A whole homelab whose files are anything (files.h; the facts of the box are box.json, the values of secrets lie in
 * .values/NAME): opened, planned, shown in each way, and rendered with those values. The first byte chooses; the rest
 * of the line may name one of the sites of tests/blackbox/sites, which lies below.
 */
#define _GNU_SOURCE
#include "base/log.h"
#include "base/secret.h"
#include "files.h"
#include "pipeline/pipeline.h"
#include "render/report.h"
#include "require.h"
#include "verbs/verbs.h"

#define WAYS 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* What the verbs say is not looked at: both outputs lead nowhere while one runs. */
static void quiet(bool on)
{
    static int kept[2] = {-1, -1}, nowhere = -1;
    if (nowhere < 0)
        nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    fflush(stdout);
    for (int i = 0; i < 2; i++) {
        if (on)
            kept[i] = fcntl(i + 1, F_DUPFD_CLOEXEC, 10);
        require(dup2(on ? nowhere : kept[i], i + 1) >= 0);
        if (!on)
            close(kept[i]);
    }
}

static char bytes[1 << 16];

/* The bytes of a file; 0 where there is none. */
static size_t load(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, bytes, sizeof bytes);
    if (fd >= 0)
        close(fd);
    return n > 0 ? (size_t)n : 0;
}

/* In the place of the vault: a whole bundle of Talos's where the input has nothing. */
static struct secret value_of(const char *name)
{
    char path[300];
    snprintf(path, sizeof path, "%s/.values/%s", files_dir, name);
    size_t n = load(path);
    if (n == 0 && strncmp(name, "talos", 5) == 0)
        n = load("tests/fuzz/corpus/values/talos-bundle");
    return n > 0 && n <= VAULT_VALUE_MAX ? secret_copy(bytes, n) : secret_copy("a value", 7);
}

static size_t below;

static int lay_one(const char *path, const struct stat *st, int type, struct FTW *walk)
{
    (void)st;
    (void)walk;
    if (type == FTW_F)
        files_write(path + below, bytes, load(path));
    return 0;
}

/* The site of this name, and the facts of a box that it fits. */
static void lay_base(const uint8_t *name, size_t n)
{
    char path[64] = "tests/blackbox/sites/";
    below = strlen(path) + n + 1;
    if (n == 0 || below >= sizeof path)
        return;
    memcpy(path + strlen(path), name, n);
    for (size_t i = 0; i < n; i++)
        if (name[i] < 'a' || name[i] > 'z')
            return;
    nftw(path, lay_one, 8, FTW_PHYS);
}

static void render(const struct options *o, bool hold)
{
    struct pipeline run = {.stop_fd = -1, .quiet = true, .hold = hold};
    struct errors errors = {0};
    struct rendered rendered = {0};
    if (pipeline_gather(&run, o, &errors) == 0) {
        run.answers =
            mem_alloc_array(run.plan->secret_count ? run.plan->secret_count : 1, sizeof *run.answers);
        for (unsigned i = 0; i < run.plan->secret_count; i++)
            run.answers[i].value = value_of(run.plan->secrets[i].name);
        if (pipeline_render(&run, &rendered, &errors) == 0) {
            struct error e = {0};
            require(rendered.machine_config.len > 0 && report_write(run.plan, &rendered, &e) == 0);
        } else {
            require(errors.count > 0 && rendered.machine_config.len == 0);
        }
    } else {
        require(errors.count > 0);
    }
    render_free(&rendered);
    errors_free(&errors);
    pipeline_free(&run);
}

static void run(const char *site, unsigned way)
{
    char facts[96];
    snprintf(facts, sizeof facts, "%s/box.json", site);
    struct options o = {.site = site, .facts = facts};
    o.json = way == 1 || way == 5;
    o.explain = way <= 1;
    o.az = way == 2;
    o.access = way == 3;
    o.all = way == 4 || way == 5;
    if (o.all)
        o.facts = NULL;
    quiet(true);
    log_json(o.json);
    if (way >= 6)
        render(&o, way == 7);
    else
        verb_plan(&o);
    quiet(false);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    /* A login in the environment would be looked for; git would walk up from the folder. */
    clearenv();
    setenv("PATH", "/usr/bin:/bin", 1);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    const char *site = files_new();
    const uint8_t *line = memchr(data, '\n', size);
    files_write("box.json", bytes, load("tests/fuzz/corpus/facts/optiplex-7040"));
    lay_base(data + 1, line ? (size_t)(line - data - 1) : 0);
    files_lay(data + 1, size - 1);
    /* "0" to "7" are the ways, "8" and more all of them. */
    unsigned kind = data[0] % 16;
    for (unsigned way = kind < WAYS ? kind : 0; way < (kind < WAYS ? kind + 1 : WAYS); way++)
        run(site, way);
    return 0;
}
