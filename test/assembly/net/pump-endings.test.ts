// How pumps end: each transition of the diagram from MOVING and DRAINING, each error at each step, and endSoon.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Pattern, SEED } from "../../support/bytes.js";
import { CLOSED, FAILED as FAILS, type Trouble } from "../../support/fake-streams.js";
import { createPump, DRAINING, ENDED, FAILED, type Pumping, start, STOPPED } from "../../support/pumping.js";

console.log(`TEST_SEED=${SEED}`);
const pattern = new Pattern();

const endings = suite("pump, from MOVING to the end");

const ENDINGS: [what: string, happen: (pumping: Pumping) => void, state: number][] = [
  ["the input ends", ({ source }) => void (source.input.ended = true), ENDED],
  ["the input fails", ({ source }) => void (source.input.failed = true), FAILED],
];

for (const [what, happen, state] of ENDINGS) {
  for (const before of [0, 1, 2048, 300_000]) {
    endings(`should hand ${before} bytes on and be in state ${state} when ${what} behind them`, async () => {
      const pumping = await createPump();
      const { net, source, target } = pumping;
      start(pumping);
      source.input.push(pattern.at(0, before));
      happen(pumping);
      for (let turn = 0; turn < 20; turn++) {
        net.settle();
        target.output.take(Infinity);
      }
      net.settle();
      assert.is(pumping.state(), state);
      assert.is(target.output.received.length, before);
      pattern.check(0, target.output.received);
      assert.equal(net.takeEvents(), ["pump done 1"]);
      pumping.end();
    });
  }
}

for (const trouble of [CLOSED, FAILS] as Trouble[]) {
  const set = ({ target }: Pumping): void => void (target.output[trouble] = true);

  endings(`should stop when the output is ${trouble} at the first look`, async () => {
    const pumping = await createPump();
    set(pumping);
    pumping.source.input.push(pattern.at(0, 100));
    start(pumping);
    assert.is(pumping.state(), STOPPED);
    assert.is(pumping.source.input.taken, 0, "bytes stay in the input");
    assert.equal(pumping.net.takeEvents(), ["pump done 1"]);
    pumping.end();
  });

  endings(`should stop when the output is ${trouble} while it waits for room`, async () => {
    const pumping = await createPump();
    pumping.target.output.room = 0;
    pumping.source.input.push(pattern.at(0, 100));
    start(pumping);
    set(pumping);
    pumping.net.settle();
    assert.is(pumping.state(), STOPPED);
    pumping.end();
  });

  endings(`should stop when the output is ${trouble} in the write itself`, async () => {
    const pumping = await createPump();
    start(pumping);
    pumping.target.output.failsInWrite = trouble;
    pumping.source.input.push(pattern.at(0, 100));
    pumping.net.settle();
    assert.is(pumping.state(), STOPPED);
    assert.is(pumping.net.call.live(6), 0, "the arena is released");
    assert.equal(pumping.net.takeEvents(), ["pump done 1"]);
    pumping.end();
  });
}

endings.run();

// ---

const draining = suite("pump, DRAINING");

draining("should shut the target's sending down and wait until every byte has left", async () => {
  const pumping = await createPump();
  const { net, source, target } = pumping;
  source.input.push(pattern.at(0, 1000));
  source.input.ended = true;
  start(pumping);
  assert.is(pumping.state(), DRAINING);
  assert.is(target.output.leaving, "shutdown");
  target.output.take(999);
  net.settle();
  assert.is(pumping.state(), DRAINING);
  assert.equal(net.takeEvents(), []);
  target.output.take(1);
  net.settle();
  assert.is(pumping.state(), ENDED);
  assert.equal(net.takeEvents(), ["pump done 1"]);
  pumping.end();
});

draining("should flush a target without a socket instead", async () => {
  const pumping = await createPump("stdio");
  const { net, source, target } = pumping;
  source.input.push(pattern.at(0, 1000));
  source.input.ended = true;
  start(pumping);
  assert.is(target.output.leaving, "flush");
  assert.is(pumping.state(), DRAINING);
  target.output.take(1000);
  net.settle();
  assert.is(pumping.state(), ENDED);
  pumping.end();
});

for (const trouble of [CLOSED, FAILS] as Trouble[]) {
  draining(`should end when the output is ${trouble} meanwhile`, async () => {
    const pumping = await createPump();
    pumping.source.input.push(pattern.at(0, 1000));
    pumping.source.input.ended = true;
    start(pumping);
    pumping.target.output[trouble] = true;
    pumping.net.settle();
    assert.is(pumping.state(), ENDED);
    pumping.end();
  });
}

draining("should not hear of its source any more", async () => {
  const pumping = await createPump();
  const { net, source } = pumping;
  source.input.push(pattern.at(0, 1000));
  source.input.ended = true;
  start(pumping);
  const { reads } = source.input;
  net.host.resources.wake(2);
  net.settle();
  assert.is(source.input.reads, reads);
  assert.is(pumping.state(), DRAINING);
  pumping.end();
});

draining.run();

// ---

const soon = suite("pump, endSoon");

soon("should end a pump that waits for bytes", async () => {
  const pumping = await createPump();
  start(pumping);
  pumping.net.call.pumpEndSoon(pumping.pump);
  pumping.net.settle();
  assert.is(pumping.state(), ENDED);
  assert.is(pumping.target.output.leaving, "shutdown");
  pumping.end();
});

soon("should hand on what has arrived first, however much it is", async () => {
  const pumping = await createPump();
  const { net, source, target, pump } = pumping;
  target.output.room = 10_000_000;
  source.input.push(pattern.at(0, 1_000_000));
  net.call.pumpRun(pump);
  net.call.pumpEndSoon(pump);
  net.settle();
  target.output.take(Infinity);
  net.settle();
  assert.is(target.output.received.length, 1_000_000);
  assert.is(pumping.state(), ENDED);
  pumping.end();
});

soon("should hand on what has arrived when the target has no room at first", async () => {
  const pumping = await createPump();
  const { net, source, target, pump } = pumping;
  target.output.room = 1000;
  source.input.push(pattern.at(0, 10_000));
  start(pumping);
  net.call.pumpEndSoon(pump);
  for (let turn = 0; turn < 20; turn++) {
    net.settle();
    target.output.take(Infinity);
  }
  assert.is(target.output.received.length, 10_000);
  assert.is(pumping.state(), ENDED);
  pumping.end();
});

soon("should do nothing to a pump that is done or draining", async () => {
  const pumping = await createPump();
  pumping.source.input.push(pattern.at(0, 10));
  pumping.source.input.ended = true;
  start(pumping);
  pumping.net.call.pumpEndSoon(pumping.pump);
  pumping.net.settle();
  assert.is(pumping.state(), DRAINING);
  pumping.target.output.take(Infinity);
  pumping.net.settle();
  pumping.net.call.pumpEndSoon(pumping.pump);
  pumping.net.settle();
  assert.equal(pumping.net.takeEvents(), ["pump done 1"]);
  pumping.end();
});

soon.run();
