// The virtual nameserver over real loopback: whoever sends to it speaks with one of the system's nameservers, which are
// the test's own here, and never sees their addresses. And who may send to it at all.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import dgram from "node:dgram";
import { once } from "node:events";
import net from "node:net";
import type { DatagramSocket } from "#host/wasi/datagram-transport.js";
import { ErrorCode, errorCodeName, OK } from "#host/wasi/error-code.js";
import { addressText, Family, makeAddress, type SocketAddress } from "#host/wasi/ip-address.js";
import type { Connection, Transport } from "#host/wasi/transport.js";
import type { TcpSocket } from "#host/wasi/tcp-socket.js";
import type { UdpSocket } from "#host/wasi/udp-socket.js";
import { NAMESERVER } from "#host/wasi/virtual-nameserver.js";
import { type Grants, WasiHost } from "#host/wasi/wasi-host.js";
import { SystemServers } from "#host/node/system-servers.js";
import { NodeTransport } from "#host/node/tcp-transport.js";
import { until } from "../../support/guard.js";
import { type FakePlatform, fakePlatform } from "../support/fake-platform.js";
import { connect, gone, loopback, Record } from "../support/node-transport.js";

/** A nameserver of the system, as far as this goes: it sends everything back, with its name before it. */
interface Server {
  readonly text: string;
  readonly heard: string[];
  say(text: string): void;
  close(): void;
}

async function udpServer(name: string, host = "127.0.0.1"): Promise<Server> {
  const socket = dgram.createSocket(host.includes(":") ? "udp6" : "udp4");
  const heard: string[] = [];
  let latest: dgram.RemoteInfo | null = null;
  const say = (text: string): void => { if (latest !== null) socket.send(text, latest.port, latest.address); };
  socket.on("message", (bytes, from) => {
    latest = from;
    heard.push(`${bytes}`);
    say(`${name}:${bytes}`);
  });
  socket.bind(0, host);
  await once(socket, "listening");
  const { port } = socket.address();
  const text = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
  return { text, heard, say, close: () => { socket.close(); } };
}

class Heard {
  readonly log: string[] = [];

  datagramArrived(bytes: Uint8Array, remote: SocketAddress): void {
    this.log.push(`${Buffer.from(bytes)} from ${addressText(remote)}`);
  }

  roomMade(): void {}

  failed(code: ErrorCode): void {
    this.log.push(errorCodeName(code));
  }
}

function bindUdp(transport: Transport, address = makeAddress(Family.Ipv4, [0, 0, 0, 0], 0)):
  { socket: DatagramSocket; heard: Heard } {
  const heard = new Heard();
  let socket: DatagramSocket | ErrorCode = ErrorCode.Unknown;
  transport.bindDatagrams(address, heard, (result) => { socket = result; });
  if (typeof socket === "number") throw new Error(errorCodeName(socket));
  return { socket, heard };
}

const ANYWHERE6 = makeAddress(Family.Ipv6, [0, 0, 0, 0, 0, 0, 0, 0], 0);
const told = ({ log }: Heard, count: number): Promise<void> => until(() => log.join(), () => log.length >= count);
const bytes = (text: string): Uint8Array => Buffer.from(text);

