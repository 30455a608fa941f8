// One simulated machine: the platform that an engine or a program runs on.

import { parseIp, makeAddress, type SocketAddress } from "../wasi/ip-address.js";
import type { Platform } from "../wasi/wasi-host.js";
import { SimClock } from "./clock.js";
import { CALM, type Conditions } from "./conditions.js";
import type { Network } from "./network/network.js";
import { Station } from "./network/station.js";
import { SimTransport } from "./network/transport.js";
import type { Range, SimRandom } from "./random.js";
import { SimInput, SimOutput, type SimStreams } from "./streams.js";

export interface SimHostOptions {
  /** What the host is reached by, without ports: "10.0.0.1", "fd00::1". Loopback it has of its own. */
  readonly addresses: readonly string[];
  /** What differs from the simulation's conditions. */
  readonly conditions?: Partial<Conditions>;
  /** Sockets that may be open at once; no limit when left out. */
  readonly socketsMax?: number;
  /** Ports that are given out when none is asked for; 32768 to 60999 when left out. */
  readonly ephemeralPorts?: Range;
}

const EPHEMERAL_PORTS: Range = [32_768, 60_999];

export class SimHost implements Platform {
  readonly transport: SimTransport;
  readonly clock: SimClock;
  readonly streams: SimStreams;
  /** For what a script on this host wants to leave to chance. */
  readonly random: SimRandom;
  private readonly guestRandom: SimRandom;

  constructor(
    network: Network,
    readonly number: number,
    defaults: Partial<Conditions>,
    { addresses, conditions: own, socketsMax = Infinity, ephemeralPorts = EPHEMERAL_PORTS }: SimHostOptions,
  ) {
    const { queue } = network;
    const conditions: Conditions = { ...CALM, ...defaults, ...own };
    const random = network.random.fork(`host ${number}`);
    const station = new Station(network, random.fork("network"), {
      number, addresses: addresses.map(parseAddress), conditions, socketsMax, ephemeralPorts,
    });
    network.join(station);
    this.random = random.fork("script");
    this.guestRandom = random.fork("guest");
    this.transport = new SimTransport(station);
    this.clock = new SimClock(queue, random.fork("clock"), conditions, number);
    this.streams = {
      stdin: new SimInput(queue, random.fork("stdin"), conditions, number),
      stdout: new SimOutput(queue, number),
      stderr: new SimOutput(queue, number),
    };
  }

  /** What wasi:random gives: as repeatable as everything else here. */
  fillRandom(target: Uint8Array): void {
    this.guestRandom.fill(target);
  }
}

/** An address without a port, as hosts and names are written. */
export function parseAddress(text: string): SocketAddress {
  const ip = parseIp(text);
  if (ip === null) throw new Error(`not an IP address: ${text}`);
  return makeAddress(ip.family, ip.parts, 0);
}
