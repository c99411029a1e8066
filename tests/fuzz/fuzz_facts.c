/* A hostile --facts file: refused with a reason, or facts whose every scalar has a text. */
#include "facts/facts.h"
#include "files.h"
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {
        "uuid",         "serial",      "mac",       "system.manufacturer",  "board.product_name",
        "chassis.type", "memory.size", "cpu.model", "firmware.secure_boot", "tpm.version",
        "disks",        "no.such"};
    char path[96];
    snprintf(path, sizeof path, "%s/facts.json", files_new());
    files_write("facts.json", data, size);
    struct error e = {0};
    json_t *facts = facts_load(path, &e);
    require(facts ? e.code == E_NONE : (e.code == E_FACTS_FILE || e.code == E_FILE_READ) && e.text[0]);
    for (size_t i = 0; facts && i < sizeof names / sizeof *names; i++) {
        char text[64];
        const char *said = facts_text(facts_get(facts, names[i]), text, sizeof text);
        require(!said || strlen(said) < sizeof text);
        const char *nearest = NULL;
        facts_known(names[i], &nearest);
    }
    json_decref(facts);
    return 0;
}
