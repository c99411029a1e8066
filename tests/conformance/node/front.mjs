// A front end in Node: front.mjs ADDRESS CHAIN KEY UPSTREAM [REQUESTS_A_CONNECTION]. TLS in, TLS to UPSTREAM out.
import { readFileSync } from "node:fs";
import https from "node:https";

const [address, chain, key, upstream, few] = process.argv.slice(2);
const agent = new https.Agent({ rejectUnauthorized: false, keepAlive: true });
const server = https.createServer({ cert: readFileSync(chain), key: readFileSync(key) }, (request, response) => {
    const { connection, ...headers } = request.headers;
    const asked = https.request({ host: upstream, port: 443, servername: headers.host, method: request.method, path: request.url, headers, agent },
        (answer) => {
            const { connection, "keep-alive": keep, ...rest } = answer.headers;
            response.writeHead(answer.statusCode, rest);
            answer.pipe(response);
        });
    asked.on("error", () => response.destroy());
    request.pipe(asked);
});
if (few) server.maxRequestsPerSocket = Number(few);
server.listen(443, address);
