// Web Locks of several tabs, as far as sharing uses them.
import type { TabLocks } from "#host/browser/sharing/tabs.js";

interface Asker {
  readonly tab: TabOfLocks;
  begin(): void;
  robbed(): void;
}

/** Locks by name, each for one at a time, in the order in which they were asked for. */
export class FakeLocks {
  /** The next one in a row has to wait so long. */
  delayMs = 0;
  onGranted: (name: string) => void = () => {};
  private readonly rows = new Map<string, Asker[]>();

  get heldCount(): number {
    return this.rows.size;
  }

  ask(name: string, asker: Asker): void {
    const row = this.rows.get(name) ?? [];
    row.push(asker);
    this.rows.set(name, row);
    if (row.length === 1) queueMicrotask(() => asker.begin());
  }

  /** It is done, or gives up. */
  leave(name: string, asker: Asker): void {
    const row = this.rows.get(name) ?? [];
    const place = row.indexOf(asker);
    if (place < 0) return;
    row.splice(place, 1);
    if (row.length === 0) this.rows.delete(name);
    else if (place === 0) setTimeout(() => row[0]?.begin(), this.delayMs);
  }

  /** As the option `steal` of a request by somebody else: the next one in the row has it then. */
  steal(tab: TabOfLocks, name: RegExp): void {
    for (const [own, [first]] of [...this.rows]) {
      if (first?.tab !== tab || !name.test(own)) continue;
      this.leave(own, first);
      first.robbed();
    }
  }

  /** A tab is gone without a word. */
  vanish(tab: TabOfLocks): void {
    for (const [name, row] of [...this.rows]) {
      for (const asker of [...row]) if (asker.tab === tab) this.leave(name, asker);
    }
  }
}

export class TabOfLocks implements TabLocks {
  constructor(private readonly locks: FakeLocks) {}

  request(name: string, { signal }: { signal: AbortSignal }, granted: () => Promise<void>): Promise<unknown> {
    const { locks } = this;
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        locks.leave(name, asker);
        reject(new Error("aborted"));
      };
      const asker: Asker = {
        tab: this,
        begin: () => {
          signal.removeEventListener("abort", giveUp);
          void granted().then(() => locks.leave(name, asker)).then(resolve);
          locks.onGranted(name);
        },
        robbed: () => reject(new Error("stolen")),
      };
      signal.addEventListener("abort", giveUp);
      locks.ask(name, asker);
    });
  }
}
