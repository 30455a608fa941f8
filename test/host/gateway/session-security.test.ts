// What a session of the gateway refuses: the lines of the security checklist that need no web server.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  ACCEPTED, addressFrame, BIND, BIND_UDP, BOUND, CLOSE, CONNECT_UDP, connectUdpFrame, DATAGRAM, datagramFrame, FAIL,
  LISTENING, listenFrame, OPENED, openFrame, plainFrame, RESOLVED, resolveFrame,
} from "#host/gateway/frames.js";
import { NarrowedPolicy, RulePolicy } from "#host/gateway/server/policy.js";
import { ErrorCode } from "#host/wasi/error-code.js";
import { addressText, type SocketAddress } from "#host/wasi/ip-address.js";
import type { DatagramSocket } from "#host/wasi/datagram-transport.js";
import { NAMESERVER } from "#host/wasi/virtual-nameserver.js";
import { address, GATEWAY, SERVER, World } from "./session-world.js";

/** Every way to write an address of the gateway's own machine, of its network, or of a cloud's metadata. */
const INWARD = [
  "127.0.0.1", "127.9.9.9", "0.0.0.0", "::1", "::", "::ffff:127.0.0.1", "::ffff:0:127.0.0.1", "::127.0.0.1",
  "64:ff9b::127.0.0.1", "64:ff9b:1::127.0.0.1", "2002:7f00:1::", "2001:0:7f00:1::f7f7:f7f7", "2001::80ff:fffe",
  "169.254.169.254", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::", "fe80::1", "fd00:ec2::254",
  "10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1", "::ffff:10.0.0.1", "64:ff9b::192.168.0.1",
  "2002:ac10:1::1", "224.0.0.1", "255.255.255.255", "ff02::1", "192.0.2.53", "198.18.0.1", "240.0.0.1",
];

const connecting = suite("connecting through a gateway session");

connecting("should deny by default", async () => {
  const world = await World.open({ rules: [] });
  const records = world.serve(80);
  assert.is(await world.refusal(1, address(SERVER, 80)), ErrorCode.AccessDenied);
  world.client.send(addressFrame(BIND, 2, address(GATEWAY, 0)));
  world.client.send(addressFrame(BIND_UDP, 3, address("0.0.0.0", 0)));
  world.client.send(resolveFrame(4, "example.com"));
  world.client.send(openFrame(5, NAMESERVER, null));
  assert.equal([2, 3, 5].map((id) => world.client.one(FAIL, id).code), [1, 1, 1].map(() => ErrorCode.AccessDenied));
  assert.is(world.client.one(FAIL, 4).code, ErrorCode.PermanentResolverFailure);
  assert.is(records.length, 0);
  await world.finish();
});

connecting("should reach nothing inward, however it is written, by rules that are wide", async () => {
  const world = await World.open({
    rules: ["tcp:*:*", "tcp:0.0.0.0/0:*", "tcp:[::/0]:*", "tcp:[64:ff9b::]/96:*", "tcp:[64:ff9b:1::]/48:*",
      "tcp:[2002::]/16:*", "tcp:[2001::]/32:*"],
    limits: { opensPerSecond: 1000 },
  });
  const records = world.serve(80, () => {}, "127.0.0.1");
  for (const [index, text] of INWARD.entries()) {
    assert.is(await world.refusal(index + 1, address(text, 80)), ErrorCode.AccessDenied, text);
  }
  assert.is(records.length, 0, "nobody reached the loopback server");
  assert.is(world.said("connect").filter(({ allowed }) => allowed === true).length, 0);
  await world.finish();
});

connecting("should reach loopback by a rule inside of it, and connect to the one spelling", async () => {
  const world = await World.open({ rules: ["tcp:127.0.0.1:80"] });
  const records = world.serve(80, () => {}, "127.0.0.1");
  world.client.send(openFrame(1, address("::ffff:127.0.0.1", 80), null));
  await world.settle(10);
  assert.is(addressText(world.client.one(OPENED, 1).remote), "127.0.0.1:80");
  assert.is(records.length, 1);
  assert.is(await world.refusal(2, address("127.0.0.2", 80)), ErrorCode.AccessDenied);
  assert.is(await world.refusal(3, address("127.0.0.1", 81)), ErrorCode.AccessDenied);
  await world.finish();
});

connecting("should ask the nameserver only with the right to", async () => {
  const without = await World.open({ rules: ["tcp:*:*", "udp:*:*", "tcp:192.0.2.0/24:*"] });
  assert.is(await without.refusal(1, NAMESERVER), ErrorCode.AccessDenied);
  await without.finish();
  const allowed = await World.open({ rules: ["nameserver"] });
  assert.is(await allowed.refusal(1, NAMESERVER), ErrorCode.RemoteUnreachable, "there is none in the simulation");
  await allowed.finish();
});

