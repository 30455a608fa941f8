// Bindings, connects and look-ups of the in-page network.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ErrorCode, OK } from "#host/wasi/error-code.js";
import { addressText, Family, makeAddress, parseIp, type SocketAddress, withPort } from "#host/wasi/ip-address.js";
import type { Connection } from "#host/wasi/transport.js";
import { attached, HERE, HERE6, inPage, type PageWorld, send } from "./page-pair.js";

const at = (text: string, port: number): SocketAddress => {
  const ip = parseIp(text);
  if (ip === null) throw new Error(text);
  return makeAddress(ip.family, ip.parts, port);
};
const [ANY, ANY6] = [at("0.0.0.0", 0), at("::", 0)];
const CONNECT_MS = 127_000;

const binds = suite("binds");

binds("should give ports in turn, from the ephemeral ones, each to one", inPage((world) => {
  const all = [HERE, HERE6, ANY, ANY6].map((address) => world.mustBind(address));
  const ports = all.map(({ localAddress }) => localAddress.port);
  assert.is(new Set(ports).size, 4);
  assert.ok(ports.every((port) => port >= 32_768 && port <= 60_999), `${ports}`);
  for (const each of all) each.close();
  assert.not(ports.includes(world.mustBind().localAddress.port), "none is met again soon");
  world.network.openCount--; // the one that was bound for that, in a world that ends here
}));

binds("should refuse what another one covers", inPage((world) => {
  const taken: [SocketAddress, SocketAddress, boolean][] = [
    [HERE, HERE, true], [ANY, HERE, true], [HERE, ANY, true], [ANY, ANY, true], [HERE, at("127.0.0.2", 0), false],
    [HERE, HERE6, false], [ANY, ANY6, false], [HERE6, ANY6, true],
  ];
  for (const [first, second, isTaken] of taken) {
    const binding = world.mustBind(withPort(first, 7000));
    const other = world.bind(withPort(second, 7000));
    assert.is(other === ErrorCode.AddressInUse, isTaken, `${addressText(first)} and ${addressText(second)}`);
    if (typeof other !== "number") other.close();
    binding.close();
  }
}));

binds("should have loopback addresses only", inPage((world) => {
  for (const text of ["10.0.0.1", "192.0.2.53", "::2", "2001:db8::1"]) {
    assert.is(world.bind(at(text, 80)), ErrorCode.AddressNotBindable, text);
  }
  for (const text of ["127.255.255.254", "::1"]) {
    const binding = world.mustBind(at(text, 80));
    assert.equal(binding.localAddress, at(text, 80));
    binding.close();
  }
}));

binds("should give the address back at once, and say so later", inPage((world) => {
  const binding = world.mustBind(withPort(HERE, 7000));
  let released = 0;
  binding.close(() => { released++; });
  binding.close(() => assert.unreachable("closed twice"));
  assert.is(released, 0, "not inside the call");
  world.mustBind(withPort(HERE, 7000)).close();
  world.settle();
  assert.is(released, 1);
}));

binds("should say when no port is left, and find the one that comes free", inPage((world) => {
  const all = Array.from({ length: 60_999 - 32_768 + 1 }, () => world.mustBind());
  assert.is(world.bind(), ErrorCode.AddressInUse);
  assert.is(world.connectNow(all[0]!.localAddress), ErrorCode.AddressInUse);
  const [gone] = all.splice(1234, 1);
  gone!.close();
  const again = world.mustBind();
  assert.is(again.localAddress.port, gone!.localAddress.port);
  for (const each of [...all, again]) each.close();
}));

binds.run();

const connects = suite("connects");

connects("should be refused where nobody listens", inPage((world) => {
  const binding = world.mustBind();
  const { localAddress } = binding;
  assert.is(world.connectNow(localAddress), ErrorCode.ConnectionRefused, "bound, not listening");
  binding.close();
  assert.is(world.connectNow(localAddress), ErrorCode.ConnectionRefused, "closed");
  assert.is(world.connectNow(at("10.0.0.1", 80)), ErrorCode.RemoteUnreachable);
}));

