// When turns become eager and when they stop being so.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { TurnPacing } from "#host/engine/turn-pacing.js";

function eagerTurns(pacing: TurnPacing): number {
  let count = 0;
  while (pacing.takeEager()) count++;
  return count;
}

const pacing = suite("TurnPacing");

pacing("should begin with batches", () => {
  assert.is(eagerTurns(new TurnPacing()), 0);
});

pacing("should be eager for a while after several lone events", () => {
  const made = new TurnPacing();
  for (let turn = 0; turn < 3; turn++) made.batchSeen(1);
  assert.is(eagerTurns(made), 0);
  made.batchSeen(1);
  assert.is(eagerTurns(made), 64);
  made.batchSeen(1);
  assert.is(eagerTurns(made), 64, "one look is enough to go on");
});

pacing("should go back to batches as soon as one is seen", () => {
  const made = new TurnPacing();
  for (let turn = 0; turn < 4; turn++) made.batchSeen(1);
  eagerTurns(made);
  made.batchSeen(2);
  assert.is(eagerTurns(made), 0);
});

pacing("should learn nothing from turns that no event caused", () => {
  const made = new TurnPacing();
  for (let turn = 0; turn < 9; turn++) made.batchSeen(0);
  assert.is(eagerTurns(made), 0);
});

pacing.run();
