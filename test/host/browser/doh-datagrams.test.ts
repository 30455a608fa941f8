// Datagrams to the virtual nameserver of a page: what goes out by HTTP, and what becomes of each way it can end.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EXCHANGES_MAX, MESSAGE_BYTES_MAX, QUERY_BYTES_MAX, WAITING_MAX } from "#host/browser/doh/limits.js";
import { DohNameserver, type DohOptions } from "#host/browser/doh/nameserver.js";
import type { DatagramEvents, DatagramSocket } from "#host/wasi/datagram-transport.js";
import { ErrorCode, OK } from "#host/wasi/error-code.js";
import { addressText, Family, makeAddress, type SocketAddress } from "#host/wasi/ip-address.js";
import { NAMESERVER } from "#host/wasi/virtual-nameserver.js";
import { FakeFetch, MESSAGE_TYPE, settle } from "../../support/dns/fake-fetch.js";
import { answerTo, query, RCODES, TYPES } from "../../support/dns/wire.js";
import { until } from "../../support/guard.js";

const URL_TEXT = "https://dns.example/dns-query";
const HERE = makeAddress(Family.Ipv4, [0, 0, 0, 0], 40_000);
const ELSEWHERE = makeAddress(Family.Ipv4, [192, 0, 2, 53], 54);
const ASKED = query(0x1234, "a.example.test", TYPES.A);
const ANSWER = answerTo(ASKED, { answers: [{ type: TYPES.A, data: Buffer.from([192, 0, 2, 1]) }] });
/** What servers send: with the identifier of what they got. */
const onWire = (message: Buffer): Buffer => Buffer.from(message).fill(0, 0, 2);

const timersOf = (): number => process.getActiveResourcesInfo().filter((each) => each === "Timeout").length;

class World {
  readonly fake = new FakeFetch();
  readonly nameserver: DohNameserver;
  readonly told: string[] = [];
  socket: DatagramSocket;
  private readonly timers = timersOf();

  constructor(options: Partial<DohOptions> = {}) {
    this.nameserver = new DohNameserver({ url: URL_TEXT, fetch: this.fake.fetch, ...options });
    this.socket = this.bind({
      datagramArrived: (bytes, remote) => {
        this.told.push(`${addressText(remote)} ${Buffer.from(bytes).toString("hex")}`);
      },
      failed: (code) => this.told.push(ErrorCode[code]),
      roomMade: () => this.told.push("room"),
    });
  }

  bind(events: DatagramEvents, address = HERE): DatagramSocket {
    const results: (DatagramSocket | ErrorCode)[] = [];
    this.nameserver.bindDatagrams(address, events, (result) => results.push(result));
    assert.is(results.length, 1, "answered within the call");
    return results[0] as DatagramSocket;
  }

  static connected(options?: Partial<DohOptions>): World {
    const world = new World(options);
    assert.is(world.socket.connect(NAMESERVER), OK);
    return world;
  }

  /** Nothing is left once the socket is closed: no request, no count, nothing that is told. */
  async end(): Promise<void> {
    const before = this.told.length;
    this.socket.close();
    await settle();
    assert.ok(this.fake.requests.every(({ isAborted }) => isAborted), "requests that go on");
    assert.is(this.nameserver.openCount, 0);
    assert.ok(timersOf() <= this.timers, "timers that run on");
    assert.is(this.told.length, before, "told after its end");
  }
}

const heard = (message: Buffer): string => `192.0.2.53:53 ${message.toString("hex")}`;

const going = suite("datagrams by HTTPS");

going("should go out by POST with the identifier 0, without cookies, addresses of pages and redirects", async () => {
  const world = World.connected();
  world.socket.send(Buffer.concat([Buffer.of(9), ASKED, Buffer.of(9)]), null, 1, ASKED.length + 1);
  const [request] = world.fake.requests;
  const { signal, body, ...rest } = request!.options;
  assert.is(request!.url, URL_TEXT);
  assert.equal(rest, {
    method: "POST", headers: { "accept": MESSAGE_TYPE, "content-type": MESSAGE_TYPE },
    credentials: "omit", redirect: "error", referrerPolicy: "no-referrer",
  });
  assert.equal(Buffer.from(body), onWire(ASKED));
  assert.not.ok(signal.aborted);
  await world.end();
});

