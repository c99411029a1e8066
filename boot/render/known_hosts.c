#include "render/known_hosts.h"

#include "base/reader.h"
#include "base/text.h"

#include <bearssl_hmac.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define KEY_MAX 8192 /* bytes of a key's base64 */
#define NAME_CAP 512

/* What ssh.ParsePublicKey knows. `strings` stand behind the name, and nothing behind them; 0: a certificate, which is
 * not taken apart. */
static const struct {
    const char *name;
    unsigned strings;
} types[] = {
    /* of 32 bytes; key_type() knows that it is the first */
    {"ssh-ed25519", 1},
    {"ecdsa-sha2-nistp256", 2},
    {"ecdsa-sha2-nistp384", 2},
    {"ecdsa-sha2-nistp521", 2},
    {"ssh-rsa", 2},
    {"ssh-dss", 4},
    {"sk-ssh-ed25519@openssh.com", 2},
    {"sk-ecdsa-sha2-nistp256@openssh.com", 3},
    {"ssh-ed25519-cert-v01@openssh.com", 0},
    {"ecdsa-sha2-nistp256-cert-v01@openssh.com", 0},
    {"ecdsa-sha2-nistp384-cert-v01@openssh.com", 0},
    {"ecdsa-sha2-nistp521-cert-v01@openssh.com", 0},
    {"ssh-rsa-cert-v01@openssh.com", 0},
    {"ssh-dss-cert-v01@openssh.com", 0},
};
#define TYPES (sizeof types / sizeof *types)

static struct span trim(struct span s)
{
    while (s.n && strchr(" \t\r\v\f", s.p[0]) && s.p[0]) {
        s.p++;
        s.n--;
    }
    while (s.n && strchr(" \t\r\v\f", s.p[s.n - 1]) && s.p[s.n - 1])
        s.n--;
    return s;
}

/* Takes what stands before `end`, or all. */
static struct span cut(struct span *s, const char *ends)
{
    struct span word = {s->p, 0};
    while (word.n < s->n && (!s->p[word.n] || !strchr(ends, s->p[word.n])))
        word.n++;
    size_t used = word.n < s->n ? word.n + 1 : word.n;
    s->p += used;
    s->n -= used;
    return word;
}

static struct span next_word(struct span *line)
{
    struct span word = cut(line, " \t");
    *line = trim(*line);
    return word;
}

/* Which of the types, or TYPES. */
static size_t key_type(struct span base64)
{
    unsigned char bytes[KEY_MAX / 4 * 3];
    size_t n = base64.n <= KEY_MAX ? text_base64_decode(bytes, (const char *)base64.p, base64.n) : SIZE_MAX;
    if (n == SIZE_MAX)
        return TYPES;
    struct reader r = reader_of(bytes, n);
    struct span name = reader_take(&r, reader_u32be(&r));
    size_t i = 0;
    while (i < TYPES && (r.bad || !span_is(name, types[i].name)))
        i++;
    if (i == TYPES || types[i].strings == 0)
        return i;
    for (unsigned k = 0; k < types[i].strings; k++) {
        struct span part = reader_take(&r, reader_u32be(&r));
        if (part.n == 0 || (i == 0 && part.n != 32))
            return TYPES;
    }
    return r.bad || r.n ? TYPES : i;
}

/* * is any run, but at the end of the pattern one character at least; ? is any one. */
static bool glob(struct span pattern, struct span text)
{
    size_t p = 0, t = 0, star = SIZE_MAX, from = 0;
    while (t < text.n) {
        if (p < pattern.n && pattern.p[p] == '*') {
            star = p++;
            from = t;
            if (p == pattern.n)
                return true;
        } else if (p < pattern.n && (pattern.p[p] == '?' || pattern.p[p] == text.p[t])) {
            p++;
            t++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            t = ++from;
        } else {
            return false;
        }
    }
    return p == pattern.n;
}

/* net.SplitHostPort; false: it is none. */
static bool split(struct span s, struct span *host, struct span *port)
{
    struct span rest = s;
    if (s.n && s.p[0] == '[') {
        rest.p++;
        rest.n--;
        *host = cut(&rest, "]");
        if (host->n + 2 >= s.n || rest.p[0] != ':')
            return false;
        *port = (struct span){rest.p + 1, rest.n - 1};
    } else {
        *host = cut(&rest, ":");
        if (host->n == s.n)
            return false;
        *port = rest;
    }
    return !memchr(port->p, ':', port->n) && !memchr(port->p, '[', port->n) && !memchr(port->p, ']', port->n);
}

enum verdict { NAMES_NOT, NAMES_IT, NAMES_HOST, NAMES_BAD };

