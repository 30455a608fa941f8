// The jco face: the real component, transpiled by jco and run with JavaScript Promise Integration, over real TCP;
// and the calling conventions that its glue relies on.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { spawn } from "node:child_process";
import { once } from "node:events";
import net from "node:net";
import { ErrorCode } from "#host/wasi/error-code.js";
import { createJcoImports, jcoAsyncImports } from "#host/component/jco.js";
import { JcoError, type JcoInputStream, type JcoOutputStream, JcoPollable } from "#host/component/jco-io.js";
import { dispose, ResultError } from "#host/component/jco-resource.js";
import type { JcoNetwork, JcoTcpSocket } from "#host/component/jco-sockets.js";
import { WasiHost } from "#host/wasi/wasi-host.js";
import type { JcoUdpSocket } from "#host/component/jco-udp.js";
import { COMPONENT } from "../../support/arms.js";
import { Pattern, SEED } from "../../support/bytes.js";
import { within } from "../../support/guard.js";
import { runCommand } from "../../support/process.js";
import { type FakePlatform, fakePlatform, LOOPBACK } from "../support/fake-platform.js";
import { nothingIsLeft } from "../support/leak-law.js";
import { transpile } from "../../support/transpiled.js";

console.log(`seed ${SEED}`);

interface Offered {
  "wasi:io/poll": { poll(list: JcoPollable[]): Promise<Uint32Array> };
  "wasi:sockets/tcp-create-socket": { createTcpSocket(family: string): JcoTcpSocket };
  "wasi:sockets/udp-create-socket": { createUdpSocket(family: string): JcoUdpSocket };
  "wasi:sockets/instance-network": { instanceNetwork(): JcoNetwork };
  "wasi:clocks/monotonic-clock": { subscribeDuration(span: bigint): JcoPollable };
  "wasi:random/random": { getRandomBytes(len: bigint): Uint8Array };
}

interface World {
  platform: FakePlatform;
  host: WasiHost;
  imports: Offered;
}

function world(): World {
  const platform = fakePlatform();
  const host = new WasiHost(platform, { tcp: true, udp: true, nameLookup: true });
  return { platform, host, imports: createJcoImports(host) as unknown as Offered };
}

const ADDRESS = { tag: "ipv4", val: { port: 8080, address: [127, 0, 0, 1] } } as const;

function connected({ platform, imports }: World): [JcoTcpSocket, JcoInputStream, JcoOutputStream] {
  const socket = imports["wasi:sockets/tcp-create-socket"].createTcpSocket("ipv4");
  const network = imports["wasi:sockets/instance-network"].instanceNetwork();
  socket.startConnect(network, ADDRESS);
  network[dispose]();
  platform.transport.settle();
  return [socket, ...socket.finishConnect()];
}

/** The payload that a call throws. */
function payloadOf(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    if (error instanceof ResultError) return error.payload;
    throw error;
  }
  throw new Error("nothing was thrown");
}

/** Lets the doubles' clock run until the promise is settled. */
async function driven<T>({ platform }: World, promise: T | Promise<T>): Promise<T> {
  let isOver = false;
  const over = Promise.resolve(promise).finally(() => { isOver = true; });
  over.catch(() => {});
  for (let step = 0; step < 100 && !isOver; step++) {
    platform.clock.runSoon();
    await Promise.resolve();
  }
  return within("the call", over, 100);
}

const convention = suite("calling conventions");

convention("should throw payloads with WIT names, which are not Errors", () => {
  const made = world();
  const socket = made.imports["wasi:sockets/tcp-create-socket"].createTcpSocket("ipv6");
  assert.is(socket.addressFamily(), "ipv6");
  assert.is(payloadOf(() => socket.accept()), "invalid-state");
  assert.is(payloadOf(() => socket.finishConnect()), "not-in-progress");
  assert.not.instance(new ResultError(0), Error);
});

convention("should carry addresses as variants and numbers of 64 bits as bigint", () => {
  const made = world();
  const [socket, input, output] = connected(made);
  assert.equal(socket.localAddress(), { tag: "ipv4", val: { port: LOOPBACK.port, address: LOOPBACK.parts } });
  assert.is(typeof output.checkWrite(), "bigint");
  made.platform.transport.connection!.arrive(1, 2, 3);
  assert.is(input.skip(1n), 1n);
  assert.equal([...input.read(99n)], [2, 3]);
  assert.is(input.read(99n).length, 0);
});

convention("should carry datagrams as records, with an address where there is one", () => {
  const made = world();
  const socket = made.imports["wasi:sockets/udp-create-socket"].createUdpSocket("ipv4");
  assert.is(payloadOf(() => socket.stream(undefined)), "invalid-state");
  const network = made.imports["wasi:sockets/instance-network"].instanceNetwork();
  socket.startBind(network, ADDRESS);
  made.platform.transport.settle();
  socket.finishBind();
  const [incoming, outgoing] = socket.stream(undefined);
  const { datagrams } = made.platform.transport;
  assert.is(outgoing.checkSend(), 16n);
  const data = Uint8Array.of(1, 2);
  assert.is(outgoing.send([{ data, remoteAddress: ADDRESS }]), 1n);
  assert.equal(datagrams!.sent, [{ bytes: [1, 2], remote: LOOPBACK }]);
  outgoing.checkSend();
  assert.is(payloadOf(() => outgoing.send([{ data }])), "invalid-argument");
  datagrams!.arrive(LOOPBACK, 7);
  assert.equal(incoming.receive(99n), [{ data: Uint8Array.of(7), remoteAddress: ADDRESS }]);
  assert.throws(() => socket[dispose](), /resource has children/);
  const second = socket.stream(ADDRESS);
  assert.equal(socket.remoteAddress(), ADDRESS);
  assert.is(payloadOf(() => incoming.receive(1n)), "invalid-state");
  for (const resource of [...second, incoming, outgoing, socket, network]) resource[dispose]();
  nothingIsLeft(made.host, made.platform);
});

