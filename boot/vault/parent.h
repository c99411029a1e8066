/*
 * parent.h - the parent's ear: a fetcher's records into answers.
 *
 * The stream is treated as hostile: maxima, each name answered once, one deadline for all of it, nothing
 * taken after the first record that no fetcher writes.
 */
#ifndef HEARTH_VAULT_PARENT_H
#define HEARTH_VAULT_PARENT_H

#include "base/error.h"
#include "vault/vault.h"

#define PARENT_GRACE_MS 5000    /* beyond the fetcher's own deadline */
#define PARENT_RECORDS_MAX 4096 /* in one conversation */

/* Reads records from fd (a pipe, made non-blocking) until the last one, the end, or the request's deadline. answers
 * has request->name_count elements. 0 when the conversation was whole: then failed->code is E_NONE, or the error that
 * everything unanswered failed with. -1 with E_FETCHER otherwise, or E_STOPPED. */
int parent_listen(int fd, const struct vault_request *request, struct vault_answer *answers,
                  struct vault_stats *stats, vault_progress *progress, void *arg, struct error *failed,
                  struct error *e);

#endif
