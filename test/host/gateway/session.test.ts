// A session of the gateway, frame by frame, on the simulated network.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  ACCEPTED, addressFrame, BIND, BOUND, CLOSE, codeFrame, creditFrame, DATA, dataFrame, END, FAIL, Goodbye, helloFrame,
  LISTENING, listenFrame, OPENED, openFrame, PING, plainFrame, PONG, RELEASED, RESET, RESOLVED, resolveFrame,
  goodbyeFrame, WELCOME, welcomeFrame, CREDIT,
} from "#host/gateway/frames.js";
import { SERVER_IDS_FROM, WINDOW_BYTES_DEFAULT } from "#host/gateway/limits.js";
import { RulePolicy } from "#host/gateway/server/policy.js";
import { addressText } from "#host/wasi/ip-address.js";
import { ErrorCode } from "#host/wasi/error-code.js";
import type { Connection } from "#host/wasi/transport.js";
import { Record } from "../support/node-transport.js";
import { address, GATEWAY, SERVER, World } from "./session-world.js";

const OPEN_RULES = [`tcp:${SERVER}:*`, `listen:${GATEWAY}:8080`, "resolve:*"];
/** Most of what is sent stays queued for a while. */
const SLOW = { sendBufferBytes: [1000, 1000], windowBytes: [2000, 2000] } as const;
const bytes = (text: string): Uint8Array => Buffer.from(text);
const data = (id: number, text: string): Uint8Array => dataFrame(id, bytes(text), 0, text.length);

const beginning = suite("the beginning of a gateway session");

beginning("should greet with what the client may do", async () => {
  const world = await World.open({ rules: ["tcp:*:80", "resolve:*"], limits: { streams: 7 } });
  const { version, window, frameMax, streamsMax, rights } = world.client.one(WELCOME);
  assert.equal([version, window, frameMax, streamsMax, rights], [1, WINDOW_BYTES_DEFAULT, 65_536, 7, 1 | 4]);
  assert.equal(world.said("session"), [{ event: "session", allowed: true, reason: "admitted" }]);
  await world.finish();
});

beginning("should accept nothing before HELLO, nor before it is answered", async () => {
  for (const frame of [openFrame(1, address(SERVER, 80), null), plainFrame(PING, 0), data(1, "a")]) {
    const world = new World({ rules: OPEN_RULES });
    world.client.send(frame);
    assert.is(world.client.goodbye, Goodbye.ProtocolError);
    await world.finish();
  }
  const world = new World({ admit: () => new Promise(() => {}) });
  world.client.send(helloFrame(65_536, "t"));
  world.client.send(openFrame(1, address(SERVER, 80), null));
  assert.is(world.client.goodbye, Goodbye.ProtocolError);
  await world.finish();
});

beginning("should end when no HELLO comes, or its answer takes too long", async () => {
  const world = new World({ limits: { helloMs: 500 } });
  await world.settle();
  assert.is(world.client.goodbye, Goodbye.Idle);
  assert.is(world.sim.nowMs, 500);
  await world.finish();
  const slow = new World({ limits: { helloMs: 500 }, admit: () => new Promise(() => {}) });
  slow.client.send(helloFrame(65_536, ""));
  await slow.settle();
  assert.is(slow.client.goodbye, Goodbye.Idle);
  await slow.finish();
});

beginning("should ask once about the token, and refuse when it is told to or cannot be told", async () => {
  const refusals = [
    [() => ({ refused: Goodbye.Expired, text: "too old" }), Goodbye.Expired],
    [async () => ({ refused: Goodbye.Unauthorised, text: "who?" }), Goodbye.Unauthorised],
    [() => { throw new Error("broken"); }, Goodbye.Unauthorised],
    [() => Promise.reject(new Error("broken")), Goodbye.Unauthorised],
  ] as const;
  for (const [admit, reason] of refusals) {
    const tokens: string[] = [];
    const world = new World({ admit: (token) => { tokens.push(token); return admit(); } });
    world.client.send(helloFrame(65_536, "my token"));
    await world.settle();
    assert.is(world.client.goodbye, reason);
    assert.equal(tokens, ["my token"]);
    assert.is(world.said("session")[0]?.allowed, false);
    assert.is(world.client.of(WELCOME).length, 0);
    await world.finish();
  }
});

beginning("should not be woken by an answer that comes after the end", async () => {
  let answer = (_policy: RulePolicy): void => {};
  const world = new World({ admit: () => new Promise<RulePolicy>((resolve) => { answer = resolve; }) });
  world.client.send(helloFrame(65_536, ""));
  await world.settle(1);
  world.client.lose();
  answer(RulePolicy.parse([]));
  await world.settle();
  assert.is(world.client.of(WELCOME).length, 0);
  await world.finish();
});

