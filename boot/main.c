#include "base/buf.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "embed/help.h"
#include "show/show.h"
#include "verbs/verbs.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define BOX (OPT_SITE | OPT_SYSROOT | OPT_FACTS | OPT_NODE | OPT_JSON)

struct verb {
    const char *name;
    enum exit_status (*run)(const struct options *o);
    unsigned takes;
};

static const struct verb verbs[] = {
    {"boot", verb_boot, OPT_SITE | OPT_SYSROOT | OPT_JSON},
    {"plan", verb_plan, BOX | OPT_EXPLAIN | OPT_ALL | OPT_AZ | OPT_ACCESS | OPT_PARTIAL},
    {"check", verb_check, BOX | OPT_PARTIAL},
    {"render", verb_render, BOX | OPT_OUT},
    {"facts", verb_facts, OPT_SYSROOT | OPT_FACTS | OPT_JSON | OPT_LOGIN | OPT_OUT},
    {"assets", verb_assets, OPT_OUT | OPT_JSON | OPT_ARGUMENT | OPT_TALOS},
    {"explain", verb_explain, OPT_JSON | OPT_ARGUMENT},
    {"version", verb_version, OPT_JSON},
};
#define VERB_COUNT (sizeof verbs / sizeof *verbs)

/* An option, where its value goes (offset of a const char * or a bool in struct options). */
struct option_row {
    const char *name;
    enum option_flag flag;
    bool has_value;
    size_t offset;
};

static const struct option_row option_rows[] = {
    {"--site", OPT_SITE, true, offsetof(struct options, site)},
    {"--sysroot", OPT_SYSROOT, true, offsetof(struct options, sysroot)},
    {"--facts", OPT_FACTS, true, offsetof(struct options, facts)},
    {"--node", OPT_NODE, true, offsetof(struct options, node)},
    {"--login", OPT_LOGIN, true, offsetof(struct options, login)},
    {"--out", OPT_OUT, true, offsetof(struct options, out)},
    {"--json", OPT_JSON, false, offsetof(struct options, json)},
    {"--explain", OPT_EXPLAIN, false, offsetof(struct options, explain)},
    {"--all", OPT_ALL, false, offsetof(struct options, all)},
    {"--az", OPT_AZ, false, offsetof(struct options, az)},
    {"--access", OPT_ACCESS, false, offsetof(struct options, access)},
    {"--talos", OPT_TALOS, true, offsetof(struct options, talos)},
    {"--partial", OPT_PARTIAL, false, offsetof(struct options, partial)},
};
#define OPTION_COUNT (sizeof option_rows / sizeof *option_rows)

static int finish(enum exit_status status)
{
    /* A result that did not reach its reader is a failure; one that the reader did not want needs no words. */
    int cause = show_end();
    if (cause != 0 && status == EXIT_DONE_) {
        struct error e;
        error_set(&e, E_FILE_WRITE, "stdout: the result could not be written");
        if (cause != EPIPE)
            log_error(&e);
        status = EXIT_FAILED_;
    }
    mem_wipe_all();
    return (int)status;
}

/* Owned by the caller. */
static struct buf read_help(const char *topic)
{
    char name[64];
    snprintf(name, sizeof name, "%s.txt", topic);
    struct buf text = {0};
    struct error e;
    char *packed = help_get(name, &e);
    if (packed)
        buf_str(&text, packed);
    else
        log_error(&e);
    mem_free(packed);
    return text;
}

static int say_help(const char *topic)
{
    struct buf text = read_help(topic);
    show_text(&text);
    return finish(EXIT_DONE_);
}

static int usage(const struct error *e)
{
    log_error(e);
    return finish(EXIT_USAGE_);
}

/* Ctrl-C and a service manager's stop: nothing is left in memory that a later reader could find. */
static void on_stop(int sig)
{
    mem_wipe_all();
    signal(sig, SIG_DFL);
    raise(sig);
}

