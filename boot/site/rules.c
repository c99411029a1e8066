#include "site/rules.h"

#include "base/text.h"
#include "site/cel.h"
#include "site/scalar.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define MAIN "v1alpha1"

static bool ends_with(const char *path, size_t n, const char *end, size_t len)
{
    return n >= len && memcmp(path + n - len, end, len) == 0 && (n == len || path[n - len - 1] == '.');
}

/* n: of path. cut: of `want` only what stands before its last dot counts. Asked of each rule for each field: what
 * differs is found at the last letter mostly. */
static bool applies(uint16_t kind, uint16_t want, struct rules_place place, size_t n, bool cut)
{
    if (kind != SCHEMA_NO_TEXT && strcmp(schema_text(kind), place.kind ? place.kind : MAIN) != 0)
        return false;
    const char *path = schema_text(want), *dot = cut ? strrchr(path, '.') : NULL;
    size_t len = dot ? (size_t)(dot - path) : cut ? 0 : strlen(path);
    if (len > n || (len > 0 && path[len - 1] != place.path[n - 1]))
        return false;
    if (kind == SCHEMA_NO_TEXT)
        return place.kind && ends_with(place.path, n, path, len);
    return n == len && memcmp(path, place.path, len) == 0;
}

/* ---- what each rule asks ---- */

static bool in_words(const char *words, const char *text, size_t n)
{
    if (n == 0)
        return words[0] && words[strlen(words) - 1] == ',';
    for (const char *at = words; *at;) {
        size_t len = strcspn(at, ",");
        if (len == n && memcmp(at, text, n) == 0)
            return true;
        at += len + (at[len] == ',');
    }
    return false;
}

static bool reads_as(enum schema_form form, const char *text)
{
    const struct schema_type type = {.node = SCHEMA_SCALAR, .form = (uint8_t)form};
    struct tree_node node = {.kind = TREE_SCALAR, .style = STYLE_DOUBLE, .text = text, .len = strlen(text)};
    return text[0] && !scalar_problem(&type, &node);
}

static bool is_unspecified(const char *text)
{
    size_t n = strcspn(text, "/");
    return n > 0 && (text[strspn(text, "0.")] == text[n] || text[strspn(text, "0:")] == text[n]) &&
        strspn(text, "0.:") == n;
}

static bool has_port(const char *text)
{
    const char *colon = strrchr(text, ':');
    if (!colon)
        return false;
    return text[0] == '[' ? colon[-1] == ']' : !memchr(text, ':', (size_t)(colon - text));
}

/* The scheme's length, or 0; *host: whether there is one. */
static size_t scheme_of(const char *url, bool *host)
{
    size_t n = strspn(url, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");
    *host = false;
    if (n == 0 || url[n] != ':')
        return 0;
    if (strncmp(url + n, "://", 3) == 0) {
        const char *at = url + n + 3;
        size_t authority = strcspn(at, "/?#");
        const char *user = memrchr(at, '@', authority);
        if (user)
            authority -= (size_t)(user + 1 - at), at = user + 1;
        *host = authority > 0 && at[0] != ':';
    }
    return n;
}

static bool is_key(const struct tree_node *node)
{
    struct buf bytes = {.max = node->len + 4};
    bool good = node->len > 0 && text_base64_lines(&bytes, node->text, node->len, "\r\n") && bytes.len == 32;
    buf_free(&bytes);
    return good;
}

static bool is_label_value(const char *text)
{
    size_t n = strlen(text);
    if (n == 0)
        return true;
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)text[i]) && (i == 0 || i + 1 == n || !strchr("-_.", text[i])))
            return false;
    return n <= 63;
}

static bool is_taint(const char *text)
{
    const char *colon = strrchr(text, ':'), *effect = colon ? colon + 1 : text;
    return in_words("NoSchedule,PreferNoSchedule,NoExecute", effect, strlen(effect));
}

static bool is_millicores(const char *text)
{
    size_t n = strspn(text, "0123456789");
    return text[0] == '\0' || (n > 0 && strcmp(text + n, "m") == 0);
}

/* Each part of letters, digits, - and _, not longer than 63, none beginning with -. */
static bool is_dns_name(const char *text)
{
    size_t n = strlen(text);
    if (n > 0 && (text[n - 1] == '.' || text[n - 1] == '_'))
        n--;
    for (size_t i = 0, part = 0; i < n; i++) {
        part = text[i] == '.' ? 0 : part + 1;
        if (text[i] == '.' ? i == 0 || text[i - 1] == '.'
                           : part > 63 ||
                    (!isalnum((unsigned char)text[i]) && text[i] != '_' && (text[i] != '-' || part == 1)))
            return false;
    }
    return strlen(text) <= 255;
}

