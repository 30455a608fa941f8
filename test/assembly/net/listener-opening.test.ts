// Listeners, opening and closing: every step with every way to fail or to take its time, many addresses, shared ports,
// and the one last function.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FakeConnection, type FakeSocket, flatten, WOULD_BLOCK } from "../../support/fake-host.js";
import { ADDRESS_IN_USE, NEW_SOCKET_LIMIT, open } from "../../support/listening.js";
import { NetProbe } from "../../support/net-probe.js";

const INVALID_STATE = 10;
const NOT_SUPPORTED = 3;
const WOULD_BLOCK_STATUS = WOULD_BLOCK + 1;

const binding = suite("listener, bind and start");

for (const [literal, expected] of [
  ["127.0.0.1", { family: 0 as const, port: 80, parts: [127, 0, 0, 1] }],
  ["2001:db8::1", { family: 1 as const, port: 80, parts: [0x2001, 0xdb8, 0, 0, 0, 0, 0, 1] }],
] as const) {
  binding(`should take ${literal} within the call and listen only from start on`, async () => {
    const { net, bound, started, end } = await open(() => {}, literal);
    assert.equal([bound, started], [80, 0]);
    assert.equal(net.host.targets, [flatten({ ...expected, parts: [...expected.parts] })]);
    const steps = [
      "create", "set-listen-backlog-size", "start-bind", "finish-bind", "local-address",
      "start-listen", "finish-listen",
    ];
    assert.equal(net.host.calls, steps, "nothing is accepted before the loop runs");
    end();
  });
}

binding("should go on when the host does not know about backlogs", async () => {
  const { bound, started, end } = await open((each) => each.host.script("set-listen-backlog-size", 2));
  assert.equal([bound, started], [80, 0]);
  end();
});

for (const step of ["create", "start-bind", "finish-bind", "local-address"]) {
  for (const error of [ADDRESS_IN_USE, NEW_SOCKET_LIMIT, 0, 20]) {
    binding(`should say that ${step} failed with ${error}, and have nothing to start then`, async () => {
      const { net, bound, started, end } = await open((each) => each.host.script(step, error));
      assert.equal([bound, started], [-(error + 1), INVALID_STATE]);
      assert.is(net.host.calls.at(-1), step);
      assert.equal(net.host.resources.left().filter((left) => left.startsWith("tcp")), []);
      end();
    });
  }
}

for (const step of ["start-listen", "finish-listen"]) {
  binding(`should give every address back when ${step} fails for one of them`, async () => {
    const net = await NetProbe.create();
    const listener = net.call.listenerCreate(1, 0);
    for (const port of [80, 81, 82]) assert.is(net.call.listenerBind(listener, net.put("127.0.0.1"), port), port);
    net.host.script(step, "ok", ADDRESS_IN_USE);
    assert.is(net.call.listenerStart(listener), ADDRESS_IN_USE + 1);
    assert.equal(net.host.resources.left().filter((left) => left.startsWith("tcp")), []);
    assert.is(net.call.listenerStart(listener), INVALID_STATE);
    net.call.listenerClose(listener);
    net.checkNothingLeft();
    assert.equal(net.takeEvents(), ["shut down 1"]);
  });
}

binding("should refuse to bind and to start once it was started", async () => {
  const { net, listener, end } = await open();
  assert.is(net.call.listenerBind(listener, net.put("127.0.0.1"), 81), -INVALID_STATE);
  assert.is(net.call.listenerStart(listener), INVALID_STATE);
  assert.is(net.host.targets.length, 1);
  end();
});

binding("should give the system's port to port 0, and the same to every later port 0", async () => {
  const net = await NetProbe.create();
  const listener = net.call.listenerCreate(1, 0);
  assert.is(net.call.listenerBind(listener, net.put("127.0.0.1"), 0), 4321);
  assert.is(net.call.listenerBind(listener, net.put("127.0.0.2"), 0), 4321);
  assert.is(net.call.listenerBind(listener, net.put("127.0.0.1"), 99), 99);
  assert.is(net.call.listenerBind(listener, net.put("127.0.0.3"), 0), 4321);
  assert.equal(net.host.targets.map((target) => target[1]), [0, 4321, 99, 4321]);
  assert.is(net.probe.text(net.call.listenerAddress(listener)), "127.0.0.1:4321", "the first one");
  net.call.listenerClose(listener);
  net.checkNothingLeft();
});

