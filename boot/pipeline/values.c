#include "pipeline/values.h"

#include "base/secret.h"
#include "base/text.h"

#include <string.h>

/* Whether somebody takes the value as it is; or, the other way, whether a pointer reads it. */
static bool laid(const struct plan_secret *secret, bool whole)
{
    for (const struct plan_where *w = secret->where; w; w = w->next)
        if ((w->ref->pointer == NULL) == whole)
            return true;
    return false;
}

static const char *wrong(const struct plan_secret *secret, const struct vault_answer *answer)
{
    static const char mark[] = "\xef\xbb\xbf";
    struct span value = secret_bytes(&answer->value);
    if (value.n == 0)
        return "the value is empty";
    if (value.n >= 3 && memcmp(value.p, mark, 3) == 0 && laid(secret, true))
        return "the value begins with a byte order mark: save the file without";
    if (answer->encoding[0] && laid(secret, false))
        return "az encoded the value: put it in with --encoding utf-8";
    return NULL;
}

unsigned values_judge(struct pipeline *run)
{
    unsigned count = 0;
    for (unsigned i = 0; i < run->plan->secret_count; i++) {
        const struct plan_secret *secret = &run->plan->secrets[i];
        struct vault_answer *answer = &run->answers[i];
        /* Where nothing was asked, for want of a login, nothing has come. */
        const char *words = answer->error.code || !answer->version[0] ? NULL : wrong(secret, answer);
        if (!words)
            continue;
        error_set(&answer->error, E_SECRET_VALUE, "secret %s: %s", secret->name, words);
        count++;
    }
    return count;
}

/* NULL: nothing. The value is a text that ends in a NUL, as secret.h says. */
static const char *odd(const struct plan_secret *secret, const struct vault_answer *answer)
{
    struct span value = secret_bytes(&answer->value);
    const char *text = (const char *)value.p, *line_end = strchr(text, '\n');
    if (answer->encoding[0])
        return "was encoded by az: put it in with --encoding utf-8";
    if (strncmp(answer->content_type, "application/x-pkcs12", 20) == 0)
        return "is the PKCS#12 of a certificate in base64, and no PEM";
    if (!laid(secret, true))
        return NULL;
    if (!line_end)
        return strstr(text, "-----BEGIN ") ? "is a PEM whose line ends were lost" : NULL;
    return line_end + 1 == text + value.n ? "ends in a newline, which becomes part of it" : NULL;
}

void values_warn(const struct pipeline *run, struct errors *warnings)
{
    const char *marker = run->plan->marker ? run->plan->marker : "";
    for (unsigned i = 0; i < run->plan->secret_count; i++) {
        const struct plan_secret *secret = &run->plan->secrets[i];
        const char *words = run->answers[i].error.code || run->answers[i].value.length_ == 0
            ? NULL
            : odd(secret, &run->answers[i]);
        if (words && !text_equal_fold(secret->name, marker))
            errors_at(warnings, (struct pos){0}, E_PLAN_ADVICE, "secret %s %s", secret->name, words);
    }
}
