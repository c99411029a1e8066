#include "vault/aadsts.h"

#include "base/words.h"

#include <stddef.h>

/* Code and advice: as the `error` member says, or as these say. */
#define AS_SAID SAYS(E_NONE, ADVICE_NONE)
#define SAYS(code, advice) code, advice

/* clang-format off */
#define ROWS \
  /* The client and its credential. */ \
  ROW(7000215, AS_SAID, "the secret is wrong; often its ID was pasted instead of its value") \
  ROW(7000222, AS_SAID, "the secret has expired") \
  ROW(700016, AS_SAID, "this tenant has no application with that client id") \
  ROW(700011, AS_SAID, "this tenant has no application with that client id") \
  ROW(7000112, AS_SAID, "the application is disabled") \
  ROW(700027, AS_SAID, \
      "the certificate is not in the app registration, or it has expired there: az gives it a year unless told otherwise") \
  ROW(7000213, SAYS(E_ENTRA_CLIENT, ADVICE_CHAIN), \
      "the app trusts certificates by their chain, and none was sent") \
  ROW(700030, SAYS(E_ENTRA_CLIENT, ADVICE_CHAIN), \
      "the certificate's subject or issuer is not one that the app allows, or is another cloud's") \
  ROW(50032, SAYS(E_ENTRA_CLIENT, ADVICE_KEY_SIZE), "the key has fewer than 2048 bits") \
  ROW(7000218, AS_SAID, \
      "the application wants a credential of another kind; for device-code switch \"Allow public client flows\" on") \
  ROW(700025, AS_SAID, \
      "the application is public and takes no secret; switch off \"Allow public client flows\"") \
  /* The assertion. */ \
  ROW(700024, AS_SAID, "the assertion is outside its time: look at this box's clock") \
  ROW(500133, SAYS(E_ENTRA_GRANT, ADVICE_NONE), \
      "the assertion is outside its time: look at this box's clock") \
  ROW(50012, AS_SAID, "the assertion's signature or thumbprint is wrong") \
  ROW(50013, SAYS(E_ENTRA_GRANT, ADVICE_NONE), "the assertion's signature is wrong") \
  ROW(50027, AS_SAID, "the assertion is malformed") \
  ROW(700021, AS_SAID, "the assertion is for another client") \
  ROW(700023, AS_SAID, "the assertion is for another audience") \
  ROW(70021, AS_SAID, \
      "no federated credential matches the assertion's issuer and subject; a new one takes some minutes") \
  ROW(700211, AS_SAID, "no federated credential has the assertion's issuer, to the letter") \
  ROW(700212, AS_SAID, "no federated credential has the assertion's audience") \
  ROW(700213, AS_SAID, \
      "no federated credential has the assertion's subject, to the letter; a new one takes some minutes") \
  /* The tenant and the resource. */ \
  ROW(90002, AS_SAID, "no such tenant: wrong id, or wrong cloud") \
  ROW(900023, AS_SAID, "no such tenant: wrong id, or wrong cloud") \
  ROW(90038, AS_SAID, "the tenant is in a national cloud: set cloud.authority and cloud.resource") \
  ROW(9001023, AS_SAID, "login.tenant must be a tenant of its own, not common or organizations") \
  ROW(70011, AS_SAID, "the scope is not known: cloud.resource does not fit this cloud") \
  ROW(1002012, AS_SAID, "the scope is not known: cloud.resource does not fit this cloud") \
  ROW(500011, AS_SAID, \
      "the resource is not known in this tenant: cloud.resource does not fit this cloud") \
  ROW(500014, SAYS(E_ENTRA_SCOPE, ADVICE_LAPSED), \
      "Key Vault is disabled in this tenant: a subscription has lapsed, or an administrator switched it off") \
  ROW(650057, AS_SAID, "the resource is not one the application may use") \
  /* Policies. */ \
  ROW(53003, AS_SAID, "Conditional Access blocks this login") \
  ROW(530035, AS_SAID, "security defaults block this login") \
  ROW(50076, SAYS(E_ENTRA_INTERACTION, ADVICE_SECOND_FACTOR), "the tenant asks for a second factor") \
  ROW(50074, SAYS(E_ENTRA_INTERACTION, ADVICE_SECOND_FACTOR), "the tenant asks for a second factor") \
  ROW(50072, SAYS(E_ENTRA_INTERACTION, ADVICE_SECOND_FACTOR), \
      "the person has yet to register a second factor") \
  ROW(50079, SAYS(E_ENTRA_INTERACTION, ADVICE_SECOND_FACTOR), \
      "the person has yet to register a second factor") \
  ROW(53004, SAYS(E_ENTRA_INTERACTION, ADVICE_SECOND_FACTOR), \
      "the person has yet to register a second factor") \
  ROW(53000, SAYS(E_ENTRA_INTERACTION, ADVICE_DEVICE), "the policy wants a compliant device") \
  ROW(53001, SAYS(E_ENTRA_INTERACTION, ADVICE_DEVICE), \
      "the policy wants a device that is joined to the domain") \
  ROW(53002, SAYS(E_ENTRA_INTERACTION, ADVICE_DEVICE), "the policy wants one of its approved apps") \
  ROW(50005, SAYS(E_ENTRA_INTERACTION, ADVICE_DEVICE), "the policy does not know this kind of device") \
  ROW(50097, SAYS(E_ENTRA_INTERACTION, ADVICE_DEVICE), "the policy wants the device to log in too") \
  ROW(16000, SAYS(E_ENTRA_INTERACTION, ADVICE_NONE), "the account that logged in is not of this tenant") \
  /* The person. */ \
  ROW(65001, SAYS(E_ENTRA_REFUSED, ADVICE_CONSENT), \
      "nobody has consented yet that the application reads vaults for a person") \
  ROW(65004, SAYS(E_ENTRA_REFUSED, ADVICE_CONSENT), \
      "the person did not consent to what the application asks for") \
  ROW(70018, AS_SAID, "it does not know the code that it gave") \
  ROW(70019, SAYS(E_ENTRA_CODE, ADVICE_NONE), "nobody logged in with the code before it ran out") \
  ROW(70020, SAYS(E_ENTRA_CODE, ADVICE_NONE), "nobody logged in with the code before it ran out") \
  ROW(50134, SAYS(E_ENTRA_CODE, ADVICE_NONE), \
      "the code was entered at another data centre than it is from: try again") \
  ROW(50196, AS_SAID, "too many failing logins in a row: wait some minutes")
/* clang-format on */

/* The hints side by side, each by its number: a place in them is known before they are unpacked. */
#define ROW(number, says, hint) char of_##number[sizeof hint];
struct hints {
    ROWS
};
#undef ROW

#define ROW(number, says, hint) hint,
static const struct hints hints WORDS = {ROWS};
#undef ROW

#define ROW(number, says, hint) {number, says, offsetof(struct hints, of_##number)},
static const struct aadsts rows[] = {ROWS};
#undef ROW

const struct aadsts *aadsts_find(int64_t number)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].number == number)
            return &rows[i];
    return NULL;
}

const char *aadsts_hint(const struct aadsts *row)
{
    return words_text((const char *)&hints + row->hint);
}
