#include "facts/identity.h"

#include "base/mem.h"
#include "base/text.h"
#include "facts/clean.h"

#include <string.h>

#define SERIAL_MIN 4 /* characters; what is shorter counts boxes of a shelf */
#define UUID_BYTES 16
#define MAC_BYTES 6

static const char shared_text[] = "which many boxes share";
static const char no_tag[] = "which stands for a blank service tag: every Dell without one has it";
static const char no_uuid[] = "which is no UUID";
static const char default_mac[] = "which is a NIC's default: other boxes have it too";
static const char no_mac[] = "which is no address of one NIC";

const char *identity_fact(enum identity kind)
{
    static const char *const names[IDENTITY_COUNT] = {"serial", "uuid", "board.serial", "mac"};
    return names[kind];
}

/* Pairs of hex digits, with these separators wherever they stand in `form` ("xx:xx"). */
static bool parse(const char *text, const char *form, unsigned char *out)
{
    size_t n = strlen(form);
    if (strlen(text) != n)
        return false;
    for (size_t i = 0, k = 0; i < n; i++) {
        char c = text_lower(text[i]);
        bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
        if (form[i] != 'x' && c != form[i])
            return false;
        if (form[i] != 'x')
            continue;
        if (!hex)
            return false;
        unsigned digit = c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'a') + 10u;
        out[k / 2] = (unsigned char)(k % 2 ? (unsigned)out[k / 2] << 4 | digit : digit);
        k++;
    }
    return true;
}

static bool parse_uuid(const char *text, unsigned char out[UUID_BYTES])
{
    return parse(text, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", out);
}

/* Whether each byte is the one before it and the same step: 00 11 22 33, ff ff ff ff, 05 04 03 02. */
static bool has_one_step(const unsigned char *p, size_t n)
{
    for (size_t i = 2; i < n; i++)
        if ((unsigned char)(p[i] - p[i - 1]) != (unsigned char)(p[1] - p[0]))
            return false;
    return true;
}

/* ---- serials ---- */

static const char *serial_flaw(const char *value)
{
    /* Seen where a serial belongs; elsewhere they may be a product's name. */
    static const char *const samples[] = {"chassis", "desktop", "dell", "dummy",
                                          "eval",    "iatpass", "test", "tulipcomputers"};
    if (clean_is_placeholder(value))
        return shared_text;
    UNSET char squeezed[CLEAN_TEXT_MAX];
    clean_squeeze(value, squeezed);
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
        if (strcmp(squeezed, samples[i]) == 0)
            return shared_text;
    value += strspn(value, " \t\r\n");
    size_t n = strlen(value);
    while (n > 0 && strchr(" \t\r\n", value[n - 1]))
        n--;
    return n < SERIAL_MIN ? "which is too short to be one box's own" : NULL;
}

/* ---- addresses ---- */

static bool is_default_mac(const unsigned char mac[MAC_BYTES])
{
    /* An address is a maker's half and one that the maker counts: nobody sells number 0, and number 1 is a sample. */
    if (mac[3] == 0 && mac[4] == 0 && mac[5] <= 1)
        return true;
    if (has_one_step(mac, MAC_BYTES) || has_one_step(mac + 1, MAC_BYTES - 1))
        return true;
    /* Five of one kind: 88:88:88:88:87:88 is what Intel's unprogrammed NICs on board say. */
    for (unsigned i = 0; i < 2; i++) {
        unsigned same = 0;
        for (unsigned k = 0; k < MAC_BYTES; k++)
            same += mac[k] == mac[i];
        if (same >= 5)
            return true;
    }
    return false;
}

static const char *mac_flaw(const char *value)
{
    static const unsigned char zero[MAC_BYTES];
    unsigned char mac[MAC_BYTES];
    if (!parse(value, "xx:xx:xx:xx:xx:xx", mac) || (mac[0] & 1) || memcmp(mac, zero, sizeof mac) == 0)
        return no_mac;
    return is_default_mac(mac) ? default_mac : NULL;
}

/* ---- UUIDs ---- */

bool identity_dell_tag(const char *uuid, char tag[8])
{
    static const unsigned char places[2][7] = {{10, 5, 6, 9, 13, 14, 15}, {10, 4, 7, 9, 13, 14, 15}};
    unsigned char u[UUID_BYTES];
    if (!parse_uuid(uuid, u))
        return false;
    bool old = memcmp(u, "DELL", 4) == 0;
    if (!old && memcmp(u, "LLED", 4) != 0)
        return false;
    for (unsigned i = 0; i < 7; i++) {
        unsigned char c = u[places[old][i]] & 0x7f;
        tag[i] = c ? (char)c : ' ';
    }
    tag[7] = '\0';
    return true;
}

/* The 16 bytes with their first three fields in the other byte order: tables before SMBIOS 2.6 and wrong readers. */
static void exchange(unsigned char u[UUID_BYTES])
{
    static const unsigned char from[8] = {3, 2, 1, 0, 5, 4, 7, 6};
    unsigned char copy[8];
    memcpy(copy, u, sizeof copy);
    for (unsigned i = 0; i < 8; i++)
        u[i] = copy[from[i]];
}

/* Samples by value: AMI's, and those of boards and firmware kits that wrote one UUID into every copy. In both byte
 * orders. */
static bool is_known_sample(const unsigned char u[UUID_BYTES])
{
    static const char *const samples[] = {
        "03000200-0400-0500-0006-000700080009", "07090201-0103-0301-0807-060504030201",
        "12345678-1234-5678-90ab-cddeefaabbcc", "890e2d14-cacd-45d1-ae66-bc80e8bfeb0f",
        "8e275844-178f-44a8-aceb-a7d7e5178c63", "dc698397-fa54-4cf2-82c8-b1b5307a6a7f",
    };
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        unsigned char sample[UUID_BYTES];
        parse_uuid(samples[i], sample);
        if (memcmp(u, sample, UUID_BYTES) == 0)
            return true;
        exchange(sample);
        if (memcmp(u, sample, UUID_BYTES) == 0)
            return true;
    }
    return false;
}

