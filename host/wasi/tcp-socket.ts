// wasi:sockets/tcp tcp-socket: the state machine of tcp-state.ts driven by a transport.
//
// A socket owns, one after the other, a request under way, a binding, or a connection. Its streams are children of
// it, so by the time it is dropped they are gone; what was written is flushed in the background then.

import { ErrorCode, OK, type Outcome } from "./error-code.js";
import { InputFlow, InputStream } from "./input-stream.js";
import {
  type Family, isIpv4Mapped, isUnicast, isUnspecified, type SocketAddress,
} from "./ip-address.js";
import { Kind } from "./kind.js";
import { ACCEPT_QUEUE_MAX, LINGER_MS_MAX, LISTEN_BACKLOG_DEFAULT, LISTEN_BACKLOG_MAX } from "./limits.js";
import { OutputStream } from "./output-stream.js";
import { Watchable } from "./resource.js";
import type { SocketContext } from "./socket-context.js";
import { TcpOptions } from "./tcp-options.js";
import { answerIn, isTransitionLegal, readyIn, TcpOperation, TcpState } from "./tcp-state.js";
import type { Binding, Connection, ConnectionEvents, ListenerEvents, Request } from "./transport.js";

/** What finish-connect and accept hand out. */
export interface TcpStreams {
  readonly socket: TcpSocket;
  readonly input: InputStream;
  readonly output: OutputStream;
}

export class TcpSocket extends Watchable implements ListenerEvents {
  readonly kind = Kind.TcpSocket;
  private state = TcpState.Unbound;
  private options = new TcpOptions();
  private backlog = LISTEN_BACKLOG_DEFAULT;
  private request: Request | null = null;
  /** How the started operation ended; null while it runs. */
  private finished: Outcome | null = null;
  private binding: Binding | null = null;
  private connection: Connection | null = null;
  private streams: TcpStreams | null = null;
  private acceptQueue: Connection[] = [];

  constructor(
    readonly family: Family,
    private readonly context: SocketContext,
  ) {
    super();
    context.socketCount++;
  }

  isReady(): boolean {
    return readyIn(this.state, this.finished !== null, this.acceptQueue.length);
  }

  get currentState(): TcpState {
    return this.state;
  }

  get isListening(): boolean {
    return this.state === TcpState.Listening;
  }

  startBind(address: SocketAddress): Outcome {
    const answer = answerIn(this.state, TcpOperation.StartBind);
    if (answer !== OK) return answer;
    if (address.family !== this.family || isIpv4Mapped(address) || !isUnicast(address)) {
      return ErrorCode.InvalidArgument;
    }
    if (!this.context.mayUse("bind", address)) return ErrorCode.AccessDenied;
    this.setState(TcpState.BindStarted);
    const request = this.context.transport.bind({ address, backlog: this.backlog }, (result) => {
      if (typeof result !== "number") this.binding = result;
      this.operationDone(typeof result === "number" ? result : OK);
    });
    if (this.finished === null) this.request = request; // otherwise it ended at once
    return OK;
  }

  finishBind(): Outcome {
    const outcome = this.takeFinished(TcpOperation.FinishBind);
    if (outcome === ErrorCode.WouldBlock || outcome === ErrorCode.NotInProgress) return outcome;
    this.setState(outcome === OK ? TcpState.Bound : TcpState.Unbound);
    return outcome;
  }

  startConnect(remote: SocketAddress): Outcome {
    const answer = answerIn(this.state, TcpOperation.StartConnect);
    if (answer !== OK) return answer;
    if (remote.family !== this.family || remote.port === 0 || isUnspecified(remote)
      || isIpv4Mapped(remote) || !isUnicast(remote)) {
      return ErrorCode.InvalidArgument;
    }
    if (!this.context.mayUse("connect", remote)) return ErrorCode.AccessDenied;
    this.setState(TcpState.ConnectStarted);
    const { binding } = this;
    if (binding === null) {
      this.connectFrom(null, remote);
    } else {
      // The address must be given back before a connection can be made from it.
      this.binding = null;
      let isCancelled = false;
      this.request = { cancel: () => { isCancelled = true; } };
      binding.close(() => { if (!isCancelled) this.connectFrom(binding.localAddress, remote); });
    }
    return OK;
  }

  finishConnect(): TcpStreams | ErrorCode {
    const outcome = this.takeFinished(TcpOperation.FinishConnect);
    if (outcome === ErrorCode.WouldBlock || outcome === ErrorCode.NotInProgress) return outcome;
    if (outcome !== OK) {
      this.setState(TcpState.Closed);
      return outcome;
    }
    this.setState(TcpState.Connected);
    return this.openStreams(this.connection as Connection);
  }

  startListen(): Outcome {
    const answer = answerIn(this.state, TcpOperation.StartListen);
    if (answer !== OK) return answer;
    this.setState(TcpState.ListenStarted);
    (this.binding as Binding).listen(this, this.backlog, (outcome) => this.operationDone(outcome));
    return OK;
  }

  finishListen(): Outcome {
    const outcome = this.takeFinished(TcpOperation.FinishListen);
    if (outcome === ErrorCode.WouldBlock || outcome === ErrorCode.NotInProgress) return outcome;
    this.setState(outcome === OK ? TcpState.Listening : TcpState.Closed);
    if (this.acceptQueue.length > 0) this.wakeWatchers(); // for those that came meanwhile
    return outcome;
  }

