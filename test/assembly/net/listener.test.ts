// Listeners once they are open: accepting in bounded rounds, running out, pausing, and closing. How they open is in
// listener-opening.test.ts.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FakeConnection, WOULD_BLOCK } from "../../support/fake-host.js";
import {
  ADDRESS_IN_USE, CONNECTION_ABORTED, CONNECTION_RESET, NEW_SOCKET_LIMIT, open,
} from "../../support/listening.js";
import type { NetProbe } from "../../support/net-probe.js";

const RETRY_NS = 100_000_000n;
const ENDPOINTS_MAX = 65_536;

const accepting = suite("listener, OPEN");

accepting("should accept each connection once, in order", async () => {
  const { net, socket, end } = await open();
  net.settle();
  net.takeEvents();
  const connections = Array.from({ length: 5 }, () => new FakeConnection());
  socket().backlog.push(...connections);
  net.settle();
  assert.equal(net.takeEvents(), Array<string>(5).fill("accepted 1"));
  end();
});

accepting("should hear of every later connection too", async () => {
  const { net, arrive, end } = await open();
  net.settle();
  for (let time = 0; time < 10; time++) {
    net.takeEvents();
    arrive(1);
    net.settle();
    assert.equal(net.takeEvents().filter((event) => event === "accepted 1").length, 1);
  }
  end();
});

accepting("should accept at most 64 per turn and go on in the next", async () => {
  const { net, arrive, end } = await open();
  net.settle();
  net.takeEvents();
  arrive(150);
  assert.is(net.turn(), 0);
  assert.is(net.takeEvents().length, 64);
  net.turn();
  assert.is(net.takeEvents().length, 64);
  net.settle();
  assert.is(net.takeEvents().length, 22);
  end();
});

for (const error of [CONNECTION_RESET, CONNECTION_ABORTED]) {
  accepting(`should take error ${error} for one of that connection and go on at once`, async () => {
    const { net, arrive, end } = await open();
    net.settle();
    net.takeEvents();
    net.host.script("accept", error, error);
    arrive(3);
    net.settle();
    assert.is(net.takeEvents().length, 3);
    end();
  });
}

accepting("should not spin while every accept fails for its connection", async () => {
  const { net, arrive, end } = await open();
  net.settle();
  net.host.script("accept", ...Array<number>(1000).fill(CONNECTION_ABORTED));
  arrive(1);
  net.host.calls.length = 0;
  net.turn();
  assert.is(net.host.calls.length, 64, "one turn makes a bounded number of tries");
  net.settle();
  end();
});

for (const error of [NEW_SOCKET_LIMIT, 0, 4, 9]) {
  accepting(`should try again after a while when accept fails with ${error}`, async () => {
    const { net, arrive, end } = await open();
    net.settle();
    net.takeEvents();
    net.host.script("accept", error, error);
    arrive(2);
    assert.is(net.settle(), Number(RETRY_NS), "it wants no turn before");
    net.host.calls.length = 0;
    assert.is(net.advance(RETRY_NS - 1n), 1);
    assert.equal(net.host.calls, []);
    net.advance(1n);
    assert.equal(net.host.calls, ["accept"]);
    net.advance(RETRY_NS);
    assert.equal(net.takeEvents(), ["accepted 1", "accepted 1"]);
    assert.is(net.settle(), -1);
    end();
  });
}

accepting("should be closed while it waits to try again", async () => {
  const { net, arrive, end } = await open();
  net.settle();
  net.host.script("accept", NEW_SOCKET_LIMIT);
  arrive(1);
  net.settle();
  end();
  assert.is(net.advance(RETRY_NS), -1);
});

accepting.run();

// ---

const pausing = suite("listener, paused");

pausing("should leave connections in the host's queue until it is resumed", async () => {
  const { net, listener, arrive, socket, end } = await open();
  net.settle();
  net.takeEvents();
  net.call.listenerPause(listener);
  arrive(3);
  net.settle();
  assert.equal(net.takeEvents(), []);
  assert.is(socket().backlog.length, 3);
  net.call.listenerResume(listener);
  net.settle();
  assert.is(net.takeEvents().length, 3);
  end();
});

pausing("should stop at once when it is paused by the connection that it accepts", async () => {
  const { net, listener, arrive, socket, end } = await open();
  net.settle();
  net.takeEvents();
  const accept = net.onEvent;
  net.onEvent = (event) => (accept(event), void net.call.listenerPause(listener));
  arrive(3);
  net.settle();
  assert.is(net.takeEvents().length, 1);
  assert.is(socket().backlog.length, 2);
  net.onEvent = accept;
  net.call.listenerResume(listener);
  net.settle();
  assert.is(net.takeEvents().length, 2);
  end();
});