/* 11111111-2222-3333-4444-555555555555: one digit in each group. */
static bool has_one_digit_a_group(const char *uuid)
{
    for (const char *at = uuid; *at; at += *at == '-') {
        char same[2] = {*at, '\0'};
        size_t n = strspn(at, same);
        if (at[n] && at[n] != '-')
            return false;
        at += n;
    }
    return true;
}

/* Typed by a hand, not drawn by a machine. */
static bool is_typed(const char *uuid)
{
    static const char *const globs[] = {"01234567-8910-1112-*", "01234567-89ab-cdef-*",
                                        "12345678-1234-1234-*", "deadbeef-dead-beef-*"};
    for (size_t i = 0; i < sizeof globs / sizeof *globs; i++)
        if (text_glob(globs[i], uuid))
            return true;
    return has_one_digit_a_group(uuid);
}

/* Boards that have no number of their own put the address of their NIC in the last six bytes. */
static bool is_made_of_default_mac(const unsigned char u[UUID_BYTES])
{
    static const unsigned char heads[2][10] = {{0},
                                               {0x08, 0x00, 0x20, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
    return (memcmp(u, heads[0], 10) == 0 || memcmp(u, heads[1], 10) == 0) && is_default_mac(u + 10);
}

static const char *uuid_flaw(const char *value)
{
    unsigned char u[UUID_BYTES];
    if (!parse_uuid(value, u))
        return no_uuid;
    char tag[8];
    if (identity_dell_tag(value, tag))
        return clean_is_placeholder(tag) ? no_tag : NULL;
    unsigned char other[UUID_BYTES];
    memcpy(other, u, sizeof other);
    exchange(other);
    /* An Award BIOS programs the first four bytes at most. */
    bool ones = u[4] == 0xff && memcmp(u + 4, u + 5, UUID_BYTES - 5) == 0;
    if (ones || has_one_step(u, UUID_BYTES) || has_one_step(other, UUID_BYTES) || is_known_sample(u) ||
        is_typed(value))
        return shared_text;
    return is_made_of_default_mac(u) ? default_mac : NULL;
}

const char *identity_flaw(enum identity kind, const char *value)
{
    switch (kind) {
    case IDENTITY_SERIAL:
    case IDENTITY_BOARD_SERIAL:
        return serial_flaw(value);
    case IDENTITY_UUID:
        return uuid_flaw(value);
    case IDENTITY_MAC:
        return mac_flaw(value);
    }
    return shared_text;
}
