// What a scenario is, and what scenarios share: checks whose failure names the seed, and the laws that hold for
// every one of them.

import { EventEngine } from "../../engine/event-engine.js";
import { OUTPUT_HIGH_WATER_BYTES } from "../../wasi/limits.js";
import type { PatternPeer } from "../peers/pattern-peer.js";
import { outcomeText } from "../peers/pattern-peer.js";
import { type Holdings, SimProgram } from "../program.js";
import type { SimHost } from "../host.js";
import type { Conditions } from "../conditions.js";
import type { Simulation } from "../simulation.js";

export interface Scenario {
  readonly name: string;
  /** One sentence: what happens, and what must hold. */
  readonly summary: string;
  readonly conditions: Conditions;
  /** Fails by throwing. */
  run(stage: Stage): Promise<void>;
}

/** A server program that listens, and what it held before anybody came. */
export interface Served {
  readonly program: SimProgram;
  readonly atRest: Holdings;
}

export class Stage {
  constructor(
    readonly sim: Simulation,
    private readonly wasm: Uint8Array,
  ) {}

  check(isRight: boolean, otherwise: string): void {
    if (!isRight) throw this.sim.error(otherwise);
  }

  same(found: unknown, wanted: unknown, what: string): void {
    const [a, b] = [JSON.stringify(found), JSON.stringify(wanted)];
    this.check(a === b, `${what}: ${a} instead of ${b}`);
  }

  program(host: SimHost, ...args: string[]): Promise<SimProgram> {
    return SimProgram.start(host, this.wasm, ...args);
  }

  /** An event engine of the TypeScript face, with `quota` bytes for its connections. */
  engine(host: SimHost, onUncaught: (error: unknown) => void, quota: number): Promise<EventEngine> {
    return EventEngine.create({
      wasm: this.wasm, platform: host, onUncaught, ...(quota === Infinity ? {} : { quota }),
    });
  }

  /** Starts `echo` or `proxy` and lets time pass until it listens. */
  async serve(host: SimHost, ...args: string[]): Promise<Served> {
    const program = await this.program(host, ...args);
    await this.sim.settle();
    this.check(program.stdout.startsWith("listening "), `${args[0]} does not listen: ${program.stderr}`);
    return { program, atRest: program.holdings() };
  }

  /** Nobody is connected any more, so the program must hold what it held before. */
  checkAtRest({ program, atRest }: Served, name: string): void {
    this.check(program.exitCode === null && program.failure === null, `${name} ended: ${String(program.failure)}`);
    // It opens stderr when it first complains, and keeps it.
    const handles = atRest.handles + (program.stderr === "" ? 0 : 1);
    this.same(program.holdings(), { ...atRest, handles }, `${name} leaks`);
  }

  /** Stops a program that has nothing to do: it must end at once, in order, with nothing left. */
  async stopAtRest(served: Served, name: string): Promise<void> {
    this.checkAtRest(served, name);
    served.program.stop();
    await this.sim.settle();
    this.checkEnded(served.program, name);
  }

  checkEnded(program: SimProgram, name: string): void {
    this.check(program.failure === null, `${name} trapped: ${String(program.failure)}`);
    this.same(program.exitCode, 0, `${name}'s exit code (${program.stderr.trim()})`);
    const { handles, sockets, open } = program.holdings();
    this.same([handles, sockets, open], [0, 0, 0], `${name} left handles, sockets, open connections`);
  }

  /** Every byte that came was right; with `mustComplete`, all came and both directions ended in order. */
  checkPeers(peers: readonly PatternPeer[], mustComplete: boolean): void {
    for (const [index, { outcome, wrongAt, sent, received, plan }] of peers.entries()) {
      this.check(wrongAt === null, `peer ${index} got a wrong byte at ${wrongAt}`);
      this.check(outcome !== null, `peer ${index} waits for ever: sent ${sent}, received ${received} of ${plan.sends}`);
      this.check(received <= sent || plan.expectsStream !== undefined, `peer ${index} got more than it sent`);
      if (!mustComplete) continue;
      this.same([outcomeText(outcome), sent, received], ["complete", plan.sends, plan.sends], `peer ${index}`);
    }
  }

  /** No program ever had more queued for one connection than its permits allow. */
  checkQueues(): void {
    const peak = this.sim.network.queuedPeak;
    this.check(peak <= OUTPUT_HIGH_WATER_BYTES, `${peak} bytes were queued on one connection`);
  }
}
