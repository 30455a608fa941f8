// Which way an address goes in a page, and datagram sockets that have several ways out.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type PageRoutes, PageTransport } from "#host/browser/page-transport.js";
import type { DatagramSocket } from "#host/wasi/datagram-transport.js";
import { ErrorCode, errorCodeName, OK } from "#host/wasi/error-code.js";
import { Family, makeAddress, parseIp, type SocketAddress, withPort } from "#host/wasi/ip-address.js";
import type { Connection } from "#host/wasi/transport.js";
import { NAMESERVER } from "#host/wasi/virtual-nameserver.js";
import { FakeTransport } from "../support/fake-platform.js";
import { HERE, PageWorld } from "./page-pair.js";

const at = (text: string, port = 80): SocketAddress => {
  const ip = parseIp(text)!;
  return makeAddress(ip.family, ip.parts, port);
};
const OUTSIDE = at("198.51.100.7");
const ANY = at("0.0.0.0", 0);
const fail = (): void => assert.unreachable("nothing ends now");

class Ways {
  readonly page = new PageWorld();
  readonly gateway = new FakeTransport();
  readonly nameserver = new FakeTransport();

  constructor() {
    this.gateway.hasNameserver = this.nameserver.hasNameserver = true;
    this.nameserver.endsAtOnce = true;
  }

  transport(...names: ("gateway" | "nameserver")[]): PageTransport {
    const routes = Object.fromEntries(names.map((name) => [name, this[name]])) as Partial<PageRoutes>;
    return new PageTransport({ network: this.page.network, ...routes });
  }
}

const routes = suite("routes");

routes("should keep loopback in the page and send the rest to the gateway", () => {
  const ways = new Ways();
  const transport = ways.transport("gateway");
  const { binding } = ways.page.listen();
  let inside: unknown;
  transport.connect({ remote: binding.localAddress, local: null }, (result) => { inside = result; });
  ways.page.settle();
  assert.is.not(typeof inside, "number");
  assert.is(ways.gateway.lastConnect, null);
  transport.connect({ remote: OUTSIDE, local: null }, () => {});
  assert.equal(ways.gateway.lastConnect, { remote: OUTSIDE, local: null });
  ways.gateway.settle();
  assert.is(transport.openCount, 4, "a listener, both ends in the page, and one outside");
  (inside as Connection).abort();
  binding.close();
});

routes("should bind where the address is", () => {
  const ways = new Ways();
  const transport = ways.transport("gateway");
  for (const [text, isInside] of [["127.0.0.1", true], ["::1", true], ["0.0.0.0", true], ["::", true],
    ["198.51.100.1", false], ["2001:db8::1", false]] as const) {
    ways.gateway.binding = null;
    transport.bind({ address: at(text, 0), backlog: 1 }, () => {});
    ways.gateway.settle();
    assert.is(ways.gateway.binding === null, isInside, text);
  }
});

routes("should connect from a bound address only where it leads", () => {
  const ways = new Ways();
  const transport = ways.transport("gateway");
  transport.connect({ remote: OUTSIDE, local: withPort(ANY, 7000) }, () => {});
  assert.equal(ways.gateway.lastConnect, { remote: OUTSIDE, local: null }, "the port is the page's");
  transport.connect({ remote: OUTSIDE, local: at("198.51.100.1") }, () => {});
  assert.equal(ways.gateway.lastConnect, { remote: OUTSIDE, local: at("198.51.100.1") });
  ways.gateway.lastConnect = null;
  let refusal: unknown;
  transport.connect({ remote: OUTSIDE, local: HERE }, (result) => { refusal = result; });
  ways.page.settle();
  assert.equal([refusal, ways.gateway.lastConnect], [ErrorCode.RemoteUnreachable, null]);
});

routes("should refuse what is outside when there is no gateway", () => {
  const ways = new Ways();
  const transport = ways.transport();
  const answers: unknown[] = [];
  transport.connect({ remote: OUTSIDE, local: null }, (result) => answers.push(result));
  transport.bind({ address: OUTSIDE, backlog: 1 }, (result) => answers.push(result));
  transport.bindDatagrams(OUTSIDE, { datagramArrived: fail, failed: fail, roomMade: fail }, (result) => {
    answers.push(result);
  });
  transport.lookup("example.com", (result) => answers.push(result));
  ways.page.settle();
  assert.equal(answers.map((code) => errorCodeName(code as ErrorCode)), [
    "address-not-bindable", "address-not-bindable", "remote-unreachable", "name-unresolvable",
  ]);
  assert.is(transport.hasNameserver, false);
});