static void catch_stops(void)
{
    static const int stops[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
    struct sigaction action = {.sa_handler = on_stop, .sa_flags = SA_NODEFER};
    for (size_t i = 0; i < sizeof stops / sizeof *stops; i++)
        sigaction(stops[i], &action, NULL);
    /* Both are seen as errors where they happen: a reader that has gone, a file that may not grow. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
}

static const struct verb *find_verb(const char *name, struct error *e)
{
    const char *names[VERB_COUNT + 1] = {0};
    for (size_t i = 0; i < VERB_COUNT; i++) {
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
        names[i] = verbs[i].name;
    }
    const char *near = text_nearest(name, names);
    if (name[0] == '-')
        error_set(e, E_USAGE, "`%s` stands where the verb belongs", name);
    else if (near)
        error_set(e, E_USAGE, "`%s` is not a verb; did you mean `%s`?", name, near);
    else
        error_set(e, E_USAGE, "`%s` is not a verb", name);
    return NULL;
}

/* The row of --name or --name=value; *value is what stands behind "=" or NULL. */
static const struct option_row *find_option(const struct verb *verb, const char *arg, const char **value,
                                            struct error *e)
{
    size_t len = strcspn(arg, "=");
    *value = arg[len] == '=' ? arg + len + 1 : NULL;
    size_t n = 0;
    const char *names[OPTION_COUNT + 1] = {0};
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const struct option_row *row = &option_rows[i];
        bool same = strlen(row->name) == len && strncmp(row->name, arg, len) == 0;
        if (same && (verb->takes & row->flag) != 0)
            return row;
        if (same) {
            error_set(e, E_USAGE, "`hearth %s` does not take %s", verb->name, row->name);
            return NULL;
        }
        if (verb->takes & row->flag)
            names[n++] = row->name;
    }
    const char *near = text_nearest(arg, names);
    if (near)
        error_set(e, E_USAGE, "`%s` is not an option; did you mean %s?", arg, near);
    else
        error_set(e, E_USAGE, "`%s` is not an option of `hearth %s`", arg, verb->name);
    return NULL;
}

static int parse(const struct verb *verb, int argc, char **argv, struct options *o, struct error *e)
{
    for (int i = 2; i < argc; i++) {
        if (argv[i][0] != '-') {
            if ((verb->takes & OPT_ARGUMENT) == 0 || o->argument)
                return error_set(e, E_USAGE, "`hearth %s` takes no word `%s`", verb->name, argv[i]);
            o->argument = argv[i];
            continue;
        }
        const char *value;
        const struct option_row *row = find_option(verb, argv[i], &value, e);
        if (!row)
            return -1;
        void *field = (char *)o + row->offset;
        if (!row->has_value) {
            if (value)
                return error_set(e, E_USAGE, "%s takes no value", row->name);
            *(bool *)field = true;
            continue;
        }
        if (!value)
            value = i + 1 < argc ? argv[++i] : NULL;
        if (!value || !*value)
            return error_set(e, E_USAGE, "%s needs a value", row->name);
        if (*(const char **)field)
            return error_set(e, E_USAGE, "%s is given twice", row->name);
        *(const char **)field = value;
    }
    if (o->facts && o->sysroot)
        return error_set(e, E_USAGE, "--facts and --sysroot both say which box; give one");
    return 0;
}

static bool has_flag(int argc, char **argv, const char *flag)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], flag) == 0)
            return true;
    return false;
}

static bool is_one_of(const char *word, const char *a, const char *b)
{
    return strcmp(word, a) == 0 || strcmp(word, b) == 0;
}

/* No file and no socket becomes one of the first three, where output goes. What is written to these fails, as it did.
 * */
static void secure_stdio(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && fd <= STDERR_FILENO);
    fd_cleanup(&fd);
}

int main(int argc, char **argv)
{
    /* first the heap, before anything could put a byte on it */
    mem_init(VERBS_HEAP);
    catch_stops();
    secure_stdio();
    unsigned seed = 0;
    (void)getrandom(&seed, sizeof seed, GRND_NONBLOCK);
    json_object_seed((size_t)seed | 1); /* else jansson takes it from the clock */

    /* what is asked for */
    if (argc < 2) {
        struct buf text = read_help("overview");
        log_table(&text);
        return finish(EXIT_USAGE_);
    }
    log_json(has_flag(argc, argv, "--json"));
    const char *word = is_one_of(argv[1], "--version", "-V") ? "version" : argv[1];
    bool asked = strcmp(word, "help") == 0 || is_one_of(word, "--help", "-h");
    if (asked)
        word = argc > 2 && argv[2][0] != '-' ? argv[2] : NULL;
    if (!word)
        return say_help("overview");
    struct error e;
    const struct verb *verb = find_verb(word, &e);
    if (!verb)
        return usage(&e);
    if (asked || has_flag(argc, argv, "--help") || has_flag(argc, argv, "-h"))
        return say_help(verb->name);
    struct options options = {0};
    if (parse(verb, argc, argv, &options, &e) != 0)
        return usage(&e);

    /* do it */
    return finish(verb->run(&options));
}
