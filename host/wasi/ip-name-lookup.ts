// wasi:sockets/ip-name-lookup: a stream of the addresses of one name. Literals answer at once and never reach a
// resolver; everything else is one look-up of the transport.

import { ErrorCode } from "./error-code.js";
import { Family, isIpv4Mapped, makeAddress, parseIp, type SocketAddress } from "./ip-address.js";
import { Kind } from "./kind.js";
import { LOOKUP_ADDRESSES_MAX, NAME_BYTES_MAX } from "./limits.js";
import { Watchable } from "./resource.js";
import type { Request, Transport } from "./transport.js";

export class ResolveAddressStream extends Watchable {
  readonly kind = Kind.ResolveAddressStream;
  private request: Request | null = null;
  private result: SocketAddress[] | ErrorCode | null = null;
  private nextIndex = 0;

  constructor(name: string, transport: Transport) {
    super();
    const literal = parseIp(stripBrackets(name));
    if (literal !== null) {
      this.result = [canonical(makeAddress(literal.family, literal.parts, 0))];
      return;
    }
    this.request = transport.lookup(name, (result) => {
      this.request = null;
      this.result = typeof result === "number" ? result : result.slice(0, LOOKUP_ADDRESSES_MAX).map(canonical);
      this.wakeWatchers();
    });
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
    this.request?.cancel();
    this.request = null;
  }
}

/** The error of a name that no resolver needs to be asked about, or null. */
export function nameError(name: string): ErrorCode | null {
  if (parseIp(stripBrackets(name)) !== null) return null;
  const bare = name.endsWith(".") ? name.slice(0, -1) : name;
  const isPlausible = bare.length > 0 && bare.length <= NAME_BYTES_MAX
    && !/[\s\0-\x1f/:@[\]%?#\\]/.test(bare)
    && bare.split(".").every((label) => label.length > 0 && label.length <= 63);
  return isPlausible ? null : ErrorCode.InvalidArgument;
}

function stripBrackets(name: string): string {
  return name.startsWith("[") && name.endsWith("]") ? name.slice(1, -1) : name;
}

/** IPv4-mapped IPv6 addresses are told as IPv4: sockets here never speak IPv4 over IPv6. */
function canonical(address: SocketAddress): SocketAddress {
  if (!isIpv4Mapped(address)) return address;
  const [high, low] = address.parts.slice(6) as [number, number];
  return makeAddress(Family.Ipv4, [high >> 8, high & 0xff, low >> 8, low & 0xff], address.port);
}
