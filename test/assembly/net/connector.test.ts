// Connectors: addresses to one connection, with every way to fail at every step, time-outs and cancels.
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
  const handles = [net.call.connectedSocket(), net.call.connectedInput(), net.call.connectedOutput()];
  net.call.finish(net.call.endpointCreate(...handles));
}

const connecting = suite("connector");

connecting("should connect to the only address and hand the connection over", async () => {
  const net = await resolved(V4);
  net.call.connectorStart(2);
  assert.equal(net.host.calls, [], "it begins in a later turn");
  net.settle();
  assert.equal(net.takeEvents(), []);
  assert.equal(net.host.targets, [flatten({ ...V4, port: 7000 })]);
  attempt(net).settled = true;
  net.settle();
  assert.equal(net.takeEvents(), ["connected 2"]);
  assert.is(net.call.connectorStatus(), 0);
  takeConnection(net);
  net.checkNothingLeft();
});

connecting("should take a connect that is finished at once", async () => {
  const net = await resolved(V6);
  net.call.connectorStart(2);
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
      net.call.connectorStart(2);
      net.settle();
      assert.equal(net.takeEvents(), ["connected 2"]);
      assert.is(net.call.connectorStatus(), error + 1);
      net.checkNothingLeft();
    });

    connecting(`should try the next address after error ${error} of ${step}`, async () => {
      const net = await resolved(V6, V4);
      net.host.script(step, error);
      net.call.connectorStart(2);
      net.settle();
      assert.equal(net.takeEvents(), []);
      assert.equal(net.host.targets.at(-1), flatten({ ...V4, port: 7000 }));
      attempt(net).settled = true;
      net.settle();
      assert.equal(net.takeEvents(), ["connected 2"]);
      assert.is(net.call.connectorStatus(), 0);
      takeConnection(net);
      net.checkNothingLeft();
    });
  }
}

connecting("should tell the error of the last address", async () => {
  const net = await resolved(numbered(1), numbered(2), numbered(3));
  net.host.script("finish-connect", REFUSED, UNREACHABLE, 15);
  net.call.connectorStart(2);
  net.settle();
  assert.is(net.call.connectorStatus(), 15 + 1);
  assert.is(net.host.targets.length, 3);
  net.checkNothingLeft();
});

connecting("should give an address up that does not answer in time", async () => {
  const net = await resolved(V6, V4);
  net.call.connectorStart(2);
  assert.is(net.settle(), Number(TIMEOUT_NS));
  net.advance(TIMEOUT_NS - 1n);
  assert.is(net.host.targets.length, 1);
  net.advance(1n);
  assert.is(net.host.targets.length, 2, "the next address has its own time");
  net.advance(TIMEOUT_NS);
  assert.equal(net.takeEvents(), ["connected 2"]);
  assert.is(net.call.connectorStatus(), TIMEOUT + 1);
  net.checkNothingLeft();
});

connecting("should not mind that the answer and the end of the time come in one turn", async () => {
  for (const addresses of [[V4], [V6, V4]]) {
    const net = await resolved(...addresses);
    net.call.connectorStart(2);
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
    assert.is(net.call.connectorStatus(), addresses.length === 2 ? 0 : TIMEOUT + 1);
    net.checkNothingLeft();
  }
});

connecting("should not let the time of one address run against the next", async () => {
  const net = await resolved(V6, V4);
  net.call.connectorStart(2);
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
  assert.is(net.call.connectorStatus(), 0);
  takeConnection(net);
  net.checkNothingLeft();
});

connecting("should wait on when the host's word was wrong", async () => {
  const net = await resolved(V4);
  net.call.connectorStart(2);
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
    const connector = net.call.connectorStart(2);
    prepare(net);
    net.call.connectorCancel(connector);
    net.advance(TIMEOUT_NS);
    assert.equal(net.takeEvents(), []);
    net.checkNothingLeft();
  });
}

connecting("should let many connect at once, each with its own outcome", async () => {
  const net = await resolved(V4);
  let connected = 0;
  net.onEvent = () => {
    if (net.call.connectorStatus() !== 0) return;
    connected++;
    takeConnection(net);
  };
  for (let owner = 0; owner < 100; owner++) net.call.connectorStart(owner);
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
  net.probe.traps(() => net.call.connectorStart(1), "net/connector.ts");
});

connecting.run();
