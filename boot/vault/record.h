/*
 * record.h - what the fetcher may say to its parent.
 *
 * A stream of records: type (1 byte), length of the rest (4 bytes, little-endian), fields in the order of the
 * struct, integers little-endian, texts and values with their length in front. The parent trusts nothing in
 * it: a record that is longer than RECORD_MAX, of an unknown type, or whose fields do not add up ends the
 * conversation.
 */
#ifndef HEARTH_VAULT_RECORD_H
#define HEARTH_VAULT_RECORD_H

#include "base/buf.h"
#include "base/error.h"
#include "base/reader.h"
#include "vault/vault.h"

#define RECORD_MAX 32768    /* bytes of a whole record */
#define RECORD_HOST_MAX 254 /* with the NUL */
#define RECORD_STEP_MAX 32

enum record_type {
    RECORD_PROGRESS = 1, /* a host and a step */
    RECORD_ANSWER,       /* one name's value or error */
    RECORD_STATS,
    RECORD_FAILED, /* everything that has no answer yet failed with this error */
    RECORD_DONE,   /* the last one */
    RECORD_CODE,   /* a person is asked to log in */
    RECORD_ALIVE   /* the peer `index` takes a connection */
};

struct record {
    enum record_type type;
    char host[RECORD_HOST_MAX];
    char step[RECORD_STEP_MAX];
    /* of the name, or of the peer */
    unsigned index;
    /* RECORD_FAILED: its error; the value is owned by whoever read the record */
    struct vault_answer answer;
    struct vault_stats stats;
    struct vault_code code;
};

void record_progress(struct buf *out, const char *host, const char *step);
void record_answer(struct buf *out, unsigned index, const struct vault_answer *answer);
void record_stats(struct buf *out, const struct vault_stats *stats);
void record_failed(struct buf *out, const struct error *e);
void record_done(struct buf *out);
void record_code(struct buf *out, const struct vault_code *code);
void record_alive(struct buf *out, unsigned index);

enum record_result { RECORD_READ, RECORD_MORE, RECORD_WRONG };

/* Takes the next record off r. RECORD_MORE: r ends inside a record and was not moved. RECORD_WRONG: this is
 * no record that a fetcher writes. Texts are cleaned; out->answer.value must be freed when the result is
 * RECORD_READ. */
enum record_result record_read(struct reader *r, struct record *out);

#endif