beginning("should take what breaks the protocol for the end", async () => {
  const broken = [
    new Uint8Array(0), new Uint8Array(3), Uint8Array.of(99, 1, 0, 0, 0), helloFrame(65_536, ""),
    welcomeFrame({ window: 4096, frameMax: 4096, streamsMax: 1, rights: 0 }), plainFrame(END, 7),
    creditFrame(0x8000_0000, 1), openFrame(SERVER_IDS_FROM, address(SERVER, 80), null), data(5, "x"),
  ];
  for (const frame of broken) {
    const world = await World.open({ rules: OPEN_RULES });
    world.client.send(frame);
    assert.is(world.client.goodbye, Goodbye.ProtocolError, `${frame}`);
    assert.ok(world.client.isClosed);
    await world.finish();
  }
});

beginning("should answer PING, take PONG, and end quietly on GOODBYE", async () => {
  const world = await World.open({});
  world.client.send(plainFrame(PING, 0));
  world.client.send(plainFrame(PONG, 0));
  assert.is(world.client.of(PONG).length, 1);
  world.client.send(goodbyeFrame(Goodbye.ShuttingDown, ""));
  assert.ok(world.client.isClosed);
  assert.is(world.client.goodbye, null);
  world.client.send(plainFrame(PING, 0));
  world.session.end(Goodbye.ShuttingDown, "again");
  assert.is(world.client.of(PONG).length, 1);
  await world.finish();
});

beginning.run();

const streams = suite("streams of a gateway session");

streams("should carry bytes and both ends of a connection", async () => {
  const world = await World.open({ rules: OPEN_RULES });
  const made: Connection[] = [];
  const [record] = [world.serve(80, (connection) => made.push(connection))];
  await world.stream(1);
  const { local, remote } = world.client.one(OPENED, 1);
  assert.is(addressText(remote), `${SERVER}:80`);
  assert.is(addressText(made[0]?.remoteAddress ?? remote), addressText(local), "the real local address");
  world.client.send(data(1, "to the server"));
  world.client.send(plainFrame(END, 1));
  await world.settle();
  assert.is(record[0]?.text, "to the server");
  assert.equal(record[0]?.log, ["end"]);
  made[0]?.write(bytes("and back"), 0, 8);
  made[0]?.end();
  await world.settle();
  assert.is(world.client.bytes(1).toString(), "and back");
  world.client.one(END, 1);
  world.client.send(plainFrame(CLOSE, 1));
  made[0]?.close(1000);
  await world.settle();
  const [end] = world.said("end");
  assert.equal([end?.reason, end?.sent, end?.received, end?.id], ["closed", 13, 8, 1]);
  await world.finish();
});

streams("should tell why a connect failed", async () => {
  const world = await World.open({ rules: OPEN_RULES });
  assert.is(await world.refusal(1, address(SERVER, 81)), ErrorCode.ConnectionRefused);
  assert.is(await world.refusal(2, address("93.184.216.99", 80)), ErrorCode.AccessDenied);
  await world.finish();
});

streams("should tell a reset once, and pass one on", async () => {
  const world = await World.open({ rules: OPEN_RULES });
  const made: Connection[] = [];
  const records = world.serve(80, (connection) => made.push(connection));
  await world.stream(1);
  await world.stream(2);
  made[0]?.abort();
  world.client.send(codeFrame(RESET, 2, ErrorCode.ConnectionAborted));
  await world.settle();
  assert.is(world.client.one(RESET).code, ErrorCode.ConnectionReset);
  assert.equal(records[1]?.log, ["connection-reset"]);
  assert.is(world.gateway.transport.openCount, 0);
  await world.finish();
});

streams("should ignore frames for what is over, and no others", async () => {
  const world = await World.open({ rules: OPEN_RULES });
  const made: Connection[] = [];
  world.serve(80, (connection) => made.push(connection));
  await world.stream(3);
  made[0]?.abort();
  await world.settle();
  const late = [data(3, "late"), plainFrame(END, 3), creditFrame(3, 5), plainFrame(CLOSE, 3), data(2, "never")];
  for (const frame of late) {
    world.client.send(frame);
  }
  assert.is(world.client.goodbye, null, "ids below the last one may have been used");
  world.client.send(openFrame(3, address(SERVER, 80), null));
  assert.is(world.client.goodbye, Goodbye.ProtocolError, "no id is used twice");
  await world.finish();
});

