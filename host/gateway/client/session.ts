// One session with a gateway, over one channel.
//
//              channel open: HELLO          WELCOME
//   OPENING ----------------------> OPENING --------> OPEN
//      |                                                |
//      +--- channel closed or could not be opened, GOODBYE, a frame that must not come, ---> LOST, for good:
//           no WELCOME in time, silence although PING was sent, `end`                        everything hears of it
//
// Frames sent while it is OPENING wait for WELCOME. Ids grow and are never used twice, so an id that nothing stands
// for any more is known from one that was never used: frames about the first crossed with the end on their way.

import type { ByteQueuePool } from "../../wasi/byte-queue.js";
import type { Clock, TimerId } from "../../wasi/clock.js";
import { ErrorCode } from "../../wasi/error-code.js";
import type { Channel, ChannelEvents, OpenChannel } from "../channel.js";
import { parseServerFrame } from "../frame-parser.js";
import {
  ACCEPTED, codeFrame, dataFrame, type Frame, GOODBYE, Goodbye, goodbyeFrame, type Grants, helloFrame, PING,
  plainFrame, PONG, RESET, WELCOME,
} from "../frames.js";
import { HEADER_BYTES, OPENING_MS_MAX, PROTOCOL_VERSION, SERVER_IDS_FROM, SILENCE_MS_MAX } from "../limits.js";

/** What all sessions of one transport share. */
export interface ClientShared {
  readonly open: OpenChannel;
  readonly clock: Clock;
  /** Asked for with each session. */
  readonly token: () => string | Promise<string>;
  /** Bytes of one stream that may be under way to here. */
  readonly window: number;
  readonly pool: ByteQueuePool;
  /** Connections, bindings and datagram sockets that were not given back. */
  openCount: number;
  /** Sessions end at once. */
  isOver: boolean;
  /** The session there is, or a new one. */
  session(): Session;
  /** The state of a session changed; `why` it was lost. Not from inside a call of the transport. */
  stateChanged(session: Session, why: string): void;
}

/** What an id stands for. */
export interface SessionObject {
  /** False when such a frame may not come now: the session ends then. */
  frameArrived(frame: Frame): boolean;
  /** The session was lost; `code` is for what had been asked for and is not answered. */
  sessionLost(code: ErrorCode): void;
}

export enum SessionState {
  Opening,
  Open,
  Lost,
}

export class Session implements ChannelEvents {
  state = SessionState.Opening;
  /** From WELCOME on. */
  grants!: Grants;
  private channel: Channel | null = null;
  private readonly objects = new Map<number, SessionObject>();
  private nextId = 1;
  private lastServerId = SERVER_IDS_FROM - 1;
  private waiting: Uint8Array[] = [];
  private scratch?: Uint8Array;
  private timer: TimerId | null = null;
  private hasHeard = false;
  private hasAsked = false;

  constructor(readonly shared: ClientShared) {
    const { clock } = shared;
    if (shared.isOver) {
      clock.soon(() => this.lose(ErrorCode.ConnectionAborted, "closed"));
      return;
    }
    this.timer = clock.setTimer(OPENING_MS_MAX, () => this.lose(ErrorCode.Timeout, "no answer"));
    try {
      this.channel = shared.open(this);
    } catch (error) {
      clock.soon(() => this.lose(ErrorCode.RemoteUnreachable, String(error)));
    }
  }

  /** Bytes that the channel holds. */
  get bufferedBytes(): number {
    return this.channel?.bufferedBytes ?? 0;
  }

  /** A new id for the object, and the frame that says so to the server. */
  begin(object: SessionObject, frameFor: (id: number) => Uint8Array): number {
    const id = this.nextId++;
    this.stands(id, object);
    this.send(frameFor(id));
    return id;
  }

  /** From here on the object hears of this id, in place of the one before. */
  stands(id: number, object: SessionObject): void {
    this.objects.set(id, object);
    this.watch();
  }

  /** The id is over. */
  forget(id: number): void {
    this.objects.delete(id);
    if (this.objects.size > 0 || this.state !== SessionState.Open) return;
    this.stopTimer();
    this.hasAsked = false;
  }

  send(frame: Uint8Array): void {
    if (this.state === SessionState.Open) this.channel?.send(frame);
    else if (this.state === SessionState.Opening) this.waiting.push(frame);
  }

