// A guest in this very process, on a simulated host: no time passes, nothing is left to chance but by the seed, and
// whatever is left behind is seen. The guest blocks this thread; while it waits, the simulation goes on.
import { readFileSync } from "node:fs";
import * as assert from "uvu/assert";
import type { Waiter } from "#host/abi/blocking.js";
import { wasm } from "#host/abi/webassembly.js";
import { blocksThread } from "#host/component/blocking-way.js";
import { runComponent } from "#host/component/run.js";
import { type Conditions, Simulation } from "#host/sim/index.js";
import type { ErrorCode } from "#host/wasi/error-code.js";
import type { Clock } from "#host/wasi/clock.js";
import type { ResourceTable } from "#host/wasi/resource-table.js";
import type { TcpSocket } from "#host/wasi/tcp-socket.js";
import { WasiHost } from "#host/wasi/wasi-host.js";

export interface SimulatedEnding {
  /** The exit code; null after a trap. */
  code: number | null;
  /** What the trap said, or "". */
  trap: string;
  stdout: string;
  stderr: string;
  /** Bytes of the largest linear memory that any part of the component had, in the end. */
  memoryBytes: number;
  /** Every socket that it made. */
  sockets: TcpSocket[];
}

export interface SimulatedRun {
  seed: number;
  conditions: Partial<Conditions>;
  socketsMax?: number;
  /** False: no network, neither TCP nor UDP; left out, it is granted. */
  tcp?: boolean;
}

/** A host that shows the tables of all parts of its guest. */
class OpenHost extends WasiHost {
  readonly guestTables: ResourceTable[] = [];
  readonly guestSockets: TcpSocket[] = [];

  override createTcpSocket(...args: Parameters<WasiHost["createTcpSocket"]>): TcpSocket | ErrorCode {
    const socket = super.createTcpSocket(...args);
    if (typeof socket !== "number") this.guestSockets.push(socket);
    return socket;
  }

  override newTable(): ResourceTable {
    const table = super.newTable();
    this.guestTables.push(table);
    return table;
  }
}

const files = new Map<string, Uint8Array>();

function contentOf(file: string): Uint8Array {
  let content = files.get(file);
  if (content === undefined) files.set(file, content = readFileSync(file));
  return content;
}

/** Looks at the clock after which time has to go on: a guest may wait for it without ever waiting for anything else. */
const LOOKS_MAX = 64;

/** Lets time and events go on, as they do by themselves on a real host. */
class Trips {
  private isUnderWay = false;
  private looks = 0;

  constructor(
    private readonly sim: Simulation,
    private readonly clock: Clock,
  ) {}

  make(): void {
    if (this.isUnderWay) return;
    let isOver = false;
    this.clock.soon(() => { isOver = true; });
    this.until(() => isOver);
  }

  until(isOver: () => boolean): void {
    this.isUnderWay = true;
    while (!isOver()) {
      if (!this.sim.step()) throw this.sim.error("the guest waits for what never comes");
    }
    this.isUnderWay = false;
  }

  /** The same clock, for a guest. */
  clockOf(): Clock {
    return new Proxy(this.clock, {
      get: (clock, name: keyof Clock) => {
        if (name === "monotonicNowNs" && ++this.looks % LOOKS_MAX === 0) this.make();
        const value = clock[name];
        return typeof value === "function" ? value.bind(clock) : value;
      },
    });
  }
}

/** Each wait takes a trip, even if it is over at once. */
function waiterOf(host: WasiHost, trips: Trips): Waiter {
  return {
    canWait: true,
    notYet: () => trips.make(),
    until: (isReady, rest) => {
      trips.make();
      trips.until(isReady);
      while (host.ready.shift() !== null);
      return rest();
    },
  };
}

/** Runs `body` and gives the memories that were made meanwhile. */
async function withMemories(body: () => Promise<void>): Promise<{ readonly buffer: ArrayBuffer }[]> {
  const memories: { readonly buffer: ArrayBuffer }[] = [];
  const api = wasm as { Instance: unknown };
  const original = api.Instance as new (...args: unknown[]) => { exports: Record<string, unknown> };
  api.Instance = class extends original {
    constructor(...args: unknown[]) {
      super(...args);
      const { memory } = this.exports;
      if (memory !== undefined) memories.push(memory as { readonly buffer: ArrayBuffer });
    }
  };
  try {
    await body();
  } finally {
    api.Instance = original;
  }
  return memories;
}

/** Runs the guest to its end, whatever that is, and checks that the host has nothing of it any more. */
export async function runSimulated(
  file: string, args: readonly string[], { seed, conditions, socketsMax, tcp = true }: SimulatedRun,
): Promise<SimulatedEnding> {
  const sim = new Simulation({ seed, conditions, name: args.join(" ") });
  const machine = sim.host({ addresses: ["10.0.0.1"], ...socketsMax === undefined ? {} : { socketsMax } });
  machine.streams.stdin.end();
  const trips = new Trips(sim, machine.clock);
  const { transport, streams } = machine;
  const fillRandom = (target: Uint8Array): void => machine.fillRandom(target);
  const platform = { transport, streams, clock: trips.clockOf(), fillRandom };
  const host = new OpenHost(platform, { tcp, udp: tcp, args: ["guest", ...args] });
  let code: number | null = null;
  let trap = "";
  const memories = await withMemories(async () => {
    try {
      code = await runComponent(contentOf(file), host, blocksThread(waiterOf(host, trips)));
    } catch (error) {
      trap = (error as Error).message;
    }
  });
  trips.until(() => sim.pendingEvents === 0);
  for (const table of [host.table, ...host.guestTables]) assert.is(table.liveCount, 0, "handles are left");
  assert.is(host.sockets.socketCount, 0, "sockets are left");
  const sockets = host.guestSockets;
  const memoryBytes = Math.max(0, ...memories.map(({ buffer }) => buffer.byteLength));
  return { code, trap, stdout: streams.stdout.text, stderr: streams.stderr.text, memoryBytes, sockets };
}
