// The same job with the official SDK, all secrets at once: sdk.mjs secret|certificate NAME...
import { ClientCertificateCredential, ClientSecretCredential } from "@azure/identity";
import { SecretClient } from "@azure/keyvault-secrets";
import { writeFileSync } from "node:fs";

const [method, out, ...names] = process.argv.slice(2);
const { AZURE_TENANT_ID: tenant, AZURE_CLIENT_ID: client } = process.env;
const credential = method === "certificate"
    ? new ClientCertificateCredential(tenant, client, process.env.AZURE_CLIENT_CERTIFICATE_PATH)
    : new ClientSecretCredential(tenant, client, process.env.AZURE_CLIENT_SECRET);
const vault = new SecretClient(process.env.VAULT_URL, credential);
const answers = await Promise.all(names.map((name) => vault.getSecret(name)));
writeFileSync(out, JSON.stringify(answers.map((answer) => answer.value)), { mode: 0o600 });
