// What a descriptor has to do, in other words than the core's: told of every call and of what the network did, it knows
// each status, each registration and each closure that the next turn runs.
import { CONDITIONS, ENDED, FAILED, HAS_ERROR, READABLE, SHUT, WRITABLE } from "./describing.js";
import type { FakeConnection } from "./fake-host.js";
import type { Telling } from "./host-turns.js";

const PIECE_MAX = 512;

interface Waiting {
  owner: number;
  deadlineNs: bigint;
}

export interface Told {
  text: string;
  level: number;
}

export class DescriptorModel {
  set = [false, false, false];
  waiting: (Waiting | undefined)[] = [undefined, undefined, undefined];
  levels = [1, 1, 1];
  isClosed = false;
  /** What the endpoint knows, whoever has it. */
  piece = 0;
  inputEnding = 0;
  outputEnding = 0;
  /** Bytes that the host has for us. */
  available = 0;
  /** Closures that are queued for the next turn. */
  queued: Told[] = [];
  /** Somebody waits for what was not there. */
  #waitsForInput = false;
  #waitsForOutput = false;

  constructor(private readonly connection: FakeConnection, private readonly telling: Telling) {}

  /** The same endpoint with a new descriptor. */
  registerAgain(): void {
    this.set = [false, false, false];
    this.levels = [1, 1, 1];
    this.isClosed = false;
  }

  notify(condition: number, owner: number, deadlineNs: bigint): void {
    if (this.set[condition]) return this.#queue(condition, owner, "ready");
    this.waiting[condition] = { owner, deadlineNs };
    if (condition === HAS_ERROR) {
      this.#room();
      if (this.inputEnding === FAILED || this.outputEnding === FAILED) this.happen(HAS_ERROR);
    }
    this.#look();
  }

  /** The condition is seen, or forced. */
  happen(condition: number): void {
    this.set[condition] = true;
    this.#dismiss(condition);
  }

  force(condition: number): void {
    this.happen(condition);
    this.#look();
  }

  read(most: number): number {
    let total = Math.min(this.piece, most);
    this.piece -= total;
    if (total < most && this.inputEnding === 0) {
      const count = this.#take(most - total);
      if (count > 0) total += count;
    }
    if (this.inputEnding === FAILED) this.happen(HAS_ERROR);
    this.#look();
    return total > 0 ? total : this.inputEnding;
  }

  write(length: number): number {
    let total = 0;
    for (let room = 0; total < length; total += Math.min(room, length - total)) {
      room = total > 0 ? 0 : this.#room();
      if (room <= 0) break;
    }
    this.#look();
    return total > 0 ? total : this.outputEnding;
  }

  shutdownSend(): void {
    if (this.outputEnding === 0) this.outputEnding = SHUT;
    this.force(WRITABLE);
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    for (const condition of CONDITIONS) this.#dismiss(condition);
    this.#waitsForInput = this.#waitsForOutput = false;
  }

  /** What a turn finds. To be called before it; returns the closures that it runs. */
  turn(nowNs: bigint): Told[] {
    this.#look(true);
    for (const condition of CONDITIONS) {
      const waiting = this.waiting[condition];
      if (waiting === undefined || waiting.deadlineNs < 0n || waiting.deadlineNs > nowNs) continue;
      this.waiting[condition] = undefined;
      this.#queue(condition, waiting.owner, "timed out");
    }
    this.#look();
    return this.queued.splice(0);
  }

  /** A direction is looked at when somebody begins to wait for it, and in each turn while somebody waits. */
  #look(isTurn = false): void {
    if (this.isClosed) return;
    if (this.waiting[WRITABLE] !== undefined && (isTurn || !this.#waitsForOutput)) {
      if (isTurn && this.#believes() ? this.#isTold() : this.#room() !== 0) this.happen(WRITABLE);
    }
    if (this.#wantsInput() && (isTurn || !this.#waitsForInput)) this.#lookAtInput();
    this.#waitsForInput = this.#wantsInput();
    this.#waitsForOutput = this.waiting[WRITABLE] !== undefined;
  }

  #wantsInput(): boolean {
    return this.waiting[READABLE] !== undefined || this.#wantsPiece();
  }

  #wantsPiece(): boolean {
    return this.waiting[HAS_ERROR] !== undefined && this.piece === 0 && this.inputEnding === 0;
  }

  #lookAtInput(): void {
    const { ended, failed } = this.connection.input;
    const isThere = this.available > 0 || ended || failed;
    if (this.#wantsPiece()) this.piece = Math.max(0, this.#take(PIECE_MAX));
    const isKnown = this.piece > 0 || this.inputEnding !== 0;
    if (isKnown || (isThere && this.waiting[HAS_ERROR] === undefined)) this.happen(READABLE);
    if (this.inputEnding === FAILED) this.happen(HAS_ERROR);
  }

  /** Bytes of the host's, or how it ended. */
  #take(most: number): number {
    const count = Math.min(this.available, most);
    this.available -= count;
    const { ended, failed } = this.connection.input;
    if (count === 0 && failed) this.inputEnding = FAILED;
    else if (count === 0 && ended) this.inputEnding = ENDED;
    return count === 0 ? this.inputEnding : count;
  }

  /** Bytes that the output takes now. */
  #room(): number {
    if (this.outputEnding !== 0) return -1;
    const { failed, room, onTheirWay } = this.connection.output;
    if (!failed) return Math.max(0, room - onTheirWay);
    this.outputEnding = FAILED;
    this.happen(HAS_ERROR);
    return -1;
  }

  /** The answer to a list is not doubted: no permit, and so no failure is seen, unless somebody waits for one. */
  #believes(): boolean {
    return this.telling === "by list" && this.waiting[HAS_ERROR] === undefined;
  }

  #isTold(): boolean {
    const { failed, room, onTheirWay } = this.connection.output;
    return failed || room > onTheirWay;
  }

  #dismiss(condition: number): void {
    const waiting = this.waiting[condition];
    this.waiting[condition] = undefined;
    if (waiting !== undefined) this.#queue(condition, waiting.owner, "ready");
  }

  #queue(condition: number, owner: number, outcome: string): void {
    const text = `${["readable", "writable", "error"][condition]} ${owner}: ${outcome}`;
    this.queued.push({ text, level: this.levels[condition]! });
  }
}