going("should be answered from the virtual nameserver, with the identifier of the question", async () => {
  const world = World.connected();
  const source = Buffer.from(ASKED);
  world.socket.send(source, null);
  source.fill(0xff); // the guest's memory is its own again
  world.fake.requests[0]!.answer([onWire(ANSWER)]);
  assert.equal(world.told, [], "nothing is told within a call");
  await settle();
  assert.equal(world.told, [heard(ANSWER)]);
  await world.end();
});

going("should come whole whatever pieces they come in, up to the longest message", async () => {
  const world = World.connected();
  const long = Buffer.alloc(MESSAGE_BYTES_MAX, 7);
  ANSWER.copy(long);
  for (const message of [ANSWER, long]) {
    world.socket.send(ASKED, null);
    const chunks = [onWire(message).subarray(0, 1), new Uint8Array(0), onWire(message).subarray(1)];
    world.fake.requests.at(-1)!.answer(chunks, { type: " Application/DNS-message ; charset=x" });
    await settle();
    assert.is(world.told.pop(), heard(message));
  }
  await world.end();
});

const FAILED = (() => {
  const message = Buffer.from(ASKED);
  message[2] = 0x81;
  message[3] = 0x80 | RCODES.SERVFAIL;
  return message;
})();

const LONGER = [Buffer.from(onWire(ANSWER)), Buffer.alloc(MESSAGE_BYTES_MAX), Buffer.alloc(1)];
const NO_ANSWERS: [what: string, Parameters<FakeFetch["requests"][0]["answer"]>, why: RegExp][] = [
  ["a status of failure", [[onWire(ANSWER)], { status: 500 }], /^status 500$/],
  ["too many questions at the server", [[], { status: 429 }], /^status 429$/],
  ["no content", [[], { status: 204 }], /^type application\/dns-message$/],
  ["another type", [[onWire(ANSWER)], { type: "text/html" }], /^type text\/html$/],
  ["a type that begins alike", [[onWire(ANSWER)], { type: `${MESSAGE_TYPE}s` }], /^type application\/dns-messages$/],
  ["no type", [[onWire(ANSWER)], { type: null }], /^type null$/],
  ["more than a message", [LONGER, {}], /^too long$/],
  ["another identifier", [[ANSWER], {}], /^no answer$/],
  ["the question itself", [[onWire(ASKED)], {}], /^no answer$/],
  ["a piece of a header", [[onWire(ANSWER).subarray(0, 11)], {}], /^no answer$/],
  ["nothing", [[], {}], /^no answer$/],
];

for (const [what, parameters, why] of NO_ANSWERS) {
  going(`should be answered by SERVFAIL where HTTP brings ${what}`, async () => {
    const world = World.connected();
    world.socket.send(ASKED, null);
    assert.is(world.nameserver.lastFailure, null);
    const [request] = world.fake.requests;
    request!.answer(...parameters);
    await settle();
    assert.equal(world.told, [heard(FAILED)]);
    assert.match(world.nameserver.lastFailure ?? "", why);
    assert.ok(request!.isAborted, "the rest is not wanted");
    assert.ok(request!.chunksRead <= 2, "nor read");
    await world.end();
  });
}

going("should tell a connected socket that the server is not reached, and an unconnected one nothing", async () => {
  const world = World.connected();
  for (const isConnected of [true, false]) {
    world.socket.connect(isConnected ? NAMESERVER : null);
    for (const fail of [
      (): void => world.fake.requests.at(-1)!.fail(),
      (): void => world.fake.requests.at(-1)!.answer([onWire(ANSWER).subarray(0, 20), new TypeError("cut off")]),
    ]) {
      world.socket.send(ASKED, isConnected ? null : NAMESERVER);
      fail();
      await settle();
      assert.equal(world.told.splice(0), isConnected ? ["RemoteUnreachable"] : []);
      assert.match(world.nameserver.lastFailure ?? "", /^TypeError: (Failed to fetch|cut off)$/);
    }
  }
  await world.end();
});

going("should be lost when no answer comes in time, its rest included", async () => {
  for (const begin of [undefined, [onWire(ANSWER).subarray(0, 20), null]]) {
    const world = World.connected({ timeoutMs: 5 });
    world.socket.send(ASKED, null);
    if (begin !== undefined) world.fake.requests[0]!.answer(begin);
    await until(() => "the request goes on", () => world.fake.requests[0]!.isAborted);
    assert.match(world.nameserver.lastFailure ?? "", /^timeout$/);
    await settle();
    assert.equal(world.told, []);
    await world.end();
  }
});

