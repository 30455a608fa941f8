// Names looked up by the system (getaddrinfo), a few at a time. Each keeps a thread of libuv for as long as it takes,
// and cannot be stopped: so a guest that begins many, or drops them as fast as it begins them, has them wait here,
// where a cancelled one is gone at once, and leaves room for what the rest of the process looks up.

import dns from "node:dns";
import type { ErrorCode } from "../wasi/error-code.js";
import type { SocketAddress } from "../wasi/ip-address.js";
import type { Request } from "../wasi/transport.js";
import { addressFrom } from "./addresses.js";
import { errorCodeOf } from "./errno.js";

/** libuv itself runs two at once, of its usual four threads; the others are ready when these are done. */
const AT_ONCE_MAX = 8;

type Done = (result: SocketAddress[] | ErrorCode) => void;
type Found = (error: NodeJS.ErrnoException | null, found: readonly { readonly address: string }[]) => void;
/** As `dns.lookup` of all addresses. */
export type SystemLookup = (name: string, found: Found) => void;

const askSystem: SystemLookup = (name, found) => dns.lookup(name, { all: true, verbatim: true }, found);

interface Lookup {
  readonly name: string;
  /** Null: cancelled. */
  done: Done | null;
}

export class Lookups {
  private running = 0;
  private readonly waiting = new Set<Lookup>();

  constructor(private readonly ask: SystemLookup = askSystem) {}

  begin(name: string, done: Done): Request {
    const lookup: Lookup = { name, done };
    if (this.running < AT_ONCE_MAX) this.start(lookup);
    else this.waiting.add(lookup);
    return {
      cancel: () => {
        lookup.done = null;
        this.waiting.delete(lookup);
      },
    };
  }

  private start(lookup: Lookup): void {
    this.running++;
    const ended = (result: SocketAddress[] | ErrorCode): void => {
      this.running--;
      lookup.done?.(result);
      for (const next of this.waiting) {
        if (this.running >= AT_ONCE_MAX) break;
        this.waiting.delete(next);
        this.start(next);
      }
    };
    try {
      this.ask(lookup.name, (error, found) => {
        ended(error ? errorCodeOf(error)
          : found.map(({ address }) => addressFrom(address, 0)).filter((address) => address !== null));
      });
    } catch (error) { // such as a process that may not look names up
      setImmediate(() => ended(errorCodeOf(error)));
    }
  }
}
