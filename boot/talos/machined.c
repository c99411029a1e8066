#include "talos/machined.h"

#include "base/text.h"
#include "talos/pb.h"
#include "talos/refusal.h"

#include <stddef.h>
#include <string.h>

#define CALL_MS 10000u   /* reads; machined answers them from memory */
#define APPLY_MS 120000u /* validation looks at the disks */

static const char reader[] = "os:reader";
static const char admin[] = "os:admin";

struct one_message {
    struct pool *pool;
    struct span bytes;
    /* gets all that machined says when it refuses; NULL: not wanted */
    struct buf *refusal;
};

static int take_one(void *arg, struct span message, struct buf *whole)
{
    struct one_message *m = arg;
    m->bytes = message;
    pool_keep(m->pool, whole->data);
    whole->data = NULL;
    whole->len = whole->cap = 0;
    return 0;
}

/* A call with one answer. not_found may be NULL; else status 5 sets it and is no error. */
static int unary(const struct grpc_target *target, const struct grpc_call *call, struct one_message *answer,
                 bool *not_found, struct error *e)
{
    struct grpc_status status;
    if (grpc_invoke(target, call, take_one, answer, &status, e) != 0)
        return -1;
    int result = 0;
    if (status.code == GRPC_NOT_FOUND && not_found)
        *not_found = true;
    else if (status.code != GRPC_OK) {
        result = refusal_error(call->method, &status, target->hidden, answer->refusal, e);
    } else if (!answer->bytes.p)
        result = error_set(e, E_MACHINED_MALFORMED, "%s: an answer without a message", call->method);
    grpc_status_free(&status);
    return result;
}

static int malformed(const char *method, struct error *e)
{
    return error_set(e, E_MACHINED_MALFORMED, "%s: the answer is not a message of that kind", method);
}

#define FIELDS(table) table, sizeof(table) / sizeof *(table)

/* The first element of field 1: every answer of machined's own services is a list with one element on this socket. */
static bool first_of(struct pool *pool, struct span answer, struct span *out)
{
    static const struct pb_field fields[] = {{1, PB_LIST, 0}};
    struct pb_list list = {0};
    if (!pb_decode(pool, FIELDS(fields), answer, &list) || list.count == 0)
        return false;
    *out = list.items[0];
    return true;
}

int machined_version(const struct grpc_target *target, struct pool *pool, const char **version,
                     struct error *e)
{
    static const char method[] = "/machine.MachineService/Version";
    static const struct pb_field outer[] = {{2, PB_BYTES, 0}};
    static const struct pb_field inner[] = {{1, PB_TEXT, 0}};
    const struct grpc_call call = {.method = method, .role = reader, .deadline_ms = CALL_MS};
    struct one_message answer = {.pool = pool};
    if (unary(target, &call, &answer, NULL, e) != 0)
        return -1;
    struct span first, info = {0}, tag = {0};
    if (!first_of(pool, answer.bytes, &first) || !pb_decode(pool, FIELDS(outer), first, &info) ||
        !pb_decode(pool, FIELDS(inner), info, &tag) || tag.n == 0)
        return malformed(method, e);
    *version = pool_memdup(pool, tag.p, tag.n);
    return 0;
}

/* Resource{1 Metadata{1 namespace, 2 type, 3 id, 4 version}, 2 Spec{1 proto_spec}}. */
static bool decode_resource(struct pool *pool, struct span message, struct resource *out)
{
    struct envelope {
        struct span metadata, spec;
    } envelope = {0};
    struct metadata {
        struct span id, version;
    } metadata = {0};
    struct span proto_spec = {0};
    static const struct pb_field envelope_fields[] = {
        {1, PB_BYTES, offsetof(struct envelope, metadata)},
        {2, PB_BYTES, offsetof(struct envelope, spec)},
    };
    static const struct pb_field metadata_fields[] = {
        {3, PB_TEXT, offsetof(struct metadata, id)},
        {4, PB_TEXT, offsetof(struct metadata, version)},
    };
    static const struct pb_field spec_fields[] = {{1, PB_BYTES, 0}};
    if (!pb_decode(pool, FIELDS(envelope_fields), message, &envelope) ||
        !pb_decode(pool, FIELDS(metadata_fields), envelope.metadata, &metadata) ||
        !pb_decode(pool, FIELDS(spec_fields), envelope.spec, &proto_spec) || metadata.id.n == 0)
        return false;
    out->id = pool_memdup(pool, metadata.id.p, metadata.id.n);
    out->version = pool_memdup(pool, metadata.version.p, metadata.version.n);
    out->spec = proto_spec;
    return true;
}

/* GetResponse and ListResponse both hold the resource in field 1. */
static bool decode_answer(struct pool *pool, struct span answer, struct resource *out)
{
    static const struct pb_field fields[] = {{1, PB_BYTES, 0}};
    struct span message = {0};
    return pb_decode(pool, FIELDS(fields), answer, &message) && decode_resource(pool, message, out);
}