connecting("should do what the policy of the token allows, and the gateway's", async () => {
  const wide = RulePolicy.parse(["tcp:*:80-90"]);
  const world = await World.open({ admit: () => new NarrowedPolicy(wide, RulePolicy.parse(["tcp:*:80,443"])) });
  world.serve(80);
  await world.stream(1);
  assert.is(await world.refusal(2, address(SERVER, 81)), ErrorCode.AccessDenied);
  assert.is(await world.refusal(3, address(SERVER, 443)), ErrorCode.AccessDenied);
  await world.finish();
});

connecting.run();

const names = suite("names in a gateway session");

names("should reach what this session's look-up gave, and ask nobody twice", async () => {
  const world = await World.open({ rules: ["tcp:example.com:80"] });
  const records = world.serve(80);
  const inside = world.serve(80, () => {}, "127.0.0.1");
  assert.is(await world.refusal(1, address(SERVER, 80)), ErrorCode.AccessDenied, "nothing was looked up yet");
  world.sim.setName("example.com", [SERVER]);
  world.client.send(resolveFrame(2, "example.com"));
  await world.settle(100);
  world.client.one(RESOLVED, 2);
  // From here on the name means the gateway's own machine: rebinding.
  world.sim.setName("example.com", ["127.0.0.1"]);
  await world.stream(3);
  assert.is(addressText(world.client.one(OPENED, 3).remote), `${SERVER}:80`);
  assert.equal([records.length, inside.length], [1, 0]);
  world.client.send(resolveFrame(4, "example.com"));
  await world.settle(100);
  assert.is(world.client.one(FAIL, 4).code, ErrorCode.NameUnresolvable, "what it means now may not be told");
  assert.is(await world.refusal(5, address("127.0.0.1", 80)), ErrorCode.AccessDenied);
  await world.finish();
});

names("should judge every address of an answer by itself", async () => {
  const world = await World.open({ rules: ["resolve:*", "tcp:*:80"] });
  world.sim.setName("mixed.example", [
    "127.0.0.1", SERVER, "169.254.169.254", "::1", "2606:4700::2", "10.0.0.1", "64:ff9b::7f00:1", "::ffff:10.0.0.1",
  ]);
  world.client.send(resolveFrame(1, "mixed.example"));
  await world.settle();
  const { addresses } = world.client.one(RESOLVED, 1);
  assert.equal(addresses.map(addressText), [`${SERVER}:0`, "[2606:4700:0:0:0:0:0:2]:0"]);
  const [line] = world.said("told");
  assert.equal([world.said("told").length, line?.address, line?.reason],
    [1, "127.0.0.1", "6 kept back, the first: loopback address"]);
  for (const [index, text] of ["127.0.0.1", "169.254.169.254", "::1"].entries()) {
    world.client.send(resolveFrame(10 + index, text));
    assert.is(world.client.one(FAIL, 10 + index).code, ErrorCode.NameUnresolvable, text);
  }
  await world.finish();
});

names("should forget an address of a name after a while", async () => {
  const world = await World.open({ rules: ["tcp:example.com:80"], limits: { nameMs: 1000 } });
  world.serve(80);
  world.sim.setName("example.com", [SERVER]);
  world.client.send(resolveFrame(1, "example.com"));
  await world.settle(500);
  await world.stream(2);
  await world.settle(1000);
  assert.is(await world.refusal(3, address(SERVER, 80)), ErrorCode.AccessDenied);
  await world.finish();
});

names("should look up only what a rule names", async () => {
  const world = await World.open({ rules: ["resolve:*.example.com", "tcp:*:80"] });
  world.sim.setName("www.example.com", [SERVER]);
  world.sim.setName("secret.example.org", [SERVER]);
  world.client.send(resolveFrame(1, "WWW.example.com."));
  world.client.send(resolveFrame(2, "secret.example.org"));
  world.client.send(resolveFrame(3, "localhost"));
  await world.settle();
  assert.is(world.client.of(RESOLVED, 1).length + world.client.of(FAIL, 1).length, 1);
  assert.is(world.client.one(FAIL, 2).code, ErrorCode.PermanentResolverFailure);
  assert.is(world.client.one(FAIL, 3).code, ErrorCode.PermanentResolverFailure);
  assert.equal(world.said("resolve").map(({ allowed, name }) => [allowed, name]),
    [[true, "www.example.com"], [false, "secret.example.org"], [false, "localhost"]]);
  await world.finish();
});

names.run();

const listening = suite("listening through a gateway session");