streams("should refuse frames out of turn", async () => {
  const turns: [string, (world: World) => void][] = [
    ["data after the end", ({ client }) => { client.send(plainFrame(END, 1)); client.send(data(1, "x")); }],
    ["two ends", ({ client }) => { client.send(plainFrame(END, 1)); client.send(plainFrame(END, 1)); }],
    ["listening on a stream", ({ client }) => client.send(listenFrame(1, 1))],
    ["data before it is connected", ({ client }) => {
      client.send(openFrame(2, address(SERVER, 80), null));
      client.send(data(2, "x"));
    }],
    ["too much credit", ({ client }) => client.send(creditFrame(1, 0x7fff_ffff))],
    ["a frame that only a server sends", ({ client }) => client.send(plainFrame(LISTENING, 1))],
  ];
  for (const [what, turn] of turns) {
    const world = await World.open({ rules: OPEN_RULES });
    world.serve(80);
    await world.stream(1);
    assert.is(world.client.goodbye, null);
    turn(world);
    assert.is(world.client.goodbye, Goodbye.ProtocolError, what);
    await world.settle();
    assert.is(world.gateway.transport.openCount, 0, what);
    await world.finish();
  }
});

streams("should cancel a connect that is closed before it is made", async () => {
  const world = await World.open({ rules: OPEN_RULES });
  const records = world.serve(80);
  world.client.send(openFrame(1, address(SERVER, 80), null));
  world.client.send(plainFrame(CLOSE, 1));
  await world.settle();
  assert.is(world.client.of(OPENED).length + world.client.of(FAIL).length, 0);
  assert.is(world.gateway.transport.openCount, 0);
  assert.ok(records.length <= 1);
  await world.finish();
});

streams("should send everything out after CLOSE, and read nothing more", async () => {
  const world = await World.open({ rules: OPEN_RULES, conditions: SLOW });
  const records = world.serve(80, (connection) => connection.write(bytes("never read"), 0, 10));
  await world.stream(1);
  const before = world.client.bytes(1).length;
  const big = new Uint8Array(60_000).fill(7);
  world.client.send(dataFrame(1, big, 0, big.length));
  world.client.send(plainFrame(CLOSE, 1));
  await world.settle(1);
  assert.is(world.gateway.transport.openCount, 1, "it flushes");
  await world.settle();
  assert.is(records[0]?.length, 60_000);
  assert.is(world.client.bytes(1).length, before);
  assert.is(world.gateway.transport.openCount, 0);
  await world.finish();
});

streams("should let what was closed flush after the session, and cut what was not", async () => {
  const world = await World.open({ rules: OPEN_RULES, conditions: SLOW });
  const records = world.serve(80);
  await world.stream(1);
  await world.stream(2);
  const big = new Uint8Array(60_000).fill(7);
  for (const id of [1, 2]) world.client.send(dataFrame(id, big, 0, big.length));
  world.client.send(plainFrame(CLOSE, 1));
  world.client.lose();
  await world.settle();
  assert.is(records[0]?.length, 60_000);
  assert.equal(records[0]?.log, ["end"]);
  assert.equal(records[1]?.log, ["connection-reset"]);
  assert.is(world.gateway.transport.openCount, 0);
  await world.finish();
});

streams("should give credit for what the server took", async () => {
  const world = await World.open({ rules: OPEN_RULES, limits: { windowBytes: 8192, frameBytes: 4096 } });
  const records = world.serve(80);
  await world.stream(1);
  const part = new Uint8Array(4096);
  let sent = 0;
  for (let round = 0; round < 20; round++) {
    const given = world.client.of(CREDIT, 1).reduce((sum, { bytes: more }) => sum + more, 0);
    if (sent + part.length <= 8192 + given) {
      world.client.send(dataFrame(1, part, 0, part.length));
      sent += part.length;
    }
    await world.settle(50);
  }
  assert.is(world.client.goodbye, null);
  assert.is(records[0]?.length, 20 * 4096);
  await world.finish();
});

streams.run();

const listening = suite("listening and looking up in a gateway session");

listening("should bind, listen, accept and release", async () => {
  const world = await World.open({ rules: OPEN_RULES });
  world.client.send(addressFrame(BIND, 1, address(GATEWAY, 8080)));
  assert.is(addressText(world.client.one(BOUND, 1).address), `${GATEWAY}:8080`);
  world.client.send(listenFrame(1, 10));
  world.client.one(LISTENING, 1);
  const peers: Connection[] = [];
  world.server.transport.connect({ remote: address(GATEWAY, 8080), local: null }, (result) => {
    if (typeof result === "number") return;
    result.attach(new Record());
    peers.push(result);
  });
  await world.settle(100);
  const { stream, local, remote } = world.client.one(ACCEPTED, 1);
  assert.is(stream, SERVER_IDS_FROM);
  assert.is(addressText(local), `${GATEWAY}:8080`);
  assert.is(addressText(remote), addressText(peers[0]?.localAddress ?? local));
  peers[0]?.write(bytes("hello"), 0, 5);
  await world.settle(100);
  assert.is(world.client.bytes(stream).toString(), "hello");
  world.client.send(plainFrame(CLOSE, 1));
  await world.settle(1);
  world.client.one(RELEASED, 1);
  assert.is(world.gateway.transport.openCount, 1, "accepted streams outlive their listener");
  world.client.send(plainFrame(CLOSE, stream));
  peers[0]?.close(1000);
  await world.settle();
  assert.is(world.gateway.transport.openCount, 0);
  await world.finish();
});

