/*
 * parent.h - the parent's ear: a fetcher's records into answers.
 *
 * The stream is treated as hostile: maxima, each name answered once, a deadline that only answers move and only so far,
 * nothing taken after the first record that no fetcher writes, and no error but those that can happen to one.
 */
#ifndef HEARTH_VAULT_PARENT_H
#define HEARTH_VAULT_PARENT_H

#include "base/error.h"
#include "vault/vault.h"

#define PARENT_GRACE_MS 5000    /* beyond the fetcher's own deadline */
#define PARENT_RECORDS_MAX 4096 /* in one conversation */
#define PARENT_PROGRESS_MAX 64  /* that are passed on; a long conversation makes 20 */

/* How long the fetcher is listened to: the request's deadline from one answered name to the next, VAULT_TOTAL_MS in
 * all; and as long as the person has whom it asks for once. Nothing else that it says buys time. */
struct parent_clock {
    /* clock_ms */
    uint64_t until;
    /* what until never passes */
    uint64_t end;
};
void parent_clock_start(struct parent_clock *c, const struct vault_request *request, uint64_t now);
void parent_clock_answer(struct parent_clock *c, const struct vault_request *request, uint64_t now);
void parent_clock_person(struct parent_clock *c, uint32_t seconds);

/* Reads records from fd (a pipe, made non-blocking) until the last one, the end, or the deadline. answers
 * has request->name_count elements. 0 when the conversation was whole: then failed->code is E_NONE, or the error that
 * everything unanswered failed with. -1 with E_FETCHER otherwise, or E_STOPPED. */
int parent_listen(int fd, const struct vault_request *request, struct vault_answer *answers,
                  struct vault_stats *stats, vault_progress *progress, void *arg, struct error *failed,
                  struct error *e);

#endif
