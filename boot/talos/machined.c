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

/* A call of one message each way. */
struct one_call {
    struct pool *pool;
    struct span request;
    /* in front of it: see grpc.h */
    struct span head;
    struct span answer;
    /* gets all that machined says when it refuses; NULL: not wanted */
    struct buf *refusal;
};

/* The block of a message, for as long as the pool lives. */
static void take_over(struct pool *pool, struct buf *whole)
{
    pool_keep(pool, whole->data);
    whole->data = NULL;
    whole->len = whole->cap = 0;
}

static int take_one(void *arg, struct span message, struct buf *whole)
{
    struct one_call *x = arg;
    x->answer = message;
    take_over(x->pool, whole);
    return 0;
}

static int no_message(const char *method, struct error *e)
{
    return error_set(e, E_MACHINED_MALFORMED, "%s: an answer without a message", method);
}

static int unary(const struct grpc_target *target, const char *method, const char *role, uint32_t deadline_ms,
                 struct one_call *x, struct error *e)
{
    struct grpc_call call = {.method = method,
                             .role = role,
                             .request = x->request,
                             .head = x->head,
                             .receiver = take_one,
                             .arg = x};
    unsigned ignored;
    if (grpc_invoke(target, &call, 1, deadline_ms, &ignored, e) != 0)
        return -1;
    int result = 0;
    if (call.status.code != GRPC_OK)
        result = refusal_error(method, &call.status, target->hidden, x->refusal, e);
    else if (!x->answer.p)
        result = no_message(method, e);
    grpc_status_free(&call.status);
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
    struct one_call x = {.pool = pool};
    if (unary(target, method, reader, CALL_MS, &x, e) != 0)
        return -1;
    struct span first, info = {0}, tag = {0};
    if (!first_of(pool, x.answer, &first) || !pb_decode(pool, FIELDS(outer), first, &info) ||
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

struct asked {
    struct pool *pool;
    const struct inquiry *question;
    struct resources *answer;
};

static int take_resource(void *arg, struct span message, struct buf *whole)
{
    struct asked *a = arg;
    struct resources *r = a->answer;
    unsigned max = a->question->id ? 1 : PB_REPEATED_MAX;
    if (a->question->id) {
        take_over(a->pool, whole);
    } else {
        message.p = (const unsigned char *)pool_memdup(a->pool, message.p, message.n);
    }
    if (!r->items)
        r->items = pool_alloc(a->pool, max * sizeof *r->items);
    if (r->count == max || !decode_answer(a->pool, message, &r->items[r->count]))
        return -1;
    r->count++;
    return 0;
}

static int judge_resources(const struct grpc_target *target, struct grpc_call *call,
                           const struct asked *asked, struct error *e)
{
    bool one = asked->question->id != NULL;
    if (call->status.code == GRPC_NOT_FOUND && one)
        return 0;
    if (call->status.code != GRPC_OK)
        return refusal_error(call->method, &call->status, target->hidden, NULL, e);
    return one && !asked->answer->count ? no_message(call->method, e) : 0;
}

static int name_question(const struct inquiry *q, struct error *e)
{
    return q->id ? error_wrap(e, "%s/%s", q->type, q->id) : error_wrap(e, "%s", q->type);
}

int machined_ask(const struct grpc_target *target, struct pool *pool, const struct inquiry *questions,
                 unsigned count, struct resources *answers, struct error *e)
{
    struct grpc_call calls[GRPC_CALLS_MAX] = {0};
    struct asked asked[GRPC_CALLS_MAX];
    struct buf requests[GRPC_CALLS_MAX] = {0};
    for (unsigned i = 0; i < count; i++) {
        const struct inquiry *q = &questions[i];
        answers[i] = (struct resources){0};
        asked[i] = (struct asked){pool, q, &answers[i]};
        pb_put_text(&requests[i], 1, q->namespace_);
        pb_put_text(&requests[i], 2, q->type);
        if (q->id)
            pb_put_text(&requests[i], 3, q->id);
        calls[i] = (struct grpc_call){
            .method = q->id ? "/cosi.resource.State/Get" : "/cosi.resource.State/List",
            .role = q->sensitive ? admin : reader,
            .request = {(const unsigned char *)requests[i].data, requests[i].len},
            .receiver = take_resource,
            .arg = &asked[i],
        };
    }
    unsigned failed;
    int result = grpc_invoke(target, calls, count, CALL_MS, &failed, e);
    for (unsigned i = 0; i < count; i++) {
        if (result == 0 && (result = judge_resources(target, &calls[i], &asked[i], e)) != 0)
            failed = i;
        grpc_status_free(&calls[i].status);
        buf_free(&requests[i]);
    }
    return result == 0 ? 0 : name_question(&questions[failed], e);
}

int machined_get(const struct grpc_target *target, struct pool *pool, const struct inquiry *question,
                 struct resource *out, bool *found, struct error *e)
{
    struct resources answer;
    if (machined_ask(target, pool, question, 1, &answer, e) != 0)
        return -1;
    *found = answer.count > 0;
    if (*found)
        *out = answer.items[0];
    return 0;
}

int machined_service(const struct grpc_target *target, const char *id, struct service_state *out,
                     struct error *e)
{
    const struct inquiry question = {"runtime", "Services.v1alpha1.talos.dev", id, false};
    static const struct pb_field fields[] = {
        {1, PB_BOOL, offsetof(struct service_state, running)},
        {2, PB_BOOL, offsetof(struct service_state, healthy)},
    };
    cleanup(pool_cleanup) struct pool *pool = pool_new();
    *out = (struct service_state){0};
    struct resource resource;
    bool found;
    if (machined_get(target, pool, &question, &resource, &found, e) != 0)
        return -1;
    if (found && !pb_decode(pool, FIELDS(fields), resource.spec, out))
        return error_wrap((malformed(question.type, e), e), "service %s", id);
    return 0;
}

int machined_etcd_member(const struct grpc_target *target, bool *member, struct error *e)
{
    static const struct inquiry question = {"etcd", "EtcdMembers.etcd.talos.dev", "local", false};
    cleanup(pool_cleanup) struct pool *pool = pool_new();
    struct resource ignored;
    return machined_get(target, pool, &question, &ignored, member, e);
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
    struct one_call x = {.pool = pool,
                         .head = {(const unsigned char *)head.data, head.len},
                         .request = config,
                         .refusal = warnings};
    int result = unary(target, method, admin, APPLY_MS, &x, e);
    buf_free(&head);
    if (result != 0)
        return -1;
    struct pb_list said = {0};
    struct span first;
    if (!first_of(pool, x.answer, &first) || !pb_decode(pool, FIELDS(fields), first, &said))
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
    cleanup(pool_cleanup) struct pool *pool = pool_new();
    struct one_call x = {.pool = pool};
    return unary(target, "/machine.MachineService/Bootstrap", admin, CALL_MS, &x, e);
}

int machined_wipe(const struct grpc_target *target, const char *disk, struct error *e)
{
    struct buf device = {0};
    pb_put_text(&device, 1, disk); /* BlockDeviceWipeDescriptor; the method stays FAST */
    pb_put_uint(&device, 3, true); /* skip_volume_check */
    struct buf request = {0};
    pb_put_bytes(&request, 1, device.data, device.len);
    cleanup(pool_cleanup) struct pool *pool = pool_new();
    struct one_call x = {.pool = pool, .request = {(const unsigned char *)request.data, request.len}};
    int result = unary(target, "/storage.StorageService/BlockDeviceWipe", admin, APPLY_MS, &x, e);
    buf_free(&device);
    buf_free(&request);
    return result;
}

#define REBOOT_POWERCYCLE 1 /* RebootRequest.Mode; 0 would load the kernel of a disk */

int machined_reboot(const struct grpc_target *target, struct error *e)
{
    struct buf request = {0};
    pb_put_uint(&request, 1, REBOOT_POWERCYCLE);
    cleanup(pool_cleanup) struct pool *pool = pool_new();
    struct one_call x = {.pool = pool, .request = {(const unsigned char *)request.data, request.len}};
    int result = unary(target, "/machine.MachineService/Reboot", "os:operator", CALL_MS, &x, e);
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
    struct one_call x = {.pool = pool};
    *state = *message = "";
    if (unary(target, method, reader, CALL_MS, &x, e) != 0)
        return -1;
    struct pb_list services = {0};
    struct span first;
    bool good = first_of(pool, x.answer, &first) && pb_decode(pool, FIELDS(fields), first, &services);
    for (unsigned i = 0; good && i < services.count; i++)
        good = last_event(pool, services.items[i], id, state, message);
    return good ? 0 : malformed(method, e);
}
