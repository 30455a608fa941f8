// Listeners and connects in random schedules: every connect ends once unless it was cancelled, every connection is
// accepted once, every listener's last function runs once and last, and nothing leaks.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Random, SEED } from "../../support/bytes.js";
import { FakeConnection, FakeSocket, WOULD_BLOCK } from "../../support/fake-host.js";
import { NetProbe } from "../../support/net-probe.js";
import { numbered, resolved } from "../../support/resolved.js";

console.log(`TEST_SEED=${SEED}`);
const ERRORS = [1, 5, 10, 13, 14, 15];

/** Sockets of the host in this state. */
function sockets(net: NetProbe, state: FakeSocket["state"]): FakeSocket[] {
  return net.host.resources.left()
    .filter((each) => each.startsWith("tcp-socket"))
    .map((each) => net.host.resources.get<FakeSocket>(Number(each.split(" ")[1]), "tcp-socket"))
    .filter((socket) => socket.state === state);
}

const connects = suite("connections, random schedules");

connects("should end once each, or never when they were cancelled in time", async () => {
  const dice = new Random();
  for (let round = 0; round < 100; round++) {
    const net = await resolved(...Array.from({ length: 1 + dice.below(4) }, (_, index) => numbered(index)));
    const pending = new Map<number, [number, number]>();
    let owners = 0;
    const deadlines = new Map<number, bigint>();
    net.onEvent = (event) => {
      const owner = Number(event.split(" ")[1]);
      assert.ok(pending.has(owner), `${event} was pending`);
      assert.is(net.call.connectCancel!(...pending.get(owner)!), 0, "too late");
      pending.delete(owner);
      const reason = net.call.connectReason!();
      if (reason === 34) assert.ok(net.host.nowNs >= deadlines.get(owner)!, "not before its deadline");
      assert.is(reason === 0, net.call.connected!() !== 0);
      if (reason === 0) net.call.finish!(net.call.connected!());
    };
    for (let step = 0; step < 150; step++) {
      const choice = dice.below(9);
      if (choice < 2) {
        const owner = owners++;
        const deadlineNs = dice.below(2) === 0 ? -1n : net.host.nowNs + BigInt(dice.below(20)) * 1_000_000_000n;
        pending.set(owner, [net.call.connect!(owner, deadlineNs), net.call.connectGeneration!()]);
        deadlines.set(owner, deadlineNs);
      } else if (choice === 2 && pending.size > 0) {
        const [owner, handle] = [...pending][dice.below(pending.size)]!;
        assert.is(net.call.connectCancel!(...handle), 1);
        pending.delete(owner);
      } else if (choice === 3) {
        net.host.script(["create", "start-connect", "finish-connect"][dice.below(3)]!, ERRORS[dice.below(6)]!);
      } else if (choice < 6) {
        for (const socket of sockets(net, "connecting")) socket.settled ||= dice.below(3) === 0;
      } else if (choice === 6) {
        net.host.nowNs += BigInt(dice.below(12)) * 1_000_000_000n;
      } else if (dice.below(2) === 0) {
        net.turn();
      } else {
        net.settle();
      }
      assert.is(net.call.live!(5), pending.size, "a connect is there until it ends");
    }
    for (let more = 0; more < 10 && pending.size > 0; more++) net.advance(40_000_000_000n);
    assert.is(pending.size, 0);
    net.checkNothingLeft();
  }
});

connects.run();

// ---

const listeners = suite("listeners, random schedules");

listeners("should accept every connection once, and end last and once", async () => {
  const dice = new Random();
  for (let round = 0; round < 150; round++) {
    const net = await NetProbe.create();
    const isLater = dice.below(3) === 0;
    const endpoints: number[] = [];
    const state = { isOpen: false, isClosed: false, shutdowns: 0, arrived: 0 };
    const listener = net.call.listenerCreate!(1, isLater ? 1 : 0);
    const close = (): void => {
      state.isClosed = true;
      net.call.listenerClose!(listener);
    };
    net.onEvent = (event) => {
      assert.is(state.shutdowns, 0, `${event} after the last function`);
      if (event.startsWith("shut down")) state.shutdowns++;
      if (event.startsWith("opened")) state.isOpen = net.call.listenerStatus!(listener) === 0;
      if (!event.startsWith("accepted")) return;
      assert.not(state.isClosed, "nobody is let in after close");
      endpoints.push(net.call.accepted!());
      if (dice.below(100) === 0) close();
      else if (dice.below(20) === 0) net.call.listenerPause!(listener);
    };
    if (isLater) {
      const step = dice.below(2) === 0 ? "finish-bind" : "finish-listen";
      net.host.script(step, ...Array<number>(dice.below(3)).fill(WOULD_BLOCK));
    }
    if (dice.below(4) === 0) {
      net.host.script(["start-bind", "finish-bind", "start-listen"][dice.below(3)]!, ERRORS[dice.below(6)]!);
    }
    for (let binds = dice.below(4); binds > 0; binds--) {
      net.call.listenerBind!(listener, net.put(dice.below(3) === 0 ? "::" : "127.0.0.1"), dice.below(2) * 80);
    }
    for (let step = 0; step < 80 && !state.isClosed; step++) {
      const choice = dice.below(10);
      if (choice === 0 && !state.isOpen) state.isOpen = net.call.listenerStart!(listener) === 0;
      else if (choice === 1) net.call.listenerPause!(listener);
      else if (choice === 2) net.call.listenerResume!(listener);
      else if (choice < 5) {
        for (const socket of sockets(net, "listening")) {
          socket.backlog.push(new FakeConnection());
          state.arrived++;
        }
      } else if (choice === 5) net.host.script("accept", ERRORS[dice.below(6)]!);
      else if (choice === 6) net.host.nowNs += BigInt(dice.below(200)) * 1_000_000n;
      else if (choice === 7) for (let handle = 1; handle < 9; handle++) net.host.resources.wake(handle);
      else if (choice === 8 && dice.below(20) === 0) close();
      else net.turn();
      assert.is(state.shutdowns, 0);
    }
    if (!state.isClosed && state.isOpen && round % 2 === 0) {
      net.call.listenerResume!(listener);
      const hear = net.onEvent;
      net.onEvent = (event) => (hear(event), void (state.isClosed || net.call.listenerResume!(listener)));
      for (let more = 0; more < 30; more++) net.advance(100_000_000n);
      if (!state.isClosed) assert.is(endpoints.length, state.arrived, "everyone was let in");
    }
    if (!state.isClosed) close();
    net.settle();
    assert.is(state.shutdowns, 1);
    for (const endpoint of endpoints) net.call.finish!(endpoint);
    net.checkNothingLeft();
  }
});

listeners.run();
