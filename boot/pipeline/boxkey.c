#include "pipeline/boxkey.h"

#include "base/log.h"
#include "base/mem.h"
#include "site/born.h"
#include "vault/boxlogin.h"

#include <string.h>

struct boxkey {
    struct tpm tpm;
    /* of the node that it is of */
    char name[64];
};

/* The two files of this node, which must be there. */
static int read_born(const struct pipeline *run, struct born *born, struct error *e)
{
    const char *name = run->plan->name;
    if (born_read(run->site, run->plan->pool, name, born, e) < 0)
        return -1;
    UNSET char path[SITE_LOGIN_FILE_MAX];
    const char *missing = !born->has_half ? plan_login_file(path, run->plan)
        : !born->has_certificate          ? born_certificate(path, name)
                                          : NULL;
    if (!missing)
        return 0;
    error_set(e, E_CRED_MISSING, "%s is not on this medium", missing);
    e->advice = ADVICE_MEDIUM;
    return -1;
}

static int make(struct pipeline *run, const struct born *born, struct error *e)
{
    const char *name = run->plan->name;
    if (run->key && strcmp(run->key->name, name) == 0)
        return 0;
    boxkey_free(run);
    run->key = mem_alloc(sizeof *run->key);
    strncpy(run->key->name, name, sizeof run->key->name - 1);
    struct tpm *t = &run->key->tpm;
    const json_t *version = facts_get(run->facts, "tpm.version");
    int result = tpm_open(t, run->box, (int)json_integer_value(version), e);
    if (result == 0) {
        static bool said;
        t->stop_fd = run->stop_fd;
        if (!said)
            log_note("      the TPM makes the key of the login: seconds, on some chips tens of seconds");
        said = true;
        result = boxlogin_make(t, born->half, born->certificate, e);
    }
    if (result < 0) {
        boxkey_free(run);
        UNSET char path[SITE_LOGIN_FILE_MAX];
        return error_wrap(e, "login of %s (%s)", name, born_certificate(path, name));
    }
    return 0;
}

int boxkey_make(struct pipeline *run, struct error *e)
{
    cleanup(born_wipe) struct born born;
    return read_born(run, &born, e) < 0 ? -1 : make(run, &born, e);
}

int boxkey_sign(struct pipeline *run, const struct vault_request *request, struct secret *out,
                struct error *e)
{
    cleanup(born_wipe) struct born born;
    int result = read_born(run, &born, e);
    if (result == 0)
        result = make(run, &born, e);
    if (result == 0)
        result = boxlogin_sign(&run->key->tpm, born.certificate, request, out, e);
    boxkey_free(run);
    return result;
}

void boxkey_free(struct pipeline *run)
{
    if (run->key)
        tpm_close(&run->key->tpm);
    mem_free(run->key);
    run->key = NULL;
}
