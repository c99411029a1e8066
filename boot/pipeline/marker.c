#include "pipeline/marker.h"

#include "base/file.h"
#include "base/text.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

const char *marker_text(char out[MARKER_MAX], const char *cluster_id, const char *node, const char *boot_id,
                        const char *disk)
{
    char plain[160];
    size_t n = 0;
    for (; disk[n] && n + 1 < sizeof plain; n++)
        plain[n] = isalnum((unsigned char)disk[n]) ? disk[n] : '-';
    plain[n] = '\0';
    snprintf(out, MARKER_MAX, "%s.%s.%s.%s", cluster_id, node, boot_id, plain);
    return out;
}

static bool blank(unsigned char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The next part of a text of parts with dots between them; its dot is taken too. */
static struct span part(struct span *rest)
{
    const unsigned char *dot = rest->n ? memchr(rest->p, '.', rest->n) : NULL;
    struct span out = {rest->p, dot ? (size_t)(dot - rest->p) : rest->n};
    size_t taken = dot ? out.n + 1 : out.n;
    rest->p += taken;
    rest->n -= taken;
    return out;
}

static bool same(struct span a, struct span b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

int marker_judge(struct span value, const char *ours, enum marker *out, struct error *e)
{
    struct span own = {(const unsigned char *)ours, strlen(ours)};
    while (value.n && blank(value.p[value.n - 1]))
        value.n--;
    while (value.n && blank(*value.p)) {
        value.p++;
        value.n--;
    }
    if (span_is(value, "none")) {
        *out = MARKER_NONE;
        return 0;
    }
    if (!same(part(&value), part(&own)) || value.n == 0)
        return error_set(e, E_MARKER_VALUE, "it is not `none`, and not of this cluster");
    bool node = same(part(&value), part(&own));
    struct span boot = part(&value), own_boot = part(&own);
    bool disk = value.n && same(value, own);
    if (!node)
        *out = MARKER_FOUNDED;
    else if (boot.n && same(boot, own_boot))
        *out = MARKER_OURS;
    else
        *out = disk ? MARKER_EARLIER : MARKER_UNSURE;
    return 0;
}

/* What this node, in this boot, writes. */
static const char *our_value(const struct pipeline *run, const struct rendered *rendered,
                             char out[MARKER_MAX])
{
    struct buf boot = {0};
    UNSET struct error ignored;
    (void)file_read(AT_FDCWD, "/proc/sys/kernel/random/boot_id", 64, &boot, &ignored);
    buf_add(&boot, "", 0);
    boot.data[strcspn(boot.data, "\n")] = '\0';
    marker_text(out, rendered->cluster_id, run->plan->name, boot.data,
                run->plan->disk.value ? run->plan->disk.value : "");
    buf_free(&boot);
    return out;
}

static const struct secret *value_of(const struct pipeline *run)
{
    for (unsigned i = 0; i < run->plan->secret_count; i++)
        if (text_equal_fold(run->plan->secrets[i].name, run->plan->marker))
            return &run->answers[i].value;
    return NULL; /* plan_make() has put it there */
}

int marker_read(const struct pipeline *run, const struct rendered *rendered, enum marker *said,
                struct error *e)
{
    char ours[MARKER_MAX];
    if (marker_judge(secret_bytes(value_of(run)), our_value(run, rendered, ours), said, e) != 0)
        return error_wrap(e, "secret %s", run->plan->marker);
    return 0;
}

int marker_set(struct pipeline *run, const struct rendered *rendered, struct error *e)
{
    char ours[MARKER_MAX];
    our_value(run, rendered, ours);
    if (span_is(secret_bytes(value_of(run)), ours))
        return 0;
    return pipeline_write_marker(run, ours, e);
}

int marker_clear(struct pipeline *run, struct error *e)
{
    return pipeline_write_marker(run, "none", e);
}
