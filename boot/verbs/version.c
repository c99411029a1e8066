#include "embed/version.h"

#include "base/error.h"
#include "embed/roots.h"
#include "net/tls.h"
#include "show/show.h"
#include "vault/loginkey.h"
#include "verbs/verbs.h"

#include <jansson.h>
#include <stdio.h>

#define NAME(implementation) NAME_OF(implementation)
#define NAME_OF(implementation) #implementation

/* aes and ghash are for a processor without the instructions that aesCpu and ghashCpu need. */
static const char *const implementations[][2] = {
    {"rsaSign", NAME(LOGINKEY_RSA)},
    {"rsaVerify", NAME(TLS_RSA_VERIFY)},
    {"ecdsaVerify", NAME(TLS_ECDSA_VERIFY)},
    {"ec", NAME(TLS_EC)},
    {"x25519", NAME(TLS_X25519)},
    {"aes", NAME(TLS_AES)},
    {"aesCpu", NAME(TLS_AES_CPU)},
    {"ghash", NAME(TLS_GHASH)},
    {"ghashCpu", NAME(TLS_GHASH_CPU)},
};

static void print_json(void)
{
    json_t *parts = json_array();
    for (size_t i = 0; i < version_parts_count; i++)
        json_array_append_new(parts,
                              json_pack("{s:s, s:s, s:s}", "name", version_parts[i].name, "version",
                                        version_parts[i].version, "sha256", version_parts[i].sha256));
    json_t *roots = json_array();
    for (size_t i = 0; i < roots_azure_count; i++)
        json_array_append_new(
            roots, json_pack("{s:s, s:s}", "name", roots_names[i].name, "sha256", roots_names[i].sha256));
    json_t *linked = json_object();
    for (size_t i = 0; i < sizeof implementations / sizeof *implementations; i++)
        json_object_set_new(linked, implementations[i][0], json_string(implementations[i][1]));
    json_t *all = json_pack("{s:s, s:s, s:o, s:o, s:o}", "version", version_text, "buildDate", version_date,
                            "dependencies", parts, "implementations", linked, "roots", roots);
    show_json(all);
}

enum exit_status verb_version(const struct options *o)
{
    if (o->json) {
        print_json();
        return EXIT_DONE_;
    }
    show_printf(
        "hearth %s, built %s\n\nfrom Debian's sources (SHA-256 of the .dsc; certificates: of the .deb)\n",
        version_text, version_date);
    for (size_t i = 0; i < version_parts_count; i++)
        show_printf("  %-16s %-22s %s\n", version_parts[i].name, version_parts[i].version,
                    version_parts[i].sha256);
    show_printf("\ntrusting for Azure (SHA-256 of the certificate)\n");
    for (size_t i = 0; i < roots_azure_count; i++)
        show_printf("  %s\n    %s\n", roots_names[i].name, roots_names[i].sha256);
    return EXIT_DONE_;
}