listening("should tell an address in use, and end a binding that cannot listen", async () => {
  const world = await World.open({ rules: OPEN_RULES });
  world.serve(8080, () => {}, GATEWAY);
  world.client.send(addressFrame(BIND, 1, address(GATEWAY, 8080)));
  assert.is(world.client.one(FAIL, 1).code, ErrorCode.AddressInUse);
  world.client.send(addressFrame(BIND, 2, address(GATEWAY, 0)));
  world.client.one(BOUND, 2);
  world.client.send(listenFrame(2, 1));
  assert.is(world.client.one(FAIL, 2).code, ErrorCode.AccessDenied, "no rule is for that port");
  world.client.send(plainFrame(CLOSE, 2));
  await world.settle();
  assert.is(world.client.of(RELEASED).length, 0);
  await world.finish();
});

listening("should connect from a port that was chosen for it, and from no other", async () => {
  const world = await World.open({ rules: OPEN_RULES });
  const made: Connection[] = [];
  world.serve(80, (connection) => made.push(connection));
  world.client.send(addressFrame(BIND, 1, address(GATEWAY, 0)));
  const bound = world.client.one(BOUND, 1).address;
  world.client.send(plainFrame(CLOSE, 1));
  await world.settle();
  world.client.one(RELEASED, 1);
  world.client.send(openFrame(2, address(SERVER, 80), bound));
  await world.settle(100);
  assert.is(made[0]?.remoteAddress?.port, bound.port);
  world.client.send(openFrame(3, address(SERVER, 80), address(GATEWAY, 1023)));
  assert.is(world.client.one(FAIL, 3).code, ErrorCode.AccessDenied);
  world.client.send(openFrame(4, address(SERVER, 80), address("::1", 0)));
  assert.is(world.client.one(FAIL, 4).code, ErrorCode.InvalidArgument);
  await world.finish();
});

listening("should look names up, and let go of a look-up", async () => {
  const world = await World.open({ rules: OPEN_RULES });
  world.sim.setName("example.com", [SERVER, "2606:4700::2"]);
  world.sim.setName("slow.example", [SERVER], 1000);
  world.client.send(resolveFrame(1, "Example.com"));
  world.client.send(resolveFrame(2, "nobody.example"));
  world.client.send(resolveFrame(3, "not a name"));
  world.client.send(resolveFrame(4, SERVER));
  world.client.send(resolveFrame(5, "slow.example"));
  world.client.send(plainFrame(CLOSE, 5));
  await world.settle();
  assert.equal(world.client.one(RESOLVED, 1).addresses.map(addressText), [`${SERVER}:0`, "[2606:4700:0:0:0:0:0:2]:0"]);
  assert.is(world.client.one(FAIL, 2).code, ErrorCode.NameUnresolvable);
  assert.is(world.client.one(FAIL, 3).code, ErrorCode.InvalidArgument);
  assert.is(world.client.one(RESOLVED, 4).addresses.length, 1);
  assert.is(world.client.frames.filter(({ id }) => id === 5).length, 0);
  await world.finish();
});

listening("should give everything back when the session ends", async () => {
  const world = await World.open({ rules: OPEN_RULES });
  world.serve(80);
  await world.stream(1);
  world.client.send(addressFrame(BIND, 2, address(GATEWAY, 8080)));
  world.client.send(listenFrame(2, 1));
  world.client.send(addressFrame(BIND, 3, address(GATEWAY, 0)));
  world.client.send(openFrame(4, address(SERVER, 80), null));
  world.sim.setName("slow.example", [SERVER], 1000);
  world.client.send(resolveFrame(5, "slow.example"));
  assert.ok(world.gateway.transport.openCount >= 3);
  world.session.end(Goodbye.ShuttingDown, "enough");
  assert.is(world.client.goodbye, Goodbye.ShuttingDown);
  await world.settle();
  assert.is(world.gateway.transport.openCount, 0);
  assert.is(world.client.of(DATA).length, 0);
  await world.finish();
});

listening.run();
