// Relays: an echo or two endpoints joined, with half-closes both ways, failures on each side, and a silent end.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Pattern, Random, SEED } from "../../support/bytes.js";
import { CLOSED, FAILED, type Trouble } from "../../support/fake-streams.js";
import { NetProbe } from "../../support/net-probe.js";
import { relay } from "../../support/relayed.js";

console.log(`TEST_SEED=${SEED}`);
const pattern = new Pattern();

const echo = suite("relay, echo");

echo("should send everything back, and end when the peer does", async () => {
  const { net, a, outcome, drain } = await relay("echo");
  a.input.push(pattern.at(0, 200_000));
  drain();
  assert.equal(outcome(), []);
  a.input.ended = true;
  drain();
  assert.equal(outcome(), ["ok"]);
  assert.is(a.output.received.length, 200_000);
  pattern.check(0, a.output.received);
  net.checkNothingLeft();
});

echo("should be over before it is returned when the peer is gone at once", async () => {
  for (const [state, expected] of [["ended", "ok"], ["failed", "failed"]] as const) {
    const { net, outcome } = await relay("echo", (a) => void (a.input[state] = true));
    assert.equal(outcome(), [expected]);
    net.checkNothingLeft();
  }
});

echo("should stop when the peer takes no more, and not count that as a failure of its own", async () => {
  for (const trouble of [CLOSED, FAILED] as Trouble[]) {
    const { net, a, outcome } = await relay("echo");
    a.output[trouble] = true;
    a.input.push(pattern.at(0, 10));
    net.settle();
    assert.equal(outcome(), ["ok"]);
    net.checkNothingLeft();
  }
});

echo("should fail on a reset with bytes on their way back, which are then given up", async () => {
  const { net, a, outcome } = await relay("echo");
  a.input.push(pattern.at(0, 1000));
  net.settle();
  a.input.failed = true;
  a.output.failed = true;
  net.settle();
  assert.equal(outcome().length, 1);
  net.checkNothingLeft();
});

echo.run();

// ---

const join = suite("relay, join");

join("should move bytes both ways and end when both sides have ended, in either order", async () => {
  for (const firstIsA of [true, false]) {
    const { net, a, b, outcome, drain } = await relay("join");
    a.input.push(pattern.at(0, 100_000));
    b.input.push(pattern.at(500, 70_000));
    drain();
    const [first, second] = firstIsA ? [a, b] : [b, a];
    first.input.ended = true;
    drain();
    assert.is(second.output.leaving, "shutdown", "the half-close is handed on");
    assert.is(first.output.leaving, undefined, "the other direction stays open");
    assert.equal(outcome(), []);
    second.input.push(pattern.at(firstIsA ? 70_500 : 100_000, 5000));
    drain();
    second.input.ended = true;
    drain();
    assert.equal(outcome(), ["ok"]);
    assert.is(b.output.received.length, firstIsA ? 100_000 : 105_000);
    assert.is(a.output.received.length, firstIsA ? 75_000 : 70_000);
    pattern.check(0, b.output.received);
    pattern.check(500, a.output.received);
    net.checkNothingLeft();
  }
});

for (const side of ["a", "b"] as const) {
  join(`should close both sides when the input of ${side} fails`, async () => {
    const relayed = await relay("join");
    relayed[side].input.failed = true;
    relayed.net.settle();
    assert.equal(relayed.outcome(), ["failed"]);
    relayed.net.checkNothingLeft();
  });

  join(`should be over before it is returned when the input of ${side} has failed at once`, async () => {
    const { net, outcome } = await relay("join", (a, b) => void ((side === "a" ? a : b).input.failed = true));
    assert.equal(outcome(), ["failed"]);
    net.checkNothingLeft();
  });

  for (const trouble of [CLOSED, FAILED] as Trouble[]) {
    join(`should go on with the other direction when the output of ${side} is ${trouble}`, async () => {
      const relayed = await relay("join");
      const { net, drain } = relayed;
      const [gone, other] = side === "a" ? [relayed.a, relayed.b] : [relayed.b, relayed.a];
      gone.output[trouble] = true;
      other.input.push(pattern.at(0, 100));
      net.settle();
      assert.equal(relayed.outcome(), []);
      gone.input.push(pattern.at(0, 5000));
      gone.input.ended = true;
      drain();
      assert.is(other.output.received.length, 5000);
      assert.equal(relayed.outcome(), ["ok"]);
      net.checkNothingLeft();
    });
  }
}

join("should deliver what was written before a failure on the other side", async () => {
  const { net, a, b, outcome } = await relay("join");
  a.input.push(pattern.at(0, 1000));
  net.settle();
  a.input.failed = true;
  net.settle();
  assert.equal(outcome(), ["failed"]);
  assert.is(net.call.live(2), 1, "the endpoint with bytes on their way drains");
  b.output.take(Infinity);
  net.checkNothingLeft();
  assert.is(b.output.received.length, 1000);
});

