// wasi:sockets/udp udp-socket: the state machine of udp-state.ts driven by a transport.
//
// The socket keeps what arrived, so that a new pair of streams finds it. Its streams are children of it.

import { DatagramQueue } from "./datagram-queue.js";
import { type DatagramChannel, IncomingDatagramStream, OutgoingDatagramStream } from "./datagram-streams.js";
import type { DatagramEvents, DatagramSocket } from "./datagram-transport.js";
import { ErrorCode, OK, type Outcome } from "./error-code.js";
import { type Family, isIpv4Mapped, isSameEndpoint, isUnspecified, type SocketAddress } from "./ip-address.js";
import { Kind } from "./kind.js";
import { Watchable } from "./resource.js";
import type { AddressCheck, SocketContext } from "./socket-context.js";
import { SocketOptions } from "./socket-options.js";
import type { Request } from "./transport.js";
import { answerIn, isTransitionLegal, UdpOperation, UdpState } from "./udp-state.js";

/** The greatest buffer size handed on; a guest may ask for any u64, systems take a 32-bit int. */
const BUFFER_BYTES_MAX = 0x7fff_ffff;

/** What a guest finds when it set nothing. */
const UNTOUCHED = new SocketOptions();

/** What `stream` hands out. */
export interface DatagramStreams {
  readonly incoming: IncomingDatagramStream;
  readonly outgoing: OutgoingDatagramStream;
}

interface Pair extends DatagramStreams {
  readonly channel: DatagramChannel;
}

export class UdpSocket extends Watchable implements DatagramEvents {
  readonly kind = Kind.UdpSocket;
  readonly options = new SocketOptions();
  private state = UdpState.Unbound;
  private request: Request | null = null;
  /** How the started bind ended; null while it runs. */
  private finished: Outcome | null = null;
  private socket: DatagramSocket | null = null;
  private remote: SocketAddress | null = null;
  private readonly queue = new DatagramQueue();
  private pair: Pair | null = null;

  constructor(
    readonly family: Family,
    private readonly context: SocketContext,
    private readonly mayUse: AddressCheck,
  ) {
    super();
    context.socketCount++;
  }

  isReady(): boolean {
    return this.state !== UdpState.BindStarted || this.finished !== null;
  }

  get currentState(): UdpState {
    return this.state;
  }

  /** Datagrams that came and found no room. */
  get droppedCount(): number {
    return this.queue.droppedCount;
  }

  startBind(address: SocketAddress): Outcome {
    const answer = answerIn(this.state, UdpOperation.StartBind);
    if (answer !== OK) return answer;
    if (address.family !== this.family || isIpv4Mapped(address)) return ErrorCode.InvalidArgument;
    if (!this.mayUse("bind", address)) return ErrorCode.AccessDenied;
    this.setState(UdpState.BindStarted);
    const request = this.context.transport.bindDatagrams(address, this, (result) => {
      if (typeof result !== "number") this.socket = result;
      this.request = null;
      this.finished = typeof result === "number" ? result : OK;
      this.wakeWatchers();
    });
    if (this.finished === null) this.request = request; // otherwise it ended at once
    return OK;
  }

  finishBind(): Outcome {
    const answer = answerIn(this.state, UdpOperation.FinishBind);
    if (answer !== OK) return answer;
    const outcome = this.finished;
    if (outcome === null) return ErrorCode.WouldBlock;
    this.finished = null;
    this.setState(outcome === OK ? UdpState.Bound : UdpState.Unbound);
    if (outcome === OK) this.applyOptions(this.socket as DatagramSocket);
    return outcome;
  }

  /** (3), (4). When the peer cannot be connected to, the socket is bound only, and has no streams. */
  stream(remote: SocketAddress | null): DatagramStreams | ErrorCode {
    const answer = answerIn(this.state, UdpOperation.Stream);
    if (answer !== OK) return answer;
    if (remote !== null) {
      if (!this.isPossibleRemote(remote)) return ErrorCode.InvalidArgument;
      if (!this.mayUse("connect", remote)) return ErrorCode.AccessDenied;
    }
    this.replacePair();
    const socket = this.socket as DatagramSocket;
    const outcome = remote === null && this.remote === null ? OK : socket.connect(remote);
    this.remote = outcome === OK ? remote : null;
    this.setState(this.remote === null ? UdpState.Bound : UdpState.Connected);
    if (outcome !== OK) return outcome;
    if (remote !== null) this.queue.filter((datagram) => isSameEndpoint(datagram.remote, remote));
    return this.openPair(socket);
  }

