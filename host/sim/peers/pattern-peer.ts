// A scripted end of a connection that is not our engine: sends so many bytes of one pattern and checks that what
// comes back is another one, at the pace that it is told.
//
//   sending: writes while less than `QUEUED_MAX` is queued, pauses in between if told to, then FIN
//   reading: everything at once, or `readPauseMs` after each arrival
//   over:    both directions ended, or the connection failed; `done` runs once and the connection is given back

import { ErrorCode, errorCodeName } from "../../wasi/error-code.js";
import type { Connection, ConnectionEvents } from "../../wasi/transport.js";
import type { SimHost } from "../host.js";
import type { Range } from "../random.js";
import { fillPattern, patternMismatch } from "./pattern.js";

const QUEUED_MAX = 64 * 1024;
const LINGER_MS = 30_000;

export interface PeerPlan {
  /** Bytes to send. */
  readonly sends: number;
  /** Which pattern it sends. */
  readonly stream: number;
  /** Which pattern must come; the same when left out, as from an echo. */
  readonly expectsStream?: number;
  readonly writeBytes?: Range;
  /** Milliseconds between two writes. */
  readonly writePauseMs?: Range;
  /** Milliseconds without reading after each arrival. */
  readonly readPauseMs?: Range;
  /** Milliseconds before it reads at all. */
  readonly readsAfterMs?: number;
  /** Cuts the connection after so many bytes were sent, instead of ending it in order. */
  readonly abortsAfter?: number;
}

/** How it ended: "complete" is both directions to their ends. */
export type PeerOutcome = "complete" | "aborted" | ErrorCode;

export function outcomeText(outcome: PeerOutcome | null): string {
  if (outcome === null) return "not over";
  return typeof outcome === "number" ? errorCodeName(outcome) : outcome;
}

export class PatternPeer implements ConnectionEvents {
  sent = 0;
  received = 0;
  outcome: PeerOutcome | null = null;
  /** Where the first wrong byte was; null while all are right. */
  wrongAt: number | null = null;
  /** Virtual milliseconds at which it was over. */
  overAtMs = 0;
  private connection: Connection | null = null;
  private isSendingOver = false;
  private hasEnded = false;
  private isWriteScheduled = false;

  constructor(
    private readonly host: SimHost,
    readonly plan: PeerPlan,
    private readonly done: (peer: PatternPeer) => void = () => {},
  ) {}

  /** The connection is there. */
  begin(connection: Connection): void {
    this.connection = connection;
    if ((this.plan.readsAfterMs ?? 0) > 0) {
      connection.pause();
      this.resumeAfter(this.plan.readsAfterMs as number);
    }
    connection.attach(this);
    this.writeMore();
  }

  /** There will be no connection, or it broke. */
  failed(code: ErrorCode): void {
    this.finish(code);
  }

  bytesArrived(bytes: Uint8Array, start: number, end: number): boolean {
    const { stream, expectsStream = stream, readPauseMs } = this.plan;
    const wrong = patternMismatch(bytes, start, end, expectsStream, this.received);
    if (wrong >= 0) this.wrongAt ??= this.received + wrong - start;
    this.received += end - start;
    if (readPauseMs === undefined) return true;
    this.resumeAfter(this.host.random.between(readPauseMs));
    return false;
  }

  bytesGiven(bytes: Uint8Array, start: number, end: number): boolean {
    return this.bytesArrived(bytes, start, end);
  }

  endArrived(): void {
    this.hasEnded = true;
    this.finishIfOver();
  }

  roomMade(): void {
    this.writeMore();
  }

  private writeMore(): void {
    const { connection, plan, host } = this;
    if (connection === null || this.isSendingOver || this.isWriteScheduled) return;
    while (this.sent < plan.sends && connection.queuedBytes < QUEUED_MAX) {
      const limit = Math.min(plan.sends, plan.abortsAfter ?? Infinity) - this.sent;
      const bytes = new Uint8Array(Math.min(limit, host.random.sizeBetween(plan.writeBytes ?? [1, 65_536])));
      fillPattern(bytes, plan.stream, this.sent);
      connection.write(bytes, 0, bytes.length);
      this.sent += bytes.length;
      if (this.sent === plan.abortsAfter) return this.abort(connection);
      if (plan.writePauseMs !== undefined) return this.writeAfter(host.random.between(plan.writePauseMs));
    }
    if (this.sent < plan.sends) return;
    this.isSendingOver = true;
    connection.end();
    this.finishIfOver();
  }

  private writeAfter(delayMs: number): void {
    this.isWriteScheduled = true;
    this.host.clock.setTimer(delayMs, () => {
      this.isWriteScheduled = false;
      this.writeMore();
    });
  }

  private resumeAfter(delayMs: number): void {
    this.host.clock.setTimer(delayMs, () => this.connection?.resume());
  }

  private abort(connection: Connection): void {
    connection.abort();
    this.finish("aborted");
  }

  private finishIfOver(): void {
    if (this.isSendingOver && this.hasEnded) this.finish("complete");
  }

  private finish(outcome: PeerOutcome): void {
    if (this.outcome !== null) return;
    this.outcome = outcome;
    this.overAtMs = this.host.clock.monotonicNow() / 1e6;
    this.connection?.close(LINGER_MS);
    this.connection = null;
    this.done(this);
  }
}