  /** The same with a frame of DATA that holds `source[start, end)`, once the session is open. */
  sendData(id: number, source: Uint8Array, start: number, end: number): void {
    // Memory that was never touched costs more than the copy.
    if (this.channel?.copies === true) this.scratch ??= new Uint8Array(HEADER_BYTES + this.grants.frameMax);
    this.send(dataFrame(id, source, start, end, this.scratch));
  }

  /** The server used this id for a stream; false when it must not. */
  takeServerId(id: number): boolean {
    if (id <= this.lastServerId) return false;
    this.lastServerId = id;
    return true;
  }

  opened(): void {
    const token = this.shared.token();
    if (typeof token === "string") this.greet(token);
    else token.then((text) => this.greet(text), (error) => this.lose(ErrorCode.AccessDenied, `no token: ${error}`));
  }

  messageArrived(bytes: Uint8Array): void {
    if (this.state === SessionState.Lost) return;
    this.hasHeard = true;
    const frame = parseServerFrame(bytes);
    if (frame !== null && this.take(frame)) return;
    this.channel?.send(goodbyeFrame(Goodbye.ProtocolError, ""));
    this.lose(ErrorCode.RemoteUnreachable, `protocol error in a frame of type ${bytes[0]}`);
  }

  closed(reason: string): void {
    this.lose(ErrorCode.RemoteUnreachable, reason);
  }

  /** Ends it; all that is open breaks. Not from inside a call of the transport. */
  lose(code: ErrorCode, why: string): void {
    if (this.state === SessionState.Lost) return;
    const { shared } = this;
    this.state = SessionState.Lost;
    this.stopTimer();
    this.waiting = [];
    this.channel?.close();
    shared.stateChanged(this, why);
    for (const object of this.objects.values()) object.sessionLost(code);
  }

  private greet(token: string): void {
    if (this.state === SessionState.Opening) this.channel?.send(helloFrame(this.shared.window, token));
  }

  private take(frame: Frame): boolean {
    const { type, id } = frame;
    const isOpen = this.state === SessionState.Open;
    if (id !== 0) {
      const object = this.objects.get(id);
      return isOpen && (object === undefined ? this.crossed(frame) : object.frameArrived(frame));
    }
    if (type === PING) this.send(plainFrame(PONG, 0));
    if (type === PING || type === PONG) return isOpen;
    if (type === WELCOME) {
      if (isOpen || frame.version !== PROTOCOL_VERSION) return false;
      this.welcome(frame);
      return true;
    }
    if (type !== GOODBYE) return false;
    const { reason, text } = frame;
    const isDenied = reason === Goodbye.Unauthorised || reason === Goodbye.Expired;
    this.lose(isDenied ? ErrorCode.AccessDenied : ErrorCode.RemoteUnreachable, text || `goodbye, reason ${reason}`);
    return true;
  }

  private welcome(grants: Grants): void {
    this.grants = grants;
    this.state = SessionState.Open;
    this.stopTimer();
    for (const frame of this.waiting.splice(0)) this.channel?.send(frame);
    this.watch();
    this.shared.stateChanged(this, "");
  }

  /** Nothing stands for the id: fine, if something did once. */
  private crossed(frame: Frame): boolean {
    const { id } = frame;
    const isOver = id < SERVER_IDS_FROM ? id < this.nextId : id <= this.lastServerId;
    if (!isOver || frame.type !== ACCEPTED) return isOver;
    return this.refuse(frame.stream);
  }

  /** Gives back a stream that nobody accepts; false when there cannot be such a one. */
  refuse(stream: number): boolean {
    if (!this.takeServerId(stream)) return false;
    this.send(codeFrame(RESET, stream, ErrorCode.ConnectionReset));
    return true;
  }

  /** Listens for silence while something is open. */
  private watch(): void {
    if (this.timer !== null || this.state !== SessionState.Open || this.objects.size === 0) return;
    this.timer = this.shared.clock.setTimer(SILENCE_MS_MAX, () => {
      this.timer = null;
      if (!this.hasHeard && this.hasAsked) return this.lose(ErrorCode.Timeout, "no answer to PING");
      this.hasAsked = !this.hasHeard;
      if (this.hasAsked) this.send(plainFrame(PING, 0));
      this.hasHeard = false;
      this.watch();
    });
  }

  private stopTimer(): void {
    if (this.timer !== null) this.shared.clock.clearTimer(this.timer);
    this.timer = null;
  }
}