connects("should reach who is bound to the address, or to all of them", inPage((world) => {
  for (const [bound, asked, isHeard] of [
    [HERE, HERE, true], [ANY, HERE, true], [ANY, at("127.3.2.1", 0), true], [HERE, at("127.0.0.2", 0), false],
    [HERE6, HERE6, true], [ANY6, HERE6, true], [ANY6, HERE, false], [ANY, HERE6, false],
  ] as const) {
    const { binding, arrived } = world.listen(16, bound);
    const { port } = binding.localAddress;
    const result = world.connectNow(withPort(asked, port));
    assert.is(typeof result !== "number", isHeard, `${addressText(bound)} and ${addressText(asked)}`);
    if (typeof result !== "number") {
      assert.equal(result.remoteAddress, withPort(asked, port));
      assert.equal(arrived[0]!.localAddress, withPort(asked, port), "the address that was asked for");
      for (const each of [result, ...arrived]) each.abort();
    }
    binding.close();
  }
}));

connects("should go out from the address that was asked for, whose port is taken meanwhile", inPage((world) => {
  const { binding, arrived } = world.listen();
  const { localAddress: remote } = binding;
  const local = at("127.0.0.9", 7001);
  const connection = world.mustConnect(remote, local);
  assert.equal(arrived[0]!.remoteAddress, local);
  assert.is(world.connectNow(remote, withPort(HERE, 7001)), ErrorCode.AddressInUse);
  assert.is(world.connectNow(remote, at("10.0.0.1", 7002)), ErrorCode.AddressNotBindable);
  const open = world.mustConnect(remote, withPort(ANY, 7003));
  assert.equal(open.localAddress, withPort(HERE, 7003), "an open one becomes what the peer sees");
  connection.abort();
  const again = world.mustConnect(remote, local);
  world.settle();
  for (const each of [open, again, ...arrived]) each.abort();
  binding.close();
}));

connects("should not be told once they are cancelled, in any state", inPage((world) => {
  const { binding, arrived } = world.listen();
  const results: (Connection | ErrorCode)[] = [];
  const local = withPort(HERE, 7004);
  const request = world.connect(binding.localAddress, results, local);
  request.cancel();
  request.cancel();
  world.settle();
  assert.equal([results.length, arrived.length], [0, 0]);
  world.network.connect({ remote: at("10.0.0.1", 1), local: null }, () => assert.unreachable()).cancel();
  const done = world.connect(binding.localAddress, results, local);
  world.settle();
  done.cancel();
  world.settle();
  assert.is(results.length, 1, "what is over stays as it is");
  assert.is(world.network.openCount, 3);
  for (const each of [...results, ...arrived] as Connection[]) each.abort();
  binding.close();
}));

connects.run();

const queues = suite("accept queues");

queues("should wait for room, in the order in which they came", inPage((world) => {
  const { binding, arrived } = world.listen(2);
  const results: (Connection | ErrorCode)[] = [];
  const ends: Connection[] = [];
  for (let port = 7000; port < 7010; port++) world.connect(binding.localAddress, results, withPort(HERE, port));
  world.clock.runSoon();
  assert.is(results.length, 2, "as many as the queue holds");
  assert.is(arrived.length, 0);
  assert.is(world.clock.timers.size, 8, "the others wait");
  world.settle();
  assert.is(world.clock.timers.size, 0);
  assert.equal(arrived.map(({ remoteAddress }) => remoteAddress?.port), [...Array(10).keys()].map((i) => 7000 + i));
  ends.push(...arrived, ...results as Connection[]);
  for (const each of ends) each.abort();
  binding.close();
}));

