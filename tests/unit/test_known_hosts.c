/* render/known_hosts: what Flux's SSH library makes of the host keys that it is given. */
#include "render/known_hosts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ED "AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
#define EC \
    "AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBBERERERERERERERERERERERERERERERERERER" \
    "ERERERERERERERERERERERERERERERERERERERERERERERERE="
#define RSA \
    "AAAAB3NzaC1yc2EAAAADAQABAAAAQQDDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8" \
    "PDw8PDw8PDw8PDw8PDw8PDw8PD"
#define UNKNOWN "AAAADHNzaC1tbGRzYS02NQAAACB4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eA=="
#define SHORT "AAAAC3NzaC1lZDI1NTE5AAAAH3h4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHg="
#define LONG "AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAeA=="
#define HASHED "|1|MDEyMzQ1Njc4OTAxMjM0NTY3ODk=|7aagekuyGj4Eo8YWHUb4g9AienA="
#define HASHED_PORT "|1|MDEyMzQ1Njc4OTAxMjM0NTY3ODk=|ky9yqw0R2BkWv5Lg/LEmFw1Qb6w="

/* Which line is said for what; all others are 0. */
struct row {
    const char *text;
    const char *port;
    unsigned bad, keys, authority, elsewhere, foreign;
};

static const struct row rows[] = {
    {.text = "git.example ssh-ed25519 " ED "\n", .keys = 1},
    {.text = "git.example ssh-ed25519 " ED, .keys = 1},
    {.text = "# ssh-keyscan\r\n\r\n git.example,192.0.2.1\tssh-ed25519  " ED " comment here\r\n", .keys = 1},
    {.text = "git.example any-word " ED "\n", .keys = 1},
    {.text = "git.example ssh-ed25519 " ED "\ngit.example ssh-rsa " RSA "\n", .keys = 2},
    {.text = "hello\n", .bad = 1},
    {.text = "hello world\n", .bad = 1},
    {.text = "\ngit.example ssh-ed25519 !!!!\n", .bad = 2},
    {.text = "git.example ssh-ed25519 " ED "\nother ssh-mldsa-65 " UNKNOWN "\n", .bad = 2},
    {.text = "git.example ssh-ed25519 " SHORT "\n", .bad = 1},
    {.text = "git.example ssh-ed25519 " LONG "\n", .bad = 1},
    {.text = "ssh-ed25519 " ED "\n", .bad = 1},
    {.text = ""},
    {.text = "github.com ssh-ed25519 " ED "\n", .foreign = 1},
    {.text = "GIT.example ssh-ed25519 " ED "\n", .foreign = 1},
    {.text = "github.com ssh-ed25519 " ED "\ngit.example ssh-ed25519 " ED "\n", .keys = 1},
    {.text = "git.example ssh-ed25519 " ED "\ngithub.com ecdsa-sha2-nistp256 " EC "\n",
     .keys = 1,
     .foreign = 2},
    {.text = "@cert-authority git.example ssh-ed25519 " ED "\n", .authority = 1},
    {.text = "@cert-authority *.example ssh-rsa " RSA "\ngit.example ssh-ed25519 " ED "\n",
     .keys = 1,
     .authority = 1},
    {.text = "@revoked git.example ssh-rsa " RSA "\ngit.example ssh-ed25519 " ED "\n", .keys = 1},
    {.text = "@revoked hello\n", .bad = 1},
    /* Ports. */
    {.text = "git.example ssh-ed25519 " ED "\n", .port = "7999", .elsewhere = 1, .foreign = 1},
    {.text = "* ssh-ed25519 " ED "\n", .port = "7999", .elsewhere = 1, .foreign = 1},
    {.text = "* ssh-ed25519 " ED "\n", .keys = 1},
    {.text = "[git.example]:7999 ssh-ed25519 " ED "\n", .port = "7999", .keys = 1},
    {.text = "git.example:7999 ssh-ed25519 " ED "\n", .port = "7999", .keys = 1},
    {.text = "[*]:7999 ssh-ed25519 " ED "\n", .port = "7999", .keys = 1},
    {.text = "[git.example]:7999 ssh-ed25519 " ED "\n", .elsewhere = 1, .foreign = 1},
    {.text = "[git.example] ssh-ed25519 " ED "\n", .bad = 1},
    {.text = "a,! ssh-ed25519 " ED "\n", .bad = 1},
    {.text = "*.example,!git.example ssh-ed25519 " ED "\n", .foreign = 1},
    {.text = "git.example* ssh-ed25519 " ED "\n", .foreign = 1},
    {.text = "*git.exa?ple ssh-ed25519 " ED "\n", .keys = 1},
    /* Hashed names. */
    {.text = HASHED " ssh-ed25519 " ED "\n", .keys = 1},
    {.text = HASHED " ssh-ed25519 " ED "\n", .port = "7999", .elsewhere = 1, .foreign = 1},
    {.text = HASHED_PORT " ssh-ed25519 " ED "\n", .port = "7999", .keys = 1},
    {.text = "|2" HASHED " ssh-ed25519 " ED "\n", .bad = 1},
    {.text = "|1|c2FsdA== ssh-ed25519 " ED "\n", .bad = 1},
};

static void a_line_is_read_as_flux_reads_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        struct span text = {(const unsigned char *)row->text, strlen(row->text)};
        struct known_hosts k = known_hosts_judge(text, "git.example", row->port ? row->port : "22");

        if (k.bad != row->bad || k.keys != row->keys || k.authority != row->authority ||
            k.elsewhere != row->elsewhere || k.foreign != row->foreign || !k.bad != !k.problem)
            fail_msg("row %zu, %s: bad %u keys %u authority %u elsewhere %u foreign %u", i, row->text, k.bad,
                     k.keys, k.authority, k.elsewhere, k.foreign);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_line_is_read_as_flux_reads_it)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