binding("should let connections of every address in", async () => {
  const net = await NetProbe.create();
  const listener = net.call.listenerCreate(1, 0);
  for (const port of [80, 81, 82]) net.call.listenerBind(listener, net.put("127.0.0.1"), port);
  assert.is(net.call.listenerStart(listener), 0);
  net.settle();
  const endpoints: number[] = [];
  net.onEvent = (event) => void (event.startsWith("accepted") && endpoints.push(net.call.accepted()));
  const sockets = net.host.resources.left().filter((left) => left.startsWith("tcp-socket"));
  for (const each of sockets) {
    net.host.resources.get<FakeSocket>(Number(each.split(" ")[1]), "tcp-socket").backlog.push(new FakeConnection());
    net.settle();
  }
  assert.is(endpoints.length, 3);
  net.call.listenerClose(listener);
  for (const endpoint of endpoints) net.call.finish(endpoint);
  net.checkNothingLeft();
  assert.equal(net.takeEvents(), ["accepted 1", "accepted 1", "accepted 1", "shut down 1"]);
});

binding("should listen with the options of the listener, its backlog among them", async () => {
  const net = await NetProbe.create();
  const at = net.call.optionsAddress();
  net.probe.view().setUint32(at + 24, 5000, true);
  net.probe.view().setUint32(at + 28, 7, true);
  const listener = net.call.listenerCreate(1, 0);
  net.call.listenerBind(listener, net.put("127.0.0.1"), 80);
  assert.ok(net.host.calls.indexOf("set-send-buffer-size 5000") < net.host.calls.indexOf("start-bind"));
  assert.is(net.host.backlog, 7n);
  net.call.listenerClose(listener);
  net.checkNothingLeft();
});

binding.run();

// ---

const wildcard = suite("listener, the wildcard of IPv6");

async function bindWildcard(port: number, ...finishBind: (number | "ok")[]): Promise<[NetProbe, number, number]> {
  const net = await NetProbe.create();
  net.host.script("finish-bind", ...finishBind);
  const listener = net.call.listenerCreate(1, 0);
  return [net, listener, net.call.listenerBind(listener, net.put("::"), port)];
}

function close(net: NetProbe, listener: number): void {
  net.call.listenerClose(listener);
  net.checkNothingLeft();
}

const families = (net: NetProbe): string[] => net.host.targets.map(([family, port]) => `v${family ? 6 : 4} ${port}`);

wildcard("should take the one of IPv4 too, with one port", async () => {
  for (const [port, expected] of [[0, ["v6 0", "v4 4321"]], [80, ["v6 80", "v4 80"]]] as const) {
    const [net, listener, bound] = await bindWildcard(port);
    assert.is(bound, port === 0 ? 4321 : port);
    assert.equal(families(net), [...expected]);
    close(net, listener);
  }
});

wildcard("should do with either family", async () => {
  const [six, sixListener, sixPort] = await bindWildcard(80, "ok", NOT_SUPPORTED - 1);
  assert.is(sixPort, 80);
  close(six, sixListener);
  const [four, fourListener, fourPort] = await bindWildcard(0, NOT_SUPPORTED - 1);
  assert.is(fourPort, 4322, "IPv6 had 4321 for a moment");
  close(four, fourListener);
});

wildcard("should say why when both fail", async () => {
  const [net, listener, bound] = await bindWildcard(80, ADDRESS_IN_USE, NOT_SUPPORTED - 1);
  assert.is(bound, -(ADDRESS_IN_USE + 1));
  close(net, listener);
});

wildcard("should try another port when the system's pick is taken for IPv4, a few times", async () => {
  const [net, listener, bound] = await bindWildcard(0, "ok", ADDRESS_IN_USE);
  assert.is(bound, 4322);
  assert.equal(families(net), ["v6 0", "v4 4321", "v6 0", "v4 4322"]);
  close(net, listener);
  const taken = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? "ok" as const : ADDRESS_IN_USE));
  const [stubborn, other, port] = await bindWildcard(0, ...taken);
  assert.is(port, 4324, "then IPv6 must do");
  assert.is(stubborn.host.targets.length, 8);
  close(stubborn, other);
});

wildcard.run();

// ---

const later = suite("listener, on a host that takes its time");

for (const step of ["finish-bind", "finish-listen"]) {
  later(`should say once that it is open, when ${step} would block`, async () => {
    const { net, bound, started, arrive, end } = await open(
      (each) => each.host.script(step, WOULD_BLOCK, WOULD_BLOCK), "127.0.0.1", true);
    assert.equal([bound, started], [step === "finish-bind" ? 0 : 80, WOULD_BLOCK_STATUS]);
    assert.equal(net.takeEvents(), []);
    for (let time = 0; time < 2; time++) {
      assert.equal(net.takeEvents(), []);
      net.host.resources.wake(1);
      net.settle();
    }
    assert.equal(net.takeEvents(), ["opened 1"]);
    assert.is(net.host.calls.filter((call) => call === step).length, 3);
    assert.is(net.host.calls.filter((call) => call === "start-listen").length, 1, "no step is done twice");
    arrive(1);
    net.settle();
    assert.equal(net.takeEvents(), ["accepted 1"]);
    end();
  });

  later(`should say once that ${step} failed after a while`, async () => {
    const { net, listener, end } = await open(
      (each) => each.host.script(step, WOULD_BLOCK, ADDRESS_IN_USE), "127.0.0.1", true);
    net.host.resources.wake(1);
    net.settle();
    assert.equal(net.takeEvents(), ["opened 1"]);
    assert.is(net.call.listenerStatus(listener), ADDRESS_IN_USE + 1);
    net.advance(10n ** 12n);
    assert.equal(net.takeEvents(), []);
    end();
  });

  later(`should be closed while ${step} would block`, async () => {
    const { end } = await open((each) => each.host.script(step, WOULD_BLOCK), "127.0.0.1", true);
    end();
  });
}