convention("should throw stream errors as variants, the first failure with an error resource", () => {
  const made = world();
  const [, input, output] = connected(made);
  made.platform.transport.connection!.events!.failed(ErrorCode.ConnectionReset);
  const failure = payloadOf(() => input.read(1n)) as { tag: string; val: JcoError };
  assert.is(failure.tag, "last-operation-failed");
  assert.is(failure.val.toDebugString(), "connection-reset");
  assert.equal(payloadOf(() => input.read(1n)), { tag: "closed" });
  assert.is((payloadOf(() => output.flush()) as { tag: string }).tag, "last-operation-failed");
});

convention("should keep the table's rules: children first, nothing twice", () => {
  const made = world();
  const [socket, input, output] = connected(made);
  assert.throws(() => socket[dispose](), /resource has children/);
  const pollable = input.subscribe();
  assert.throws(() => input[dispose](), /resource has children/);
  for (const resource of [pollable, input, output, socket]) resource[dispose]();
  assert.throws(() => input.read(1n), /unknown handle/);
  assert.throws(() => socket[dispose](), /unknown handle/);
  made.platform.transport.settle();
  nothingIsLeft(made.host, made.platform);
});

convention("should name the calls that wait for the version that is asked for", () => {
  const names = jcoAsyncImports("0.2.3");
  assert.is(names.length, 8);
  assert.ok(names.includes("wasi:io/poll@0.2.3#poll"));
});

convention.run();

// ---

const waiting = suite("calls that wait");

waiting("should resolve poll with the indexes that are ready, once there are any", async () => {
  const made = world();
  const [, input] = connected(made);
  const idle = made.imports["wasi:clocks/monotonic-clock"].subscribeDuration(1_000_000_000n);
  const list = [idle, input.subscribe()];
  const answer = made.imports["wasi:io/poll"].poll(list);
  made.platform.clock.runSoon();
  made.platform.transport.connection!.arrive(1);
  assert.equal([...await driven(made, answer)], [1]);
  assert.throws(() => made.imports["wasi:io/poll"].poll([]), /poll of an empty list/);
});

waiting("should block a read until bytes come, and a write until it is flushed", async () => {
  const made = world();
  const [, input, output] = connected(made);
  const connection = made.platform.transport.connection!;
  const read = input.blockingRead(9n);
  made.platform.clock.runSoon();
  connection.arrive(5);
  assert.equal([...await driven(made, read)], [5]);
  connection.isSlow = true;
  let isWritten = false;
  const contents = Uint8Array.of(1, 2);
  const write = Promise.resolve(output.blockingWriteAndFlush(contents)).then(() => { isWritten = true; });
  contents.fill(9);
  for (let step = 0; step < 9; step++) {
    made.platform.clock.runSoon();
    await Promise.resolve();
  }
  assert.equal(connection.written, [1, 2], "the view of the guest is copied before the wait");
  assert.is(isWritten, false);
  connection.takeAll();
  await driven(made, write);
  assert.is(isWritten, true);
});

waiting.run();

// ---

const transpiled = suite("the built component, transpiled");

const component = transpile(COMPONENT);
transpiled.after(() => component.remove());

transpiled("should print its version and fail with one line, as everywhere", async () => {
  const { code, stdout, stderr } = await runCommand(component.arm, ["--version"]);
  assert.equal([code, stderr], [0, ""]);
  assert.match(stdout.toString(), /^event-engine \d+\.\d+\.\d+\n$/);
  const failed = await runCommand(component.arm, ["no-such-program"]);
  assert.is(failed.code, 1);
  assert.match(failed.stderr, /^event-engine: [^\n]+\n$/);
});

transpiled("should echo over real TCP, byte for byte, several connections at once", async () => {
  const [program, args] = component.arm.command(["echo", "--listen", "127.0.0.1:0"]);
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  try {
    const [line] = await within("the first line", once(child.stdout, "data")) as [Buffer];
    const port = Number(/^listening 127\.0\.0\.1:(\d+)\n$/.exec(line.toString())?.[1]);
    await Promise.all([1, 65_537, 1_000_003].map((length) => echoOnce(port, length)));
  } finally {
    child.kill("SIGKILL");
    await once(child, "close");
  }
});

async function echoOnce(port: number, length: number): Promise<void> {
  const pattern = new Pattern();
  const socket = net.connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  let received = 0;
  socket.on("data", (chunk: Buffer) => {
    pattern.check(received, chunk);
    received += chunk.length;
  });
  socket.end(pattern.at(0, length));
  await within("the echo's end", once(socket, "end"));
  assert.is(received, length);
}

transpiled.run();