int machined_get(const struct grpc_target *target, struct pool *pool, const struct resource_type *type,
                 const char *id, struct resource *out, bool *found, struct error *e)
{
    static const char method[] = "/cosi.resource.State/Get";
    struct buf request = {0};
    pb_put_text(&request, 1, type->namespace_);
    pb_put_text(&request, 2, type->type);
    pb_put_text(&request, 3, id);
    const struct grpc_call call = {
        .method = method,
        .role = type->sensitive ? admin : reader,
        .request = {(const unsigned char *)request.data, request.len},
        .deadline_ms = CALL_MS,
    };
    struct one_message answer = {.pool = pool};
    bool absent = false;
    int result = unary(target, &call, &answer, &absent, e);
    buf_free(&request);
    if (result != 0)
        return error_wrap(e, "%s/%s", type->type, id);
    *found = !absent;
    if (!absent && !decode_answer(pool, answer.bytes, out))
        return error_wrap((malformed(method, e), e), "%s/%s", type->type, id);
    return 0;
}

struct list_state {
    struct pool *pool;
    struct resource *items;
    unsigned count;
    bool malformed;
};

static int take_listed(void *arg, struct span message, struct buf *whole)
{
    (void)whole;
    struct list_state *list = arg;
    message.p = (const unsigned char *)pool_memdup(list->pool, message.p, message.n);
    list->malformed =
        list->count == PB_REPEATED_MAX || !decode_answer(list->pool, message, &list->items[list->count]);
    if (!list->malformed)
        list->count++;
    return list->malformed;
}

int machined_list(const struct grpc_target *target, struct pool *pool, const struct resource_type *type,
                  struct resource **out, unsigned *count, struct error *e)
{
    static const char method[] = "/cosi.resource.State/List";
    struct buf request = {0};
    pb_put_text(&request, 1, type->namespace_);
    pb_put_text(&request, 2, type->type);
    const struct grpc_call call = {
        .method = method,
        .role = type->sensitive ? admin : reader,
        .request = {(const unsigned char *)request.data, request.len},
        .deadline_ms = CALL_MS,
    };
    struct list_state list = {.pool = pool, .items = pool_alloc(pool, PB_REPEATED_MAX * sizeof *list.items)};
    struct grpc_status status;
    int result = grpc_invoke(target, &call, take_listed, &list, &status, e);
    buf_free(&request);
    if (result == 0 && list.malformed)
        result = malformed(method, e);
    else if (result == 0 && status.code != GRPC_OK)
        result = refusal_error(method, &status, target->hidden, NULL, e);
    grpc_status_free(&status);
    if (result != 0)
        return error_wrap(e, "%s", type->type);
    *out = list.items;
    *count = list.count;
    return 0;
}

int machined_service(const struct grpc_target *target, const char *id, struct service_state *out,
                     struct error *e)
{
    static const struct resource_type type = {"runtime", "Services.v1alpha1.talos.dev", false};
    static const struct pb_field fields[] = {
        {1, PB_BOOL, offsetof(struct service_state, running)},
        {2, PB_BOOL, offsetof(struct service_state, healthy)},
    };
    cleanup(pool_cleanup) struct pool *pool = pool_new();
    *out = (struct service_state){0};
    struct resource resource;
    bool found;
    if (machined_get(target, pool, &type, id, &resource, &found, e) != 0)
        return -1;
    if (found && !pb_decode(pool, FIELDS(fields), resource.spec, out))
        return error_wrap((malformed(type.type, e), e), "service %s", id);
    return 0;
}

int machined_etcd_member(const struct grpc_target *target, bool *member, struct error *e)
{
    static const struct resource_type type = {"etcd", "EtcdMembers.etcd.talos.dev", false};
    cleanup(pool_cleanup) struct pool *pool = pool_new();
    struct resource ignored;
    return machined_get(target, pool, &type, "local", &ignored, member, e);
}

#define APPLY_AUTO 1 /* ApplyConfigurationRequest.Mode; 0 would be REBOOT */

int machined_apply(const struct grpc_target *target, struct span config, bool dry_run, struct buf *warnings,
                   struct error *e)
{
    static const char method[] = "/machine.MachineService/ApplyConfiguration";
    static const struct pb_field fields[] = {{2, PB_LIST, 0}};
    cleanup(pool_cleanup) struct pool *pool = pool_new();
    struct buf head = {0};
    pb_put_uint(&head, 4, APPLY_AUTO);
    pb_put_uint(&head, 5, dry_run);
    pb_put_length(&head, 1, config.n);
    const struct grpc_call call = {
        .method = method,
        .role = admin,
        .head = {(const unsigned char *)head.data, head.len},
        .request = config,
        .deadline_ms = APPLY_MS,
    };
    struct one_message answer = {.pool = pool, .refusal = warnings};
    int result = unary(target, &call, &answer, NULL, e);
    buf_free(&head);
    if (result != 0)
        return -1;
    struct pb_list said = {0};
    struct span first;
    if (!first_of(pool, answer.bytes, &first) || !pb_decode(pool, FIELDS(fields), first, &said))
        return malformed(method, e);
    warnings->max = REFUSAL_MAX;
    for (unsigned i = 0; i < said.count; i++) {
        struct buf line = {.max = REFUSAL_MAX};
        buf_add(&line, said.items[i].p, said.items[i].n);
        refusal_hide(&line, target->hidden);
        text_clean(warnings, line.data ? line.data : "", line.len);
        buf_char(warnings, '\n');
        buf_free(&line);
    }
    return 0;
}

