// A program of the shipped file (`echo`, `proxy`, `connect`) on a simulated host, run as the command runs it.

import { CoreProgram } from "../engine/core-program.js";
import { Reactor } from "../engine/reactor.js";
import { WasiHost } from "../wasi/wasi-host.js";
import type { SimHost } from "./host.js";

/** What a program holds while it runs: the counts are the same again whenever it has nothing to do. */
export interface Holdings {
  /** The instance's live records, by kind. */
  readonly records: readonly number[];
  readonly handles: number;
  readonly sockets: number;
  readonly open: number;
}

export class SimProgram {
  /** Null while it runs. Known once promises had their say. */
  exitCode: number | null = null;
  /** The trap that ended it, if one did. */
  failure: unknown = null;
  private readonly reactor: Reactor;

  private constructor(
    readonly host: SimHost,
    private readonly wasi: WasiHost,
    private readonly core: CoreProgram,
  ) {
    this.reactor = new Reactor(core, wasi);
    this.reactor.run().then(
      (exitCode) => { this.exitCode = exitCode; },
      (error: unknown) => { this.failure = error; },
    );
  }

  /** Takes real time to compile, during which virtual time must stand: to be awaited before events run. */
  static async start(host: SimHost, wasm: Uint8Array, ...args: string[]): Promise<SimProgram> {
    const wasi = new WasiHost(host, { tcp: true, udp: true, nameLookup: true, args: ["event-engine", ...args] });
    return new SimProgram(host, wasi, await CoreProgram.instantiate(wasm, wasi));
  }

  /** Asks for a graceful end, as a signal does. */
  stop(): void {
    this.reactor.stop();
  }

  holdings(): Holdings {
    return {
      records: this.core.live(),
      handles: this.wasi.table.liveCount,
      sockets: this.wasi.sockets.socketCount,
      open: this.host.transport.openCount,
    };
  }

  get stdout(): string {
    return this.host.streams.stdout.text;
  }

  get stderr(): string {
    return this.host.streams.stderr.text;
  }
}
