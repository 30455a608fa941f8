// Completion queues against a naive model: random operations on several queues, compared after every step.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Random, SEED } from "../../support/bytes.js";
import { CALLBACK, NEXT, PLUCK, QueueProbe } from "../../support/cq-probe.js";
import { type ModelEvent, type ModelOperation, ModelQueue } from "../../support/queue-model.js";

console.log(`TEST_SEED=${SEED}`);

interface Pair {
  readonly address: number;
  readonly type: number;
  readonly word: number;
  readonly model: ModelQueue;
}

interface Begun {
  readonly address: number;
  readonly model: ModelOperation;
}

class Round {
  readonly #functors: ModelEvent[] = [];
  readonly #pairs: Pair[] = [];
  readonly #begun: Begun[] = [];
  #words = 0;
  #destroyed: ModelQueue[] = [];

  constructor(
    readonly probe: QueueProbe,
    readonly random: Random,
    /** Few tags give many duplicates. */
    readonly tags: number,
  ) {}

  step(): void {
    const choice = this.random.below(25);
    const pair = this.#pairs[this.random.below(Math.max(1, this.#pairs.length))];
    if (pair === undefined || choice === 0) this.#create();
    else if (choice < 9) this.#begin(pair);
    else if (choice < 16) this.#end(this.random.below(this.#begun.length + 1));
    else if (choice < 21) this.#take(pair);
    else if (choice === 21) this.#takeFunctor();
    else if (choice === 22 && this.random.below(4) === 0) this.#shutdown(pair);
    else if (choice === 23 && this.random.below(8) === 0) this.#destroy(pair);
    else if (choice === 24) this.#hear(pair);
    this.check();
  }

  /** Ends everything, in whatever order. */
  finish(): void {
    while (this.#pairs.length > 0) {
      const pair = this.#pairs[0]!;
      if (this.random.below(2)) this.#shutdown(pair);
      this.#destroy(pair);
      this.check();
    }
    while (this.#begun.length > 0) {
      this.#end(this.random.below(this.#begun.length));
      this.check();
    }
    while (this.#functors.length > 0) this.#takeFunctor();
    this.#takeFunctor();
    this.probe.finish();
  }

  check(): void {
    const { call, told } = this.probe;
    for (const { address, type, word, model } of this.#pairs) {
      const has = type === CALLBACK ? this.#functors.length > 0 : model.events.length > 0;
      assert.is(call.length!(address), model.events.length);
      assert.is(call.isShutDown!(address) === 1, model.isShutDown);
      assert.is(call.isReady!(address) === 1, has || model.isShutDown);
      assert.is(told.filter((each) => each === word).length, model.told);
    }
    const events = this.#pairs.reduce((sum, { model }) => sum + model.events.length, 0);
    assert.is(call.liveOperations!(), this.#begun.length + events + this.#functors.length);
    const orphans = this.#destroyed.filter(({ isShutDown }) => !isShutDown).length;
    assert.is(call.liveQueues!(), this.#pairs.length + orphans);
  }

  #create(): void {
    if (this.#pairs.length === 6) return;
    const type = [NEXT, PLUCK, CALLBACK][this.random.below(3)]!;
    const shutdownTag = type === CALLBACK && this.random.below(2) ? 1_000_000 + this.random.below(1000) : 0;
    const address = this.probe.make(type, this.random.below(3), BigInt(shutdownTag));
    const word = ++this.#words;
    this.probe.call.onReady!(address, word);
    const model = new ModelQueue(type === CALLBACK, type === PLUCK, shutdownTag, this.#functors);
    this.#pairs.push({ address, type, word, model });
  }

  #begin({ address, model }: Pair): void {
    for (let count = this.random.below(20); count >= 0; count--) {
      const tag = this.random.below(this.tags);
      const operation = this.probe.call.beginOp!(address, BigInt(tag));
      const modelled = model.begin(tag);
      assert.is(operation !== 0, modelled !== null);
      if (modelled !== null) this.#begun.push({ address: operation, model: modelled });
    }
  }

  #end(index: number): void {
    for (let count = this.random.below(20); count >= 0; count--) {
      const begun = this.#begun[index];
      if (begun === undefined) return;
      this.#begun[index] = this.#begun[this.#begun.length - 1]!;
      this.#begun.pop();
      if (this.random.below(5) === 0) {
        this.probe.call.dropOp!(begun.address);
        begun.model.queue.drop();
      } else {
        const code = this.random.below(17);
        assert.is(this.probe.end(begun.address, code), begun.model.queue.end(begun.model, code));
      }
    }
  }

  #take({ address, type, model }: Pair): void {
    for (let count = this.random.below(20); count >= 0; count--) {
      const tag = this.random.below(this.tags);
      if (type === NEXT) this.#compare(this.probe.call.take!(address), model.take());
      if (type === PLUCK) this.#compare(this.probe.call.takeTag!(address, BigInt(tag)), model.pluck(tag));
      if (type === CALLBACK) this.#takeFunctor();
    }
  }

  #takeFunctor(): void {
    this.#compare(this.probe.call.takeCallback!(), this.#functors.shift() ?? null);
  }

  #compare(taken: number, event: ModelEvent | null): void {
    assert.is(taken === 1, event !== null);
    if (event === null) return;
    const { tag, code } = this.probe.event;
    assert.equal({ tag: Number(tag), code }, event);
  }

  #hear({ address, model }: Pair): void {
    this.probe.call.heard!(address);
    model.isTold = false;
  }

  #shutdown({ address, model }: Pair): void {
    this.probe.call.shutdown!(address);
    model.shutdown();
  }

  #destroy(pair: Pair): void {
    const { address, type, model } = pair;
    while (model.events.length > 0) {
      const tag = model.events[0]!.tag;
      if (type === NEXT) this.#compare(this.probe.call.take!(address), model.take());
      else this.#compare(this.probe.call.takeTag!(address, BigInt(tag)), model.pluck(tag));
    }
    this.probe.call.destroy!(address);
    model.destroy();
    this.#destroyed.push(model);
    this.#pairs.splice(this.#pairs.indexOf(pair), 1);
  }
}

const random = suite("completion queues, at random");

random("should do what the model does, step by step", async () => {
  const seeds = new Random();
  for (let count = 0; count < 30; count++) {
    const tags = [3, 40, 2000][count % 3]!;
    const round = new Round(await QueueProbe.create(), new Random(seeds.next()), tags);
    for (let step = 0; step < 600; step++) round.step();
    round.finish();
  }
});

random.run();