queues("should let nobody in with a backlog of 0, until the connect gives up", inPage((world) => {
  const { binding, arrived } = world.listen(0);
  const results: (Connection | ErrorCode)[] = [];
  world.connect(binding.localAddress, results);
  const cancelled = world.connect(binding.localAddress, results);
  world.settle();
  cancelled.cancel();
  world.clock.advanceMs(CONNECT_MS - 1);
  assert.equal(results, []);
  world.clock.advanceMs(1);
  assert.equal(results, [ErrorCode.Timeout]);
  assert.is(arrived.length, 0);
  binding.close();
}));

queues("should refuse those who wait when the listener goes, and reset those who were let in", inPage((world) => {
  const { binding, arrived } = world.listen(1);
  const results: (Connection | ErrorCode)[] = [];
  for (let times = 0; times < 3; times++) world.connect(binding.localAddress, results);
  world.clock.runSoon();
  const client = attached(results[0] as Connection);
  binding.close();
  assert.is(results.length, 1, "not inside the call");
  world.settle();
  assert.equal(results.slice(1), [ErrorCode.ConnectionRefused, ErrorCode.ConnectionRefused]);
  assert.equal(client.record.log, ["connection-reset"]);
  assert.is(arrived.length, 0);
}));

queues("should not tell who gave up while the refusal was on its way", inPage((world) => {
  const { binding } = world.listen(0);
  const request = world.connect(binding.localAddress, []);
  world.settle();
  binding.close();
  request.cancel();
  world.network.connect({ remote: HERE, local: null }, (result) => assert.is(result, ErrorCode.ConnectionRefused));
}));

queues("should be allowed to close from inside what it is told", inPage((world) => {
  const binding = world.mustBind();
  let accepted: Connection | undefined;
  binding.listen({
    connectionArrived: (connection) => {
      accepted = connection;
      binding.close();
    },
  }, 1, (outcome) => assert.is(outcome, OK));
  const results: (Connection | ErrorCode)[] = [];
  for (let times = 0; times < 3; times++) world.connect(binding.localAddress, results);
  world.settle();
  assert.equal(results.slice(1), [ErrorCode.ConnectionRefused, ErrorCode.ConnectionRefused]);
  (results[0] as Connection).abort();
  accepted?.abort();
}));

queues("should be closed from inside the answer to a connect", inPage((world) => {
  const { binding, arrived } = world.listen();
  let client: Connection | undefined;
  world.network.connect({ remote: binding.localAddress, local: null }, (result) => {
    client = result as Connection;
    binding.close();
  });
  world.settle();
  assert.is(arrived.length, 0);
  const end = attached(client!);
  send(end, "x");
  world.settle();
  assert.equal(end.record.log, ["connection-reset"]);
}));

queues.run();

const names = suite("names");

names("should know what every system calls itself, and nothing else", inPage((world) => {
  const ask = (name: string): unknown => {
    let answer: unknown;
    world.network.lookup(name, (result) => { answer = result; });
    assert.is(answer, undefined, "not inside the call");
    world.settle();
    return answer;
  };
  for (const name of ["localhost", "LocalHost.", "a.b.localhost"]) assert.equal(ask(name), [HERE, HERE6], name);
  for (const name of ["localhost.example", "notlocalhost", "example.com", "."]) {
    assert.is(ask(name), ErrorCode.NameUnresolvable, name);
  }
  (ask("localhost") as SocketAddress[])[0]!.parts[0] = 9;
  assert.equal(ask("localhost"), [HERE, HERE6], "answers are the caller's");
  world.network.lookup("localhost", () => assert.unreachable("it was cancelled")).cancel();
}));

names("should keep two networks apart", inPage((world) => {
  const { binding } = world.listen();
  const other = new (world.constructor as new () => PageWorld)();
  assert.is(other.connectNow(binding.localAddress), ErrorCode.ConnectionRefused);
  binding.close();
  assert.is(binding.localAddress.family, Family.Ipv4);
}));

names.run();