routes("should ask the page's nameserver, else the gateway, and nobody for localhost", () => {
  for (const [names, expected] of [
    [["gateway", "nameserver"], "nameserver"], [["gateway"], "gateway"], [["nameserver"], "nameserver"],
  ] as const) {
    const ways = new Ways();
    const transport = ways.transport(...names);
    assert.is(transport.hasNameserver, true);
    ways[expected].names.set("example.com", [OUTSIDE]);
    const answers: unknown[] = [];
    transport.lookup("example.com", (result) => answers.push(result));
    ways[expected].settle();
    assert.equal(answers, [[OUTSIDE]]);
    transport.lookup("localhost", (result) => answers.push((result as SocketAddress[]).length));
    ways.page.settle();
    assert.is(answers[1], 2);
    transport.connect({ remote: NAMESERVER, local: null }, () => {});
    assert.equal(ways[expected].lastConnect?.remote, NAMESERVER);
  }
});

routes("should go where the caller says, address by address", () => {
  const ways = new Ways();
  const other = new FakeTransport();
  const chosen = at("127.0.0.77");
  const transport = new PageTransport({
    network: ways.page.network, route: ({ parts }) => (parts[3] === 77 ? other : undefined),
  });
  transport.connect({ remote: chosen, local: null }, () => {});
  assert.equal(other.lastConnect?.remote, chosen);
  transport.connect({ remote: HERE, local: null }, () => {});
  assert.equal(other.lastConnect?.remote, chosen, "and not the others");
});

routes.run();

const datagrams = suite("routed datagrams");

interface Socket {
  readonly ways: Ways;
  readonly transport: PageTransport;
  readonly socket: DatagramSocket;
  readonly heard: string[];
}

function bound(ways = new Ways(), address = ANY): Socket {
  const transport = ways.transport("gateway", "nameserver");
  const heard: string[] = [];
  let socket: DatagramSocket | ErrorCode | undefined;
  const events = {
    datagramArrived: (bytes: Uint8Array) => heard.push(Buffer.from(bytes).toString()),
    failed: (code: ErrorCode) => heard.push(errorCodeName(code)),
    roomMade: () => heard.push("room"),
  };
  transport.bindDatagrams(address, events, (result) => { socket = result; });
  if (socket === undefined || typeof socket === "number") throw new Error(`not bound: ${socket}`);
  return { ways, transport, socket, heard };
}

const text = (value: string): Uint8Array => Buffer.from(value);

datagrams("should take for each datagram the way to its receiver, opened with the first one", () => {
  const { ways, transport, socket, heard } = bound();
  assert.equal([ways.gateway.datagrams, ways.nameserver.datagrams], [null, null]);
  socket.send(text("out 1"), OUTSIDE);
  socket.send(text("<out 2>"), OUTSIDE, 1, 6);
  assert.is(socket.queuedCount, 2, "they wait for the way");
  ways.gateway.settle();
  assert.is(socket.queuedCount, 0);
  assert.equal(ways.gateway.datagrams!.sent.map(({ bytes }) => Buffer.from(bytes).toString()), ["out 1", "out 2"]);
  socket.send(text("question"), NAMESERVER);
  assert.is(ways.nameserver.datagrams!.sent.length, 1);
  socket.send(text("in"), withPort(HERE, socket.localAddress.port));
  ways.gateway.datagrams!.arrive(OUTSIDE, 0x61);
  ways.nameserver.datagrams!.arrive(NAMESERVER, 0x62);
  ways.page.settle();
  assert.equal(heard.sort(), ["a", "b", "in", "room"]);
  assert.is(transport.openCount, 3);
  socket.close();
  assert.is(transport.openCount, 0);
});