going("should go nowhere else, and nobody else can be connected to", async () => {
  const world = new World();
  world.socket.send(ASKED, null);
  world.socket.send(ASKED, ELSEWHERE);
  assert.is(world.socket.connect(ELSEWHERE), ErrorCode.RemoteUnreachable);
  world.socket.send(ASKED, null);
  world.socket.send(ASKED.subarray(0, 11), NAMESERVER); // no message
  world.socket.send(Buffer.concat([ASKED, Buffer.alloc(QUERY_BYTES_MAX + 1 - ASKED.length)]), NAMESERVER); // too long
  await settle();
  assert.is(world.fake.requests.length, 0);
  world.socket.send(ASKED, { ...NAMESERVER });
  assert.is(world.fake.requests.length, 1);
  world.socket.send(Buffer.concat([ASKED, Buffer.alloc(QUERY_BYTES_MAX - ASKED.length)]), NAMESERVER);
  assert.is(world.fake.requests[1]?.body.length, QUERY_BYTES_MAX);
  assert.is(world.socket.localAddress, HERE);
  const events = { datagramArrived() {}, failed() {}, roomMade() {} };
  const ports = [0, 0].map(() => {
    const socket = world.bind(events, { ...HERE, port: 0 });
    socket.close();
    return socket.localAddress.port;
  });
  assert.ok(ports.every((port) => port >= 49_152 && port <= 65_535) && ports[0] !== ports[1], "a socket has a port");
  await world.end();
});

going("should go out a number at a time, in their order, and be lost when too many wait", async () => {
  const world = World.connected();
  const all = EXCHANGES_MAX + WAITING_MAX;
  for (let id = 0; id <= all; id++) world.socket.send(query(id, `n${id}.test`, TYPES.A), null);
  const { requests } = world.fake;
  assert.is(requests.length, EXCHANGES_MAX);
  for (let id = 0; id < all; id++) {
    assert.equal(requests[id]!.body, query(0, `n${id}.test`, TYPES.A), "in their order");
    requests[id]!.answer([onWire(answerTo(requests[id]!.body))]);
    await settle();
    assert.is(requests.length, Math.min(all, EXCHANGES_MAX + id + 1));
    assert.is(world.told.pop()?.slice(14, 18), (id & 0xffff).toString(16).padStart(4, "0"));
  }
  assert.equal(world.told, [], "the last one was lost");
  await world.end();
});

going("should be broken off with their socket, waiting or not, and make room for those of others", async () => {
  const world = World.connected();
  for (let id = 0; id < EXCHANGES_MAX + 10; id++) world.socket.send(ASKED, null);
  const told: SocketAddress[] = [];
  const other = world.bind({
    datagramArrived: (_, remote) => told.push(remote), failed: () => assert.unreachable(), roomMade: () => {},
  });
  other.send(ASKED, NAMESERVER);
  await settle();
  assert.is(world.fake.requests.length, EXCHANGES_MAX);
  world.socket.close();
  await settle();
  assert.is(world.fake.requests.length, EXCHANGES_MAX + 1, "those that waited were never sent");
  assert.ok(world.fake.requests.slice(0, -1).every(({ isAborted }) => isAborted));
  world.fake.requests.at(-1)!.answer([onWire(ANSWER)]);
  world.socket = other;
  await settle();
  assert.equal(told, [NAMESERVER]);
  await world.end();
});

going.run();

// ---

const urls = suite("URLs of servers");

urls("should be safe ones", () => {
  for (const url of [
    URL_TEXT, new URL(URL_TEXT), "http://127.0.0.1:8053/dns-query", "http://127.1/", "http://[::1]:1/q",
    "http://localhost/x", "http://a.localhost:80/",
  ]) new DohNameserver({ url });
  for (const url of [
    "http://dns.example/dns-query", "http://127.0.0.1.example/", "http://localhost.example/", "http://10.0.0.1/",
    "http://notlocalhost/", "http://[::2]/", "ftp://127.0.0.1/", "file:///etc/hosts", "data:,x",
  ]) assert.throws(() => new DohNameserver({ url }), /: not https$/, url);
  assert.throws(() => new DohNameserver({ url: "/dns-query" }), /Invalid URL/);
});

urls.run();
