// Look-ups as a JavaScript program makes them, so that c-ares and the engine do the same work: so many under way, each
// that ends starts the next, every record looked at.
import { dnsName } from "./dns-answers.js";
import { verify, type Measure, type OperationFigures } from "./operation-kit.js";

/** Told whether each record was right; else perhaps why not. */
export type Done = (isRight: boolean, why?: string) => void;
export type LookUp = (name: string, done: Done) => void;

export interface Lookups {
  readonly srv: LookUp;
  readonly txt: LookUp;
  readonly hostname: LookUp;
  close(): void;
}

const KINDS = ["srv", "txt", "hostname"] as const;
/** Names that a cache knows after a moment. */
const KNOWN_NAMES = 64;

let nextName = 0;

/**
 * `open` opens a resolver that asks a server. With `isCached` the same few names are looked up again and again, and
 * once before the clock runs; without, each name is another one. A hostname is two questions, so half as many are under
 * way.
 */
export function dnsOf(open: (server: string) => Lookups, isCached: boolean): Measure {
  return async (inFlight, operations, figures, [server = ""]) => {
    const lookups = open(server);
    for (const kind of KINDS) {
      const first = nextName;
      const count = isCached ? KNOWN_NAMES : operations;
      nextName += count;
      const nameOf = (index: number): string => dnsName(first + index % count);
      const atOnce = kind === "hostname" ? Math.ceil(inFlight / 2) : inFlight;
      if (isCached) await drive(lookups[kind], KNOWN_NAMES, KNOWN_NAMES, nameOf);
      await timed(kind, operations, figures, () => drive(lookups[kind], atOnce, operations, nameOf));
    }
    lookups.close();
  };
}

async function timed(
  name: string, operations: number, figures: OperationFigures, work: () => Promise<void>,
): Promise<void> {
  figures.begin(name);
  const startedAt = performance.now();
  await work();
  figures.add(name, performance.now() - startedAt, operations);
  figures.end(name, operations);
}

/** Keeps `inFlight` look-ups under way until `operations` have ended. */
function drive(lookUp: LookUp, inFlight: number, operations: number, nameOf: (index: number) => string): Promise<void> {
  return new Promise((resolve) => {
    let started = 0, ended = 0;
    const done: Done = (isRight, why = "") => {
      verify(isRight, `a look-up failed, or a record is wrong: ${why}`);
      ended++;
      if (started < operations) startOne();
      else if (ended === operations) resolve();
    };
    const startOne = (): void => lookUp(nameOf(started++), done);
    for (let i = Math.min(inFlight, operations); i > 0; i--) startOne();
  });
}