for (const useHandles of [true, false]) {
  const udp = suite(`UDP, ${useHandles ? "with" : "without"} short cuts`);
  const transportTo = (...servers: Server[]): NodeTransport =>
    new NodeTransport({ useHandles, nameservers: () => servers.map(({ text }) => text) });

  for (const host of ["127.0.0.1", "::1"]) {
    udp(`should go to the system's server on ${host} and back, connected`, async () => {
      const server = await udpServer("s", host);
      const transport = transportTo(server);
      const { socket, heard } = bindUdp(transport);
      assert.is(socket.connect(NAMESERVER), OK);
      for (const text of ["a", "b"]) socket.send(bytes(text), null);
      await told(heard, 2);
      assert.equal(heard.log, ["s:a from 192.0.2.53:53", "s:b from 192.0.2.53:53"]);
      assert.is(socket.localAddress.family, Family.Ipv4, "also where a second socket does the work");
      socket.close();
      server.close();
      assert.is(transport.openCount, 0);
    });

    udp(`should go to the system's server on ${host} and back, beside others`, async () => {
      const [server, other] = [await udpServer("s", host), await udpServer("o")];
      const transport = transportTo(server);
      const { socket, heard } = bindUdp(transport);
      socket.send(bytes("?a!").subarray(0), NAMESERVER, 1, 2);
      await told(heard, 1);
      socket.send(bytes("b"), loopback(Number(other.text.split(":")[1])));
      await told(heard, 2);
      assert.equal(heard.log, ["s:a from 192.0.2.53:53", `o:b from ${other.text}`]);
      assert.equal([server.heard, other.heard], [["a"], ["b"]]);
      socket.close();
      for (const one of [server, other]) one.close();
      assert.is(transport.openCount, 0);
    });
  }

  udp("should take the next server for each socket, and its own family's before others", async () => {
    const servers = [await udpServer("0"), await udpServer("1", "::1"), await udpServer("2")];
    const transport = transportTo(...servers);
    const answers: string[] = [];
    for (let turn = 0; turn < 6; turn++) {
      const { socket, heard } = bindUdp(transport);
      socket.connect(NAMESERVER);
      socket.send(bytes("x"), null);
      await told(heard, 1);
      answers.push((heard.log[0] as string)[0] as string);
      socket.close();
    }
    assert.equal([...new Set(answers)].sort(), ["0", "2"]);
    for (const server of servers) server.close();
    assert.is(transport.openCount, 0);
  });

  udp("should leave the server for another peer, and hear no more of it", async () => {
    for (const host of ["127.0.0.1", "::1"]) {
      const [server, other] = [await udpServer("s", host), await udpServer("o")];
      const transport = transportTo(server);
      const { socket, heard } = bindUdp(transport);
      socket.connect(NAMESERVER);
      socket.send(bytes("a"), null);
      await told(heard, 1);
      assert.is(socket.connect(loopback(Number(other.text.split(":")[1]))), OK);
      server.say("late");
      socket.send(bytes("b"), null);
      await told(heard, 2);
      assert.equal(heard.log.slice(1), [`o:b from ${other.text}`]);
      assert.is(socket.connect(NAMESERVER), OK, "and back");
      socket.send(bytes("c"), null);
      await told(heard, 3);
      assert.is(heard.log[2], "s:c from 192.0.2.53:53");
      socket.close();
      for (const one of [server, other]) one.close();
      assert.is(transport.openCount, 0);
    }
  });

  udp("should be unreachable where the system has no server, or none that the socket reaches", () => {
    for (const list of [[], ["192.0.2.7", "[fe80::1]:53"], ["not an address"]]) {
      const transport = new NodeTransport({ useHandles, nameservers: () => list });
      const { socket, heard } = bindUdp(transport, loopback(0)); // loopback leads nowhere else
      assert.is(socket.connect(NAMESERVER), ErrorCode.RemoteUnreachable, list.join());
      if (list.length === 0) socket.send(bytes("lost"), NAMESERVER);
      assert.equal(heard.log, []);
      socket.close();
      assert.is(transport.openCount, 0);
    }
  });

  udp("should leave everybody else alone", async () => {
    const server = await udpServer("s");
    const transport = transportTo(server);
    const [a, b] = [bindUdp(transport, loopback(0)), bindUdp(transport, ANYWHERE6)];
    assert.is(a.socket.connect(loopback(Number(server.text.split(":")[1]))), OK);
    a.socket.send(bytes("x"), null);
    await told(a.heard, 1);
    assert.equal(a.heard.log, [`s:x from ${server.text}`], "who names the server is told its name");
    for (const { socket } of [a, b]) socket.close();
    server.close();
    assert.is(transport.openCount, 0);
  });

  udp.run();
}

// ---

const tcp = suite("TCP");

for (const host of ["127.0.0.1", "::1"]) {
  tcp(`should go to the system's server on ${host}, which the guest never sees`, async () => {
    const server = net.createServer((socket) => { socket.pipe(socket); }).listen(0, host);
    await once(server, "listening");
    const { port } = server.address() as net.AddressInfo;
    const text = host === "::1" ? `[::1]:${port}` : `${host}:${port}`;
    const transport = new NodeTransport({ nameservers: () => [text] });
    const connection = await connect(transport, NAMESERVER) as Connection;
    assert.equal(connection.remoteAddress, NAMESERVER);
    assert.is(connection.localAddress?.family, Family.Ipv4);
    const record = new Record();
    connection.attach(record);
    connection.write(bytes("to and fro"), 0, 10);
    await until(() => record.text, () => record.text === "to and fro");
    connection.close(1000);
    server.close();
    await gone(transport);
  });
}

