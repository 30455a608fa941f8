// Guests in a worker of their own, whatever this Node could do instead: how they end, how they are ended, and that
// nothing of them is left.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readFile } from "node:fs/promises";
import net from "node:net";
import { once } from "node:events";
import { ComponentError } from "#host/component/binary/component-error.js";
import { nodePlatform } from "#host/node/platform.js";
import { runInWorker, type RunningGuest, type WorkerGrants } from "#host/node/worker/run-in-worker.js";
import type { InputEvents, OutputEvents } from "#host/wasi/standard-streams.js";
import type { Platform } from "#host/wasi/wasi-host.js";
import { COMPONENT } from "../../support/arms.js";
import { composed } from "../../support/composed.js";
import { until, within } from "../../support/guard.js";
import { closed } from "../support/node-transport.js";

/** Real sockets; standard streams that are kept here. */
class World {
  text = "";
  errors = "";
  /** Bytes of output that are not taken, until there is room. */
  isStuck = false;
  input: InputEvents | null = null;
  isInputClosed = false;
  readonly platform: Platform;
  private stuckBytes = 0;
  private output: OutputEvents | null = null;

  constructor() {
    const { transport, clock, fillRandom } = nodePlatform();
    const world = this;
    const stdout = {
      get queuedBytes(): number { return world.stuckBytes; },
      write: (bytes: Uint8Array, start: number, end: number) => {
        world.text += Buffer.from(bytes.slice(start, end)).toString();
        if (world.isStuck) world.stuckBytes += end - start;
      },
      listen: (events: OutputEvents) => { world.output = events; },
      end: () => {},
    };
    const stdin = {
      open: (events: InputEvents) => { this.input = events; },
      resume: () => {},
      pause: () => {},
      close: () => { this.isInputClosed = true; },
    };
    const stderr = {
      queuedBytes: 0,
      write: (bytes: Uint8Array, start: number, end: number) => {
        this.errors += Buffer.from(bytes.slice(start, end)).toString();
      },
      listen: () => {},
      end: () => {},
    };
    this.platform = { transport, clock, fillRandom, streams: { stdin, stdout, stderr } };
  }

  unstick(): void {
    this.isStuck = false;
    this.stuckBytes = 0;
    this.output?.roomMade();
  }

  get openCount(): number {
    return this.platform.transport.openCount;
  }

  async nothingIsLeft(): Promise<void> {
    await until(() => `${this.openCount} are open`, () => this.openCount === 0);
  }

  /** The engine's own file, as a guest. */
  async program(words: string[], grants: WorkerGrants = { tcp: true, nameLookup: true }): Promise<RunningGuest> {
    const args = ["event-engine", ...words];
    return runInWorker(await readFile(COMPONENT), { ...grants, args }, this.platform);
  }

  /** A guest whose `run` is that text. */
  async guest(run: string): Promise<RunningGuest> {
    return runInWorker(await composed(run), {}, this.platform);
  }

  async port(): Promise<number> {
    await until(() => `it says "${this.text}" and "${this.errors}"`, () => this.text.includes("\n"));
    return Number(/^listening 127\.0\.0\.1:(\d+)\n$/.exec(this.text)?.[1]);
  }
}

async function rejected(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error("it was kept");
}

const ends = suite("the end of a guest");

ends("should give its exit code and all that it printed", async () => {
  const world = new World();
  const guest = await world.program(["--version"]);
  assert.is(await within("the end", guest.exitCode), 0);
  assert.is(world.text, "event-engine 0.1.0\n");
  const failing = await new World().program(["connect", "127.0.0.1:1"]);
  assert.is(await within("the end", failing.exitCode), 1);
});

ends("should wait for what it flushes", async () => {
  const world = new World();
  world.isStuck = true;
  const guest = await world.program(["--version"]);
  let isOver = false;
  void guest.exitCode.then(() => { isOver = true; });
  await until(() => "nothing is printed", () => world.text !== "");
  await new Promise((resolve) => { setTimeout(resolve, 50); });
  assert.not(isOver);
  world.unstick();
  assert.is(await within("the end", guest.exitCode), 0);
});

ends("should tell a trap from a file that cannot be run", async () => {
  const world = new World();
  const trap = await rejected((await world.guest("(unreachable)")).exitCode);
  assert.match(trap.message, /unreachable/);
  assert.not.instance(trap, ComponentError);
  const text = await rejected(runInWorker(Buffer.from("no component"), {}, world.platform).exitCode);
  assert.instance(text, ComponentError);
  await world.nothingIsLeft();
});

ends("should come after a wait for the clock alone", async () => {
  const guest = await new World().guest("(call $block (call $subscribe (i64.const 20000000))) (i32.const 0)");
  assert.is(await within("the end", guest.exitCode), 0);
});

ends("should pass standard input on, to its end", async () => {
  const world = new World();
  const peer = net.createServer((socket) => { socket.pipe(socket); }).listen(0, "127.0.0.1");
  await once(peer, "listening");
  const guest = await world.program(["connect", `127.0.0.1:${(peer.address() as net.AddressInfo).port}`]);
  await until(() => "nobody reads", () => world.input !== null);
  const bytes = Buffer.from("to the peer and back");
  world.input?.bytesGiven(bytes, 0, bytes.length);
  world.input?.endArrived();
  assert.is(await within("the end", guest.exitCode), 0);
  assert.is(world.text, "to the peer and back");
  assert.ok(world.isInputClosed);
  peer.close();
  await world.nothingIsLeft();
});

ends("should say what was refused, once", async () => {
  const world = new World();
  const guest = await world.program(["echo", "--listen", "127.0.0.1:0"], {});
  assert.is(await within("the end", guest.exitCode), 1);
  assert.match(world.errors, /^event-engine: the component was denied TCP: .*--tcp/);
  assert.is(world.errors.split("denied TCP").length, 2);
});

ends.run();

// ---

const stops = suite("a guest that is stopped");

stops("should be cut with all its connections while it waits", async () => {
  const world = new World();
  const guest = await world.program(["echo", "--listen", "127.0.0.1:0"]);
  const port = await world.port();
  const peers = Array.from({ length: 20 }, () => net.connect(port, "127.0.0.1").on("error", () => {}));
  await Promise.all(peers.map(async (peer) => {
    peer.write("hello");
    await once(peer, "data");
  }));
  const cut = Promise.all(peers.map(closed));
  guest.stop();
  assert.match((await within("the end", rejected(guest.exitCode))).message, /ended before/);
  await within("the cut", cut);
  await world.nothingIsLeft();
});

stops("should be ended wherever it computes", async () => {
  const world = new World();
  const guest = await world.guest("(loop $again (br $again)) (i32.const 0)");
  await new Promise((resolve) => { setTimeout(resolve, 200); });
  guest.stop();
  guest.stop();
  assert.match((await within("the end", rejected(guest.exitCode))).message, /ended before/);
});

stops.run();
