// The ports of one host: which are taken, and by how many.

import type { Range, SimRandom } from "../random.js";

export class PortTable {
  private readonly holders = new Map<number, number>();

  constructor(
    private readonly ephemeral: Range,
    private readonly random: SimRandom,
  ) {}

  isTaken(port: number): boolean {
    return this.holders.has(port);
  }

  take(port: number): void {
    this.holders.set(port, (this.holders.get(port) ?? 0) + 1);
  }

  give(port: number): void {
    const left = (this.holders.get(port) ?? 0) - 1;
    if (left < 0) throw new Error(`port ${port} is given back but was not taken`);
    if (left === 0) this.holders.delete(port);
    else this.holders.set(port, left);
  }

  /** A free ephemeral port, not yet taken; null when all are. */
  findEphemeral(): number | null {
    const [first, last] = this.ephemeral;
    const count = last - first + 1;
    const start = this.random.between(this.ephemeral) - first;
    for (let step = 0; step < count; step++) {
      const port = first + (start + step) % count;
      if (!this.isTaken(port)) return port;
    }
    return null;
  }
}