static enum verdict match_names(struct span list, struct span wanted, struct span wanted_port)
{
    enum verdict found = NAMES_NOT;
    while (list.n) {
        struct span name = cut(&list, ",");
        bool not = name.n && name.p[0] == '!';
        if (name.n == 0)
            continue;
        if (not ) {
            name.p++;
            name.n--;
        }
        struct span host, port;
        if (!split(name, &host, &port)) {
            if (name.n == 0 || name.p[0] == '[')
                return NAMES_BAD;
            host = name;
            port = (struct span){(const unsigned char *)"22", 2};
        }
        if (!glob(host, wanted))
            continue;
        if (!span_same(port, wanted_port)) {
            if (found == NAMES_NOT && !not )
                found = NAMES_HOST;
            continue;
        }
        if (not )
            return NAMES_NOT;
        found = NAMES_IT;
    }
    return found;
}

/* |1|salt|HMAC-SHA1 of the name: ssh-keyscan -H, and what Debian's ssh keeps. */
static enum verdict match_hash(struct span word, const char *host, const char *port)
{
    struct span rest = {word.p + 1, word.n - 1};
    struct span version = cut(&rest, "|"), salt64 = cut(&rest, "|"), hash64 = rest;
    bool three = hash64.p == salt64.p + salt64.n + 1 && !memchr(hash64.p, '|', hash64.n);
    if (!three || !span_is(version, "1") || salt64.n > 64 || hash64.n > 64)
        return NAMES_BAD;
    unsigned char salt[64 / 4 * 3], hash[64 / 4 * 3];
    size_t salt_n = text_base64_decode(salt, (const char *)salt64.p, salt64.n);
    size_t hash_n = text_base64_decode(hash, (const char *)hash64.p, hash64.n);
    if (salt_n == SIZE_MAX || hash_n == SIZE_MAX)
        return NAMES_BAD;
    for (unsigned with_port = 0; with_port < 2; with_port++) {
        bool other = strcmp(port, "22") != 0;
        char name[NAME_CAP];
        int n = snprintf(name, sizeof name, other == !with_port ? "[%s]:%s" : "%s", host, port);
        br_hmac_key_context key;
        br_hmac_key_init(&key, &br_sha1_vtable, salt, salt_n);
        br_hmac_context mac;
        br_hmac_init(&mac, &key, 0);
        br_hmac_update(&mac, name, (size_t)n < sizeof name ? (size_t)n : 0);
        unsigned char made[br_sha1_SIZE];
        br_hmac_out(&mac, made);
        if (hash_n == sizeof made && memcmp(made, hash, sizeof made) == 0)
            return with_port == 0 ? NAMES_IT : NAMES_HOST;
    }
    return NAMES_NOT;
}

struct line {
    enum verdict match;
    size_t type;
    bool authority;
    const char *problem;
};

static struct line read_line(struct span rest, const char *host, const char *port)
{
    struct line line = {.type = TYPES};
    struct span word = next_word(&rest);
    bool revoked = span_is(word, "@revoked");
    line.authority = span_is(word, "@cert-authority");
    if (revoked || line.authority)
        word = next_word(&rest);
    /* The type that is written is not looked at: it is in the key. */
    if (rest.n)
        next_word(&rest);
    if (rest.n == 0) {
        line.problem = "is not HOST TYPE KEY";
        return line;
    }
    line.type = key_type(next_word(&rest));
    if (line.type == TYPES)
        line.problem = "has a key that is damaged or of a type that Flux does not know";
    else if (word.n && word.p[0] == '|')
        line.match = match_hash(word, host, port);
    else
        line.match = match_names(word, (struct span){(const unsigned char *)host, strlen(host)},
                                 (struct span){(const unsigned char *)port, strlen(port)});
    if (line.match == NAMES_BAD)
        line.problem = "names its host in a way that Flux cannot read";
    if (revoked) {
        line.match = NAMES_NOT;
        line.type = TYPES;
    }
    return line;
}

struct known_hosts known_hosts_judge(struct span text, const char *host, const char *port)
{
    struct known_hosts out = {0};
    unsigned number = 0, firsts[TYPES] = {0};
    bool own[TYPES] = {false};
    while (text.n) {
        struct span bytes = trim(cut(&text, "\n"));
        number++;
        if (bytes.n == 0 || bytes.p[0] == '#')
            continue;
        struct line line = read_line(bytes, host, port);
        if (line.problem)
            return (struct known_hosts){.bad = number, .problem = line.problem};
        if (line.match == NAMES_IT && line.authority)
            out.authority = out.authority ? out.authority : number;
        else if (line.match == NAMES_IT)
            out.keys++;
        else if (line.match == NAMES_HOST && !out.elsewhere)
            out.elsewhere = number;
        if (line.type < TYPES && line.match == NAMES_IT)
            own[line.type] = true;
        else if (line.type < TYPES && !firsts[line.type])
            firsts[line.type] = number;
    }
    for (size_t i = 0; i < TYPES; i++)
        if (firsts[i] && !own[i] && (!out.foreign || firsts[i] < out.foreign))
            out.foreign = firsts[i];
    return out;
}