listening("should be a right of its own", async () => {
  const world = await World.open({ rules: ["tcp:*:*", "udp:*:*", "resolve:*", `tcp:${GATEWAY}:*`] });
  world.client.send(addressFrame(BIND, 1, address(GATEWAY, 8080)));
  assert.is(world.client.one(FAIL, 1).code, ErrorCode.AccessDenied);
  // The local end of a connect may be bound, and not more.
  world.client.send(addressFrame(BIND, 2, address(GATEWAY, 0)));
  const bound = world.client.one(BOUND, 2).address;
  world.client.send(listenFrame(2, 1));
  assert.is(world.client.one(FAIL, 2).code, ErrorCode.AccessDenied);
  assert.is(world.said("listen")[0]?.allowed, false);
  let outcome: unknown = null;
  world.server.transport.connect({ remote: bound, local: null }, (result) => { outcome = result; });
  await world.settle();
  assert.is(outcome, ErrorCode.ConnectionRefused);
  assert.is(world.client.of(LISTENING).length + world.client.of(ACCEPTED).length, 0);
  await world.finish();
});

listening("should go by address and port", async () => {
  const world = await World.open({ rules: [`listen:${GATEWAY}:8000-8010`, "listen:127.0.0.1:0"] });
  const cases: [SocketAddress, boolean][] = [
    [address(GATEWAY, 8000), true], [address(GATEWAY, 8010), true], [address(GATEWAY, 8011), false],
    [address("0.0.0.0", 8001), false], [address("::", 8001), false], [address("127.0.0.1", 8001), false],
    [address("127.0.0.1", 0), true], [address(GATEWAY, 0), false], [address(GATEWAY, 22), false],
  ];
  for (const [index, [where, isAllowed]] of cases.entries()) {
    const id = index + 1;
    world.client.send(addressFrame(BIND, id, where));
    assert.is(world.client.of(BOUND, id).length === 1, isAllowed, addressText(where));
    if (!isAllowed) continue;
    world.client.send(listenFrame(id, 1));
    world.client.one(LISTENING, id);
    world.client.send(plainFrame(CLOSE, id));
  }
  await world.finish();
});

listening.run();

const datagrams = suite("datagrams of a gateway session");

interface Heard {
  socket: DatagramSocket;
  heard: { text: string; remote: SocketAddress }[];
}

/** A UDP socket on the server. */
function peer(world: World, port: number): Heard {
  const heard: Heard["heard"] = [];
  let socket: DatagramSocket | null = null;
  world.server.transport.bindDatagrams(address(SERVER, port), {
    datagramArrived: (bytes, remote) => { heard.push({ text: Buffer.from(bytes).toString(), remote }); },
    roomMade: () => {},
    failed: () => {},
  }, (result) => {
    if (typeof result !== "number") socket = result;
  });
  if (socket === null) throw new Error("not bound");
  return { socket, heard };
}

const datagram = (id: number, to: SocketAddress | null, text: string): Uint8Array =>
  datagramFrame(id, to, Buffer.from(text), 0, text.length);
const texts = (world: World, id: number): string[] =>
  world.client.of(DATAGRAM, id).map(({ bytes, start }) => Buffer.from(bytes.subarray(start)).toString());

async function bound(rules: string[], limits = {}): Promise<World> {
  const world = await World.open({ rules, limits });
  world.client.send(addressFrame(BIND_UDP, 1, address("0.0.0.0", 0)));
  world.client.one(BOUND, 1);
  return world;
}

datagrams("should go where a rule allows, and nowhere else", async () => {
  const world = await bound([`udp:${SERVER}:53`, "udp:*:99", "tcp:*:*"]);
  const [allowed, other] = [peer(world, 53), peer(world, 54)];
  world.client.send(datagram(1, address(SERVER, 53), "yes"));
  world.client.send(datagram(1, address(SERVER, 54), "no"));
  for (const text of INWARD) world.client.send(datagram(1, address(text, 99), "inward"));
  await world.settle();
  assert.equal(allowed.heard.map(({ text }) => text), ["yes"]);
  assert.is(other.heard.length, 0);
  assert.equal(world.said("udp").filter((one) => one.allowed).map((one) => one.address), [`${SERVER}:53`]);
  assert.is(world.client.goodbye, null);
  allowed.socket.close();
  other.socket.close();
  await world.finish();
});

datagrams("should never be for everybody", async () => {
  const world = await bound(["udp:224.0.0.0/4:*", "udp:255.255.255.255:*", "udp:[ff00::]/8:*"]);
  for (const text of ["224.0.0.251", "255.255.255.255", "ff02::fb"]) {
    world.client.send(datagram(1, address(text, 53), "x"));
  }
  assert.equal(world.said("udp").map(({ allowed }) => allowed), [false, false, false]);
  await world.finish();
});

