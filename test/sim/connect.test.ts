// How connections come about in the simulated network, and how they do not; addresses, ports, sockets and names.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Conditions, type SimHost, type SimHostOptions, Simulation } from "#host/sim/index.js";
import { connectTo, listenAt } from "#host/sim/peers/meeting.js";
import { ErrorCode } from "#host/wasi/error-code.js";
import { addressText, Family, makeAddress, parseIp, type SocketAddress } from "#host/wasi/ip-address.js";
import type { Binding, Connection } from "#host/wasi/transport.js";
import { Sink } from "./sink.js";

interface World {
  readonly sim: Simulation;
  readonly server: SimHost;
  readonly client: SimHost;
  /** "connected" or the error, with the time in milliseconds, per attempt. */
  readonly outcomes: string[];
  readonly made: Connection[];
  readonly accepted: Connection[];
  connect(address?: string, port?: number): { cancel(): void };
}

function world(conditions: Partial<Conditions> = {}, clientOptions: Partial<SimHostOptions> = {}): World {
  const sim = new Simulation({ seed: 11, conditions });
  const server = sim.host({ addresses: ["10.0.0.1", "fd00::1"] });
  const client = sim.host({ addresses: ["10.0.0.2"], ...clientOptions });
  const made: Connection[] = [];
  const outcomes: string[] = [];
  return {
    sim, server, client, outcomes, made, accepted: [],
    connect: (address = "10.0.0.1", port = 80) => connectTo(client, address, port, (result) => {
      if (typeof result !== "number") made.push(result);
      outcomes.push(`${typeof result === "number" ? ErrorCode[result] : "connected"} ${sim.nowMs}`);
    }),
  };
}

function listen({ server, accepted }: World, address = "10.0.0.1", backlog = 100): Binding {
  return listenAt(server, address, 80, (connection) => { accepted.push(connection); }, backlog);
}

function bindNow(host: SimHost, text: string, port: number): Binding | ErrorCode {
  const { family, parts } = parseIp(text)!;
  let outcome: Binding | ErrorCode | undefined;
  host.transport.bind({ address: makeAddress(family, parts, port), backlog: 1 }, (result) => { outcome = result; });
  return outcome as Binding | ErrorCode;
}

/** Gives everything back, and nothing may be left. */
function over({ sim, made, accepted, client, server }: World, ...bindings: Binding[]): void {
  for (const connection of [...made, ...accepted]) connection.abort();
  for (const binding of bindings) binding.close();
  sim.run();
  assert.equal([client.transport.openCount, server.transport.openCount, sim.pendingEvents], [0, 0, 0]);
}

const attempts = suite("attempts");

attempts("should take a round trip and know both addresses", () => {
  const made = world();
  const binding = listen(made);
  made.connect();
  made.sim.run();
  assert.equal(made.outcomes, ["connected 1"]);
  const [near, far] = [made.made[0]!, made.accepted[0]!];
  assert.is(addressText(near.remoteAddress!), "10.0.0.1:80");
  assert.is(addressText(far.localAddress!), "10.0.0.1:80");
  assert.is(addressText(near.localAddress!), addressText(far.remoteAddress!));
  assert.match(addressText(near.localAddress!), /^10\.0\.0\.2:[0-9]{5}$/);
  over(made, binding);
});

attempts("should be refused where nobody listens, bound or not, and unreachable where nobody is", () => {
  const made = world();
  const bound = bindNow(made.server, "10.0.0.1", 81) as Binding;
  made.connect("10.0.0.1", 80);
  made.connect("10.0.0.1", 81);
  made.connect("10.9.9.9", 80);
  made.connect("fd00::1", 80); // the client has no such family
  made.sim.run();
  assert.equal([...made.outcomes].sort(), [
    "ConnectionRefused 1", "ConnectionRefused 1", "RemoteUnreachable 0", "RemoteUnreachable 1",
  ]);
  over(made, bound);
});

attempts("should reach a listener on every address of its host through the wildcard, by family", () => {
  const sim = new Simulation({ seed: 1 });
  const host = sim.host({ addresses: ["10.0.0.1", "fd00::1"] });
  const reached: string[] = [];
  for (const wildcard of ["0.0.0.0", "::"]) {
    listenAt(host, wildcard, 80, (connection) => { reached.push(addressText(connection.localAddress!)); });
  }
  const addresses = ["10.0.0.1", "127.0.0.1", "127.9.9.9", "fd00::1", "::1"];
  for (const address of addresses) connectTo(host, address, 80, () => {});
  sim.run();
  assert.equal(reached.sort(), [
    "10.0.0.1:80", "127.0.0.1:80", "127.9.9.9:80", "[0:0:0:0:0:0:0:1]:80", "[fd00:0:0:0:0:0:0:1]:80",
  ]);
});

attempts("should keep loopback inside each host", () => {
  const made = world();
  const binding = listen(made, "127.0.0.1");
  made.connect("127.0.0.1");
  made.sim.run();
  assert.equal(made.outcomes, ["ConnectionRefused 0.02"]);
  over(made, binding);
});

