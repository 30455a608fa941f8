// Pumps in MOVING: bounded reads, one write per permit, bounded rounds, and random networks. How they end is in
// pump-endings.test.ts.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Pattern, Random, SEED } from "../../support/bytes.js";
import { createPump, ENDED, MOVING, start } from "../../support/pumping.js";

console.log(`TEST_SEED=${SEED}`);
const pattern = new Pattern();

const moving = suite("pump, MOVING");

moving("should hand on what comes, and hold nothing between runs", async () => {
  const pumping = await createPump();
  const { net, source, target } = pumping;
  start(pumping);
  for (let offset = 0; offset < 5000; offset += 500) {
    source.input.push(pattern.at(offset, 500));
    net.settle();
    assert.is(target.output.written, source.input.taken);
    assert.is(target.output.written, offset + 500);
  }
  target.output.take(Infinity);
  pattern.check(0, target.output.received);
  assert.is(pumping.state(), MOVING);
  pumping.end();
});

for (const room of [1, 100, 2047, 2048, 2049, 65_535, 65_536]) {
  moving(`should never read more than a permit of ${room} bytes`, async () => {
    const pumping = await createPump();
    const { net, source, target } = pumping;
    target.output.room = room;
    source.input.push(pattern.at(0, 200_000));
    start(pumping);
    assert.is(target.output.written, room, "the room is used up");
    assert.is(source.input.taken, room, "what has no room stays with the sender");
    for (let turn = 0; turn < 20; turn++) {
      target.output.take(room);
      net.settle();
      assert.is(source.input.taken, target.output.written);
    }
    pattern.check(0, target.output.received);
    assert.is(target.output.writes <= target.output.checks, true);
    pumping.end();
  });
}

moving("should read nothing while the target takes nothing", async () => {
  const pumping = await createPump();
  const { net, source, target } = pumping;
  target.output.room = 0;
  source.input.push(pattern.at(0, 1000));
  start(pumping);
  assert.is(source.input.reads, 0);
  assert.is(source.input.length, 1000);
  target.output.room = 10_000;
  net.settle();
  target.output.take(Infinity);
  assert.is(target.output.received.length, 1000);
  pumping.end();
});

moving("should take a read of no bytes for no end", async () => {
  const pumping = await createPump();
  const { net, source, target } = pumping;
  start(pumping);
  for (let time = 0; time < 3; time++) {
    net.host.resources.wake(2); // A hint without bytes.
    net.settle();
  }
  assert.is(pumping.state(), MOVING);
  source.input.push(Buffer.from("later"));
  net.settle();
  target.output.take(Infinity);
  assert.is(target.output.received.toString(), "later");
  pumping.end();
});

moving("should let others go first after some rounds, and go on in the next turn", async () => {
  const pumping = await createPump();
  const { net, source, target, pump } = pumping;
  target.output.room = 10_000_000;
  source.input.push(pattern.at(0, 1_000_000));
  net.call.pumpRun(pump);
  assert.is(target.output.writes, 4);
  assert.is(net.turn(), 0, "it wants the next turn at once");
  assert.is(target.output.writes, 8);
  net.settle();
  assert.is(target.output.written, 1_000_000);
  pumping.end();
});

moving("should ask for more when much comes and for less when little comes", async () => {
  const pumping = await createPump();
  const { net, source, target } = pumping;
  target.output.room = 100_000_000;
  source.input.push(pattern.at(0, 1_000_000));
  start(pumping);
  const readsForMuch = source.input.reads;
  assert.ok(readsForMuch <= 1_000_000 / 65_536 + 6, `${readsForMuch} reads for a million bytes`);
  for (let message = 0; message < 20; message++) {
    source.input.push(pattern.at(0, 64));
    net.settle();
  }
  assert.is(source.input.reads, readsForMuch + 20, "one read per small message");
  source.input.push(pattern.at(0, 4096));
  net.call.pumpRun(pumping.pump);
  assert.is(source.input.reads, readsForMuch + 22, "it asked for 2048 bytes and then for more");
  pumping.end();
});

moving.run();

// ---

const random = suite("pump, random networks");

for (const kind of ["join", "echo", "stdio"] as const) {
  random(`should hand every byte on in order, whatever the sizes and the pace (${kind})`, async () => {
    const dice = new Random();
    for (let round = 0; round < 30; round++) {
      const pumping = await createPump(kind);
      const { net, source, target } = pumping;
      const total = dice.below(400_000);
      start(pumping);
      for (let sent = 0; sent < total || pumping.state() < ENDED;) {
        target.output.room = dice.below(5) === 0 ? dice.below(100) : dice.below(100_000);
        if (dice.below(3) === 0) target.output.take(dice.below(80_000));
        if (sent < total && dice.below(2) === 0) {
          const size = Math.min(total - sent, dice.below(3) === 0 ? dice.below(90_000) : dice.below(300));
          source.input.push(pattern.at(sent, size));
          sent += size;
        }
        if (sent >= total) source.input.ended = true;
        if (dice.below(4) === 0) net.turn();
        else net.settle();
        assert.is(target.output.written, source.input.taken, "nothing is held");
      }
      target.output.take(Infinity);
      assert.is(target.output.received.length, total);
      pattern.check(0, target.output.received);
      pumping.end();
    }
  });
}

random.run();
