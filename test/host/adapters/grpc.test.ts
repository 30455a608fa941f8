// grpc-js over engine sockets, client and server: all four kinds of calls, failures, deadlines, cancels, and TLS.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EventEmitter, once } from "node:events";
import * as grpc from "@grpc/grpc-js";
import type { EventEngine } from "#host/engine/interfaces.js";
import { ENGINES, withEngine } from "../../support/adapter-engines.js";
import { serveSockets, type SocketServer } from "../../support/adapter-server.js";
import { Pattern } from "../../support/bytes.js";
import { EngineCredentials, openDoorstep } from "../../support/grpc-channel.js";
import { within } from "../../support/guard.js";
import { CERTIFICATE, KEY } from "../../support/test-certificate.js";

const asIs = (bytes: Buffer): Buffer => bytes;

function method(name: string, requestStream: boolean, responseStream: boolean): grpc.MethodDefinition<Buffer, Buffer> {
  return {
    path: `/test.Bytes/${name}`, requestStream, responseStream,
    requestSerialize: asIs, requestDeserialize: asIs, responseSerialize: asIs, responseDeserialize: asIs,
  };
}

/** A service without a .proto: messages are bytes. */
const SERVICE = {
  reverse: method("reverse", false, false),
  join: method("join", true, false),
  count: method("count", false, true),
  echo: method("echo", true, true),
};
const Client = grpc.makeGenericClientConstructor(SERVICE, "Bytes");

/** Tells when a call has come that will not be answered. */
const nevers = new EventEmitter();

const implementation: grpc.UntypedServiceImplementation = {
  reverse(call: grpc.ServerUnaryCall<Buffer, Buffer>, done: grpc.sendUnaryData<Buffer>) {
    if (call.request.length === 0) done({ code: grpc.status.INVALID_ARGUMENT, details: "nothing to reverse" });
    else if (call.request.toString() === "never") nevers.emit("call");
    else done(null, Buffer.from(call.request).reverse());
  },
  join(call: grpc.ServerReadableStream<Buffer, Buffer>, done: grpc.sendUnaryData<Buffer>) {
    const parts: Buffer[] = [];
    call.on("data", (part: Buffer) => parts.push(part));
    call.on("end", () => done(null, Buffer.concat(parts)));
  },
  count(call: grpc.ServerWritableStream<Buffer, Buffer>) {
    for (let index = 0; index < Number(call.request); index++) call.write(Buffer.from(String(index)));
    call.end();
  },
  echo(call: grpc.ServerDuplexStream<Buffer, Buffer>) {
    call.on("data", (part: Buffer) => call.write(part));
    call.on("end", () => call.end());
  },
};

type Unary = (request: Buffer, options: grpc.CallOptions, done: grpc.requestCallback<Buffer>) => grpc.ClientUnaryCall;
interface BytesClient {
  reverse: Unary;
  join(done: grpc.requestCallback<Buffer>): grpc.ClientWritableStream<Buffer>;
  count(request: Buffer): grpc.ClientReadableStream<Buffer>;
  echo(): grpc.ClientDuplexStream<Buffer, Buffer>;
}

interface Setup {
  client: BytesClient;
  credentials: EngineCredentials;
  listener: SocketServer;
}

interface Security {
  server: grpc.ServerCredentials;
  client: grpc.ChannelCredentials;
}
const plain = (): Security => ({
  server: grpc.ServerCredentials.createInsecure(), client: grpc.credentials.createInsecure(),
});

async function withGrpc(
  engine: EventEngine, body: (setup: Setup) => Promise<void>, security: Security = plain(),
): Promise<void> {
  const server = new grpc.Server();
  server.addService(SERVICE, implementation);
  const injector = server.createConnectionInjector(security.server);
  const listener = serveSockets(engine, (socket) => injector.injectConnection(socket), { allowHalfOpen: true });
  const doorstep = await openDoorstep();
  const credentials = new EngineCredentials(engine, listener.port, security.client);
  const client = new Client(doorstep.target, credentials, { "grpc.ssl_target_name_override": "engine.test" });
  try {
    await body({ client: client as unknown as BytesClient, credentials, listener });
  } finally {
    client.close();
    injector.destroy();
    await listener.close();
    server.forceShutdown();
    for (const socket of credentials.sockets) socket.destroy();
    await doorstep.close();
  }
}

function unary(client: BytesClient, request: Buffer, options: grpc.CallOptions = {}): Promise<Buffer> {
  return within("an answer", new Promise((resolve, reject) => {
    client.reverse(request, options, (error, answer) => error ? reject(error) : resolve(answer ?? Buffer.alloc(0)));
  }));
}

