// Listeners, opening: every step with every way to fail or to take its time.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { flatten, WOULD_BLOCK } from "../../support/fake-host.js";
import { ADDRESS_IN_USE, NEW_SOCKET_LIMIT, open } from "../../support/listening.js";

const opening = suite("listener, opening");

for (const [literal, expected] of [
  ["127.0.0.1", { family: 0 as const, port: 80, parts: [127, 0, 0, 1] }],
  ["2001:db8::1", { family: 1 as const, port: 80, parts: [0x2001, 0xdb8, 0, 0, 0, 0, 0, 1] }],
] as const) {
  opening(`should bind and listen at ${literal} and tell the real address`, async () => {
    const { net, listener, end } = await open(() => {}, literal);
    assert.equal(net.takeEvents(), [], "it tells in a later turn");
    net.settle();
    assert.equal(net.takeEvents(), ["opened 1"]);
    assert.equal(net.host.targets, [flatten({ ...expected, parts: [...expected.parts] })]);
    assert.is(net.call.listenerStatus(listener), 0);
    assert.is(net.probe.text(net.call.listenerAddress()), "127.0.0.1:4321");
    const steps = ["create", "start-bind", "finish-bind", "start-listen", "finish-listen", "local-address"];
    assert.equal(net.host.calls.filter((call) => call !== "set-listen-backlog-size" && call !== "accept"), steps);
    assert.ok(net.host.calls.indexOf("set-listen-backlog-size") < net.host.calls.indexOf("start-listen"));
    end();
  });
}

opening("should go on when the host does not know about backlogs", async () => {
  const { net, listener, end } = await open((each) => each.host.script("set-listen-backlog-size", 2));
  net.settle();
  assert.is(net.call.listenerStatus(listener), 0);
  end();
});

for (const step of ["create", "start-bind", "finish-bind", "start-listen", "finish-listen", "local-address"]) {
  for (const error of [ADDRESS_IN_USE, NEW_SOCKET_LIMIT, 0, 20]) {
    opening(`should say once that ${step} failed with ${error}, and stop there`, async () => {
      const { net, listener, end } = await open((each) => each.host.script(step, error));
      net.settle();
      assert.equal(net.takeEvents(), ["opened 1"]);
      assert.is(net.call.listenerStatus(listener), error + 1);
      assert.is(net.host.calls.at(-1), step);
      net.advance(10n ** 12n);
      assert.equal(net.takeEvents(), []);
      end();
    });
  }
}

for (const step of ["finish-bind", "finish-listen"]) {
  opening(`should wait while ${step} would block`, async () => {
    const { net, listener, end } = await open((each) => each.host.script(step, WOULD_BLOCK, WOULD_BLOCK));
    net.settle();
    for (let time = 0; time < 2 && net.events.length === 0; time++) {
      net.host.resources.wake(1);
      net.settle();
    }
    assert.equal(net.takeEvents(), ["opened 1"]);
    assert.is(net.call.listenerStatus(listener), 0);
    assert.is(net.host.calls.filter((call) => call === step).length, 3);
    assert.is(net.host.calls.filter((call) => call === "start-listen").length, 1, "no step is done twice");
    end();
  });
}

opening("should be closed before it is open, and say nothing then", async () => {
  for (const turns of [0, 1]) {
    const { net, end } = await open((each) => each.host.script("finish-bind", WOULD_BLOCK));
    for (let turn = 0; turn < turns; turn++) net.turn();
    end();
    assert.equal(net.takeEvents(), []);
  }
});

opening("should say only once that it failed, also when it is paused and resumed", async () => {
  const { net, listener, end } = await open((each) => each.host.script("start-bind", ADDRESS_IN_USE));
  net.settle();
  net.call.listenerPause(listener);
  net.call.listenerResume(listener);
  net.settle();
  assert.equal(net.takeEvents(), ["opened 1"]);
  end();
});

opening.run();