datagrams("should be heard only from peers that were written to", async () => {
  const world = await bound([`udp:${SERVER}:*`]);
  const [one, two] = [peer(world, 53), peer(world, 54)];
  const local = { ...address(GATEWAY), port: world.client.one(BOUND, 1).address.port };
  one.socket.send(Buffer.from("too early"), local);
  await world.settle();
  world.client.send(datagram(1, address(SERVER, 53), "hello"));
  await world.settle();
  one.socket.send(Buffer.from("answer"), local);
  two.socket.send(Buffer.from("intruder"), local);
  await world.settle();
  assert.equal(texts(world, 1), ["answer"]);
  one.socket.close();
  two.socket.close();
  await world.finish();
});

datagrams("should keep to one peer when connected, and say when there is none", async () => {
  const world = await bound([`udp:${SERVER}:53-54`]);
  const [one, two] = [peer(world, 53), peer(world, 54)];
  world.client.send(connectUdpFrame(1, address(SERVER, 53)));
  world.client.send(datagram(1, null, "to my peer"));
  world.client.send(datagram(1, address(SERVER, 54), "dropped: there is a peer"));
  await world.settle();
  assert.equal([one.heard.length, two.heard.length], [1, 0]);
  const local = one.heard[0]?.remote as SocketAddress;
  one.socket.send(Buffer.from("from my peer"), local);
  two.socket.send(Buffer.from("intruder"), local);
  await world.settle();
  assert.equal(texts(world, 1), ["from my peer"]);
  world.client.send(connectUdpFrame(1, address(SERVER, 99)));
  assert.is(world.client.one(FAIL, 1).code, ErrorCode.AccessDenied);
  world.client.send(datagram(1, null, "lost: no peer any more"));
  await world.settle();
  assert.is(one.heard.length, 1);
  assert.is(world.client.goodbye, null);
  one.socket.close();
  two.socket.close();
  await world.finish();
});

datagrams("should come at a bounded rate", async () => {
  const world = await bound([`udp:${SERVER}:53`], { datagramsPerSecond: 10 });
  const { socket, heard } = peer(world, 53);
  for (let index = 0; index < 200; index++) world.client.send(datagram(1, address(SERVER, 53), "x"));
  await world.settle();
  assert.is(heard.length, 40, "four seconds' worth");
  await world.settle(1000);
  for (let index = 0; index < 200; index++) world.client.send(datagram(1, address(SERVER, 53), "x"));
  await world.settle();
  assert.is(heard.length, 50);
  socket.close();
  await world.finish();
});

datagrams("should log each peer once, and keep a bounded number of them", async () => {
  const world = await bound([`udp:${SERVER}:53`], { udpPeers: 4, datagramsPerSecond: 1000 });
  for (let round = 0; round < 3; round++) {
    for (let port = 60; port < 64; port++) world.client.send(datagram(1, address(SERVER, port), "x"));
  }
  assert.is(world.said("udp").length, 4);
  await world.finish();
});

datagrams("should not be connected faster than they may be sent", async () => {
  const world = await bound([`udp:${SERVER}:53`], { datagramsPerSecond: 5 });
  for (let port = 1000; port < 1200; port++) world.client.send(connectUdpFrame(1, address("10.0.0.1", port)));
  assert.is(world.said("udp").length, 20, "four seconds' worth of lines");
  assert.is(world.client.of(FAIL, 1).length, 200);
  await world.finish();
});

datagrams("should forget the oldest peer when there are too many", async () => {
  const world = await bound([`udp:${SERVER}:*`], { udpPeers: 2 });
  const peers = [60, 61, 62].map((port) => peer(world, port));
  for (const port of [60, 61, 62]) world.client.send(datagram(1, address(SERVER, port), "hello"));
  await world.settle();
  for (const [index, { socket, heard }] of peers.entries()) {
    socket.send(Buffer.from(`${index}`), heard[0]?.remote as SocketAddress);
  }
  await world.settle();
  assert.equal(texts(world, 1).sort(), ["1", "2"]);
  for (const { socket } of peers) socket.close();
  await world.finish();
});

datagrams("should bind ports only where listening is allowed", async () => {
  const world = await World.open({ rules: ["udp:*:*", `listen:${GATEWAY}:5353`] });
  world.client.send(addressFrame(BIND_UDP, 1, address(GATEWAY, 53)));
  world.client.send(addressFrame(BIND_UDP, 2, address(GATEWAY, 5353)));
  assert.is(world.client.one(FAIL, 1).code, ErrorCode.AccessDenied);
  world.client.one(BOUND, 2);
  world.client.send(Uint8Array.of(CONNECT_UDP, 2, 0, 0, 0, 0));
  assert.is(world.client.of(BOUND, 2).length, 2);
  await world.finish();
});

datagrams.run();