async function codeOf(call: Promise<unknown>): Promise<string> {
  const error = await call.then(() => assert.unreachable(), (reason: grpc.ServiceError) => reason);
  return grpc.status[(error as grpc.ServiceError).code] ?? String(error);
}

for (const arm of ENGINES) {
  const calls = suite(`grpc-js over ${arm.name}`);
  const test = (name: string, body: (setup: Setup) => Promise<void>, security?: () => Security): void => {
    calls(name, () => withEngine(arm, (engine) => withGrpc(engine, body, security?.())));
  };

  test("should answer unary calls, large ones too, on one connection", async ({ client, listener, credentials }) => {
    assert.is((await unary(client, Buffer.from("abc"))).toString(), "cba");
    const large = Buffer.from(new Pattern().at(0, 1 << 20));
    assert.ok((await unary(client, large)).equals(Buffer.from(large).reverse()));
    const many = Array.from({ length: 100 }, (_, index) => Buffer.from(`message ${index}`));
    const answers = await Promise.all(many.map((message) => unary(client, message)));
    for (const [index, answer] of answers.entries()) assert.ok(answer.equals(many[index]!.reverse()));
    assert.equal([listener.sockets.length, credentials.sockets.length], [1, 1]);
    assert.ok(credentials.sockets[0]!.bytesRead > large.length, "the bytes went over the engine");
  });

  test("should carry a client's stream", async ({ client }) => {
    const answer = new Promise<Buffer | undefined>((resolve, reject) => {
      const call = client.join((error, joined) => error ? reject(error) : resolve(joined));
      for (const part of ["a", "b", "c"]) call.write(Buffer.from(part));
      call.end();
    });
    assert.is(String(await within("an answer", answer)), "abc");
  });

  test("should carry a server's stream", async ({ client }) => {
    const received: string[] = [];
    for await (const part of client.count(Buffer.from("500"))) received.push(String(part));
    assert.equal(received, Array.from({ length: 500 }, (_, index) => String(index)));
  });

  test("should carry streams both ways, message by message", async ({ client }) => {
    const call = client.echo();
    for (let index = 0; index < 50; index++) {
      const sent = Buffer.alloc(index * 997, index);
      const answer = once(call, "data");
      call.write(sent);
      assert.ok((await within("an echo", answer))[0].equals(sent));
    }
    call.end();
    call.resume();
    const [status] = await within("the status", once(call, "status"));
    assert.is(status.code, grpc.status.OK);
  });

  test("should carry statuses, deadlines and cancels", async ({ client }) => {
    assert.is(await codeOf(unary(client, Buffer.alloc(0))), "INVALID_ARGUMENT");
    const never = Buffer.from("never");
    assert.is(await codeOf(unary(client, never, { deadline: Date.now() + 30 })), "DEADLINE_EXCEEDED");
    const cancelled = new Promise((resolve, reject) => {
      const call = client.reverse(never, {}, (error, answer) => error ? reject(error) : resolve(answer));
      setTimeout(() => call.cancel(), 10);
    });
    assert.is(await codeOf(cancelled), "CANCELLED");
    assert.is((await unary(client, Buffer.from("ok"))).toString(), "ko");
  });

  test("should reconnect after the connection went", async ({ client, listener }) => {
    await unary(client, Buffer.from("first"));
    const arrived = once(nevers, "call");
    const pending = codeOf(unary(client, Buffer.from("never")));
    await within("the call", arrived);
    for (const socket of listener.sockets) socket.destroy();
    assert.is(await pending, "UNAVAILABLE");
    assert.is((await unary(client, Buffer.from("again"), {})).toString(), "niaga");
    assert.is(listener.sockets.length, 2);
  });

  test("should be unavailable when nobody listens", async ({ client, listener }) => {
    await listener.close();
    assert.is(await codeOf(unary(client, Buffer.from("x"))), "UNAVAILABLE");
  });

  test("should run over tls", async ({ client, credentials }) => {
    assert.is((await unary(client, Buffer.from("secret"))).toString(), "terces");
    assert.ok(credentials._isSecure());
  }, () => ({
    server: grpc.ServerCredentials.createSsl(null, [
      { private_key: Buffer.from(KEY), cert_chain: Buffer.from(CERTIFICATE) },
    ]),
    client: grpc.credentials.createSsl(Buffer.from(CERTIFICATE)),
  }));

  calls.run();
}
