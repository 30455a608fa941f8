// Node's own HTTP server and client, with an engine instead of Node's sockets below them.
//
//   node examples/http.mjs
import http from "node:http";
import { connectSocket, EndpointSocket, EventEngine } from "wasi-event-engine";

const engine = await EventEngine.create();

const server = http.createServer((request, response) => response.end(`you asked for ${request.url}`));
const listener = engine.createListener((endpoint) => {
  // Node's HTTP servers end connections themselves, hence half-open.
  server.emit("connection", new EndpointSocket(engine, endpoint, { allowHalfOpen: true }));
}, () => engine.close());
const port = listener.bind("127.0.0.1:0");
listener.start();

const agent = new http.Agent({ keepAlive: true });
agent.createConnection = (options) => connectSocket(engine, { host: options.host, port: options.port });

for (const path of ["/first", "/second"]) {
  const [response] = await new Promise((resolve, reject) => {
    http.get({ agent, host: "localhost", port, path }, (...answer) => resolve(answer)).on("error", reject);
  });
  let text = "";
  for await (const chunk of response) text += chunk;
  console.log(`${response.statusCode}: ${text}`);
}

agent.destroy();
server.closeAllConnections();
listener.close();
