// One name that a client asked for. Every address of the answer is judged by itself: the client hears of those that it
// may know, and rules with names reach these from then on.

import { ErrorCode } from "../../wasi/error-code.js";
import { hostText, type SocketAddress } from "../../wasi/ip-address.js";
import { canonical, parseName } from "../../wasi/lookup-name.js";
import type { Request } from "../../wasi/transport.js";
import { CLOSE, type Frame, resolvedFrame } from "../frames.js";
import { RESOLVED_ADDRESSES_MAX } from "../limits.js";
import { plainName } from "./rules.js";
import type { Item, SessionCore } from "./session-core.js";

export class LookUp implements Item {
  readonly isHeld = false;
  private request: Request | null = null;

  constructor(private readonly core: SessionCore, private readonly id: number) {}

  begin(text: string): void {
    const { core, id } = this;
    const found = parseName(text);
    if (found === null) return core.fail(id, ErrorCode.InvalidArgument);
    if (typeof found !== "string") return this.answer(hostText(found), [found]);
    const name = plainName(found);
    const isFull = core.lookupCount >= core.limits.lookups;
    const { allowed, reason } = isFull
      ? { allowed: false, reason: "too many are under way" }
      : core.policy.resolve(name);
    core.audit({ event: "resolve", id, allowed, reason, name });
    if (isFull) return core.fail(id, ErrorCode.TemporaryResolverFailure);
    if (!allowed) return core.fail(id, ErrorCode.PermanentResolverFailure);
    core.add(id, this);
    core.lookupCount++;
    this.request = core.transport.lookup(found, (result) => {
      this.finish();
      if (typeof result === "number") core.fail(id, result);
      else this.answer(name, result);
    });
  }

  frameArrived(frame: Frame): boolean {
    if (frame.type !== CLOSE) return false;
    this.abandon();
    return true;
  }

  abandon(): void {
    this.request?.cancel();
    this.finish();
  }

  private answer(name: string, addresses: readonly SocketAddress[]): void {
    const { core, id } = this;
    const found = addresses.map(canonical).slice(0, RESOLVED_ADDRESSES_MAX);
    const told = found.filter((address) => core.policy.tell(address).allowed);
    const hidden = found.find((address) => !told.includes(address));
    if (hidden !== undefined) {
      const { reason } = core.policy.tell(hidden);
      const count = found.length - told.length;
      core.audit({ event: "told", id, allowed: false, reason: `${count} kept back, the first: ${reason}`, name,
        address: hostText(hidden) });
    }
    for (const address of told) core.names.remember(name, address);
    if (told.length > 0) core.outlet.send(resolvedFrame(id, told));
    else core.fail(id, ErrorCode.NameUnresolvable);
  }

  private finish(): void {
    if (this.core.items.get(this.id) !== this) return;
    this.core.lookupCount--;
    this.core.remove(this.id);
  }
}