pausing("should stay paused when the time to try again comes", async () => {
  const { net, listener, arrive, end } = await open();
  net.settle();
  net.takeEvents();
  net.host.script("accept", NEW_SOCKET_LIMIT);
  arrive(1);
  net.settle();
  net.call.listenerPause(listener);
  net.advance(RETRY_NS);
  assert.equal(net.takeEvents(), []);
  net.call.listenerResume(listener);
  net.settle();
  assert.equal(net.takeEvents(), ["accepted 1"]);
  end();
});

pausing("should open although it is paused meanwhile, once it is resumed", async () => {
  const later = (each: NetProbe): void => each.host.script("finish-bind", WOULD_BLOCK);
  const { net, listener, arrive, end } = await open(later, "127.0.0.1", true);
  net.call.listenerPause(listener);
  net.host.resources.wake(1);
  net.settle();
  assert.equal(net.takeEvents(), ["opened 1"]);
  net.call.listenerResume(listener);
  net.settle();
  arrive(1);
  net.settle();
  assert.equal(net.takeEvents(), ["accepted 1"]);
  end();
});

pausing("should let itself be paused and resumed by the function that accepts", async () => {
  const { net, listener, arrive, end } = await open();
  net.settle();
  const accept = net.onEvent;
  net.onEvent = (event) => {
    accept(event);
    net.call.listenerPause(listener);
    net.call.listenerResume(listener);
  };
  arrive(3);
  net.settle();
  assert.is(net.takeEvents().length, 3);
  net.onEvent = accept;
  arrive(1);
  net.settle();
  assert.is(net.takeEvents().length, 1);
  end();
});

pausing("should do nothing when it is resumed without a pause", async () => {
  const { net, listener, end } = await open();
  net.settle();
  net.host.calls.length = 0;
  net.call.listenerResume(listener);
  net.settle();
  assert.equal(net.host.calls, []);
  end();
});

pausing.run();

// ---

const full = suite("listener, no room");

full("should let nobody in while as many endpoints are open as may be, and go on when one closes", async () => {
  const { net, arrive, socket } = await open();
  net.settle();
  net.takeEvents();
  const { handles } = net.host.connect();
  const real = net.call.endpointCreate(...handles);
  for (let made = 1; made < ENDPOINTS_MAX; made++) net.call.endpointCreate(1, 1, 1);
  arrive(2);
  assert.is(net.settle(), -1, "it asks for no turn meanwhile");
  assert.equal(net.takeEvents(), []);
  net.call.finish(real);
  net.settle();
  assert.equal(net.takeEvents(), ["accepted 1"]);
  assert.is(socket().backlog.length, 1);
});

full("should let nobody in while memory is nearly used up, and look again after a while", async () => {
  const { net, listener, arrive, end } = await open();
  const quota = net.call.quotaCreate(1n << 20n);
  net.call.listenerSetQuota(listener, quota);
  net.call.quotaSetSize(quota, 0n);
  net.call.quotaTick(net.host.nowNs);
  arrive(2);
  assert.is(net.settle(), Number(RETRY_NS));
  net.advance(RETRY_NS);
  assert.equal(net.takeEvents(), []);
  net.call.quotaSetSize(quota, 1n << 20n);
  for (let second = 0; second < 20; second++) net.call.quotaTick(net.host.nowNs += 1_000_000_000n);
  net.settle();
  assert.equal(net.takeEvents(), ["accepted 1", "accepted 1"]);
  net.call.quotaDestroy(quota);
  net.call.listenerSetQuota(listener, 0);
  end();
});

full.run();

// ---

const rest = suite("listener, closeAfterRest");

/** Lets three connections wait, closes, ends them, and returns what happened. */
async function closeWithRest(script: number[]): Promise<string[]> {
  const { net, listener, arrive } = await open();
  net.settle();
  net.takeEvents();
  arrive(3);
  net.host.script("accept", ...script);
  const accepted: number[] = [];
  net.onEvent = (event) => void (event.startsWith("accepted") && accepted.push(net.call.accepted()));
  net.call.listenerCloseAfterRest(listener);
  const events = net.takeEvents();
  for (const endpoint of accepted) net.call.finish(endpoint);
  net.checkNothingLeft();
  assert.equal(net.takeEvents(), ["shut down 1"]);
  return events;
}

rest("should accept what waits already, and close", async () => {
  assert.is((await closeWithRest([])).length, 3);
});

rest("should accept what waits behind a connection that was aborted", async () => {
  assert.is((await closeWithRest([CONNECTION_ABORTED])).length, 3);
});

rest("should close when no more can be accepted", async () => {
  assert.is((await closeWithRest([NEW_SOCKET_LIMIT])).length, 0);
});

rest("should close before it is open, and after it failed", async () => {
  for (const prepare of [(_: NetProbe) => {}, (net: NetProbe) => net.host.script("start-bind", ADDRESS_IN_USE)]) {
    const { net, listener } = await open(prepare);
    net.call.listenerCloseAfterRest(listener);
    net.checkNothingLeft();
    assert.equal(net.takeEvents(), ["shut down 1"]);
  }
});

rest.run();