later("should be refused to an owner who cannot wait", async () => {
  const bind = await open((each) => each.host.script("finish-bind", WOULD_BLOCK));
  assert.equal([bind.bound, bind.started], [-NOT_SUPPORTED, INVALID_STATE]);
  bind.end();
  const start = await open((each) => each.host.script("finish-listen", WOULD_BLOCK));
  assert.equal([start.bound, start.started], [80, NOT_SUPPORTED]);
  start.end();
});

later("should be waited for by an owner who may block", async () => {
  const net = await NetProbe.create();
  for (const step of ["finish-bind", "finish-listen"]) net.host.script(step, WOULD_BLOCK, WOULD_BLOCK);
  const listener = net.call.listenerCreate(1, 0);
  net.call.listenerAllowBlocking(listener);
  assert.is(net.call.listenerBind(listener, net.put("127.0.0.1"), 80), 80);
  assert.is(net.call.listenerStart(listener), 0);
  assert.is(net.host.calls.filter((call) => call === "block").length, 4);
  net.settle();
  net.host.resources.get<FakeSocket>(1, "tcp-socket").backlog.push(new FakeConnection());
  net.settle();
  assert.equal(net.takeEvents(), ["accepted 1"], "and nothing of the waiting is left");
  net.call.finish(net.call.accepted());
  net.call.listenerClose(listener);
  net.checkNothingLeft();
});

for (const step of ["finish-bind", "finish-listen"]) {
  later(`should say that ${step} failed after a wait`, async () => {
    const net = await NetProbe.create();
    net.host.script(step, WOULD_BLOCK, ADDRESS_IN_USE);
    const listener = net.call.listenerCreate(1, 0);
    net.call.listenerAllowBlocking(listener);
    const bound = net.call.listenerBind(listener, net.put("127.0.0.1"), 80);
    assert.is(bound, step === "finish-bind" ? -(ADDRESS_IN_USE + 1) : 80);
    assert.is(net.call.listenerStart(listener), step === "finish-bind" ? INVALID_STATE : ADDRESS_IN_USE + 1);
    net.call.listenerClose(listener);
    net.checkNothingLeft();
  });
}

later.run();

// ---

const closing = suite("listener, close");

closing("should run the last function once, later, whether it was started or not", async () => {
  for (const binds of [0, 1, 2]) {
    const net = await NetProbe.create();
    const listener = net.call.listenerCreate(7, 0);
    for (let port = 80; port < 80 + binds; port++) net.call.listenerBind(listener, net.put("127.0.0.1"), port);
    if (binds === 2) net.call.listenerStart(listener);
    net.call.listenerClose(listener);
    assert.equal(net.takeEvents(), [], "not within close");
    net.checkNothingLeft();
    assert.equal(net.takeEvents(), ["shut down 7"]);
  }
});

closing("should let nobody in once it is closed by the function that accepts", async () => {
  const { net, listener, arrive } = await open();
  net.settle();
  const endpoints: number[] = [];
  net.onEvent = (event) => {
    if (!event.startsWith("accepted")) return;
    endpoints.push(net.call.accepted());
    net.call.listenerClose(listener);
  };
  arrive(3);
  net.settle();
  assert.equal(net.takeEvents(), ["accepted 1", "shut down 1"]);
  for (const endpoint of endpoints) net.call.finish(endpoint);
  net.checkNothingLeft();
});

closing("should leave accepted endpoints as they are", async () => {
  const { net, listener, arrive } = await open();
  net.settle();
  let endpoint = 0;
  net.onEvent = (event) => void (event.startsWith("accepted") && (endpoint = net.call.accepted()));
  arrive(1);
  net.settle();
  net.call.listenerClose(listener);
  net.settle();
  assert.is(net.call.live(2), 1);
  net.call.keepAddresses(endpoint);
  assert.is(net.probe.text(net.call.addressOfEndpoint(endpoint, 1)), "192.0.2.9:50505");
  net.call.finish(endpoint);
  net.checkNothingLeft();
});

closing.run();
