// What the arms of the operation workloads that run in JavaScript share: the command line, figures, random numbers.
//
// Each arm is a process: WORKLOAD SIZE REPETITIONS OPERATIONS in, one JSON line of nanoseconds per operation out. More
// words behind the numbers are the workload's own. Where processor time is wanted too, lines before that one say from
// when to when; who started the process takes the time (processor-time.ts).

export class OperationFigures {
  readonly #lists: Record<string, number[]> = {};

  /** What only warms up is not worth a word. */
  constructor(private readonly isWarmUp = false) {}

  /** One repetition of the figure `name`: `ms` for all of `operations`. */
  add(name: string, ms: number, operations: number): void {
    this.addPlain(name, (ms * 1e6) / operations);
  }

  /** A figure that is no time. */
  addPlain(name: string, value: number): void {
    (this.#lists[name] ??= []).push(value);
  }

  /** Processor time counts for the figure `name` from here to its `end`. */
  begin(name: string): void {
    if (!this.isWarmUp) console.log(`begin ${name}`);
  }

  end(name: string, operations: number): void {
    if (!this.isWarmUp) console.log(`end ${name} ${operations}`);
  }

  print(): void {
    console.log(JSON.stringify(this.#lists));
  }
}

/** xorshift, the same sequence in every arm, so that all do the same work. */
export class RandomWords {
  #state = 0x9e3779b9;

  word(): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return this.#state >>> 0;
  }

  below(end: number): number {
    return Math.floor((this.word() / 2 ** 32) * end);
  }

  /** 0 to `count` - 1 in random order. */
  shuffled(count: number): Uint32Array {
    const order = new Uint32Array(count);
    for (let i = 0; i < count; i++) {
      const other = this.below(i + 1);
      order[i] = order[other] ?? 0;
      order[other] = i;
    }
    return order;
  }
}

/** Fails the run: a result that is wrong has no speed. */
export function verify(isRight: boolean, what: string): void {
  if (!isRight) throw new Error(what);
}

const NOTHING = new Int32Array(new SharedArrayBuffer(4));

/** Waits without giving anything else in this process a chance to run. */
export function hold(ms: number): void {
  Atomics.wait(NOTHING, 0, 0, ms);
}

export type Measure = (
  size: number, operations: number, figures: OperationFigures, words: readonly string[],
) => Promise<void>;

/** Runs the workload of the command line, once to warm up and then as often as wanted, and prints the figures. */
export async function runOperations(workloads: Readonly<Record<string, Measure>>): Promise<void> {
  const [workload = "", ...rest] = process.argv.slice(2);
  const [size = 0, repetitions = 0, operations = 0] = rest.slice(0, 3).map(Number);
  const words = rest.slice(3);
  const measure = workloads[workload];
  if (measure === undefined || !(size > 0 && repetitions > 0 && operations > 0)) {
    throw new Error(`usage: ${Object.keys(workloads).join("|")} SIZE REPETITIONS OPERATIONS`);
  }
  await measure(size, operations, new OperationFigures(true), words);
  const figures = new OperationFigures();
  for (let i = 0; i < repetitions; i++) await measure(size, operations, figures, words);
  figures.print();
}