static bool is_negative(const struct schema_type *type, const struct tree_node *node)
{
    return node->text[0] == '-' && !scalar_is_zero(type, node);
}

/* Of a duration that reads as one: whole seconds, rounded down. */
static long seconds(const char *text)
{
    static const struct {
        const char *unit;
        double length;
    } units[] = {{"h", 3600}, {"ms", 0.001}, {"m", 60}, {"s", 1}, {"us", 1e-6}, {"ns", 1e-9}};
    double sum = 0;
    bool negative = text[0] == '-';

    for (const char *at = text + (text[0] == '-' || text[0] == '+'); *at;) {
        char *end;
        double number = strtod(at, &end);
        size_t step = 0;
        for (size_t i = 0; step == 0 && i < sizeof units / sizeof units[0]; i++)
            if (strncmp(end, units[i].unit, strlen(units[i].unit)) == 0) {
                sum += number * units[i].length;
                step = strlen(units[i].unit);
            }
        if (step == 0)
            break;
        at = end + step;
    }
    if (sum > 1e15)
        sum = 1e15;
    return negative ? -(long)sum - 1 : (long)sum;
}

static bool is_absolute(const char *text)
{
    return text[0] == '/';
}

static bool is_variable(const char *text)
{
    return text[0] != '=' && strchr(text, '=');
}

static bool is_capability(const char *text)
{
    return *text && !text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_")];
}

static bool is_ipv4(const char *text)
{
    return !strchr(text, ':');
}

static bool is_address(const char *text)
{
    return reads_as(FORM_ADDR, text);
}

static bool is_network(const char *text)
{
    return reads_as(FORM_PREFIX, text);
}

static bool is_either(const char *text)
{
    return is_address(text) || is_network(text);
}

static bool is_subnet(const char *text)
{
    return is_either(text + (text[0] == '!'));
}

static bool is_bytes(const char *text)
{
    return !*text || reads_as(FORM_BYTES, text);
}

static bool is_pem(const char *text)
{
    return strstr(text, "-----BEGIN ") != NULL;
}

/* The rules that a text alone decides. */
static const struct {
    bool (*good)(const char *text);
    const char *problem;
} texts[] = {
    [RULE_TEXT_ADDRESS] = {is_address, "is no address such as 192.168.1.10"},
    [RULE_TEXT_PREFIX] = {is_network, "is no network such as 192.168.1.0/24"},
    [RULE_TEXT_EITHER] = {is_either, "is no address such as 192.168.1.10/24"},
    [RULE_SUBNET] = {is_subnet, "is no network such as 192.168.1.0/24"},
    [RULE_ABSOLUTE] = {is_absolute, "must be an absolute path"},
    [RULE_HOST_PORT] = {has_port, "must be HOST:PORT"},
    [RULE_LABEL] = {is_label_value,
                    "is no value of a label: letters, digits and inner -, _ and ., 63 at most"},
    [RULE_TAINT] = {is_taint, "is no taint: VALUE:EFFECT with NoSchedule, PreferNoSchedule or NoExecute"},
    [RULE_VARIABLE] = {is_variable, "must be KEY=value"},
    [RULE_CAPABILITY] = {is_capability, "is no capability: capitals and _"},
    [RULE_IPV4] = {is_ipv4, "must be an IPv4 address"},
    [RULE_MILLICORES] = {is_millicores, "must be in thousandths, as in 1500m"},
    [RULE_TEXT_BYTES] = {is_bytes, "is no size such as 512MiB"},
    [RULE_PEM] = {is_pem, "holds no PEM"},
    [RULE_DNS_NAME] = {is_dns_name, "is no DNS name"},
};

/* What one rule makes of one scalar. */
struct case_of {
    struct pool *pool;
    const struct rule *rule;
    /* its */
    const char *words;
    const struct schema_type *type;
    const struct tree_node *node;
};

static const char *judge_text(const struct case_of *c)
{
    bool may_be_empty = c->words && !c->words[0];
    if (c->node->len == 0 && may_be_empty)
        return NULL;
    return texts[c->rule->rule].good(c->node->text) ? NULL : texts[c->rule->rule].problem;
}

static const char *judge_given(const struct case_of *c)
{
    return scalar_is_zero(c->type, c->node) || c->node->len == 0 ? "must be given" : NULL;
}