datagrams("should be connected over the way to the peer, and tell its address", () => {
  const { ways, socket, heard } = bound();
  assert.is(socket.connect(OUTSIDE), OK);
  socket.send(text("waits"), null);
  assert.is(ways.gateway.datagrams, null);
  assert.equal(socket.localAddress.parts, [0, 0, 0, 0]);
  ways.gateway.settle();
  const { gateway: { datagrams: side } } = ways;
  assert.equal(side!.log, ["connect 198.51.100.7:80"]);
  assert.equal(side!.sent, [{ bytes: [...text("waits")], remote: null }]);
  assert.is(socket.localAddress, side!.localAddress);
  side!.failNow(ErrorCode.ConnectionRefused);
  assert.equal(heard, ["connection-refused"]);
  assert.is(socket.connect(HERE), OK);
  assert.is(side!.log.at(-1), "disconnect");
  side!.failNow(ErrorCode.ConnectionRefused);
  assert.is(heard.length, 1, "the peer is elsewhere now");
  assert.is(socket.connect(null), OK);
  socket.close();
  assert.is(side!.log.at(-1), "close");
});

datagrams("should tell that the way to the peer does not open, and lose what waited", () => {
  const { ways, socket, heard } = bound();
  socket.connect(OUTSIDE);
  socket.send(text("lost"), null);
  ways.gateway.failNext = ErrorCode.AccessDenied;
  ways.gateway.settle();
  assert.equal([heard, socket.queuedCount], [["access-denied"], 0]);
  socket.send(text("tried again"), OUTSIDE);
  ways.gateway.settle();
  assert.is(ways.gateway.datagrams!.sent.length, 1);
  socket.close();
});

datagrams("should tell that the way leads nowhere, at once where that is known, without a call back", () => {
  const { ways, socket, heard } = bound();
  ways.nameserver.failNext = ErrorCode.NotSupported;
  assert.is(socket.connect(NAMESERVER), ErrorCode.RemoteUnreachable);
  ways.nameserver.failNext = ErrorCode.NotSupported;
  socket.send(text("lost"), NAMESERVER);
  assert.equal(heard, []);
  socket.connect(OUTSIDE);
  const { gateway } = ways;
  gateway.later(() => { gateway.datagrams!.connectOutcome = ErrorCode.RemoteUnreachable; });
  gateway.settle();
  assert.is(socket.connect(OUTSIDE), ErrorCode.RemoteUnreachable);
  socket.close();
});

datagrams("should leave nothing when it is closed while a way opens", () => {
  const { ways, transport, socket } = bound();
  socket.send(text("too late"), OUTSIDE);
  socket.close();
  ways.gateway.settle();
  assert.is(transport.openCount, 0);
});

datagrams("should open a way again that was lost, but not for a receiver that is not there", () => {
  const { ways, transport, socket, heard } = bound();
  socket.send(text("a"), OUTSIDE);
  ways.gateway.settle();
  const first = ways.gateway.datagrams!;
  first.failNow(ErrorCode.ConnectionRefused);
  socket.send(text("b"), OUTSIDE);
  assert.is(first.sent.length, 2);
  first.failNow(ErrorCode.RemoteUnreachable);
  assert.is(first.log.at(-1), "close");
  socket.send(text("c"), OUTSIDE);
  ways.gateway.settle();
  const second = ways.gateway.datagrams!;
  assert.is.not(second, first);
  assert.is(second.sent.length, 1);
  assert.equal(heard, []);
  assert.is(transport.openCount, 2);
  socket.close();
  assert.is(transport.openCount, 0);
});

datagrams("should bound what waits for a way", () => {
  const { ways, socket } = bound();
  for (let number = 0; number < 100; number++) socket.send(text(`${number}`), OUTSIDE);
  assert.is(socket.queuedCount, 64);
  ways.gateway.settle();
  assert.is(ways.gateway.datagrams!.sent.length, 64);
  socket.close();
});

datagrams("should set options on all ways", () => {
  const { ways, socket } = bound();
  socket.send(text("x"), NAMESERVER);
  socket.setHopLimit(9);
  socket.setReceiveBuffer(10);
  socket.setSendBuffer(11);
  assert.equal(ways.nameserver.datagrams!.log, ["hop-limit 9", "receive-buffer 10", "send-buffer 11"]);
  socket.close();
});

datagrams("should stay plain when they are bound to one address", () => {
  const ways = new Ways();
  const { socket } = bound(ways, withPort(HERE, 0));
  assert.is(socket.connect(OUTSIDE), ErrorCode.RemoteUnreachable);
  assert.is(socket.localAddress.family, Family.Ipv4);
  socket.close();
});

datagrams.run();
