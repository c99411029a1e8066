/*
 * machined.h - what hearth asks of machined, one function a question.
 *
 * Reads go with the role os:reader; the active config, ApplyConfiguration, Bootstrap and the wipe of a disk take
 * os:admin, a reboot os:operator. Talos 1.13 or newer: before that machined does not take a config over this socket.
 *
 * Sources: Talos api/machine/machine.proto and api/resource/definitions; COSI runtime
 * api/v1alpha1/{state,resource}.proto.
 */
#ifndef HEARTH_TALOS_MACHINED_H
#define HEARTH_TALOS_MACHINED_H

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "talos/grpc.h"

#include <stdbool.h>
#include <stdint.h>

#define MACHINED_SOCKET "/system/run/machined/machine.sock"

/* Answers that are an error of the protocol become: PermissionDenied E_MACHINED_DENIED, FailedPrecondition
 * E_MACHINED_BUSY, InvalidArgument E_MACHINED_REJECTED, Unimplemented E_MACHINED_OLD, any other E_MACHINED_FAILED; the
 * text is machined's own, whole but for what refusal.h hides. What fails below that is as in grpc.h. */

/* The Talos version ("v1.13.9") of the running machined, into pool. */
int machined_version(const struct grpc_target *target, struct pool *pool, const char **version,
                     struct error *e);

/* A resource: its identity and the bytes of its protobuf spec, in the pool. */
struct resource {
    const char *id;
    const char *version;
    struct span spec;
};

/* A resource, or, with no id, all of a type. */
struct inquiry {
    const char *namespace_;
    const char *type;
    const char *id;
    /* needs os:admin */
    bool sensitive;
};

/* Those there are, at most PB_REPEATED_MAX, in the pool, in the order they came. */
struct resources {
    struct resource *items;
    unsigned count;
};

/* As many questions at once, GRPC_CALLS_MAX at most: an answer each. */
int machined_ask(const struct grpc_target *target, struct pool *pool, const struct inquiry *questions,
                 unsigned count, struct resources *answers, struct error *e);

/* One that has an id: *found says whether it is there; absence is no error. id and version are NUL-terminated. */
int machined_get(const struct grpc_target *target, struct pool *pool, const struct inquiry *question,
                 struct resource *out, bool *found, struct error *e);

/* Validates (dry_run) or applies a whole config, mode AUTO. warnings gets machined's, a line each, cleaned; it may stay
 * empty. When machined refuses, it gets the reason instead (refusal.h), of which the error's text may hold the
 * beginning only. */
int machined_apply(const struct grpc_target *target, struct span config, bool dry_run, struct buf *warnings,
                   struct error *e);

/* A service: both false when it is not in state Running, or unknown. */
struct service_state {
    bool running;
    bool healthy;
};
int machined_service(const struct grpc_target *target, const char *id, struct service_state *out,
                     struct error *e);

/* Whether etcd on this node is a healthy member. */
int machined_etcd_member(const struct grpc_target *target, bool *member, struct error *e);

/* The last event of a service (ServiceList), as text in the pool: state and message; "" for a service that has none. */
int machined_service_event(const struct grpc_target *target, struct pool *pool, const char *id,
                           const char **state, const char **message, struct error *e);

/* Wipes a whole disk ("sda"), which in maintenance mode may hold volumes that machined knows of: META counts as in use,
 * and is not asked for. machined forgets them with its next start, so nothing can be installed before
 * machined_reboot(). */
int machined_wipe(const struct grpc_target *target, const char *disk, struct error *e);

/* Through the firmware, as a power cycle would. */
int machined_reboot(const struct grpc_target *target, struct error *e);

/* Founds etcd on this node. E_MACHINED_EXISTS: there is data already, which is as good. */
int machined_bootstrap(const struct grpc_target *target, struct error *e);

#endif