static const char *judge_address(const struct case_of *c)
{
    if (!is_unspecified(c->node->text))
        return NULL;
    return c->words ? c->words : "must be a real address";
}

static const char *judge_not_negative(const struct case_of *c)
{
    return is_negative(c->type, c->node) ? "must not be negative" : NULL;
}

static const char *judge_seconds(const struct case_of *c)
{
    bool good = scalar_is_zero(c->type, c->node) || seconds(c->node->text) >= (long)c->rule->low;
    return good ? NULL : pool_printf(c->pool, "must be at least %us", c->rule->low);
}

static const char *judge_within(const struct case_of *c)
{
    uint64_t number = 0;
    bool good = scalar_whole(c->node, &number) && number >= c->rule->low && number <= c->rule->high;
    return good ? NULL : pool_printf(c->pool, "must be from %u to %u", c->rule->low, c->rule->high);
}

static const char *judge_one_of(const struct case_of *c)
{
    return in_words(c->words, c->node->text, c->node->len) ? NULL
                                                           : pool_printf(c->pool, "is none of %s", c->words);
}

static const char *judge_none_of(const struct case_of *c)
{
    char lower[32];
    if (c->node->len >= sizeof lower)
        return NULL;
    for (size_t i = 0; i <= c->node->len; i++)
        lower[i] = text_lower(c->node->text[i]);
    return c->node->len > 0 && in_words(c->words, lower, c->node->len) ? "is not possible here" : NULL;
}

static const char *judge_scheme(const struct case_of *c)
{
    bool host;
    const char *words = c->words;
    size_t n = scheme_of(c->node->text, &host);
    if (c->node->len == 0 && words[strlen(words) - 1] == ',')
        return NULL;
    if (n == 0 || !in_words(words, c->node->text, n))
        return pool_printf(c->pool, "must begin with one of %s and ://", words);
    return host ? NULL : "names no host";
}

static const char *judge_host(const struct case_of *c)
{
    bool host;
    scheme_of(c->node->text, &host);
    return host ? NULL : "names no host";
}

static const char *judge_key(const struct case_of *c)
{
    return is_key(c->node) || (c->node->len == 0 && c->words) ? NULL : "is no key: base64 of 32 bytes";
}

static const char *judge_masked(const struct case_of *c)
{
    if (c->node->len == 0)
        return "must be given";
    return scalar_has_host_bits(c->node->text) ? "has bits set behind its prefix length" : NULL;
}

static const char *judge_cel(const struct case_of *c)
{
    return c->node->len == 0 ? NULL : cel_problem(c->pool, (enum cel_subject)c->rule->low, c->node->text);
}

static const char *judge_never(const struct case_of *c)
{
    return c->node->len == 0 ? NULL : c->words;
}

static const char *(*const judges[])(const struct case_of *c) = {
    [RULE_GIVEN] = judge_given,
    [RULE_ADDRESS] = judge_address,
    [RULE_NOT_NEGATIVE] = judge_not_negative,
    [RULE_SECONDS] = judge_seconds,
    [RULE_WITHIN] = judge_within,
    [RULE_ONE_OF] = judge_one_of,
    [RULE_NONE_OF] = judge_none_of,
    [RULE_SCHEME] = judge_scheme,
    [RULE_HOST] = judge_host,
    [RULE_WIREGUARD] = judge_key,
    [RULE_MASKED] = judge_masked,
    [RULE_CEL] = judge_cel,
    [RULE_NEVER] = judge_never,
    [RULE_TEXT_ADDRESS] = judge_text,
    [RULE_TEXT_PREFIX] = judge_text,
    [RULE_TEXT_EITHER] = judge_text,
    [RULE_SUBNET] = judge_text,
    [RULE_ABSOLUTE] = judge_text,
    [RULE_HOST_PORT] = judge_text,
    [RULE_LABEL] = judge_text,
    [RULE_TAINT] = judge_text,
    [RULE_VARIABLE] = judge_text,
    [RULE_CAPABILITY] = judge_text,
    [RULE_IPV4] = judge_text,
    [RULE_MILLICORES] = judge_text,
    [RULE_TEXT_BYTES] = judge_text,
    [RULE_PEM] = judge_text,
    [RULE_DNS_NAME] = judge_text,
};

