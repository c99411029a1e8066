#include "vault/aadsts.h"

#include <stddef.h>

#define AS_SAID E_NONE, ADVICE_NONE

static const struct aadsts rows[] = {
    /* The client and its credential. */
    {7000215, AS_SAID, "the secret is wrong; often its ID was pasted instead of its value"},
    {7000222, AS_SAID, "the secret has expired"},
    {700016, AS_SAID, "this tenant has no application with that client id"},
    {700011, AS_SAID, "this tenant has no application with that client id"},
    {7000112, AS_SAID, "the application is disabled"},
    {700027, AS_SAID,
     "the certificate is not in the app registration, or it has expired there: az gives it a year unless "
     "told "
     "otherwise"},
    {7000213, E_ENTRA_CLIENT, ADVICE_CHAIN, "the app trusts certificates by their chain, and none was sent"},
    {700030, E_ENTRA_CLIENT, ADVICE_CHAIN,
     "the certificate's subject or issuer is not one that the app allows, or is another cloud's"},
    {50032, E_ENTRA_CLIENT, ADVICE_KEY_SIZE, "the key has fewer than 2048 bits"},
    {7000218, AS_SAID,
     "the application wants a credential of another kind; for device-code switch \"Allow public client "
     "flows\" on"},
    {700025, AS_SAID,
     "the application is public and takes no secret; switch off \"Allow public client flows\""},
    /* The assertion. */
    {700024, AS_SAID, "the assertion is outside its time: look at this box's clock"},
    {500133, E_ENTRA_GRANT, ADVICE_NONE, "the assertion is outside its time: look at this box's clock"},
    {50012, AS_SAID, "the assertion's signature or thumbprint is wrong"},
    {50013, E_ENTRA_GRANT, ADVICE_NONE, "the assertion's signature is wrong"},
    {50027, AS_SAID, "the assertion is malformed"},
    {700021, AS_SAID, "the assertion is for another client"},
    {700023, AS_SAID, "the assertion is for another audience"},
    {70021, AS_SAID,
     "no federated credential matches the assertion's issuer and subject; a new one takes some minutes"},
    {700211, AS_SAID, "no federated credential has the assertion's issuer, to the letter"},
    {700212, AS_SAID, "no federated credential has the assertion's audience"},
    {700213, AS_SAID,
     "no federated credential has the assertion's subject, to the letter; a new one takes some minutes"},
    /* The tenant and the resource. */
    {90002, AS_SAID, "no such tenant: wrong id, or wrong cloud"},
    {900023, AS_SAID, "no such tenant: wrong id, or wrong cloud"},
    {90038, AS_SAID, "the tenant is in a national cloud: set cloud.authority and cloud.resource"},
    {9001023, AS_SAID, "login.tenant must be a tenant of its own, not common or organizations"},
    {70011, AS_SAID, "the scope is not known: cloud.resource does not fit this cloud"},
    {1002012, AS_SAID, "the scope is not known: cloud.resource does not fit this cloud"},
    {500011, AS_SAID, "the resource is not known in this tenant: cloud.resource does not fit this cloud"},
    {500014, E_ENTRA_SCOPE, ADVICE_LAPSED,
     "Key Vault is disabled in this tenant: a subscription has lapsed, or an administrator switched it off"},
    {650057, AS_SAID, "the resource is not one the application may use"},
    /* Policies. */
    {53003, AS_SAID, "Conditional Access blocks this login"},
    {530035, AS_SAID, "security defaults block this login"},
    {50076, E_ENTRA_INTERACTION, ADVICE_SECOND_FACTOR, "the tenant asks for a second factor"},
    {50074, E_ENTRA_INTERACTION, ADVICE_SECOND_FACTOR, "the tenant asks for a second factor"},
    {50072, E_ENTRA_INTERACTION, ADVICE_SECOND_FACTOR, "the person has yet to register a second factor"},
    {50079, E_ENTRA_INTERACTION, ADVICE_SECOND_FACTOR, "the person has yet to register a second factor"},
    {53004, E_ENTRA_INTERACTION, ADVICE_SECOND_FACTOR, "the person has yet to register a second factor"},
    {53000, E_ENTRA_INTERACTION, ADVICE_DEVICE, "the policy wants a compliant device"},
    {53001, E_ENTRA_INTERACTION, ADVICE_DEVICE, "the policy wants a device that is joined to the domain"},
    {53002, E_ENTRA_INTERACTION, ADVICE_DEVICE, "the policy wants one of its approved apps"},
    {50005, E_ENTRA_INTERACTION, ADVICE_DEVICE, "the policy does not know this kind of device"},
    {50097, E_ENTRA_INTERACTION, ADVICE_DEVICE, "the policy wants the device to log in too"},
    {16000, E_ENTRA_INTERACTION, ADVICE_NONE, "the account that logged in is not of this tenant"},
    /* The person. */
    {65001, E_ENTRA_REFUSED, ADVICE_CONSENT,
     "nobody has consented yet that the application reads vaults for a person"},
    {65004, E_ENTRA_REFUSED, ADVICE_CONSENT, "the person did not consent to what the application asks for"},
    {70018, AS_SAID, "it does not know the code that it gave"},
    {70019, E_ENTRA_CODE, ADVICE_NONE, "nobody logged in with the code before it ran out"},
    {70020, E_ENTRA_CODE, ADVICE_NONE, "nobody logged in with the code before it ran out"},
    {50134, E_ENTRA_CODE, ADVICE_NONE,
     "the code was entered at another data centre than it is from: try again"},
    {50196, AS_SAID, "too many failing logins in a row: wait some minutes"},
};

const struct aadsts *aadsts_find(int64_t number)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].number == number)
            return &rows[i];
    return NULL;
}
