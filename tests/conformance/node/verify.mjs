// Verifies a client assertion with two JWT libraries: verify.mjs CERTIFICATE-PEM AUDIENCE CLIENT < ASSERTION
// Prints {jose, jsonwebtoken, thumbprint, header, claims}; a refusal is the library's own words.
import { createHash, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import * as jose from "jose";
import jsonwebtoken from "jsonwebtoken";

const [path, audience, client] = process.argv.slice(2);
const certificate = new X509Certificate(readFileSync(path));
const assertion = readFileSync(0, "utf8").trim();
const said = { thumbprint: createHash("sha256").update(certificate.raw).digest("base64url") };
try {
    const { payload, protectedHeader } = await jose.jwtVerify(assertion, certificate.publicKey,
        { algorithms: ["PS256"], audience, issuer: client, subject: client, requiredClaims: ["exp", "nbf", "jti"] });
    Object.assign(said, { jose: "good", header: protectedHeader, claims: payload });
} catch (error) {
    said.jose = String(error);
}
try {
    jsonwebtoken.verify(assertion, certificate.publicKey,
        { algorithms: ["PS256"], audience, issuer: client, subject: client });
    said.jsonwebtoken = "good";
} catch (error) {
    said.jsonwebtoken = String(error);
}
console.log(JSON.stringify(said));