const char *rules_problem(struct pool *pool, struct rules_place place, const struct schema_type *type,
                          const struct tree_node *node)
{
    size_t n = strlen(place.path);
    if (node->ref || !tree_text(node) || tree_is_null(node))
        return NULL;
    const struct schema_part part = schema_tables()->rules;
    const struct rule *rules = schema_rows(part);
    for (const struct rule *rule = rules; rule < rules + part.count; rule++) {
        if (!applies(rule->kind, rule->path, place, n, false))
            continue;
        struct case_of c = {pool, rule, schema_text(rule->words), type, node};
        const char *problem = judges[rule->rule](&c);
        if (problem)
            return problem;
    }
    return NULL;
}

const char *rules_needed(struct rules_place place, unsigned i)
{
    size_t n = strlen(place.path);

    const struct schema_part part = schema_tables()->rules;
    const struct rule *rules = schema_rows(part);
    for (const struct rule *rule = rules; rule < rules + part.count; rule++) {
        if (rule->rule != RULE_GIVEN)
            continue;
        const char *path = schema_text(rule->path), *dot = strrchr(path, '.');
        if ((dot || rule->kind != SCHEMA_NO_TEXT) && applies(rule->kind, rule->path, place, n, true) &&
            i-- == 0)
            return dot ? dot + 1 : path;
    }
    return NULL;
}

/* Whether something stands there: what Talos would not take for "not given". */
static bool is_given(const struct tree_node *map, const char *keys, size_t n)
{
    for (const struct tree_node *child = map->first; child; child = child->next)
        if (child->key && child->key->len == n && memcmp(child->key->text, keys, n) == 0)
            return child->ref || child->kind != TREE_SCALAR || (!tree_is_null(child) && child->len > 0);
    return false;
}

const char *rules_group_problem(struct pool *pool, struct rules_place place, const struct tree_node *map)
{
    size_t n = strlen(place.path);

    const struct schema_part part = schema_tables()->groups;
    const struct rules_group *groups = schema_rows(part);
    for (const struct rules_group *group = groups; group < groups + part.count; group++) {
        if (!applies(group->kind, group->path, place, n, false))
            continue;
        const char *keys = schema_text(group->keys);
        unsigned given = 0;
        for (const char *at = keys; *at; at += strcspn(at, ",") + (at[strcspn(at, ",")] == ','))
            given += is_given(map, at, strcspn(at, ","));
        if (group->one ? given > 1 : given == 0)
            return pool_printf(pool, group->one ? "takes one of %s, not several" : "needs one of %s", keys);
    }
    return NULL;
}

static bool is_plain_name(const char *text, size_t n, const char *inner, bool lower)
{
    for (size_t i = 0; i < n; i++) {
        bool edge = i == 0 || i + 1 == n;
        unsigned char c = (unsigned char)text[i];
        if (!(isdigit(c) || islower(c) || (!lower && isupper(c))) && (edge || !strchr(inner, (char)c)))
            return false;
    }
    return n > 0;
}

static bool is_qualified_name(const char *text)
{
    const char *slash = strchr(text, '/'), *name = slash ? slash + 1 : text;
    size_t prefix = slash ? (size_t)(slash - text) : 0;
    for (size_t at = 0; slash && at <= prefix;) {
        size_t n = strcspn(text + at, "./");
        if (!is_plain_name(text + at, n, "-", true))
            return false;
        at += n + 1;
    }
    return prefix <= 253 && strlen(name) <= 63 && is_plain_name(name, strlen(name), "-_.", false);
}

static bool is_variable_name(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
    return text[0] && !isdigit((unsigned char)text[0]) && text[strspn(text, letters)] == '\0';
}

const char *rules_key_problem(struct rules_place place, const char *key)
{
    static const char *const maps[][2] = {
        {NULL, "machine.nodeLabels"}, {NULL, "machine.nodeAnnotations"}, {NULL, "machine.nodeTaints"},
        {"KubeNodeConfig", "labels"}, {"KubeNodeConfig", "annotations"}, {"KubeNodeConfig", "taints"},
    };
    if (place.kind && strcmp(place.kind, "EnvironmentConfig") == 0 && strcmp(place.path, "variables") == 0)
        return is_variable_name(key) ? NULL : "is no name of a variable: letters, digits and _";
    for (size_t i = 0; i < sizeof maps / sizeof maps[0]; i++) {
        bool same = maps[i][0] ? place.kind && strcmp(place.kind, maps[i][0]) == 0 : !place.kind;
        if (same && strcmp(place.path, maps[i][1]) == 0 && !is_qualified_name(key))
            return "is no name such as example.com/role: letters, digits and inner -, _ and ., 63 at most";
    }
    return NULL;
}