attempts("should never answer in a black hole; the system gives up after its own time", () => {
  const made = world({ connectTimeoutNs: 127e9 });
  const binding = listen(made);
  made.sim.addRule({ fate: "black-hole", connection: 0 });
  made.connect();
  made.connect();
  made.sim.run();
  assert.equal(made.outcomes, ["connected 1", "Timeout 127000"]);
  over(made, binding);
});

attempts("should send a lost first packet again after one second, then two, then four", () => {
  const lines: string[] = [];
  const conditions = { lostSyn: 1, connectTimeoutNs: 20e9 };
  const sim = new Simulation({ seed: 1, conditions, onTrace: (line) => lines.push(line) });
  sim.host("10.0.0.1");
  connectTo(sim.host("10.0.0.2"), "10.0.0.1", 80, () => {});
  sim.run();
  const lost = lines.filter((line) => line.includes("syn-lost")).map((line) => Number(line.split(" ")[0]) / 1e9);
  assert.equal(lost, [1, 3, 7, 15]);
});

attempts("should not find room in a full accept queue, and find it a second later", () => {
  const made = world({ acceptDelayNs: [100e6, 100e6] });
  const binding = listen(made, "10.0.0.1", 3);
  for (let index = 0; index < 5; index++) made.connect();
  made.sim.run();
  assert.equal(made.outcomes, ["connected 1", "connected 1", "connected 1", "connected 1001", "connected 1001"]);
  assert.is(made.accepted.length, 5);
  over(made, binding);
});

attempts("should meet their scripted fates, and only in their time", () => {
  const made = world();
  const binding = listen(made);
  made.sim.addRule({ fate: "refuse", to: "10.0.0.1:80", fromMs: 10, untilMs: 20 });
  made.sim.addRule({ fate: "unreachable", connection: 3 });
  for (const atMs of [5, 10, 19, 20, 21]) made.sim.at(atMs, () => { made.connect(); });
  made.sim.run();
  assert.equal(made.outcomes, [
    "connected 6", "ConnectionRefused 11", "ConnectionRefused 20", "RemoteUnreachable 21", "connected 22",
  ]);
  over(made, binding);
});

attempts("should leave nothing behind when cancelled at any moment", () => {
  for (const atUs of [0, 250, 500, 750, 999, 1000, 1500]) {
    const made = world();
    const binding = listen(made);
    const request = made.connect();
    made.sim.at(atUs / 1000, () => request.cancel());
    made.sim.run();
    const isMade = atUs > 1000;
    assert.is(made.outcomes.length, isMade ? 1 : 0, `cancelled at ${atUs} us`);
    if (made.accepted.length > 0 && !isMade) {
      const sink = new Sink(made.sim, 0);
      made.accepted[0]!.attach(sink);
      made.sim.run();
      assert.equal(sink.ends, ["failed ConnectionReset"], `cancelled at ${atUs} us`);
    }
    over(made, binding);
  }
});

attempts("should be reset when the listener closes before it accepts", () => {
  const made = world({ acceptDelayNs: [50e6, 50e6] });
  const binding = listen(made);
  made.connect();
  made.sim.run(10);
  const sink = new Sink(made.sim, 1);
  made.made[0]!.attach(sink);
  binding.close();
  made.sim.run();
  assert.equal(sink.ends, ["failed ConnectionReset"]);
  assert.is(made.accepted.length, 0);
  over(made);
});

attempts.run();

// ---

const limits = suite("limits");

limits("should refuse to bind what is taken, foreign, or beyond the sockets of the host", () => {
  const sim = new Simulation({ seed: 2 });
  const host = sim.host({ addresses: ["10.0.0.1", "10.0.0.7"], socketsMax: 3 });
  const first = bindNow(host, "10.0.0.1", 80) as Binding;
  assert.is(bindNow(host, "10.0.0.1", 80), ErrorCode.AddressInUse);
  assert.is(bindNow(host, "0.0.0.0", 80), ErrorCode.AddressInUse);
  assert.is(bindNow(host, "10.0.0.2", 80), ErrorCode.AddressNotBindable);
  const second = bindNow(host, "10.0.0.7", 80) as Binding;
  const third = bindNow(host, "::", 80) as Binding;
  assert.is(bindNow(host, "127.0.0.1", 0), ErrorCode.NewSocketLimit);
  let released = 0;
  for (const binding of [first, second, third]) binding.close(() => { released++; });
  assert.is(released, 0, "not from inside the call");
  sim.run();
  assert.is(released, 3);
  assert.is(typeof bindNow(host, "0.0.0.0", 80), "object");
});

