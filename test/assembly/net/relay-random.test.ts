// Relays in random networks: no byte is lost, nothing leaks, and the end is told once, whatever happens when.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Pattern, Random, SEED } from "../../support/bytes.js";
import type { FakeConnection } from "../../support/fake-host.js";
import { relay } from "../../support/relayed.js";

console.log(`TEST_SEED=${SEED}`);
const pattern = new Pattern();

const random = suite("relay, random networks");

random("should lose no byte, leak nothing and end exactly once, whatever happens when", async () => {
  const dice = new Random();
  for (let round = 0; round < 60; round++) {
    const kind = (["echo", "join", "stdio"] as const)[round % 3]!;
    const { net, a, b, outcome, drain } = await relay(kind);
    const sent = new Map<FakeConnection, number>([[a, 0], [b, 0]]);
    for (let step = 0; step < 300; step++) {
      const connection = dice.below(2) === 0 ? a : b;
      const offset = sent.get(connection)!;
      const choice = dice.below(8);
      if (choice < 3 && !connection.input.ended) {
        const size = dice.below(2) === 0 ? dice.below(200) : dice.below(20_000);
        connection.input.push(pattern.at(offset, size));
        sent.set(connection, offset + size);
      } else if (choice === 3) {
        connection.output.take(dice.below(30_000));
      } else if (choice === 4) {
        connection.output.room = dice.below(50_000);
      } else if (choice === 5 && dice.below(40) === 0) {
        connection.input.ended = true;
      } else if (dice.below(2) === 0) {
        net.turn();
      } else {
        net.settle();
      }
    }
    for (const { input, output } of [a, b]) {
      input.ended = true;
      output.room = 65_536;
    }
    drain();
    assert.equal(outcome(), ["ok"]);
    pattern.check(0, b.output.received);
    if (kind !== "echo") pattern.check(0, a.output.received);
    if (kind === "join") assert.is(b.output.received.length, sent.get(a));
    if (kind !== "stdio") assert.is(a.output.received.length, sent.get(b));
    net.checkNothingLeft();
  }
});

random("should leak nothing when connections fail at any moment", async () => {
  const dice = new Random();
  for (let round = 0; round < 100; round++) {
    const kind = (["echo", "join", "stdio"] as const)[round % 3]!;
    const { net, a, b, outcome } = await relay(kind);
    const failsAt = dice.below(30);
    for (let step = 0; step < 40; step++) {
      const connection = dice.below(2) === 0 ? a : b;
      connection.input.push(pattern.at(0, dice.below(5000)));
      if (dice.below(2) === 0) connection.output.take(dice.below(5000));
      if (step === failsAt) connection.input.failed = true;
      if (step === failsAt + 5) for (const { output } of [a, b]) output.failed = true;
      if (dice.below(2) === 0) net.turn();
      else net.settle();
    }
    net.checkNothingLeft();
    assert.is(outcome().length, 1);
  }
});

random.run();
