// Connects: addresses to one connection, with every way to fail at every step, deadlines, options and cancels.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FakeSocket, flatten, WOULD_BLOCK } from "../../support/fake-host.js";
import type { NetProbe } from "../../support/net-probe.js";
import { numbered, resolved, V4, V6 } from "../../support/resolved.js";

const REFUSED = 14;
const UNREACHABLE = 13;
const TIMEOUT = 5;
const TIMEOUT_NS = 30_000_000_000n;
/** The socket of the attempt that runs. */
function attempt(net: NetProbe): FakeSocket {
  const [handle] = net.host.resources.left().filter((each) => each.startsWith("tcp-socket"));
  return net.host.resources.get<FakeSocket>(Number(handle!.split(" ")[1]), "tcp-socket");
}

function takeConnection(net: NetProbe): void {
  net.call.finish(net.call.connected());
}

/** Connects to the resolved addresses, until `deadlineNs` if there is one. Returns the handle. */
function start(net: NetProbe, owner = 2, deadlineNs = -1n): [number, number] {
  const slot = net.call.connect(owner, deadlineNs);
  return [slot, net.call.connectGeneration()];
}

const connecting = suite("connection");

connecting("should connect to the only address and hand the connection over", async () => {
  const net = await resolved(V4);
  start(net);
  assert.equal(net.host.calls, [], "it begins in a later turn");
  net.settle();
  assert.equal(net.takeEvents(), []);
  assert.equal(net.host.targets, [flatten({ ...V4, port: 7000 })]);
  attempt(net).settled = true;
  net.settle();
  assert.equal(net.takeEvents(), ["connected 2"]);
  assert.is(net.call.connectReason(), 0);
  takeConnection(net);
  net.checkNothingLeft();
});

connecting("should take a connect that is finished at once", async () => {
  const net = await resolved(V6);
  start(net);
  net.host.script("start-connect", "ok");
  net.turn();
  attempt(net).settled = true;
  net.settle();
  assert.equal(net.takeEvents(), ["connected 2"]);
  takeConnection(net);
  net.checkNothingLeft();
});

for (const step of ["create", "start-connect", "finish-connect"]) {
  for (const error of [REFUSED, UNREACHABLE, 1, 10]) {
    connecting(`should end with error ${error} of ${step} when there is no other address`, async () => {
      const net = await resolved(V4);
      net.host.script(step, error);
      start(net);
      net.settle();
      assert.equal(net.takeEvents(), ["connected 2"]);
      assert.is(net.call.connectReason(), error + 1);
      net.checkNothingLeft();
    });

    connecting(`should try the next address after error ${error} of ${step}`, async () => {
      const net = await resolved(V6, V4);
      net.host.script(step, error);
      start(net);
      net.settle();
      assert.equal(net.takeEvents(), []);
      assert.equal(net.host.targets.at(-1), flatten({ ...V4, port: 7000 }));
      attempt(net).settled = true;
      net.settle();
      assert.equal(net.takeEvents(), ["connected 2"]);
      assert.is(net.call.connectReason(), 0);
      takeConnection(net);
      net.checkNothingLeft();
    });
  }
}

connecting("should tell the error of the last address", async () => {
  const net = await resolved(numbered(1), numbered(2), numbered(3));
  net.host.script("finish-connect", REFUSED, UNREACHABLE, 15);
  start(net);
  net.settle();
  assert.is(net.call.connectReason(), 15 + 1);
  assert.is(net.host.targets.length, 3);
  net.checkNothingLeft();
});

connecting("should give an address up that does not answer in time", async () => {
  const net = await resolved(V6, V4);
  start(net);
  assert.is(net.settle(), Number(TIMEOUT_NS));
  net.advance(TIMEOUT_NS - 1n);
  assert.is(net.host.targets.length, 1);
  net.advance(1n);
  assert.is(net.host.targets.length, 2, "the next address has its own time");
  net.advance(TIMEOUT_NS);
  assert.equal(net.takeEvents(), ["connected 2"]);
  assert.is(net.call.connectReason(), TIMEOUT + 1);
  net.checkNothingLeft();
});

connecting("should not mind that the answer and the end of the time come in one turn", async () => {
  for (const addresses of [[V4], [V6, V4]]) {
    const net = await resolved(...addresses);
    start(net);
    net.settle();
    attempt(net).settled = true;
    net.host.nowNs += TIMEOUT_NS;
    net.settle();
    if (addresses.length === 2) {
      attempt(net).settled = true;
      net.settle();
      takeConnection(net);
    }
    assert.equal(net.takeEvents(), ["connected 2"]);
    assert.is(net.call.connectReason(), addresses.length === 2 ? 0 : TIMEOUT + 1);
    net.checkNothingLeft();
  }
});

