// A host that says once what it refused, because the guest itself can only say "access denied".

import { ErrorCode } from "../wasi/error-code.js";
import { type Grants, type Platform, WasiHost } from "../wasi/wasi-host.js";

export class TellingHost extends WasiHost {
  private hasTold = false;

  /** `refused` hears of the first refusal: what it was, and the option of `event-engine run` that allows it. */
  constructor(platform: Platform, grants: Grants, private readonly refused: (what: string, option: string) => void) {
    super(platform, grants);
  }

  override createTcpSocket(...args: Parameters<WasiHost["createTcpSocket"]>): ReturnType<WasiHost["createTcpSocket"]> {
    return this.told("TCP", "--tcp", super.createTcpSocket(...args));
  }

  override createUdpSocket(...args: Parameters<WasiHost["createUdpSocket"]>): ReturnType<WasiHost["createUdpSocket"]> {
    return this.told("UDP", "--udp", super.createUdpSocket(...args));
  }

  override resolveAddresses(name: string): ReturnType<WasiHost["resolveAddresses"]> {
    return this.told("name look-up", "--name-lookup", super.resolveAddresses(name));
  }

  private told<T>(what: string, option: string, result: T): T {
    const isDenied = result === ErrorCode.AccessDenied || result === ErrorCode.PermanentResolverFailure;
    if (isDenied && !this.hasTold) {
      this.hasTold = true;
      this.refused(what, option);
    }
    return result;
  }
}

/** The line that `event-engine run` prints then. */
export function refusalLine(what: string, option: string): string {
  return `event-engine: the component was denied ${what}: allow it with ${option} or --network\n`;
}