int machined_bootstrap(const struct grpc_target *target, struct error *e)
{
    const struct grpc_call call = {
        .method = "/machine.MachineService/Bootstrap",
        .role = admin,
        .deadline_ms = CALL_MS,
    };
    cleanup(pool_cleanup) struct pool *pool = pool_new();
    struct one_message answer = {.pool = pool};
    return unary(target, &call, &answer, NULL, e);
}

int machined_wipe(const struct grpc_target *target, const char *disk, struct error *e)
{
    struct buf device = {0};
    pb_put_text(&device, 1, disk); /* BlockDeviceWipeDescriptor; the method stays FAST */
    pb_put_uint(&device, 3, true); /* skip_volume_check */
    struct buf request = {0};
    pb_put_bytes(&request, 1, device.data, device.len);
    const struct grpc_call call = {
        .method = "/storage.StorageService/BlockDeviceWipe",
        .role = admin,
        .request = {(const unsigned char *)request.data, request.len},
        .deadline_ms = APPLY_MS,
    };
    cleanup(pool_cleanup) struct pool *pool = pool_new();
    struct one_message answer = {.pool = pool};
    int result = unary(target, &call, &answer, NULL, e);
    buf_free(&device);
    buf_free(&request);
    return result;
}

#define REBOOT_POWERCYCLE 1 /* RebootRequest.Mode; 0 would load the kernel of a disk */

int machined_reboot(const struct grpc_target *target, struct error *e)
{
    struct buf request = {0};
    pb_put_uint(&request, 1, REBOOT_POWERCYCLE);
    const struct grpc_call call = {
        .method = "/machine.MachineService/Reboot",
        .role = "os:operator",
        .request = {(const unsigned char *)request.data, request.len},
        .deadline_ms = CALL_MS,
    };
    cleanup(pool_cleanup) struct pool *pool = pool_new();
    struct one_message answer = {.pool = pool};
    int result = unary(target, &call, &answer, NULL, e);
    buf_free(&request);
    return result;
}

/* ServiceInfo{1 id, 3 events{1 repeated ServiceEvent{1 msg, 2 state}}}: the last one of this service. */
static bool last_event(struct pool *pool, struct span service, const char *id, const char **state,
                       const char **message)
{
    struct info {
        struct span id, events;
    } info = {0};
    struct event {
        struct span message, state;
    } event = {0};
    static const struct pb_field info_fields[] = {
        {1, PB_TEXT, offsetof(struct info, id)},
        {3, PB_BYTES, offsetof(struct info, events)},
    };
    static const struct pb_field list_fields[] = {{1, PB_LIST, 0}};
    static const struct pb_field event_fields[] = {
        {1, PB_TEXT, offsetof(struct event, message)},
        {2, PB_TEXT, offsetof(struct event, state)},
    };
    if (!pb_decode(pool, FIELDS(info_fields), service, &info))
        return false;
    if (!span_is(info.id, id))
        return true;
    struct pb_list list = {0};
    if (!pb_decode(pool, FIELDS(list_fields), info.events, &list) ||
        (list.count && !pb_decode(pool, FIELDS(event_fields), list.items[list.count - 1], &event)))
        return false;
    *state = pool_memdup(pool, event.state.p, event.state.n);
    *message = pool_memdup(pool, event.message.p, event.message.n);
    return true;
}

int machined_service_event(const struct grpc_target *target, struct pool *pool, const char *id,
                           const char **state, const char **message, struct error *e)
{
    static const char method[] = "/machine.MachineService/ServiceList";
    static const struct pb_field fields[] = {{2, PB_LIST, 0}};
    const struct grpc_call call = {.method = method, .role = reader, .deadline_ms = CALL_MS};
    struct one_message answer = {.pool = pool};
    *state = *message = "";
    if (unary(target, &call, &answer, NULL, e) != 0)
        return -1;
    struct pb_list services = {0};
    struct span first;
    bool good = first_of(pool, answer.bytes, &first) && pb_decode(pool, FIELDS(fields), first, &services);
    for (unsigned i = 0; good && i < services.count; i++)
        good = last_event(pool, services.items[i], id, state, message);
    return good ? 0 : malformed(method, e);
}