connecting("should not let the time of one address run against the next", async () => {
  const net = await resolved(V6, V4);
  start(net);
  net.settle();
  net.host.nowNs += TIMEOUT_NS - 1n;
  net.host.script("finish-connect", REFUSED);
  attempt(net).settled = true;
  net.turn();
  net.host.nowNs += 1000n; // The first address's time is over before the second one's turn comes.
  net.settle();
  assert.equal(net.takeEvents(), []);
  assert.is(net.host.targets.length, 2);
  attempt(net).settled = true;
  net.settle();
  assert.is(net.call.connectReason(), 0);
  takeConnection(net);
  net.checkNothingLeft();
});

connecting("should wait on when the host's word was wrong", async () => {
  const net = await resolved(V4);
  start(net);
  net.settle();
  net.host.script("finish-connect", WOULD_BLOCK);
  attempt(net).settled = true;
  net.settle();
  assert.equal(net.takeEvents(), []);
  const [socket] = net.host.resources.left().filter((each) => each.startsWith("tcp-socket"));
  net.host.resources.wake(Number(socket!.split(" ")[1]));
  net.settle();
  assert.equal(net.takeEvents(), ["connected 2"]);
  takeConnection(net);
  net.checkNothingLeft();
});

// The state in which it is cancelled, and how it comes there.
const STATES: [string, (net: NetProbe) => void][] = [
  ["before it began", () => {}],
  ["while it waits for an answer", (net) => void net.settle()],
  ["with the answer in the queue", (net) => {
    net.settle();
    attempt(net).settled = true;
  }],
  ["between two addresses", (net) => {
    net.host.script("finish-connect", REFUSED);
    net.turn();
  }],
];

for (const [state, prepare] of STATES) {
  connecting(`should say nothing more when it is cancelled ${state}`, async () => {
    const net = await resolved(V6, V4);
    const handle = start(net);
    prepare(net);
    assert.is(net.call.connectCancel(...handle), 1);
    assert.is(net.call.connectCancel(...handle), 0, "once");
    net.advance(TIMEOUT_NS);
    assert.equal(net.takeEvents(), []);
    net.checkNothingLeft();
  });
}

connecting("should not be cancelled by a handle that is stale, foreign or invalid", async () => {
  const net = await resolved(V4);
  const old = start(net);
  net.host.script("finish-connect", REFUSED);
  net.settle();
  assert.is(net.call.connectCancel(...old), 0, "it ended already");
  const [slot, generation] = start(net);
  assert.is(slot, old[0], "the slot is used again");
  for (const handle of [old, [slot, generation + 1], [slot + 1, generation], [-1, -1], [0xffff, 1]]) {
    assert.is(net.call.connectCancel(...handle), 0);
  }
  assert.is(net.call.connectCancel(slot, generation), 1);
  net.settle();
  assert.equal(net.takeEvents(), ["connected 2"], "of the first one");
  net.checkNothingLeft();
});

connecting("should not be cancelled from within its own function", async () => {
  const net = await resolved(V4);
  const handle = start(net);
  net.host.script("finish-connect", REFUSED);
  const answers: number[] = [];
  net.onEvent = () => void answers.push(net.call.connectCancel(...handle));
  net.settle();
  assert.equal(answers, [0]);
  net.checkNothingLeft();
});

connecting("should let many connect at once, each with its own outcome", async () => {
  const net = await resolved(V4);
  let connected = 0;
  net.onEvent = () => {
    if (net.call.connectReason() !== 0) return;
    connected++;
    takeConnection(net);
  };
  for (let owner = 0; owner < 100; owner++) start(net, owner);
  net.host.script("finish-connect", ...Array.from({ length: 100 }, (_, index) => (index % 3 === 0 ? REFUSED : "ok")));
  for (let turn = 0; turn < 3; turn++) {
    net.settle();
    for (const each of net.host.resources.left().filter((left) => left.startsWith("tcp-socket"))) {
      net.host.resources.get<FakeSocket>(Number(each.split(" ")[1]), "tcp-socket").settled = true;
    }
  }
  net.settle();
  assert.is(new Set(net.takeEvents()).size, 100);
  assert.is(connected, 66);
  net.checkNothingLeft();
});

connecting("should refuse to start without addresses", async () => {
  const net = await resolved(V4);
  net.host.resolved = [];
  net.call.lookupStart(net.put("name.example"), 80, 1);
  net.settle();
  net.probe.traps(() => start(net, 1), "net/connection.ts");
});

connecting.run();

