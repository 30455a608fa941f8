// grpc-js, server and client, with an engine instead of Node's sockets below it. Needs `npm install @grpc/grpc-js`.
//
//   node examples/grpc.mjs
import net from "node:net";
import * as grpc from "@grpc/grpc-js";
import { connectSocket, EndpointSocket, EventEngine } from "wasi-event-engine";

const text = { serialize: (value) => Buffer.from(value), deserialize: String };
const service = {
  greet: {
    path: "/example.Greeter/greet", requestStream: false, responseStream: true,
    requestSerialize: text.serialize, requestDeserialize: text.deserialize,
    responseSerialize: text.serialize, responseDeserialize: text.deserialize,
  },
};

// The server takes connections from whoever has them: grpc-js calls that a connection injector.
const engine = await EventEngine.create();
const server = new grpc.Server();
server.addService(service, {
  greet(call) {
    for (const word of ["hello", call.request]) call.write(word);
    call.end();
  },
});
const injector = server.createConnectionInjector(grpc.ServerCredentials.createInsecure());
const listener = engine.createListener((endpoint) => {
  injector.injectConnection(new EndpointSocket(engine, endpoint, { allowHalfOpen: true }));
}, () => engine.close());
const port = listener.bind("127.0.0.1:0");
listener.start();

// A client always connects by itself first. Credentials may then swap the connection: see docs/adapters.md.
const doorstep = net.createServer((socket) => socket.on("error", () => {}).resume()).listen(0, "127.0.0.1");
await new Promise((resolve) => doorstep.once("listening", resolve));
const credentials = grpc.credentials.createInsecure();
const makeConnector = credentials._createSecureConnector;
credentials._createSecureConnector = (...where) => ({
  ...makeConnector.apply(credentials, where),
  connect: (bell) => new Promise((resolve, reject) => {
    bell.destroy();
    const socket = connectSocket(engine, { port, host: "127.0.0.1", allowHalfOpen: true });
    socket.once("connect", () => resolve({ socket, secure: false })).once("error", reject);
  }),
});
credentials._equals = (other) => other === credentials;

const Greeter = grpc.makeGenericClientConstructor(service, "Greeter");
const client = new Greeter(`127.0.0.1:${doorstep.address().port}`, credentials);
for await (const word of client.greet("engine")) console.log(word);

client.close();
doorstep.close();
injector.destroy();
server.forceShutdown();
listener.close();
