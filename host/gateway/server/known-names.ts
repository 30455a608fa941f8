// Which names the addresses have that look-ups of one client gave: bounded, and each for a while only. A rule with a
// name reaches these addresses and no others, so whoever changes what the name means changes nothing here.

import { hostText, type SocketAddress } from "../../wasi/ip-address.js";

interface Known {
  readonly host: string;
  readonly name: string;
  readonly untilNs: number;
}

export class KnownNames {
  /** By host and name, the oldest first. */
  private readonly known = new Map<string, Known>();

  /** At most `countMax` addresses of names, each for `keptMs` after it was told. `nowNs` is a clock that goes on. */
  constructor(
    private readonly nowNs: () => number,
    private readonly countMax: number,
    private readonly keptMs: number,
  ) {}

  remember(name: string, address: SocketAddress): void {
    const host = hostText(address);
    const key = `${host} ${name}`;
    this.known.delete(key);
    this.known.set(key, { host, name, untilNs: this.nowNs() + this.keptMs * 1e6 });
    if (this.known.size <= this.countMax) return;
    for (const oldest of this.known.keys()) {
      this.known.delete(oldest);
      break;
    }
  }

  readonly namesOf = (address: SocketAddress): string[] => {
    const now = this.nowNs();
    const host = hostText(address);
    const names: string[] = [];
    for (const [key, one] of this.known) {
      if (one.untilNs <= now) this.known.delete(key);
      else if (one.host === host) names.push(one.name);
    }
    return names;
  };
}
