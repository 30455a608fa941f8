// What the parts of one session share: the seams, the limits, the way to the client, and the table of what has an id.

import type { Clock } from "../../wasi/clock.js";
import { ErrorCode } from "../../wasi/error-code.js";
import type { SocketAddress } from "../../wasi/ip-address.js";
import type { Transport } from "../../wasi/transport.js";
import { codeFrame, FAIL, type Frame } from "../frames.js";
import { SERVER_IDS_FROM } from "../limits.js";
import type { Audit, AuditEntry } from "./audit.js";
import { KnownNames } from "./known-names.js";
import type { Outlet } from "./outlet.js";
import type { Policy } from "./policy.js";
import { Rate } from "./rate.js";
import { CHOSEN_PORTS_MAX, KNOWN_NAMES_MAX, type SessionLimits } from "./session-limits.js";

/** What stands behind an id. */
export interface Item {
  /** Counts against the limit of streams. */
  readonly isHeld: boolean;
  /** Answers false to a frame that makes no sense for it: the client broke the protocol. */
  frameArrived(frame: Frame): boolean;
  /** The session is over: gives back everything at once, and tells nobody. */
  abandon(): void;
  /** Gives up what moved nothing since `sinceNs`. */
  sweep?(sinceNs: number): void;
}

export class SessionCore {
  readonly items = new Map<number, Item>();
  /** Streams whose ids are over and whose peers have not taken everything yet. */
  readonly flushing = new Set<Item>();
  readonly names: KnownNames;
  readonly datagramRate: Rate;
  lookupCount = 0;
  private readonly openRate: Rate;
  private isTooFast = false;
  private heldCount = 0;
  private serverIds = 0;
  private lastClientId = 0;
  /** Ports that the system chose for binds of this session, the oldest first: it may connect from them later. */
  private readonly chosenPorts = new Set<number>();

  constructor(
    readonly transport: Transport,
    readonly clock: Clock,
    readonly policy: Policy,
    readonly limits: SessionLimits,
    readonly outlet: Outlet,
    private readonly auditor: Audit,
  ) {
    const nowNs = (): number => clock.monotonicNow();
    this.names = new KnownNames(nowNs, KNOWN_NAMES_MAX, limits.nameMs);
    this.openRate = new Rate(limits.opensPerSecond, nowNs);
    this.datagramRate = new Rate(limits.datagramsPerSecond, nowNs);
  }

  audit(entry: AuditEntry): void {
    this.auditor(entry);
  }

  /** Whether an id was in use at some time; 0 never is. */
  wasUsed(id: number): boolean {
    if (id === 0) return false;
    return id >= SERVER_IDS_FROM ? id < SERVER_IDS_FROM + this.serverIds : id <= this.lastClientId;
  }

  /** Takes an id that the client chose; false when it may not. */
  takeId(id: number): boolean {
    if (id >= SERVER_IDS_FROM || id <= this.lastClientId) return false;
    this.lastClientId = id;
    return true;
  }

  /** An id for what the client did not ask for; null when all were used. */
  nextId(): number | null {
    return this.serverIds >= SERVER_IDS_FROM ? null : SERVER_IDS_FROM + this.serverIds++;
  }

  rememberPort(port: number): void {
    this.chosenPorts.add(port);
    for (const oldest of this.chosenPorts) {
      if (this.chosenPorts.size <= CHOSEN_PORTS_MAX) break;
      this.chosenPorts.delete(oldest);
    }
  }

  /** Whether a local address may be used without listening: any port would be worth something to somebody else. */
  mayTake(local: SocketAddress): boolean {
    return local.port === 0 || this.chosenPorts.has(local.port) || this.policy.listen(local).allowed;
  }

  hasRoom(): boolean {
    return this.heldCount + this.flushing.size < this.limits.streams;
  }

  /** Whether one more thing may be opened; if not, the client and the log were told. */
  mayOpen(id: number, event: AuditEntry["event"]): boolean {
    if (!this.openRate.take()) {
      // Told once, or a client could fill the log.
      if (!this.isTooFast) this.audit({ event, id, allowed: false, reason: "too many in too short a time" });
      this.isTooFast = true;
      this.fail(id, ErrorCode.NewSocketLimit);
      return false;
    }
    this.isTooFast = false;
    if (event === "resolve" || this.hasRoom()) return true;
    this.audit({ event, id, allowed: false, reason: "too many are open" });
    this.fail(id, ErrorCode.NewSocketLimit);
    return false;
  }

  fail(id: number, code: ErrorCode): void {
    this.outlet.send(codeFrame(FAIL, id, code));
  }

  add(id: number, item: Item): void {
    this.items.set(id, item);
    if (item.isHeld) this.heldCount++;
  }

  /** Nothing stands behind the id any more. */
  remove(id: number): void {
    if (this.items.get(id)?.isHeld === true) this.heldCount--;
    this.items.delete(id);
  }

  get isEmpty(): boolean {
    return this.items.size === 0 && this.flushing.size === 0;
  }

  abandonAll(): void {
    for (const item of [...this.items.values(), ...this.flushing]) item.abandon();
    this.items.clear();
    this.flushing.clear();
    this.heldCount = 0;
    this.outlet.stop();
  }
}
