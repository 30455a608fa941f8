// A host that says once what it refused, because the guest itself can only say "access denied".

import { ErrorCode } from "../wasi/error-code.js";
import { type Grants, type Platform, WasiHost } from "../wasi/wasi-host.js";

export type Refusable = "tcp" | "udp" | "nameLookup";

const OPTIONS: Readonly<Record<Refusable, string>> = { tcp: "--tcp", udp: "--udp", nameLookup: "--name-lookup" };

export class TellingHost extends WasiHost {
  private hasTold = false;

  /** `refused` hears of the first refusal. */
  constructor(platform: Platform, grants: Grants, private readonly refused: (what: string, grant: Refusable) => void) {
    super(platform, grants);
  }

  override createTcpSocket(...args: Parameters<WasiHost["createTcpSocket"]>): ReturnType<WasiHost["createTcpSocket"]> {
    return this.told("TCP", "tcp", super.createTcpSocket(...args));
  }

  override createUdpSocket(...args: Parameters<WasiHost["createUdpSocket"]>): ReturnType<WasiHost["createUdpSocket"]> {
    return this.told("UDP", "udp", super.createUdpSocket(...args));
  }

  override resolveAddresses(name: string): ReturnType<WasiHost["resolveAddresses"]> {
    return this.told("name look-up", "nameLookup", super.resolveAddresses(name));
  }

  private told<T>(what: string, grant: Refusable, result: T): T {
    const isDenied = result === ErrorCode.AccessDenied || result === ErrorCode.PermanentResolverFailure;
    if (isDenied && !this.hasTold) {
      this.hasTold = true;
      this.refused(what, grant);
    }
    return result;
  }
}

/** The line that `event-engine run` prints then. */
export function refusalLine(what: string, grant: Refusable): string {
  return `event-engine: the component was denied ${what}: allow it with ${OPTIONS[grant]} or --network\n`;
}
