// That nobody starves: connections over a simulated wasi:io/poll, in mixes of busy and idle ones. In every mix each
// connection that is ready makes progress within a bounded number of turns, however the runtime counts its steps.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Random, SEED } from "../../support/bytes.js";
import { compileProbe, Probe } from "../../support/probe.js";
import { SimulatedPoll } from "../../support/simulated-poll.js";

console.log(`TEST_SEED=${SEED}`);
const module = await compileProbe("poll");
const RUN_NS = 5000n;

interface Connection {
  source: number;
  handle: number;
  /** Nanoseconds until it is ready again after progress; 0 is at once. */
  pauseNs: () => bigint;
  /** The turn in which it became ready, and when; undefined while it is not. */
  readyTurn: number | undefined;
  readyNs: bigint;
  progress: number;
}

class Network {
  readonly host: SimulatedPoll;
  readonly connections: Connection[] = [];
  turns = 0;
  longestTurns = 0;
  longestNs = 0n;
  /** Steps that one run takes: a permit and a write, and more for a pump that has more to move. */
  stepsPerRun = 2;
  #probe!: Probe;

  private constructor(cooperative: boolean) {
    this.host = new SimulatedPoll(cooperative);
  }

  static async create(cooperative: boolean): Promise<Network> {
    const network = new Network(cooperative);
    const imports = {
      ...network.host.imports(() => network.#probe),
      "test/run": (index: number) => network.#run(network.connections[index]!),
    };
    network.#probe = await Probe.create(module, imports);
    return network;
  }

  connect(pauseNs: () => bigint): void {
    const { call } = this.#probe;
    const handle = this.host.create();
    const source = call.create(this.connections.length);
    call.subscribe(source, handle);
    call.wait(source);
    const connection = { source, handle, pauseNs, readyTurn: undefined, readyNs: 0n, progress: 0 };
    this.connections.push(connection);
    this.#becomeReadyIn(connection, pauseNs());
  }

  /** Runs turns as wasi:cli/run does. */
  turn(count: number): void {
    for (let done = 0; done < count; done++) {
      this.turns++;
      this.#probe.call.turnBlocking();
    }
    for (const connection of this.connections) this.#measure(connection);
  }

  /** Takes note of how long a connection has been ready by now. */
  #measure({ readyTurn, readyNs }: Connection): void {
    if (readyTurn === undefined) return;
    this.longestTurns = Math.max(this.longestTurns, this.turns - readyTurn);
    const waitedNs = this.host.nowNs - readyNs;
    if (waitedNs > this.longestNs) this.longestNs = waitedNs;
  }

  /** What a pump does: ask for a permit, move bytes, wait again. A refused permit is no progress. Returns its steps. */
  #run(connection: Connection): number {
    this.host.nowNs += RUN_NS;
    let steps = 1;
    if (connection.readyTurn !== undefined && this.host.step()) {
      connection.progress++;
      for (; steps < this.stepsPerRun; steps++) this.host.step();
      this.#measure(connection);
      connection.readyTurn = undefined;
      this.host.setReady(connection.handle, false);
      this.#becomeReadyIn(connection, connection.pauseNs());
    }
    this.#probe.call.wait(connection.source);
    return steps;
  }

  #becomeReadyIn(connection: Connection, pauseNs: bigint): void {
    const happen = (): void => {
      connection.readyTurn = this.turns;
      connection.readyNs = this.host.nowNs;
      this.host.setReady(connection.handle, true);
    };
    if (pauseNs === 0n) happen();
    else this.host.plan(this.host.nowNs + pauseNs, happen);
  }
}

/** Windows that the list of waiting connections has. */
const windowsOf = (count: number): number => Math.ceil(count / 128);

/**
 * Nobody waits for more than a few rounds of the windows. A cold connection waits for time instead of turns, because
 * a window of cold ones is polled once per 410 µs at most; a turn with little to do is much shorter.
 */
function checkFair({ longestTurns, longestNs, connections }: Network): void {
  const count = connections.length;
  const turnsMax = 8 * windowsOf(count) + 8;
  const nsMax = 2n * (BigInt(windowsOf(count)) * 410_000n + BigInt(count) * (RUN_NS + 2000n));
  const fair = longestTurns <= turnsMax || longestNs <= nsMax;
  assert.ok(fair, `${longestTurns} turns (at most ${turnsMax}) and ${longestNs} ns (at most ${nsMax}) without service`);
}

const COUNTS = [1, 100, 128, 129, 200, 1000, 5000];

for (const cooperative of [false, true]) {
  const fair = suite(`fairness over a ${cooperative ? "cooperative" : "plain"} host`);

  for (const count of COUNTS) {
    fair(`should serve each of ${count} connections that are always busy`, async () => {
      const network = await Network.create(cooperative);
      for (let index = 0; index < count; index++) network.connect(() => 0n);
      network.turn(40 + 30 * windowsOf(count));
      checkFair(network);
      assert.ok(network.connections.every(({ progress }) => progress > 0), "each made progress");
    });

    for (const busyPercent of [1, 10, 50, 90]) {
      fair(`should serve each of ${count} connections of which ${busyPercent} % are busy`, async () => {
        const network = await Network.create(cooperative);
        const random = new Random(SEED + count + busyPercent);
        for (let index = 0; index < count; index++) {
          const busy = index === 0 || random.below(100) < busyPercent;
          const span = busy ? 200_000 : 400_000_000;
          network.connect(() => BigInt(random.below(span)));
        }
        network.turn(60 + 30 * windowsOf(count));
        checkFair(network);
      });
    }
  }

  for (const count of [64, 128, 1000]) {
    fair(`should serve each of ${count} busy connections that take four permits and four writes per run`, async () => {
      const network = await Network.create(cooperative);
      network.stepsPerRun = 8;
      for (let index = 0; index < count; index++) network.connect(() => 0n);
      network.turn(40 + 60 * windowsOf(count));
      checkFair(network);
    });
  }

  fair.run();
}

// --- The livelock that happened: reports of 128 ready connections used the budget up, so that every permit was zero,
// so that all waited again, and the next poll reported the same 128.

const livelock = suite("livelock past the budget");
const BUSY = 200;

livelock("should happen to a loop that never yields, or this simulation proves nothing", () => {
  const host = new SimulatedPoll(true);
  const handles = Array.from({ length: BUSY }, () => host.create());
  for (const handle of handles) host.setReady(handle, true);
  let permits = 0;
  for (let turn = 0; turn < 500; turn++) {
    for (const _ready of host.poll(handles)) if (host.step()) permits++;
  }
  assert.is(permits, 0);
});

livelock("should not happen to ours", async () => {
  const network = await Network.create(true);
  for (let index = 0; index < BUSY; index++) network.connect(() => 0n);
  network.turn(200);
  const least = Math.min(...network.connections.map(({ progress }) => progress));
  assert.ok(least > 0, "each made progress");
  const total = network.connections.reduce((sum, { progress }) => sum + progress, 0);
  assert.ok(total > 200 * 50, `only ${total} permits in 200 turns`);
});

livelock.run();
