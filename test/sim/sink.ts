// What a connection told, in order, for the tests of the simulated network; and connections to try it on.
import { patternMismatch, fillPattern } from "#host/sim/peers/pattern.js";
import type { SimConnection } from "#host/sim/network/connection.js";
import type { Pipe } from "#host/sim/network/pipe.js";
import { connectTo, listenAt } from "#host/sim/peers/meeting.js";
import { type Conditions, type SimHost, Simulation } from "#host/sim/index.js";
import { ErrorCode } from "#host/wasi/error-code.js";
import type { Connection, ConnectionEvents } from "#host/wasi/transport.js";

export class Sink implements ConnectionEvents {
  /** "end", "failed connection-reset", "room"; bytes are only counted. */
  readonly log: string[] = [];
  received = 0;
  isRight = true;
  /** What arrivals answer. */
  wantsMore = true;
  /** Virtual milliseconds of the latest arrival, and of the end. */
  latestMs = -1;
  endMs = -1;

  constructor(
    private readonly sim: Simulation,
    private readonly stream: number,
  ) {}

  bytesArrived(bytes: Uint8Array, start: number, end: number): boolean {
    if (patternMismatch(bytes, start, end, this.stream, this.received) >= 0) this.isRight = false;
    this.received += end - start;
    this.latestMs = this.sim.nowMs;
    return this.wantsMore;
  }

  bytesGiven(bytes: Uint8Array, start: number, end: number): boolean {
    return this.bytesArrived(bytes, start, end);
  }

  endArrived(): void {
    this.log.push("end");
    this.endMs = this.sim.nowMs;
  }

  roomMade(): void {
    this.log.push("room");
  }

  failed(code: ErrorCode): void {
    this.log.push(`failed ${ErrorCode[code]}`);
    this.endMs = this.sim.nowMs;
  }

  get ends(): string[] {
    return this.log.filter((entry) => entry !== "room");
  }
}

export interface End {
  readonly connection: SimConnection;
  readonly sink: Sink;
  /** Sends the next bytes of this end's pattern. */
  send(count: number): void;
}

export interface Met {
  readonly sim: Simulation;
  readonly client: End;
  readonly server: End;
  readonly clientHost: SimHost;
  readonly serverHost: SimHost;
}

/** A connection from 10.0.0.2 to 10.0.0.1:80, made and attached; time stands at that moment. */
export function meet(
  conditions: Partial<Conditions> = {}, seed = 1, prepare: (sim: Simulation) => void = () => {},
): Met {
  const sim = new Simulation({ seed, name: "meet", conditions });
  prepare(sim);
  const serverHost = sim.host("10.0.0.1");
  const clientHost = sim.host("10.0.0.2");
  const ends: (End | null)[] = [null, null];
  const made = (index: 0 | 1, connection: Connection): void => {
    ends[index] = endOf(sim, connection as SimConnection, index);
  };
  const binding = listenAt(serverHost, "10.0.0.1", 80, (connection) => made(1, connection));
  connectTo(clientHost, "10.0.0.1", 80, (result) => {
    if (typeof result === "number") throw new Error(`not connected: ${ErrorCode[result]}`);
    made(0, result);
  });
  while (ends.includes(null)) if (!sim.step()) throw new Error("nobody met");
  binding.close();
  return { sim, client: ends[0] as End, server: ends[1] as End, clientHost, serverHost };
}

function endOf(sim: Simulation, connection: SimConnection, index: 0 | 1): End {
  const sink = new Sink(sim, 1 - index);
  let sent = 0;
  connection.attach(sink);
  return {
    connection, sink,
    send: (count) => {
      const bytes = new Uint8Array(count);
      fillPattern(bytes, index, sent);
      sent += count;
      connection.write(bytes, 0, count);
    },
  };
}

/** No byte of a direction is lost sight of. */
export function isConserved(pipe: Pipe): boolean {
  const { writtenTotal, unsentBytes, inFlightBytes, arrivedBytes, deliveredTotal, droppedTotal } = pipe;
  return writtenTotal === unsentBytes + inFlightBytes + arrivedBytes + deliveredTotal + droppedTotal
    && [unsentBytes, inFlightBytes, arrivedBytes].every((count) => count >= 0);
}

/** Closes both ends and lets everything come to rest. */
export function part({ sim, client, server }: Met): void {
  client.connection.close(1000);
  server.connection.close(1000);
  sim.run();
}
