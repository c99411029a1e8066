// Reads secrets as any Azure user would: secrets.mjs secret|certificate|device URL NAME[@VERSION]...
// The login comes from AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET or AZURE_CLIENT_CERTIFICATE_PATH.
// Prints {NAME[@VERSION]: {value, version, enabled} or {error, status, code}}.
import { ClientCertificateCredential, ClientSecretCredential, DeviceCodeCredential } from "@azure/identity";
import { SecretClient } from "@azure/keyvault-secrets";

const [method, url, ...names] = process.argv.slice(2);
const { AZURE_TENANT_ID: tenant, AZURE_CLIENT_ID: client } = process.env;
const credential = method === "certificate"
    ? new ClientCertificateCredential(tenant, client, process.env.AZURE_CLIENT_CERTIFICATE_PATH)
    : method === "device"
    ? new DeviceCodeCredential({
        tenantId: tenant, clientId: client,
        userPromptCallback: (told) => console.error(`${told.verificationUri} ${told.userCode}`),
    })
    : new ClientSecretCredential(tenant, client, process.env.AZURE_CLIENT_SECRET);
const vault = new SecretClient(url, credential, { retryOptions: { maxRetries: 0 } });

const answers = {};
for (const asked of names) {
    const [name, version] = asked.split("@");
    try {
        const secret = await vault.getSecret(name, version ? { version } : {});
        answers[asked] = { value: secret.value, version: secret.properties.version, enabled: secret.properties.enabled };
    } catch (error) {
        answers[asked] = { error: error.name, status: error.statusCode, code: error.code, text: error.message };
    }
}
console.log(JSON.stringify(answers));
