/*
 * STATE holds the machine config, with every secret of the cluster in it. Which key can it have on this box?
 *
 * Sources: Talos internal/pkg/encryption/keys (what each key needs), internal/pkg/secureboot/tpm2 (a TPM key is sealed
 * to what a unified kernel image measured, which UEFI alone starts).
 */
#include "facts/facts.h"
#include "plan/steps.h"

#include <string.h>

/* The list of keys that STATE is to be encrypted with, in either form that Talos knows; NULL when there is
 * none. */
static const struct tree_node *state_keys(const struct plan *plan)
{
    for (struct document *d = plan->config; d; d = d->next) {
        if (tree_is(tree_get(d->root, "kind"), "VolumeConfig") && tree_is(tree_get(d->root, "name"), "STATE"))
            return tree_path(d->root, "encryption.keys");
    }
    return tree_path(plan_main(plan), "machine.systemDiskEncryption.state.keys");
}

/* What the facts say of the two kinds of keys that need a box. */
struct box {
    /* NULL: unknown */
    const char *uuid;
    /* firmware.mode; NULL: unknown */
    const char *mode;
    /* version; 0: unknown */
    int tpm;
    /* "on", "off", "not known" */
    const char *secure_boot;
};

static struct box look(const json_t *facts)
{
    const json_t *secure_boot = facts_get(facts, "firmware.secure_boot");
    return (struct box){
        .uuid = json_string_value(facts_get(facts, "uuid")),
        .mode = json_string_value(facts_get(facts, "firmware.mode")),
        .tpm = (int)json_integer_value(facts_get(facts, "tpm.version")),
        .secure_boot = json_is_true(secure_boot) ? "on"
            : json_is_false(secure_boot)         ? "off"
                                                 : "not known",
    };
}

/* Talos refuses a UUID of which one character is more than half: those that a board makes of its MAC address. */
static bool is_too_even(const char *uuid)
{
    for (const char *at = uuid; *at; at++) {
        size_t same = 0;
        for (const char *k = uuid; *k; k++)
            same += *k == *at;
        if (same > strlen(uuid) / 2)
            return true;
    }
    return false;
}

static bool has_tpm_key(const struct box *box)
{
    return box->tpm == 2 && strcmp(box->secure_boot, "on") == 0 &&
        !(box->mode && strcmp(box->mode, "bios") == 0);
}

static bool has_uuid_key(const struct box *box)
{
    return box->uuid && !is_too_even(box->uuid);
}

static int refuse(struct errors *errors, struct pos pos, const char *text)
{
    errors_at(errors, pos, E_PLAN_ENCRYPTION, "%s", text);
    return -1;
}

static int judge_tpm(struct plan *plan, const struct tree_node *tpm, const struct box *box,
                     struct errors *errors)
{
    bool checks = tree_is(tree_get(tpm, "checkSecurebootStatusOnEnroll"), "true");
    bool off = strcmp(box->secure_boot, "off") == 0;
    if (box->tpm && box->tpm != 2) {
        errors_at(errors, tpm->pos, E_PLAN_ENCRYPTION,
                  "STATE asks for a TPM key, and the TPM of this box is version %d (tpm.version)", box->tpm);
        return -1;
    }
    if (box->mode && strcmp(box->mode, "bios") == 0)
        return refuse(errors, tpm->pos,
                      "STATE asks for a TPM key, and this box starts by BIOS (firmware.mode): Talos makes "
                      "one under UEFI "
                      "only, from a unified kernel image");
    if (off && checks)
        return refuse(errors, tpm->pos,
                      "STATE asks for a TPM key and for Secure Boot with it (checkSecurebootStatusOnEnroll), "
                      "and that is "
                      "off (firmware.secure_boot)");
    if (has_tpm_key(box))
        plan->state =
            "encrypted by the TPM (tpm.version 2, firmware.secure_boot on): neither a disk taken out nor "
            "another system on the box reads it";
    if (!box->tpm)
        plan_risk(plan, tpm->pos,
                  "STATE asks for a TPM key, and the facts show no TPM (tpm.version); without TPM 2.0 "
                  "Talos fails to "
                  "format the disk");
    if (strcmp(box->secure_boot, "on") != 0)
        plan_risk(plan, tpm->pos,
                  "STATE asks for a TPM key, and Secure Boot is %s (firmware.secure_boot): Talos refuses "
                  "it, or another "
                  "system on this box could unseal it",
                  off ? "off" : "not known to be on");
    return 0;
}

static int judge_node_id(struct plan *plan, struct pos pos, const struct box *box, struct errors *errors)
{
    if (!box->uuid)
        return refuse(errors, pos,
                      "STATE asks for a key from the node's UUID, and this box has none or one that "
                      "thousands share (uuid)");
    if (is_too_even(box->uuid)) {
        errors_at(errors, pos, E_PLAN_ENCRYPTION,
                  "STATE asks for a key from the node's UUID, and Talos makes none of %s: one character is "
                  "more than half "
                  "of it",
                  box->uuid);
        return -1;
    }
    plan->state =
        "encrypted by the node's UUID (uuid): a disk taken out is unreadable, a box taken whole is not";
    plan_advise(
        plan, pos,
        "STATE is encrypted with the node's UUID: a disk taken out is unreadable, a box taken whole is "
        "not%s",
        has_tpm_key(box) ? "; this box could have a TPM key (tpm.version 2, firmware.secure_boot on)" : "");
    return 0;
}

static int judge_key(struct plan *plan, const struct tree_node *key, const struct box *box,
                     struct errors *errors)
{
    const struct tree_node *tpm = tree_get(key, "tpm");
    const struct tree_node *node_id = tree_get(key, "nodeID");
    const struct tree_node *fixed = tree_path(key, "static.passphrase");
    if (tpm)
        return judge_tpm(plan, tpm, box, errors);
    if (node_id)
        return judge_node_id(plan, node_id->pos, box, errors);
    if (fixed)
        plan_advise(
            plan, fixed->pos,
            "STATE is encrypted with a passphrase of the config: whoever reads the machine config has it");
    return 0;
}

/* The best key that the box can have, and why. */
static const char *possible_key(const struct box *box)
{
    if (has_tpm_key(box))
        return "; this box can have a TPM key (tpm.version 2, firmware.secure_boot on)";
    if (has_uuid_key(box))
        return "; this box can have a key from its UUID (uuid)";
    return "; this box has neither a TPM 2.0 under Secure Boot nor a UUID that makes a key";
}

int plan_encryption(struct plan *plan, struct errors *errors)
{
    const struct tree_node *keys = state_keys(plan);
    const struct box box = look(plan->facts);
    if (!keys || !keys->first) {
        plan_advise(
            plan, plan->entry->pos,
            "STATE is not encrypted: whoever takes the disk of %s reads the machine config with every "
            "secret in it%s",
            plan->name, plan->facts ? possible_key(&box) : "");
        return 0;
    }
    int status = 0;
    for (const struct tree_node *key = keys->first; key && plan->facts; key = key->next) {
        if (judge_key(plan, key, &box, errors) != 0)
            status = -1;
    }
    return status;
}
