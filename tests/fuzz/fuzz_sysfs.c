/* A box whose /proc and /sys hold anything (files.h): its facts, what is said beside them, and the same read back. */
#include "base/buf.h"
#include "facts/facts.h"
#include "files.h"
#include "require.h"

#include <stdbool.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *root = files_new();
    files_lay(data, size);
    struct error e = {0};
    json_t *facts = facts_read(root, &e);
    require(facts || e.code == E_FACTS_READ);
    if (!facts)
        return 0;
    struct buf notes = {0};
    facts_notes(root, facts, &notes);
    for (size_t i = 0; i < notes.len; i++)
        require((unsigned char)notes.data[i] >= ' ' || notes.data[i] == '\n');
    buf_free(&notes);
    /* What one box says another one takes. */
    char *text = json_dumps(facts, JSON_INDENT(2));
    require(text != NULL);
    files_write("facts.json", text, strlen(text));
    free(text);
    char path[96];
    snprintf(path, sizeof path, "%s/facts.json", root);
    json_t *again = facts_load(path, &e);
    require(again != NULL);
    json_decref(again);
    json_decref(facts);
    return 0;
}
