// Virtual time: order, cancelling, bounds, and that the trace tells two runs apart.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EventQueue, type SimEvent } from "#host/sim/event-queue.js";
import { SimRandom } from "#host/sim/index.js";
import { Trace } from "#host/sim/trace.js";

const queueTests = suite("event queue");

function runAll(queue: EventQueue): void {
  while (queue.runNext(Infinity));
}

queueTests("should run what is due in the order of time, then of asking, against a sorted model", () => {
  for (let seed = 0; seed < 50; seed++) {
    const random = new SimRandom(seed);
    const queue = new EventQueue(new Trace());
    const ran: number[] = [];
    const model: { at: number; id: number; event: SimEvent }[] = [];
    let id = 0;
    const add = (): void => {
      const mine = id++;
      const at = queue.nowNs + random.between([0, 20]);
      const event = queue.at(at, "script", 0, () => {
        assert.is(queue.nowNs, at);
        ran.push(mine);
        if (random.chance(0.4)) add();
      });
      model.push({ at, id: mine, event });
    };
    for (let step = 0; step < 300; step++) {
      if (random.chance(0.6)) add();
      else if (random.chance(0.3) && model.length > 0) {
        const [gone] = model.splice(random.between([0, model.length - 1]), 1);
        queue.cancel(gone!.event);
      } else queue.runNext(Infinity);
      for (let at = model.length - 1; at >= 0; at--) if (model[at]!.event.run === null) model.splice(at, 1);
      assert.is(queue.length, model.length, `seed ${seed}: events to come`);
      const next = [...model].sort((a, b) => a.at - b.at || a.id - b.id)[0];
      assert.is(queue.nextNs, next === undefined ? null : next.at, `seed ${seed}: the next event`);
    }
    const before = ran.length;
    const wanted = model.length;
    assert.ok(before > 0 && wanted >= 0);
    runAll(queue);
    assert.is(queue.length, 0);
    assert.is(new Set(ran).size, ran.length, "each at most once");
  }
});

queueTests("should never go back, nor past the asked time", () => {
  const queue = new EventQueue(new Trace());
  queue.after(100, "script", 0, () => {
    queue.at(5, "script", 0, () => assert.is(queue.nowNs, 100)); // the past means now
  });
  assert.not(queue.runNext(99));
  assert.is(queue.nowNs, 0);
  assert.ok(queue.runNext(100));
  assert.ok(queue.runNext(100));
  queue.passUntil(500);
  queue.passUntil(400);
  assert.is(queue.nowNs, 500);
});

queueTests("should forget what was cancelled, also when it is most of what there is", () => {
  const queue = new EventQueue(new Trace());
  const events = Array.from({ length: 1000 }, (_, index) => queue.at(1000 - index, "script", 0, () => {
    assert.is(index % 100, 0);
  }));
  for (const [index, event] of events.entries()) if (index % 100 !== 0) queue.cancel(event);
  queue.cancel(events[1] as SimEvent);
  queue.cancel(null);
  assert.is(queue.length, 10);
  runAll(queue);
  assert.is(queue.executed, 10);
  queue.cancel(events[0] as SimEvent);
  assert.is(queue.length, 0);
});

queueTests("should end at the last time that numbers can tell", () => {
  const queue = new EventQueue(new Trace());
  let ran = 0;
  queue.after(1e300, "timer", 0, () => { ran++; });
  runAll(queue);
  assert.equal([ran, queue.nowNs], [1, Number.MAX_SAFE_INTEGER]);
});

queueTests.run();

// ---

const trace = suite("trace");

trace("should tell apart what differs in time, kind, subject, value, bytes, text or order", () => {
  const bytes = Uint8Array.of(1, 2, 3);
  const variants: ((target: Trace) => void)[] = [
    () => {},
    (target) => target.add(1, "soon", 0, 0),
    (target) => target.add(2, "soon", 0, 0),
    (target) => target.add(2 ** 40 + 1, "soon", 0, 0),
    (target) => target.add(1, "timer", 0, 0),
    (target) => target.add(1, "soon", 1, 0),
    (target) => target.add(1, "soon", 0, 1),
    (target) => { target.add(1, "soon", 0, 0); target.add(1, "timer", 0, 0); },
    (target) => { target.add(1, "timer", 0, 0); target.add(1, "soon", 0, 0); },
    (target) => target.addBytes(bytes, 0, 3),
    (target) => target.addBytes(bytes, 1, 3),
    (target) => target.addText("a"),
    (target) => target.addText("b"),
  ];
  const hashes = variants.map((variant) => {
    const target = new Trace();
    variant(target);
    const again = new Trace();
    variant(again);
    assert.is(target.hash, again.hash);
    assert.match(target.hash, /^[0-9a-f]{16}$/);
    return target.hash;
  });
  assert.is(new Set(hashes).size, variants.length);
});

trace("should tell its lines to whoever wants them", () => {
  const lines: string[] = [];
  const target = new Trace((line) => lines.push(line));
  target.add(5, "accept", 2, 7);
  assert.equal(lines, ["5 accept 2 7"]);
});

trace.run();