tcp("should be unreachable where there is no server, or none that a bound address leads to", async () => {
  assert.is(await connect(new NodeTransport({ nameservers: () => [] }), NAMESERVER), ErrorCode.RemoteUnreachable);
  const transport = new NodeTransport({ nameservers: () => ["::1"] });
  assert.is(await connect(transport, NAMESERVER, loopback(0)), ErrorCode.RemoteUnreachable);
  let calls = 0;
  transport.connect({ remote: NAMESERVER, local: loopback(0) }, () => { calls++; }).cancel();
  await new Promise(setImmediate);
  assert.is(calls, 0, "a cancelled one is not told");
});

tcp.run();

// ---

const list = suite("the system's list");

list("should be read as Node writes it, and give each server its turn", () => {
  const servers = new SystemServers(() => ["10.0.0.1", "10.0.0.2:5353", "::1", "[::2]:5354", "[::3]", "", "x", "1:2"]);
  const texts = (family: Family): string[] => servers.inTurn(family).map(addressText);
  const [one, two] = ["10.0.0.1:53", "10.0.0.2:5353"];
  const six = ["[0:0:0:0:0:0:0:1]:53", "[0:0:0:0:0:0:0:2]:5354", "[0:0:0:0:0:0:0:3]:53"];
  assert.equal(texts(Family.Ipv4), [one, two, ...six]);
  assert.equal(texts(Family.Ipv4), [two, one, ...six]);
  assert.equal(texts(Family.Ipv6), [...six, one, two]);
});

list.run();

// ---

const grants = suite("grants");

interface Tried {
  readonly udp: ErrorCode | object;
  readonly tcp: number;
  readonly variable: string | undefined;
}

function platformWith(hasNameserver: boolean): FakePlatform {
  const platform = fakePlatform();
  platform.transport.hasNameserver = hasNameserver;
  return platform;
}

/** What a guest with these grants can do with the virtual nameserver. */
function tried(given: Grants, hasNameserver = true): Tried {
  const platform = platformWith(hasNameserver);
  const host = new WasiHost(platform, { tcp: true, udp: true, ...given });
  const udp = host.createUdpSocket(Family.Ipv4) as UdpSocket;
  udp.startBind(loopback(0));
  platform.transport.settle();
  udp.finishBind();
  const variable = host.env.find(([name]) => name === "EVENT_ENGINE_HOST_DNS_SERVERS")?.[1];
  const tcp = host.createTcpSocket(Family.Ipv4) as TcpSocket;
  return { udp: udp.stream(NAMESERVER), tcp: tcp.startConnect(NAMESERVER), variable };
}

grants("should be asked for, and told in the environment", () => {
  const allowed = tried({ nameLookup: true });
  assert.type(allowed.udp, "object");
  assert.equal([allowed.tcp, allowed.variable], [OK, "192.0.2.53:53"]);
});

grants("should keep out who may not look names up", () => {
  const { AccessDenied } = ErrorCode;
  assert.equal(tried({}), { udp: AccessDenied, tcp: AccessDenied, variable: undefined });
});

grants("should not overrule a check of the embedder's, and have it asked", () => {
  const asked: string[] = [];
  const check = (use: string, address: SocketAddress): boolean => {
    asked.push(`${use} ${addressText(address)}`);
    return use === "bind";
  };
  assert.is(tried({ nameLookup: true, udp: check }).udp, ErrorCode.AccessDenied);
  assert.equal(asked.at(-1), "connect 192.0.2.53:53");
});

grants("should leave a variable that the embedder set, and tell nobody who has no UDP, or of none", () => {
  const env = { EVENT_ENGINE_HOST_DNS_SERVERS: "10.0.0.9" };
  assert.is(tried({ nameLookup: true, env }).variable, "10.0.0.9");
  const withoutUdp = new WasiHost(platformWith(true), { tcp: true, nameLookup: true });
  assert.equal(withoutUdp.env, []);
  const elsewhere = tried({}, false);
  assert.type(elsewhere.udp, "object", "an address like any other");
  assert.is(elsewhere.variable, undefined);
});

grants.run();