// ---

const deadlines = suite("connection, deadline");

const SECOND = 1_000_000_000n;
const EXCEEDED = 34;

deadlines("should be over at the deadline and not before, whatever the attempt's own limit would be", async () => {
  for (const seconds of [1n, 100n]) {
    const net = await resolved(V4);
    start(net, 2, net.host.nowNs + seconds * SECOND);
    assert.is(net.settle(), Number(seconds * SECOND));
    net.advance(seconds * SECOND - 1n);
    assert.equal(net.takeEvents(), []);
    net.advance(1n);
    assert.equal(net.takeEvents(), ["connected 2"]);
    assert.is(net.call.connectReason(), EXCEEDED);
    net.checkNothingLeft();
  }
});

deadlines("should leave time for the addresses behind one that never answers", async () => {
  const net = await resolved(numbered(1), numbered(2), numbered(3));
  start(net, 2, net.host.nowNs + 9n * SECOND);
  net.settle();
  net.advance(3n * SECOND - 1n);
  assert.is(net.host.targets.length, 1);
  net.advance(1n);
  assert.is(net.host.targets.length, 2);
  net.host.script("finish-connect", REFUSED);
  attempt(net).settled = true;
  net.settle();
  assert.is(net.host.targets.length, 3, "what the second did not need is the third's");
  net.advance(6n * SECOND - 1n);
  assert.equal(net.takeEvents(), []);
  net.advance(1n);
  assert.is(net.call.connectReason(), EXCEEDED);
  net.checkNothingLeft();
});

deadlines("should tell the refusal when the last address refused in time", async () => {
  const net = await resolved(V6, V4);
  start(net, 2, net.host.nowNs + 2n * SECOND);
  net.settle();
  net.advance(SECOND);
  net.host.script("finish-connect", REFUSED);
  attempt(net).settled = true;
  net.settle();
  assert.is(net.call.connectReason(), REFUSED + 1);
  net.checkNothingLeft();
});

deadlines("should be over in a later turn, without an attempt, when it is over before it began", async () => {
  for (const deadlineNs of [0n, 1_000_000_000n]) {
    const net = await resolved(V4);
    start(net, 2, deadlineNs);
    assert.equal(net.takeEvents(), []);
    net.settle();
    assert.equal(net.takeEvents(), ["connected 2"]);
    assert.is(net.call.connectReason(), EXCEEDED);
    assert.equal(net.host.targets, []);
    net.checkNothingLeft();
  }
});

deadlines.run();

// ---

const options = suite("connection, options");

/** The record of net/socket-options.ts. */
function setOptions(net: NetProbe): void {
  const at = net.call.optionsAddress();
  const view = net.probe.view();
  view.setBigUint64(at, 11n, true);
  view.setBigUint64(at + 8, 12n, true);
  [13, 14, 15, 16].forEach((value, index) => view.setUint32(at + 16 + 4 * index, value, true));
  view.setUint8(at + 32, 17);
  view.setUint8(at + 33, 1);
}

const SET = [
  "set-keep-alive-idle-time 11", "set-keep-alive-interval 12", "set-keep-alive-count 13", "set-keep-alive-enabled 1",
  "set-receive-buffer-size 14", "set-send-buffer-size 15", "set-hop-limit 17",
];

options("should be set on every socket before it connects, and copied", async () => {
  const net = await resolved(V6, V4);
  setOptions(net);
  start(net);
  net.probe.write(net.call.optionsAddress(), new Uint8Array(40));
  net.host.script("start-connect", REFUSED);
  net.settle();
  assert.equal(net.host.calls.slice(0, 9), ["create", ...SET, "start-connect"]);
  assert.equal(net.host.calls.slice(9, 18), ["create", ...SET, "start-connect"]);
  attempt(net).settled = true;
  net.settle();
  takeConnection(net);
  net.checkNothingLeft();
});

options("should not stand in the way when the host knows none of them", async () => {
  const net = await resolved(V4);
  setOptions(net);
  for (const label of SET) net.host.script(label, 2);
  start(net);
  net.settle();
  attempt(net).settled = true;
  net.settle();
  assert.is(net.call.connectReason(), 0);
  takeConnection(net);
  net.checkNothingLeft();
});

options("should leave alone what is zero", async () => {
  const net = await resolved(V4);
  net.probe.write(net.call.optionsAddress(), new Uint8Array(40));
  start(net);
  net.settle();
  assert.equal(net.host.calls.slice(0, 2), ["create", "start-connect"]);
  attempt(net).settled = true;
  net.settle();
  takeConnection(net);
  net.checkNothingLeft();
});

options.run();