  accept(): TcpStreams | ErrorCode {
    const answer = answerIn(this.state, TcpOperation.Accept);
    if (answer !== OK) return answer;
    const connection = this.acceptQueue.shift();
    if (connection === undefined) return ErrorCode.WouldBlock;
    const socket = new TcpSocket(this.family, this.context);
    socket.state = TcpState.Connected; // (7)
    socket.options = this.options.clone();
    socket.connection = connection;
    return socket.openStreams(connection);
  }

  connectionArrived(connection: Connection): void {
    const isFull = this.acceptQueue.length >= ACCEPT_QUEUE_MAX || !this.context.hasRoomForSocket();
    const remote = connection.remoteAddress;
    if (isFull || (remote !== null && !this.context.mayUse("accept", remote))) {
      connection.abort();
      return;
    }
    this.acceptQueue.push(connection);
    if (this.acceptQueue.length === 1) this.wakeWatchers();
  }

  localAddress(): SocketAddress | ErrorCode {
    const answer = answerIn(this.state, TcpOperation.LocalAddress);
    if (answer !== OK) return answer;
    const address = this.connection?.localAddress ?? this.binding?.localAddress;
    return address ?? ErrorCode.InvalidState;
  }

  remoteAddress(): SocketAddress | ErrorCode {
    const answer = answerIn(this.state, TcpOperation.RemoteAddress);
    if (answer !== OK) return answer;
    return this.connection?.remoteAddress ?? ErrorCode.InvalidState;
  }

  setListenBacklogSize(size: bigint): Outcome {
    if (size === 0n) return ErrorCode.InvalidArgument;
    const answer = answerIn(this.state, TcpOperation.SetListenBacklogSize);
    if (answer !== OK) return answer;
    this.backlog = size > BigInt(LISTEN_BACKLOG_MAX) ? LISTEN_BACKLOG_MAX : Number(size);
    return OK;
  }

  /** For reading; the setters below also tell a connection that is open. */
  get currentOptions(): TcpOptions {
    return this.options;
  }

  setKeepAliveEnabled(enabled: boolean): Outcome {
    this.options.keepAliveEnabled = enabled;
    this.applyKeepAlive();
    return OK;
  }

  setKeepAliveIdle(durationNs: bigint): Outcome {
    const outcome = this.options.setKeepAliveIdle(durationNs);
    if (outcome === OK && this.options.keepAliveEnabled) this.applyKeepAlive();
    return outcome;
  }

  shutdown(receive: boolean, send: boolean): Outcome {
    const answer = answerIn(this.state, TcpOperation.Shutdown);
    if (answer !== OK) return answer;
    if (receive) this.streams?.input.shut();
    if (send) this.streams?.output.end();
    return OK;
  }

  release(): void {
    this.context.socketCount--;
    this.request?.cancel();
    this.request = null;
    this.binding?.close();
    this.binding = null;
    if (this.context.isOver) this.connection?.abort();
    else this.connection?.close(LINGER_MS_MAX);
    this.connection = null;
    this.streams = null;
    for (const waiting of this.acceptQueue) waiting.abort();
    this.acceptQueue = [];
  }

  private connectFrom(local: SocketAddress | null, remote: SocketAddress): void {
    this.request = this.context.transport.connect({ remote, local }, (result) => {
      if (typeof result !== "number") this.connection = result;
      this.operationDone(typeof result === "number" ? result : OK);
    });
  }

  private operationDone(outcome: Outcome): void {
    this.request = null;
    this.finished = outcome;
    this.wakeWatchers();
  }

  private takeFinished(operation: TcpOperation): Outcome {
    const answer = answerIn(this.state, operation);
    if (answer !== OK) return answer;
    if (this.finished === null) return ErrorCode.WouldBlock;
    const { finished } = this;
    this.finished = null;
    return finished;
  }

  private openStreams(connection: Connection): TcpStreams {
    const input = new InputStream(connection, new InputFlow(this.context.bytePool), this.context.ready);
    const output = new OutputStream(connection);
    this.streams = { socket: this, input, output };
    this.applyKeepAlive();
    connection.attach(new StreamPair(input, output));
    return this.streams;
  }

  private applyKeepAlive(): void {
    if (this.connection === null || this.isKeepAliveUntouched()) return;
    const idleMs = Number(this.options.keepAliveIdleNs / 1_000_000n);
    this.connection.setKeepAlive(this.options.keepAliveEnabled, idleMs);
    this.wasKeepAliveApplied = true;
  }

  private wasKeepAliveApplied = false;

  /** Spares two system calls on each connection whose guest never asked for keep-alive. */
  private isKeepAliveUntouched(): boolean {
    return !this.options.keepAliveEnabled && !this.wasKeepAliveApplied;
  }

  private setState(next: TcpState): void {
    if (!isTransitionLegal(this.state, next)) {
      throw new Error(`illegal tcp state: ${this.state} to ${next}`);
    }
    this.state = next;
  }
}

/** Hands what a connection tells to the two streams that share it. */
class StreamPair implements ConnectionEvents {
  constructor(
    private readonly input: InputStream,
    private readonly output: OutputStream,
  ) {}

  bytesArrived(bytes: Uint8Array, start: number, end: number): boolean {
    return this.input.bytesArrived(bytes, start, end);
  }

  bytesGiven(bytes: Uint8Array, start: number, end: number): boolean {
    return this.input.bytesGiven(bytes, start, end);
  }

  endArrived(): void {
    this.input.endArrived();
  }

  roomMade(): void {
    this.output.roomMade();
  }

  failed(code: ErrorCode): void {
    this.input.failed(code);
    this.output.failed(code);
  }
}
