// The echo server that one writes on the TypeScript face: a read callback that writes, a write callback that reads, one
// slice buffer per connection. A write that is done at once saves its callback.
//
// With --far-timer it is the probe of the idle workload: a timer is an hour away, and SIGUSR2 asks how many turns the
// loop has made.
import { EventEngine } from "#host/index.js";
import { CoreProgram } from "#host/engine/core-program.js";
import type { Endpoint, SliceBuffer, Status } from "#host/engine/interfaces.js";

const INLINE = { mayCompleteInline: true };
const HOUR_MS = 3_600_000;

class Session {
  readonly #endpoint: Endpoint;
  readonly #buffer: SliceBuffer;

  constructor(endpoint: Endpoint, buffer: SliceBuffer) {
    this.#endpoint = endpoint;
    this.#buffer = buffer;
    this.#read();
  }

  readonly #onRead = (status: Status): void => {
    if (!status.ok) this.#end();
    else if (this.#endpoint.write(this.#onWritable, this.#buffer, INLINE)) this.#read();
  };

  readonly #onWritable = (status: Status): void => {
    if (!status.ok) this.#end();
    else this.#read();
  };

  #read(): void {
    this.#endpoint.read(this.#onRead, this.#buffer);
  }

  /** Only one of the two callbacks is ever outstanding, so the buffer is free. What was written still leaves. */
  #end(): void {
    this.#endpoint.destroy();
    this.#buffer.destroy();
  }
}

function countTurns(): () => number {
  let turns = 0;
  const { turn } = CoreProgram.prototype;
  CoreProgram.prototype.turn = function countedTurn(host): number {
    turns++;
    return turn.call(this, host);
  };
  return () => turns;
}

const isProbe = process.argv.includes("--far-timer");
const turns = isProbe ? countTurns() : () => 0;
const engine = await EventEngine.create();
const listener = engine.createListener(
  (endpoint) => void new Session(endpoint, engine.createSliceBuffer()),
  () => void engine.close(),
  { backlog: 1024 },
);
const port = listener.bind("127.0.0.1:0");
listener.start();
if (isProbe) {
  engine.runAfter(HOUR_MS, () => {});
  process.on("SIGUSR2", () => process.stderr.write(`turns ${turns()}\n`));
}
process.once("SIGTERM", () => listener.close());
console.log(`listening 127.0.0.1:${port}`);
