// Traffic for `slack-wake-ups`: clients that speak in bursts, with pauses of a heavy tail between them, as people and
// pollers do. What they do is decided by the seed alone, so every run of it is the same, whatever the server does.
//
//   connect ──► pause ──► burst: message, gap, message, … ──► pause ──► … (from some time on silent for ever, some)
//
// A connection has a least pause of its own, as often short as long by its number of bits. A pause is Pareto
// distributed with exponent 1: half of them are longer than twice the least, one of a hundred a hundred times as long.
import type { Connection, ConnectionEvents } from "#host/wasi/transport.js";
import { withPort } from "#host/wasi/ip-address.js";
import { parseAddress } from "#host/sim/host.js";
import type { Range, Simulation, SimHost, SimRandom } from "#host/sim/index.js";
import { verify } from "./operation-kit.js";

export interface Mix {
  readonly name: string;
  /** The least pause of a connection is drawn from it. */
  readonly pauseMs: Range;
}

/** Hundreds of bursts in each second of 10,000 connections, and a few. */
export const MIXES: readonly Mix[] = [
  { name: "busy", pauseMs: [2_000, 60_000] },
  { name: "quiet", pauseMs: [600_000, 7_200_000] },
];

/** Connections come within so long. */
export const CONNECT_MS = 60_000;
const GAP_MS: Range = [10, 2_000];
const MESSAGE_BYTES: Range = [1, 1_000];
/** That a burst goes on: four messages in the mean. */
const ANOTHER = 0.75;
/** That a connection falls silent for ever, at any time of the run. */
const FALLS_SILENT = 0.1;
const CLIENT_ADDRESS = "10.0.0.2";
const MESSAGE = new Uint8Array(MESSAGE_BYTES[1]);
const LINGER_MS = 1_000;

export interface TrafficOptions {
  readonly sim: Simulation;
  readonly mix: Mix;
  readonly connections: number;
  readonly address: string;
  readonly port: number;
  readonly untilMs: number;
}

/** Begins it; all clients are of one host. */
export function startTraffic(options: TrafficOptions): void {
  const host = options.sim.host(CLIENT_ADDRESS);
  for (let index = 0; index < options.connections; index++) {
    const client = new Client(options, options.sim.random.fork(`client ${index}`));
    options.sim.at(client.startMs, () => client.connect(host));
  }
}

class Client implements ConnectionEvents {
  readonly startMs: number;
  private readonly leastPauseMs: number;
  private readonly silentFromMs: number;
  private connection: Connection | null = null;

  constructor(
    private readonly options: TrafficOptions,
    private readonly random: SimRandom,
  ) {
    this.startMs = random.between([0, CONNECT_MS]);
    this.leastPauseMs = random.sizeBetween(options.mix.pauseMs);
    const silentFromMs = random.between([0, options.untilMs]);
    this.silentFromMs = random.chance(FALLS_SILENT) ? silentFromMs : options.untilMs;
  }

  connect(host: SimHost): void {
    const remote = withPort(parseAddress(this.options.address), this.options.port);
    host.transport.connect({ remote, local: null }, (result) => {
      verify(typeof result === "object", "a client was not let in");
      this.connection = result as Connection;
      this.connection.attach(this);
      // It is somewhere in a pause.
      this.later(this.pauseMs() * this.random.fraction());
    });
  }

  bytesArrived(): boolean {
    return true;
  }

  bytesGiven(): boolean {
    return true;
  }

  endArrived(): void {
    this.connection?.close(LINGER_MS);
  }

  roomMade(): void {}

  failed(): void {
    this.connection?.close(LINGER_MS);
  }

  private readonly say = (): void => {
    this.connection?.write(MESSAGE, 0, this.random.sizeBetween(MESSAGE_BYTES));
    this.later(this.random.chance(ANOTHER) ? this.random.sizeBetween(GAP_MS) : this.pauseMs());
  };

  private pauseMs(): number {
    return this.leastPauseMs / (1 - this.random.fraction());
  }

  private later(delayMs: number): void {
    const { sim } = this.options;
    if (sim.nowMs + delayMs < this.silentFromMs) sim.after(Math.ceil(delayMs), this.say);
  }
}