  localAddress(): SocketAddress | ErrorCode {
    const answer = answerIn(this.state, UdpOperation.LocalAddress);
    return answer === OK ? (this.socket as DatagramSocket).localAddress : answer;
  }

  remoteAddress(): SocketAddress | ErrorCode {
    const answer = answerIn(this.state, UdpOperation.RemoteAddress);
    return answer === OK ? this.remote as SocketAddress : answer;
  }

  setHopLimit(value: number): Outcome {
    const outcome = this.options.setHopLimit(value);
    if (outcome === OK) this.socket?.setHopLimit(value);
    return outcome;
  }

  setReceiveBuffer(bytes: bigint): Outcome {
    const outcome = this.options.setReceiveBuffer(clampBuffer(bytes));
    if (outcome === OK) this.socket?.setReceiveBuffer(Number(this.options.receiveBufferBytes));
    return outcome;
  }

  setSendBuffer(bytes: bigint): Outcome {
    const outcome = this.options.setSendBuffer(clampBuffer(bytes));
    if (outcome === OK) this.socket?.setSendBuffer(Number(this.options.sendBufferBytes));
    return outcome;
  }

  datagramArrived(bytes: Uint8Array, remote: SocketAddress): void {
    if (this.remote !== null && !isSameEndpoint(remote, this.remote)) return;
    if (!this.mayUse("receive", remote)) return;
    const { ready } = this.context;
    const wasEmpty = ready.hold();
    if (this.queue.push({ bytes, remote }) && this.queue.length === 1) this.pair?.incoming.wake();
    ready.letGo(wasEmpty, false);
  }

  roomMade(): void {
    this.pair?.outgoing.roomMade();
  }

  /** Without a peer a failure belongs to some datagram of before: that one is lost, as datagrams may be. */
  failed(code: ErrorCode): void {
    const { pair } = this;
    if (pair === null || this.remote === null) return;
    pair.channel.failure = code;
    pair.incoming.wake();
    pair.outgoing.wake();
  }

  release(): void {
    this.context.socketCount--;
    this.request?.cancel();
    this.request = null;
    this.replacePair();
    this.socket?.close();
    this.socket = null;
  }

  /** What the guest set while there was nothing to set it on; what it left alone stays the system's. */
  private applyOptions(socket: DatagramSocket): void {
    const { hopLimit, receiveBufferBytes, sendBufferBytes } = this.options;
    if (hopLimit !== UNTOUCHED.hopLimit) socket.setHopLimit(hopLimit);
    if (receiveBufferBytes !== UNTOUCHED.receiveBufferBytes) socket.setReceiveBuffer(Number(receiveBufferBytes));
    if (sendBufferBytes !== UNTOUCHED.sendBufferBytes) socket.setSendBuffer(Number(sendBufferBytes));
  }

  private openPair(socket: DatagramSocket): DatagramStreams {
    const { remote } = this;
    const channel: DatagramChannel = {
      socket, queue: this.queue, isConnected: remote !== null, isReplaced: false, failure: null,
      checkRemote: (to) => (remote === null ? this.checkDestination(to) : checkPeer(to, remote)),
    };
    const incoming = new IncomingDatagramStream(channel);
    const outgoing = new OutgoingDatagramStream(channel, this.family);
    this.pair = { channel, incoming, outgoing };
    return this.pair;
  }

  private replacePair(): void {
    const { pair } = this;
    if (pair === null) return;
    this.pair = null;
    pair.channel.isReplaced = true;
    pair.incoming.wake();
    pair.outgoing.wake();
  }

  private checkDestination(to: SocketAddress | null): Outcome {
    if (to === null || !this.isPossibleRemote(to)) return ErrorCode.InvalidArgument;
    return this.mayUse("send", to) ? OK : ErrorCode.AccessDenied;
  }

  private isPossibleRemote(remote: SocketAddress): boolean {
    return remote.family === this.family && remote.port !== 0 && !isUnspecified(remote) && !isIpv4Mapped(remote);
  }

  private setState(next: UdpState): void {
    if (!isTransitionLegal(this.state, next)) {
      throw new Error(`illegal udp state: ${this.state} to ${next}`);
    }
    this.state = next;
  }
}

/** Connected: the peer may be named again, and nobody else. */
function checkPeer(to: SocketAddress | null, peer: SocketAddress): Outcome {
  return to === null || isSameEndpoint(to, peer) ? OK : ErrorCode.InvalidArgument;
}

function clampBuffer(bytes: bigint): bigint {
  return bytes > BigInt(BUFFER_BYTES_MAX) ? BigInt(BUFFER_BYTES_MAX) : bytes;
}
