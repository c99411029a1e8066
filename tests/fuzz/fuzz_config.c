/* The active config of a node, as bytes of anybody: split, carried, written to, and promoted twice, which changes
 * nothing more; and machined's refusal of it, with values taken out. The first byte chooses. */
#define _GNU_SOURCE
#include "node/handover.h"
#include "require.h"
#include "talos/documents.h"
#include "talos/refusal.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct span of(const struct buf *b)
{
    return (struct span){(const unsigned char *)b->data, b->len};
}

static void promote(struct span active, bool founded)
{
    struct buf once = {.max = (size_t)4 << 20}, twice = {.max = (size_t)4 << 20};
    struct error e = {0};
    unsigned changes = 0;
    if (handover_promote(active, founded, &once, &changes, &e) == 0) {
        require(handover_promote(of(&once), founded, &twice, &changes, &e) == 0 && changes == 0);
    } else {
        require(e.code != E_NONE && e.text[0]);
    }
    buf_free(&once);
    buf_free(&twice);
}

static void append(struct span active)
{
    static const char secret[] = "token: canary\n";
    struct role role = {.name = "data", .cluster = "data"};
    struct site_node node = {.name = "data-1", .role = &role};
    struct site site = {.nodes = &node, .node_count = 1};
    struct plan plan = {.site = &site, .entry = &node, .name = "data-1"};
    struct rendered_manifest manifest = {
        .name = "30-canary", .held = true, .contents = {(const unsigned char *)secret, sizeof secret - 1}};
    struct rendered rendered = {.manifests = &manifest, .manifest_count = 1};
    struct buf config = {.max = (size_t)4 << 20};
    buf_str(&config, "machine:\n  type: controlplane\n");
    struct error e = {0};
    /* A document of the user's by that name, with an apiVersion that is none, stays in front of ours. */
    if (handover_append(&config, &plan, BOOTSTRAP_AUTO, &rendered, active, &e) == 0)
        require(handover_written(of(&config)) || memmem(active.p, active.n, "ExtensionServiceConfig", 22));
    else
        require(e.code != E_NONE);
    buf_free(&config);
}

static void split(struct span active)
{
    struct pool *pool = pool_new();
    struct raw_documents *list = mem_alloc(sizeof *list);
    struct error e = {0};
    if (documents_split(pool, active, list, &e) == 0)
        for (unsigned i = 0; i < list->count; i++)
            require(documents_find(list, list->items[i].kind, list->items[i].name) != NULL);
    mem_free(list);
    struct buf config = {.max = (size_t)4 << 20};
    buf_str(&config, "apiVersion: v1alpha1\nkind: HostnameConfig\nhostname: a\n");
    struct buf notes = {0};
    documents_carry(&config, active, &notes, &e);
    buf_free(&config);
    buf_free(&notes);
    pool_free(pool);
}

/* What is known to come from a secret stands nowhere in what is said. */
static void refuse(const uint8_t *data, size_t size)
{
    static const char value[] = "correct horse battery";
    struct buf hidden = {0};
    secret_note(&hidden, value, sizeof value - 1);
    struct grpc_status status = {.code = (int)(size % 17), .text = {.max = GRPC_TEXT_MAX}};
    buf_add(&status.text, data, size < GRPC_TEXT_MAX ? size : GRPC_TEXT_MAX);
    struct buf lines = {0};
    struct error e = {0};
    require(refusal_error("/x", &status, &hidden, &lines, &e) == -1 && e.code != E_NONE);
    require(!strstr(e.text, value) && (!lines.data || !strstr(lines.data, value)));
    buf_free(&hidden);
    buf_free(&lines);
    grpc_status_free(&status);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    struct span rest = {data + 1, size - 1};
    switch (data[0] % 4) {
    case 0:
        promote(rest, size % 2);
        break;
    case 1:
        append(rest);
        break;
    case 2:
        split(rest);
        break;
    default:
        refuse(rest.p, rest.n);
    }
    return 0;
}
