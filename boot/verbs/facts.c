#include "facts/facts.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/pem.h"
#include "base/random.h"
#include "base/text.h"
#include "embed/version.h"
#include "pipeline/pipeline.h"
#include "show/show.h"
#include "site/born.h"
#include "vault/birth.h"
#include "verbs/verbs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* The folder of a file, made where it is missing. */
static int make_folder(int out, const char *name, unsigned mode, struct error *e)
{
    if (mkdirat(out, name, mode) == 0 || errno == EEXIST)
        return 0;
    return error_errno(e, E_FILE_WRITE, errno, "%s", name);
}

/* Whose it is cannot be asked; and what is lost of this box's own is not lost by a word too few. */
static int is_free(int out, const char *path, struct error *e)
{
    struct stat st;
    if (fstatat(out, path, &st, AT_SYMLINK_NOFOLLOW) == 0)
        return error_set(e, E_LOGIN_EXISTS, "%s is there", path);
    return errno == ENOENT ? 0 : error_errno(e, E_FILE_WRITE, errno, "%s", path);
}

/* Both files or none. */
static int lay(int out, const char *name, const struct buf *half, const struct buf *pem, struct error *e)
{
    UNSET char path[SITE_LOGIN_FILE_MAX];
    snprintf(path, sizeof path, SITE_HALF, name);
    UNSET char certificate[SITE_LOGIN_FILE_MAX];
    born_certificate(certificate, name);
    if (is_free(out, path, e) < 0 || is_free(out, certificate, e) < 0 ||
        make_folder(out, ".hearth", 0700, e) < 0 || make_folder(out, BORN_FOLDER, 0755, e) < 0)
        return -1;
    if (!half)
        return 0;
    if (file_write(out, path, half->data, half->len, 0600, e) < 0)
        return -1;
    if (file_write(out, certificate, pem->data, pem->len, 0644, e) == 0) {
        log_note("%s: public, into Git; %s: half of the login, for the medium and never into Git",
                 certificate, path);
        return 0;
    }
    unlinkat(out, path, 0);
    return -1;
}

static int give_birth(struct tpm *t, const char *name, unsigned char half[TPM_HALF_BYTES], struct buf *der,
                      struct error *e)
{
    int64_t now = (int64_t)time(NULL);
    if (clock_judge(now, version_epoch, e) < 0)
        return -1;
    if (!random_fill(half, TPM_HALF_BYTES))
        return error_set(e, E_SYSTEM, "getrandom gave no randomness");
    log_note("the TPM makes a key: seconds, on some chips tens of seconds");
    return tpm_make(t, half, e) < 0 ? -1 : birth_certificate(der, t, name, now, e);
}

/* The login of a node, born in this box's TPM. */
static int born(const struct options *o, const json_t *facts, struct error *e)
{
    const char *sysroot = o->sysroot ? o->sysroot : "";
    cleanup(fd_cleanup) int out = open(o->out, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (out < 0)
        return error_errno(e, E_FILE_WRITE, errno, "%s", o->out);
    if (lay(out, o->login, NULL, NULL, e) < 0)
        return error_wrap(e, "%s", o->out);
    struct tpm t;
    unsigned char half[TPM_HALF_BYTES];
    cleanup(buf_free) struct buf der = {0};
    int result = tpm_open(&t, sysroot, (int)json_integer_value(facts_get(facts, "tpm.version")), e);
    if (result == 0)
        result = give_birth(&t, o->login, half, &der, e);
    tpm_close(&t);
    cleanup(buf_free) struct buf pem = {0};
    cleanup(buf_free) struct buf text = {0};
    if (result == 0) {
        pem_certificate(&pem, (struct span){(const unsigned char *)der.data, der.len});
        born_half(&text, half, &der);
        result = lay(out, o->login, &text, &pem, e);
    }
    mem_wipe(half, sizeof half);
    return result;
}

static int judge_options(const struct options *o, struct error *e)
{
    if (!o->login != !o->out)
        return error_set(e, E_USAGE,
                         "--login NAME and --out DIR belong together: the site's directory gets both files");
    if (o->login && o->facts)
        return error_set(e, E_USAGE, "a login is born in the TPM of this box, and --facts is about another");
    if (o->login && !text_is_label(o->login))
        return error_set(e, E_USAGE,
                         "--login `%s` is no node's name: 1-63 lower-case letters, digits and inner hyphens",
                         o->login);
    return 0;
}

enum exit_status verb_facts(const struct options *o)
{
    struct error e;
    json_t *facts = NULL;
    if (judge_options(o, &e) == 0)
        facts = o->facts ? facts_load(o->facts, &e) : facts_read(o->sysroot ? o->sysroot : "", &e);
    if (!facts) {
        log_error(&e);
        return error_info(e.code).exit;
    }
    int result = o->login ? born(o, facts, &e) : 0;
    show_json(json_incref(facts));
    if (!o->facts)
        pipeline_facts_notes(o, facts);
    json_decref(facts);
    if (result == 0)
        return EXIT_DONE_;
    log_error(&e);
    return error_info(e.code).exit;
}