limits("should give out every ephemeral port once, and have none after that", () => {
  const made = world({}, { ephemeralPorts: [50_000, 50_009] });
  const binding = listen(made);
  const bound = bindNow(made.client, "127.0.0.1", 0) as Binding;
  for (let index = 0; index < 10; index++) made.connect();
  made.sim.run();
  assert.equal(made.outcomes.filter((outcome) => outcome === "connected 1").length, 9);
  assert.ok(made.outcomes.includes("AddressNotBindable 0"));
  assert.is(bindNow(made.client, "10.0.0.2", 0), ErrorCode.AddressInUse);
  const ports = [bound, ...made.made].map((holder) => holder.localAddress!.port);
  assert.is(new Set(ports).size, 10);
  made.made[0]!.close(0);
  made.connect();
  made.sim.run();
  assert.is(made.made.length, 10, "a port that was given back is used again");
  over(made, binding, bound);
});

limits("should keep a port for the time that the conditions say", () => {
  const made = world({ timeWaitNs: 60e9 }, { ephemeralPorts: [50_000, 50_000] });
  const binding = listen(made);
  made.connect();
  made.sim.run(10);
  made.made[0]!.close(0);
  for (const atMs of [1000, 59_000, 61_000]) made.sim.at(atMs, () => { made.connect(); });
  made.sim.run();
  assert.equal(made.outcomes, [
    "connected 1", "AddressNotBindable 1000", "AddressNotBindable 59000", "connected 61001",
  ]);
  over(made, binding);
});

limits("should let connections wait for a free socket of the host", () => {
  const sim = new Simulation({ seed: 3 });
  const server = sim.host({ addresses: ["10.0.0.1"], socketsMax: 3 });
  const client = sim.host("10.0.0.2");
  const accepted: Connection[] = [];
  listenAt(server, "10.0.0.1", 80, (connection) => { accepted.push(connection); });
  for (let index = 0; index < 4; index++) connectTo(client, "10.0.0.1", 80, () => {});
  sim.run();
  assert.is(accepted.length, 2);
  accepted[0]!.abort();
  sim.run();
  assert.is(accepted.length, 3);
});

limits("should refuse to connect without a free socket", () => {
  const made = world({}, { socketsMax: 1 });
  const binding = listen(made);
  made.connect();
  made.connect();
  made.sim.run();
  assert.equal(made.outcomes, ["NewSocketLimit 0", "connected 1"]);
  over(made, binding);
});

limits("should connect from a bound address that was given back, and not from a taken one", () => {
  const made = world();
  const binding = listen(made);
  const results: (Connection | ErrorCode)[] = [];
  const from = (local: SocketAddress): void => {
    const remote = makeAddress(Family.Ipv4, [10, 0, 0, 1], 80);
    made.client.transport.connect({ remote, local }, (result) => { results.push(result); });
  };
  const bound = bindNow(made.client, "0.0.0.0", 4321) as Binding;
  from(bound.localAddress);
  made.sim.run();
  bound.close(() => from(bound.localAddress));
  made.sim.run();
  from(makeAddress(Family.Ipv4, [10, 0, 0, 1], 0)); // the server's own
  made.sim.run();
  assert.is(results[0], ErrorCode.AddressInUse);
  assert.is(addressText((results[1] as Connection).localAddress!), "10.0.0.2:4321");
  assert.is(results[2], ErrorCode.AddressNotBindable);
  made.made.push(results[1] as Connection);
  over(made, binding);
});

limits.run();

// ---

const names = suite("names");

names("should resolve, fail and take their time as told", () => {
  const sim = new Simulation({ seed: 4 });
  const { transport } = sim.host("10.0.0.1");
  sim.setName("both.test", ["10.0.0.7", "fd00::7"], 250);
  sim.setName("broken.test", ErrorCode.PermanentResolverFailure);
  sim.setName("silent.test", [], Infinity);
  const heard: string[] = [];
  for (const name of ["both.test", "broken.test", "unknown.test", "silent.test", "localhost"]) {
    transport.lookup(name, (result) => {
      heard.push(`${name} ${sim.nowMs} ${typeof result === "number" ? ErrorCode[result] : result.map(addressText)}`);
    });
  }
  transport.lookup("both.test", () => assert.unreachable("was cancelled")).cancel();
  sim.run();
  assert.equal(heard, [
    "broken.test 1 PermanentResolverFailure", "unknown.test 1 NameUnresolvable",
    "localhost 1 127.0.0.1:0,[0:0:0:0:0:0:0:1]:0", "both.test 250 10.0.0.7:0,[fd00:0:0:0:0:0:0:7]:0",
  ]);
});

names("should fail for now as often as the conditions say", () => {
  const sim = new Simulation({ seed: 5, conditions: { lookupFailure: 0.5 } });
  const { transport } = sim.host("10.0.0.1");
  let failed = 0;
  for (let index = 0; index < 1000; index++) {
    transport.lookup("localhost", (result) => { if (result === ErrorCode.TemporaryResolverFailure) failed++; });
  }
  sim.run();
  assert.ok(failed > 430 && failed < 570, `${failed} of 1000`);
});

names.run();
