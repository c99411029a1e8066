// oidc-provider as the token server of a cloud: oidc.mjs ADDRESS CHAIN KEY HOST TENANT CLIENT
// SECRET | @CERTIFICATE [ALGORITHM, the only one]. Prints each token that it gives, a line each.
import { createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";
import https from "node:https";
import Provider from "oidc-provider";

const [address, chain, key, host, tenant, client_id, credential, algorithm] = process.argv.slice(2);
const method = credential.startsWith("@")
    ? { token_endpoint_auth_method: "private_key_jwt", jwks: { keys: [{ ...createPublicKey(readFileSync(credential.slice(1))).export({ format: "jwk" }), use: "sig" }] }, ...(algorithm && { token_endpoint_auth_signing_alg: algorithm }) }
    : { token_endpoint_auth_method: "client_secret_post", client_secret: credential };
const provider = new Provider(`https://${host}`, {
    clients: [{ client_id, grant_types: ["client_credentials"], redirect_uris: [], response_types: [], ...method }],
    routes: { token: `/${tenant}/oauth2/v2.0/token` },
    scopes: ["https://vault.azure.net/.default"],
    features: { clientCredentials: { enabled: true }, devInteractions: { enabled: false } },
});
provider.on("grant.success", (ctx) => console.log(ctx.body.access_token));
provider.on("grant.error", (ctx, error) => console.error(`${error.error}: ${error.error_description} ${error.error_detail}`));
https.createServer({ cert: readFileSync(chain), key: readFileSync(key) }, provider.callback()).listen(443, address);
