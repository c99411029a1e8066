#include "base/fd.h"
#include "base/mem.h"
#include "base/stream.h"
#include "facts/clean.h"
#include "facts/parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_ 8192 /* flags of a current server are 2.2 kB */
#define LINES_MAX ((unsigned)1 << 20)
#define THREADS_MAX 8192u
#define BYTES_MAX ((uint64_t)64 << 20)

/* What one pass over /proc/cpuinfo gathers; the texts and numbers are the first processor's. */
struct cpus {
    char vendor_id[64];
    char model_name[256];
    char virtualization[8];
    /* -1: unknown */
    long family, model, stepping;
    unsigned threads;
    /* of the block being read; -1: not given */
    long physical, core;
    /* physical << 16 | core, distinct */
    uint32_t *cores;
    unsigned core_count;
    /* as the first processor says; 0: it does not */
    long cores_a_socket;
    /* a block without ids, or too many */
    bool unclear;
    /* there was more than is read */
    bool cut;
};

static bool has_word(const char *list, const char *word)
{
    size_t n = strlen(word);
    for (const char *at = strstr(list, word); at; at = strstr(at + n, word))
        if ((at == list || at[-1] == ' ') && (at[n] == ' ' || at[n] == '\0'))
            return true;
    return false;
}

static void end_block(struct cpus *c)
{
    long physical = c->physical;
    long core = c->core;
    c->physical = c->core = -1;
    if (physical < 0 || physical > 0xffff || core < 0 || core > 0xffff || c->core_count >= THREADS_MAX) {
        c->unclear = true;
        return;
    }
    uint32_t id = (uint32_t)physical << 16 | (uint32_t)core;
    for (unsigned i = 0; i < c->core_count; i++)
        if (c->cores[i] == id)
            return;
    c->cores[c->core_count++] = id;
}

static void copy_once(char *out, size_t cap, const char *value)
{
    if (!*out)
        snprintf(out, cap, "%s", value);
}

static void number_once(long *out, const char *value)
{
    if (*out < 0)
        *out = strtol(value, NULL, 10);
}

static const char *virtualization_of(const char *flags)
{
    if (has_word(flags, "vmx"))
        return "vmx";
    return has_word(flags, "svm") ? "svm" : "";
}

static void take(struct cpus *c, const char *key, const char *value)
{
    if (strcmp(key, "processor") == 0)
        c->threads++;
    else if (strcmp(key, "vendor_id") == 0)
        copy_once(c->vendor_id, sizeof c->vendor_id, value);
    else if (strcmp(key, "model name") == 0)
        copy_once(c->model_name, sizeof c->model_name, value);
    else if (strcmp(key, "cpu family") == 0)
        number_once(&c->family, value);
    else if (strcmp(key, "model") == 0)
        number_once(&c->model, value);
    else if (strcmp(key, "stepping") == 0)
        number_once(&c->stepping, value);
    else if (strcmp(key, "physical id") == 0)
        c->physical = strtol(value, NULL, 10);
    else if (strcmp(key, "core id") == 0)
        c->core = strtol(value, NULL, 10);
    else if (strcmp(key, "cpu cores") == 0 && c->cores_a_socket == 0)
        c->cores_a_socket = strtol(value, NULL, 10);
    else if (strcmp(key, "flags") == 0 && !*c->virtualization)
        copy_once(c->virtualization, sizeof c->virtualization, virtualization_of(value));
}

/* The next line, cut at its maximum; false when none is left. */
static bool next_line(struct stream *s, char line[LINE_MAX_])
{
    char c = (char)stream_next(s);
    if (s->bad)
        return false;
    size_t n = 0;
    for (; !s->bad && c != '\n' && s->taken < BYTES_MAX; c = (char)stream_next(s))
        if (n + 1 < LINE_MAX_)
            line[n++] = c;
    line[n] = '\0';
    return true;
}

/* Line by line, because the file of a big server is a megabyte. */
static void scan(struct stream *s, struct cpus *c)
{
    static char line[LINE_MAX_];
    bool inside = false;
    unsigned lines = 0;
    for (; lines < LINES_MAX && c->threads < THREADS_MAX && s->taken < BYTES_MAX && next_line(s, line);
         lines++) {
        char *colon = strchr(line, ':');
        if (!colon) {
            if (inside && !*line)
                end_block(c);
            inside = inside && *line;
            continue;
        }
        char *end = colon;
        while (end > line && (end[-1] == '\t' || end[-1] == ' '))
            end--;
        *end = '\0';
        take(c, line, colon + 1 + strspn(colon + 1, " "));
        inside = true;
    }
    if (inside)
        end_block(c);
    c->cut = !s->bad;
}

static unsigned count_sockets(const struct cpus *c)
{
    unsigned sockets = 0;
    for (unsigned i = 0; i < c->core_count; i++) {
        bool first = true;
        for (unsigned k = 0; k < i && first; k++)
            first = c->cores[k] >> 16 != c->cores[i] >> 16;
        sockets += first;
    }
    return sockets;
}

/* Core ids are counted anew on each die, and a socket may have two: then the ids are too few, and the socket's own word
 * is right. It is no more than there are processors. */
static unsigned count_cores(const struct cpus *c)
{
    long said =
        c->cores_a_socket > 0 && c->cores_a_socket <= THREADS_MAX ? count_sockets(c) * c->cores_a_socket : 0;
    if (said > c->threads)
        said = c->threads;
    return said > c->core_count ? (unsigned)said : c->core_count;
}

static json_t *count_fact(const struct cpus *c, unsigned count)
{
    return count && !c->unclear && !c->cut ? json_integer(count) : json_null();
}

static json_t *known(long v)
{
    return v >= 0 ? json_integer(v) : json_null();
}

json_t *cpu_read(const struct sysfs *s)
{
    struct cpus c = {.family = -1, .model = -1, .stepping = -1, .physical = -1, .core = -1};
    cleanup(fd_cleanup) int fd = sysfs_fd(s, "proc/cpuinfo");
    cleanup(mem_cleanup) struct stream *stream = mem_alloc(sizeof *stream);
    stream->fd = fd;
    c.cores = mem_alloc_array(THREADS_MAX, sizeof *c.cores);
    if (fd >= 0)
        scan(stream, &c);
    json_t *cpu = json_object();
    json_object_set_new(cpu, "model_name", clean_string(c.model_name));
    json_object_set_new(cpu, "vendor_id", clean_string(c.vendor_id));
    json_object_set_new(cpu, "family", known(c.family));
    json_object_set_new(cpu, "model", known(c.model));
    json_object_set_new(cpu, "stepping", known(c.stepping));
    json_object_set_new(cpu, "sockets", count_fact(&c, count_sockets(&c)));
    json_object_set_new(cpu, "cores", count_fact(&c, count_cores(&c)));
    json_object_set_new(cpu, "threads", c.threads && !c.cut ? json_integer(c.threads) : json_null());
    json_object_set_new(cpu, "virtualization", clean_plain(c.virtualization));
    mem_free(c.cores);
    return cpu;
}
