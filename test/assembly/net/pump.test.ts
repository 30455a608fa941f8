// Pumps: each transition of the diagram, each error at each step, and the bounds: never more is read than may be
// written, one write per permit, a bounded number of rounds per run.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Pattern, Random, SEED } from "../../support/bytes.js";
import type { FakeConnection } from "../../support/fake-host.js";
import { CLOSED, FAILED as FAILS, type Trouble } from "../../support/fake-streams.js";
import { NetProbe } from "../../support/net-probe.js";

console.log(`TEST_SEED=${SEED}`);
const [MOVING, DRAINING, ENDED, STOPPED, FAILED] = [0, 1, 2, 3, 4];
const pattern = new Pattern();

interface Pumping {
  net: NetProbe;
  source: FakeConnection;
  target: FakeConnection;
  pump: number;
  endpoints: number[];
  state(): number;
  /** Frees everything and checks the leak law. */
  end(): void;
}

async function createPump(kind: "join" | "echo" | "stdio" = "join"): Promise<Pumping> {
  const net = await NetProbe.create();
  const from = net.host.connect();
  const to = kind === "stdio" ? net.host.standardStreams() : net.host.connect();
  const source = net.call.endpointCreate(...from.handles);
  const target = kind === "echo" ? source : net.call.endpointCreate(...to.handles);
  const endpoints = kind === "echo" ? [source, net.call.endpointCreate(...to.handles)] : [source, target];
  const pump = net.call.pumpCreate(source, target, 1);
  const targetConnection = kind === "echo" ? from.connection : to.connection;
  return {
    net, source: from.connection, target: targetConnection, pump, endpoints,
    state: () => net.call.pumpState(pump),
    end: () => {
      net.call.pumpFree(pump);
      for (const endpoint of endpoints) net.call.finish(endpoint);
      targetConnection.output.take(Infinity);
      net.checkNothingLeft();
    },
  };
}

function start({ net, pump }: Pumping): void {
  net.call.pumpRun(pump);
  net.settle();
}

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
