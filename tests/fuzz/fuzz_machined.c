/*
 * A hostile machined behind each question that hearth asks it; what was looked at then goes to who decides by it.
 *
 * The first byte chooses the question. Each call takes the next answer of the input: a byte of status (128 or more:
 * the call fails below the protocol), a byte that says how many messages or how long a text, and each of them with two
 * bytes of length in front.
 */
#include "node/guard.h"
#include "node/handover.h"
#include "node/ready.h"
#include "require.h"
#include "talos/look.h"
#include "talos/machined.h"
#include "talos/pb.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* Linked with --wrap=grpc_invoke. */
int __wrap_grpc_invoke(const struct grpc_target *target, struct grpc_call *asked, unsigned count,
                       uint32_t deadline_ms, unsigned *failed, struct error *e);

static const uint8_t *at, *end;
static unsigned calls;

static uint8_t byte(void)
{
    return at < end ? *at++ : 0;
}

static struct span piece(void)
{
    size_t n = (size_t)byte() << 8;
    n |= byte();
    n = n < (size_t)(end - at) ? n : (size_t)(end - at);
    at += n;
    return (struct span){at - n, n};
}

static void answer_one(struct grpc_call *call, unsigned code, bool *malformed)
{
    call->status.code = (int)(code % 17);
    call->status.text.max = GRPC_TEXT_MAX;
    unsigned count = byte() % 5;
    if (call->status.code) {
        struct span words = piece();
        buf_add(&call->status.text, words.p, words.n < GRPC_TEXT_MAX ? words.n : GRPC_TEXT_MAX);
        return;
    }
    for (unsigned i = 0; i < count && !*malformed; i++) {
        struct span words = piece();
        struct buf whole = {0};
        buf_add(&whole, words.p, words.n);
        *malformed =
            call->receiver(call->arg, (struct span){(const unsigned char *)whole.data, words.n}, &whole);
        buf_free(&whole);
    }
}

int __wrap_grpc_invoke(const struct grpc_target *target, struct grpc_call *asked, unsigned count,
                       uint32_t deadline_ms, unsigned *failed, struct error *e)
{
    require(target && deadline_ms > 0 && count > 0 && count <= GRPC_CALLS_MAX);
    bool lost = false, malformed = false;
    for (*failed = 0; *failed < count; ++*failed) {
        struct grpc_call *call = &asked[*failed];
        require(call->method[0] == '/' && strncmp(call->role, "os:", 3) == 0 && ++calls < 100);
        unsigned code = byte();
        lost = code >= 128;
        if (!lost)
            answer_one(call, code, &malformed);
        if (lost || malformed)
            break;
    }
    if (!lost && !malformed)
        return 0;
    for (unsigned i = 0; i < count; i++)
        grpc_status_free(&asked[i].status);
    return lost ? error_set(e, E_MACHINED_LOST, "closed") : error_set(e, E_MACHINED_MALFORMED, "malformed");
}

/* May what was looked at be acted on, and may Talos have the disk? */
static void decide(const struct look *look)
{
    for (unsigned i = 0; i < look->disk_count; i++) {
        const struct look_disk *d = &look->disks[i];
        require(d->id && d->dev_path && d->model && d->serial && d->wwid && d->bus_path && d->transport);
        struct buf words = {.max = 512};
        guard_contents(look, d->id, i % 3, &words);
        require(!words.full);
        buf_free(&words);
        struct site_node entry = {0};
        struct plan plan = {
            .entry = &entry,
            .disk = {.field = d->wwid[0] ? "wwid" : "busPath", .value = d->wwid[0] ? d->wwid : d->bus_path}};
        struct guard_verdict verdict = {0};
        struct error e = {0};
        int result = guard_judge(look, &plan, &verdict, &e);
        require(result == 0 ? verdict.disk && verdict.contents != DISK_FOREIGN
                            : e.code != E_NONE && e.text[0]);
        guard_free(&verdict);
    }
    require(look_choosable(look) <= look->disk_count && look_same(look, look));
    json_t *facts = json_pack("{s:[], s:[]}", "disks", "links");
    struct ready ready = {0};
    for (uint64_t ms = 0; ms < 700000; ms += 90000) {
        struct ready_seen seen = {.look = look,
                                  .facts = facts,
                                  .name_server = true,
                                  .elapsed_ms = ms,
                                  .addressed_ms = ms,
                                  .time = 1900000000,
                                  .built = 1800000000};
        struct error e = {0};
        if (ready_judge(&ready, &seen, &e) == 0)
            require(ready_pause(&ready, &seen) > 0);
    }
    ready_free(&ready);
    json_decref(facts);
}

static int question(unsigned which, struct pool *pool, struct error *e)
{
    static const struct inquiry get = {"runtime", "MachineStatuses.runtime.talos.dev", "machine", false};
    static const struct inquiry list = {"runtime", "MachineStatuses.runtime.talos.dev", NULL, false};
    const struct grpc_target target = {.socket = "/nowhere", .stop_fd = -1};
    struct look *look = NULL;
    struct buf words = {0};
    struct resource one = {0};
    struct resources all;
    struct service_state state = {0};
    struct handover told;
    const char *text = NULL, *more = NULL;
    bool found = false;
    int result = 0;
    switch (which) {
    case 0:
    case 1:
        result = which ? look_all(&target, &look, e) : look_stage(&target, &look, e);
        if (look)
            decide(look);
        look_free(look);
        break;
    case 2:
        result = machined_version(&target, pool, &text, e);
        if (result == 0)
            look_version_ok(text);
        break;
    case 3:
        result = machined_get(&target, pool, &get, &one, &found, e);
        require(result != 0 || !found || (one.id && one.version));
        break;
    case 4:
        result = machined_ask(&target, pool, &list, 1, &all, e);
        require(all.count <= PB_REPEATED_MAX);
        break;
    case 5:
    case 6:
        result =
            machined_apply(&target, (struct span){(const unsigned char *)"a: b\n", 5}, which == 5, &words, e);
        for (size_t i = 0; i < words.len; i++)
            require((unsigned char)words.data[i] >= ' ' || words.data[i] == '\n');
        break;
    case 7:
        result = machined_service(&target, "etcd", &state, e);
        break;
    case 8:
        result = machined_etcd_member(&target, &found, e);
        break;
    case 9:
        result = machined_service_event(&target, pool, "etcd", &text, &more, e);
        require(result != 0 || (text && more));
        break;
    case 10:
        result = machined_wipe(&target, "sda", e);
        break;
    case 11:
        result = machined_reboot(&target, e);
        break;
    case 12:
        result = machined_bootstrap(&target, e);
        break;
    default:
        result = handover_read(&target, pool, &told, &found, e);
        require(result != 0 || !found || (told.node && told.cluster));
    }
    buf_free(&words);
    return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    at = data + 1;
    end = data + size;
    calls = 0;
    struct pool *pool = pool_new();
    struct error e = {0};
    int result = question(data[0] % 14, pool, &e);
    require(result == 0 ? e.code == E_NONE : result == -1 && e.code != E_NONE);
    pool_free(pool);
    return 0;
}
