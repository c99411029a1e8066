/* A plan and its secrets made by hand, for the tests of the render room. Every test that uses it opens and
 * closes its own. */
#ifndef HEARTH_TESTS_RENDER_KIT_H
#define HEARTH_TESTS_RENDER_KIT_H

#include "base/mem.h"
#include "base/text.h"
#include "render/render.h"
#include "render/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define KIT_SECRETS 8
#define KIT_MANIFESTS 8

struct kit {
    struct pool *pool;
    struct site site;
    struct role role;
    struct site_node entry;
    struct plan plan;
    struct plan_secret secrets[KIT_SECRETS];
    struct secret values[KIT_SECRETS];
    struct plan_manifest manifests[KIT_MANIFESTS];
    struct render_secrets given;
    struct rendered out;
    struct errors errors;
    char dir[64];
};

__attribute__((unused)) static void kit_open(struct kit *k, enum machine_type type)
{
    memset(k, 0, sizeof *k);
    k->pool = pool_new();
    snprintf(k->dir, sizeof k->dir, "/tmp/hearth-render-XXXXXX");
    assert_non_null(mkdtemp(k->dir));
    k->site.pool = k->pool;
    k->site.dir = k->dir;
    k->site.fd = open(k->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    k->site.flux.version = "v2.9.4";
    k->role = (struct role){.name = "data", .cluster = "home", .endpoint = "https://192.168.1.10:6443"};
    k->entry = (struct site_node){.name = "data-1", .role = &k->role, .type = type};
    k->plan = (struct plan){.pool = k->pool,
                            .site = &k->site,
                            .entry = &k->entry,
                            .name = "data-1",
                            .disk = {.field = "wwid", .value = "naa.5002538d40a1b2c3"},
                            .manifests = k->manifests,
                            .secrets = k->secrets};
}

__attribute__((unused)) static void kit_close(struct kit *k)
{
    for (unsigned i = 0; i < k->plan.secret_count; i++)
        secret_free(&k->values[i]);
    render_free(&k->out);
    errors_free(&k->errors);
    close(k->site.fd);
    pool_free(k->pool);
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", k->dir);
    assert_int_equal(system(command), 0);
}

__attribute__((unused)) static void kit_secret(struct kit *k, const char *name, const char *version,
                                               const void *value, size_t n)
{
    unsigned i = k->plan.secret_count++;
    assert_true(i < KIT_SECRETS);
    k->secrets[i] = (struct plan_secret){.name = name, .version = version};
    k->values[i] = secret_copy(value, n);
    k->given = (struct render_secrets){k->values, k->plan.secret_count};
}

__attribute__((unused)) static void kit_file(struct kit *k, const char *path, const void *bytes, size_t n)
{
    int fd = openat(k->site.fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, n), (ssize_t)n);
    close(fd);
}

__attribute__((unused)) static struct document *kit_docs(struct kit *k, const char *file, const char *yaml)
{
    struct document *docs = NULL;
    struct error e = {0};
    if (tree_read(k->pool, file, yaml, strlen(yaml), &docs, &e) != 0)
        fail_msg("%s", e.text);
    return docs;
}

__attribute__((unused)) static void kit_config(struct kit *k, const char *yaml)
{
    k->plan.config = kit_docs(k, "talos.yaml", yaml);
}

/* A manifest that is parsed and may hold references. */
__attribute__((unused)) static void kit_manifest(struct kit *k, const char *name, const char *file,
                                                 const char *yaml)
{
    assert_true(k->plan.manifest_count < KIT_MANIFESTS);
    k->manifests[k->plan.manifest_count++] = (struct plan_manifest){
        .name = name, .file = file, .docs = kit_docs(k, file ? file : "bootstrap", yaml)};
}

/* A manifest that is laid down byte for byte. */
__attribute__((unused)) static void kit_bytes(struct kit *k, const char *name, const char *file,
                                              const void *p, size_t n)
{
    assert_true(k->plan.manifest_count < KIT_MANIFESTS);
    k->manifests[k->plan.manifest_count++] =
        (struct plan_manifest){.name = name, .file = file, .bytes = {p, n}};
}

__attribute__((unused)) static int kit_render(struct kit *k)
{
    render_free(&k->out);
    errors_free(&k->errors);
    struct error e;
    int result = render_documents(&k->plan, &k->given, false, &k->out, &k->errors);
    if (result == 0)
        assert_int_equal(report_write(&k->plan, &k->out, &e), 0);
    return result;
}

/* Rendering failed, and one of the mistakes has this code and these words. No mistake holds `never`. */
__attribute__((unused)) static void kit_expect(struct kit *k, enum error_code code, const char *words,
                                               const char *never)
{
    bool found = false;
    for (unsigned i = 0; i < k->errors.count; i++) {
        const struct error *e = &k->errors.items[i];
        found |= e->code == code && strstr(e->text, words);
        if (never && strstr(e->text, never))
            fail_msg("a secret in a message: %s", e->text);
    }
    if (found)
        return;
    for (unsigned i = 0; i < k->errors.count; i++)
        print_message("  %s: %s\n", error_info(k->errors.items[i].code).slug, k->errors.items[i].text);
    fail_msg("no %s with \"%s\"", error_info(code).slug, words);
}

/* Base64 of the PEM of a DER body, in the pool. */
__attribute__((unused)) static const char *kit_pem(struct pool *pool, const char *label, const void *der,
                                                   size_t n)
{
    struct buf body = {0};
    text_base64(&body, der, n);
    struct buf pem = {0};
    buf_printf(&pem, "-----BEGIN %s-----\n", label);
    for (size_t i = 0; i < body.len; i += 64)
        buf_printf(&pem, "%.64s\n", body.data + i);
    buf_printf(&pem, "-----END %s-----\n", label);
    struct buf coded = {0};
    text_base64(&coded, pem.data, pem.len);
    const char *text = pool_strdup(pool, coded.data);
    buf_free(&body);
    buf_free(&pem);
    buf_free(&coded);
    return text;
}

/* An EC key (RFC 5915) whose public point is 65 times `mark`, and what passes for its certificate. */
__attribute__((unused)) static const char *kit_key(struct pool *pool, unsigned char mark)
{
    unsigned char der[2 + 3 + 4 + 2 + 2 + 1 + 65] = {0x30, sizeof der - 2, 2,  1, 1,  4, 2, 9,
                                                     9,    0xa1,           68, 3, 66, 0};
    memset(der + 14, mark, 65);
    return kit_pem(pool, "EC PRIVATE KEY", der, sizeof der);
}

__attribute__((unused)) static const char *kit_certificate(struct pool *pool, unsigned char mark)
{
    unsigned char der[3 + 80] = {0x30, 80};
    memset(der + 2, mark, 80);
    return kit_pem(pool, "CERTIFICATE", der, 82);
}

#endif
