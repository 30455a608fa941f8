// wasi:sockets/ip-name-lookup: a stream of the addresses of one name. Literals answer at once and never reach a
// resolver; everything else is one look-up of the transport.
//
//   waiting --the transport answers--> answered: the addresses one by one, then none for ever; or its error for ever
//      |
//      +--dropped: the look-up is cancelled

import { ErrorCode } from "./error-code.js";
import type { SocketAddress } from "./ip-address.js";
import { Kind } from "./kind.js";
import { LOOKUP_ADDRESSES_MAX, LOOKUPS_MAX } from "./limits.js";
import { canonical, parseName } from "./lookup-name.js";
import { Watchable } from "./resource.js";
import type { SocketContext } from "./socket-context.js";
import type { Request } from "./transport.js";

export class ResolveAddressStream extends Watchable {
  readonly kind = Kind.ResolveAddressStream;
  /** While it waits. */
  private request: Request | null = null;
  private nextIndex = 0;

  private constructor(
    private readonly context: SocketContext,
    private result: SocketAddress[] | ErrorCode | null,
  ) {
    super();
  }

  static open(name: string, context: SocketContext): ResolveAddressStream | ErrorCode {
    const found = parseName(name);
    if (found === null) return ErrorCode.InvalidArgument;
    if (typeof found !== "string") return new ResolveAddressStream(context, [found]);
    if (context.lookupCount >= LOOKUPS_MAX) return ErrorCode.OutOfMemory;
    const stream = new ResolveAddressStream(context, null);
    stream.begin(found);
    return stream;
  }

  isReady(): boolean {
    return this.result !== null;
  }

  /** The next address, null after the last one, or an error code. */
  resolveNextAddress(): SocketAddress | null | ErrorCode {
    if (this.result === null) return ErrorCode.WouldBlock;
    if (typeof this.result === "number") return this.result;
    return this.result[this.nextIndex++] ?? null;
  }

  release(): void {
    if (this.request === null) return;
    this.context.lookupCount--;
    this.request.cancel();
    this.request = null;
  }

  private begin(name: string): void {
    this.context.lookupCount++;
    this.request = this.context.transport.lookup(name, (result) => {
      this.context.lookupCount--;
      this.request = null;
      this.result = typeof result === "number" ? result : result.slice(0, LOOKUP_ADDRESSES_MAX).map(canonical);
      this.wakeWatchers();
    });
  }
}
