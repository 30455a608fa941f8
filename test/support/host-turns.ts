// Turns of a probe on the fake host: what became ready goes in, and time passes as far as the test says.
import type { FakeHost } from "./fake-host.js";
import type { Probe } from "./probe.js";

const TURNS_MAX = 100_000;

/** How a host tells what is ready: handles that became so (ours), or the answer to a list (wasi:io/poll, Wasmtime). */
export type Telling = "by handle" | "by list";

export abstract class HostTurns {
  abstract readonly host: FakeHost;
  abstract readonly probe: Probe;

  constructor(readonly telling: Telling = "by handle") {}

  /** One turn. Returns nanoseconds until it wants the next, or -1. */
  turn(): number {
    const { host: { resources }, probe } = this;
    resources.refresh();
    const ready = resources.takeReady();
    if (this.telling === "by list") return probe.call.turnByList!();
    probe.write(probe.call.readyBuffer!(), new Uint8Array(new Uint32Array(ready).buffer));
    return probe.call.turn!(ready.length);
  }

  /** Turns until only time or the network could make work. Returns what the last turn wanted. */
  settle(): number {
    for (let turns = 0; turns < TURNS_MAX; turns++) {
      const wants = this.turn();
      this.host.resources.refresh();
      if (wants !== 0 && !this.host.resources.hasReady()) return wants;
    }
    throw new Error(`still busy after ${TURNS_MAX} turns`);
  }

  /** Time goes on, and everything due meanwhile happens at its time. */
  advanceMs(ms: number): void {
    const endNs = this.host.nowNs + BigInt(Math.round(ms * 1e6));
    for (;;) {
      const wantsNs = this.settle();
      if (wantsNs < 0 || this.host.nowNs + BigInt(wantsNs) > endNs) break;
      this.host.nowNs += BigInt(wantsNs);
    }
    this.host.nowNs = endNs;
    this.settle();
  }
}
