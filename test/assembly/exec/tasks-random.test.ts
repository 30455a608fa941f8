// Tasks against a naive model: random operations from outside and from callbacks, compared after every step.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Random, SEED } from "../../support/bytes.js";
import { type ModelTask, TaskModel } from "../../support/task-model.js";
import {
  CALLS, CANCELLED, type Handle, type Happening, LEVELS, MED, NEVER, PER_TURN, SILENT, TaskProbe,
} from "../../support/task-probe.js";

console.log(`TEST_SEED=${SEED}`);

interface Pair {
  handle: Handle;
  task: ModelTask;
}

class Round {
  readonly tasks: TaskProbe;
  readonly model: TaskModel;
  readonly #random: Random;
  readonly #pairs: Pair[] = [];
  readonly #spread: number;
  #owner = 1;
  #nested = 0;

  constructor(tasks: TaskProbe, random: Random, bound: number) {
    this.tasks = tasks;
    this.model = new TaskModel(bound);
    tasks.call.setTurnBound!(bound);
    this.#random = random;
    this.#spread = 1 + random.below(3000);
    tasks.onAny = (happening) => this.#compare(happening);
  }

  /** One operation, from outside of a turn or from a callback. */
  operate(): void {
    const owner = this.#owner++;
    const priority = this.#random.below(3) ? this.#random.below(LEVELS) : MED;
    const choice = this.#random.below(12);
    if (choice < 2) {
      this.tasks.run(owner, priority === MED ? undefined : priority);
      this.model.run(owner, priority);
    } else if (choice === 2) {
      const count = this.#random.below(10) === 0 ? this.#random.below(2000) : this.#random.below(4);
      this.tasks.runMany(owner, count, priority);
      this.model.runMany(owner, count, priority);
    } else if (choice < 7) {
      const mode = this.#random.below(2) ? SILENT : CALLS;
      const deadline = this.#deadline();
      const slack = this.#slack();
      const handle = this.tasks.runAt(deadline, owner, mode, priority, slack);
      this.#pairs.push({ handle, task: this.model.runAt(deadline, owner, mode, priority, slack) });
    } else if (choice === 7) {
      const handle = this.tasks.runWithStatus(owner, priority);
      this.#pairs.push({ handle, task: this.model.runWithStatus(owner, priority) });
    } else if (this.#pairs.length > 0) {
      // Mostly one of the latest, which is likely to be alive; sometimes one that is long gone.
      const back = this.#random.below(this.#random.below(4) ? Math.min(20, this.#pairs.length) : this.#pairs.length);
      const { handle, task } = this.#pairs[this.#pairs.length - 1 - back]!;
      if (choice === 8) assert.is(this.tasks.drop(handle), this.model.drop(task));
      else assert.is(this.tasks.cancel(handle), this.model.cancel(task));
    }
  }

  /** A turn after some time. */
  turn(passNs: bigint): void {
    this.tasks.host.nowNs += passNs;
    const now = this.tasks.nowNs;
    this.model.beginTurn(now);
    const next = this.tasks.call.turn!();
    assert.is(this.model.next(), undefined, "something did not run in its turn");
    assert.is(next, this.model.nextTurnNs(now));
    this.check();
  }

  check(): void {
    this.tasks.check();
    assert.is(this.tasks.call.queuedCount!(), this.model.queuedCount());
    assert.is(this.tasks.call.liveCount!(), this.model.liveCount());
  }

  /** Ends everything by shutdown: what is silent is dropped, everything else runs. */
  end(): void {
    const ended = this.#pairs.filter(({ task }) => this.model.cancel(task));
    const silent = ended.filter(({ task }) => task.mode === SILENT).length;
    assert.is(this.tasks.call.shutDown!(), silent);
    this.check();
    this.tasks.call.setTurnBound!(PER_TURN);
    const left = new Map(this.#pairs.filter(({ task }) => task.state !== "gone").map(({ task }) => [task.owner, task]));
    this.tasks.onAny = ({ owner, code }) => {
      if (!left.has(owner)) return;
      assert.is(code, CANCELLED);
      left.delete(owner);
    };
    this.tasks.turnOut();
    assert.is(left.size, 0, "a task was not called");
    for (const { handle } of this.#pairs) assert.not(this.tasks.cancel(handle) || this.tasks.drop(handle));
    this.tasks.end();
  }

  #compare(happening: Happening): void {
    assert.equal(happening, this.model.next());
    if (this.#nested >= 40) return; // Callbacks start fewer than run, so a round ends.
    this.#nested++;
    for (let operations = this.#random.below(4); operations > 0; operations--) this.operate();
    if (this.#random.below(8) === 0) this.check();
    this.#nested -= this.#random.below(2);
  }

  #slack(): bigint {
    switch (this.#random.below(8)) {
      case 0: return NEVER;
      case 1: return BigInt(1 + this.#random.below(100_000));
      case 2:
      case 3: return BigInt(1 + this.#random.below(this.#spread));
      default: return 0n;
    }
  }

  #deadline(): bigint {
    const now = this.tasks.nowNs;
    switch (this.#random.below(16)) {
      case 0: return 0n;
      case 1: return now - BigInt(this.#random.below(this.#spread));
      case 2: return now + 25n * 86_400_000_000_000n;
      case 3: return 2n ** 63n - 1n + BigInt(this.#random.below(3));
      case 4: return NEVER - BigInt(this.#random.below(3));
      default: return now + BigInt(this.#random.below(this.#spread));
    }
  }
}

const random = suite("tasks, at random");

random("should do what the model does, step by step, whatever the bound of a turn", async () => {
  const seeds = new Random();
  for (let count = 0; count < 25; count++) {
    const bound = count < 10 ? PER_TURN : [1, 2, 15, 16, 17, 100][seeds.below(6)]!;
    const round = new Round(await TaskProbe.create(), new Random(seeds.next()), bound);
    for (let step = 0; step < 150; step++) {
      for (let operations = seeds.below(12); operations > 0; operations--) round.operate();
      round.check();
      round.turn(BigInt(seeds.below(1500)));
    }
    round.end();
  }
});

random.run();