join("should be open for others while one of them fails", async () => {
  const net = await NetProbe.create();
  const relays = Array.from({ length: 10 }, (_, owner) => {
    const [one, other] = [net.host.connect(), net.host.connect()];
    net.call.join(net.call.endpointCreate(...one.handles), net.call.endpointCreate(...other.handles), 0, owner);
    return [one.connection, other.connection] as const;
  });
  net.settle();
  for (const owner of [0, 9, 4, 5]) relays[owner]![0].input.failed = true; // First, last, and neighbours.
  net.settle();
  assert.equal(net.takeEvents().sort(), [0, 4, 5, 9].map((owner) => `relay done ${owner}`));
  assert.is(net.call.live(4), 6);
  for (const [one, other] of relays) {
    one.input.ended = true;
    other.input.ended = true;
  }
  net.checkNothingLeft();
  assert.is(net.takeEvents().length, 6);
});

join.run();

// ---

const stdio = suite("relay, ending with back");

stdio("should end with the peer although stdin is still open", async () => {
  const { net, a, b, outcome, drain } = await relay("stdio");
  b.input.push(pattern.at(0, 100_000));
  b.input.ended = true;
  drain();
  assert.equal(outcome(), ["ok"]);
  assert.is(a.output.received.length, 100_000);
  net.checkNothingLeft();
});

stdio("should not end with stdin", async () => {
  const { net, a, b, outcome, drain } = await relay("stdio");
  a.input.push(pattern.at(0, 1000));
  a.input.ended = true;
  drain();
  assert.is(b.output.leaving, "shutdown");
  assert.equal(outcome(), []);
  b.input.push(pattern.at(0, 10));
  b.input.ended = true;
  drain();
  assert.equal(outcome(), ["ok"]);
  assert.is(a.output.received.length, 10);
  net.checkNothingLeft();
});

stdio("should fail when the peer fails, after what it had sent was printed", async () => {
  const { net, a, b, outcome, drain } = await relay("stdio");
  b.input.push(pattern.at(0, 1000));
  b.input.failed = true;
  drain();
  assert.equal(outcome(), ["failed"]);
  assert.is(a.output.received.length, 1000);
  net.checkNothingLeft();
});

stdio.run();

// ---

const silent = suite("relay, endSilent");

silent("should end relays in which nothing moves, at the second look at the latest", async () => {
  for (const kind of ["echo", "join"] as const) {
    const { net, a, b, outcome, drain } = await relay(kind);
    a.input.push(pattern.at(0, 1000));
    drain();
    for (let look = 0; look < 2; look++) {
      net.call.endSilent();
      drain();
    }
    assert.equal(outcome(), ["ok"]);
    assert.is(b.output.received.length, 1000);
    net.checkNothingLeft();
  }
});

silent("should leave relays alone in which bytes move", async () => {
  const { net, a, outcome, drain } = await relay("echo");
  for (let look = 0; look < 10; look++) {
    a.input.push(pattern.at(look * 100, 100));
    drain();
    net.call.endSilent();
    drain();
    assert.equal(outcome(), []);
  }
  a.input.ended = true;
  drain();
  pattern.check(0, a.output.received);
  net.checkNothingLeft();
});

silent("should hand on what waits for a slow reader before it ends", async () => {
  const { net, a, outcome, drain } = await relay("echo");
  a.output.room = 100;
  a.input.push(pattern.at(0, 1000));
  for (let look = 0; look < 4; look++) {
    net.call.endSilent();
    net.settle();
  }
  assert.equal(outcome(), []);
  drain();
  for (let look = 0; look < 3; look++) {
    net.call.endSilent();
    drain();
  }
  assert.equal(outcome(), ["ok"]);
  assert.is(a.output.received.length, 1000);
  net.checkNothingLeft();
});

silent("should find every open relay, whichever were closed and opened before", async () => {
  const net = await NetProbe.create();
  const inputs = new Map<number, { failed: boolean }>();
  const dice = new Random();
  let owner = 0;
  for (let step = 0; step < 200; step++) {
    if (inputs.size < 3 || dice.below(2) === 0) {
      const { connection, handles } = net.host.connect();
      net.call.echo(net.call.endpointCreate(...handles), owner);
      inputs.set(owner++, connection.input);
    } else {
      const [closed, input] = [...inputs][dice.below(inputs.size)]!;
      input.failed = true;
      inputs.delete(closed);
    }
    net.settle();
  }
  net.takeEvents();
  for (let look = 0; look < 2; look++) {
    net.call.endSilent();
    net.settle();
  }
  assert.equal(net.takeEvents().sort(), [...inputs.keys()].map((open) => `relay done ${open}`).sort());
  net.checkNothingLeft();
});

silent.run();
