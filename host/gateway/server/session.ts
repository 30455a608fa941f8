// The server's half of the gateway protocol, for one client, over any transport. What the client may do is decided by
// a policy, what it may use up by limits, and both are told to an audit log.
//
//   NEW --HELLO--> ADMITTING --WELCOME--> OPEN
//    |                 |                   |  the channel closed, GOODBYE of either side
//    |  no HELLO in time, another version, |  the protocol was broken, a limit, nothing to do for too long
//    +-----------------+-------------------+--> OVER: every socket is given back, nothing is called back any more

import { ErrorCode } from "../../wasi/error-code.js";
import type { Clock, TimerId } from "../../wasi/clock.js";
import { addressText, type SocketAddress } from "../../wasi/ip-address.js";
import type { Transport } from "../../wasi/transport.js";
import type { Channel, ChannelEvents, OpenChannel } from "../channel.js";
import { parseFrame } from "../frame-parser.js";
import {
  BIND, BIND_UDP, type Frame, GOODBYE, Goodbye, goodbyeFrame, HELLO, type HelloFrame, OPEN, type OpenFrame, PING,
  plainFrame, PONG, RESOLVE, RIGHT_LISTEN, RIGHT_NAMESERVER, RIGHT_RESOLVE, RIGHT_TCP, RIGHT_UDP, welcomeFrame,
} from "../frames.js";
import { PROTOCOL_VERSION } from "../limits.js";
import { type Audit, verdict } from "./audit.js";
import { Bound } from "./bound.js";
import { Datagrams } from "./datagrams.js";
import { LookUp } from "./look-up.js";
import { Outlet } from "./outlet.js";
import type { Policy, Rights } from "./policy.js";
import { SessionCore } from "./session-core.js";
import { SESSION_LIMITS, type SessionLimits } from "./session-limits.js";
import { Stream } from "./stream.js";

/** What a client's token means: what it may do, or why it may not come in. */
export type Admission = Policy | { readonly refused: Goodbye; readonly text: string };

export interface SessionOptions {
  /** Called once, by the constructor. Its channel tells `roomMade` if its `bufferedBytes` is ever above 0. */
  readonly open: OpenChannel;
  /** Where connections are made; not closed by the session, which gives back all that it opened. */
  readonly transport: Transport;
  readonly clock: Clock;
  /** Asked once. What it throws refuses the client. */
  readonly admit: (token: string) => Admission | Promise<Admission>;
  /** What differs from SESSION_LIMITS. */
  readonly limits?: Partial<SessionLimits>;
  readonly audit?: Audit;
  /** The session is over, for whatever reason; once, and nothing of it is open any more. */
  readonly onEnd?: () => void;
}

const RIGHT_BITS: Readonly<Record<keyof Rights, number>> = {
  tcp: RIGHT_TCP, udp: RIGHT_UDP, resolve: RIGHT_RESOLVE, nameserver: RIGHT_NAMESERVER, listen: RIGHT_LISTEN,
};

enum State {
  New,
  Admitting,
  Open,
  Over,
}

export class GatewaySession implements ChannelEvents {
  private state = State.New;
  private readonly channel: Channel;
  private readonly outlet: Outlet;
  private readonly limits: SessionLimits;
  /** From when it is open. */
  private core: SessionCore | null = null;
  private timer: TimerId | null = null;
  private activeNs = 0;
  /** Bytes that each stream may be sent before the client gives credit. */
  private window = 0;

  constructor(private readonly options: SessionOptions) {
    this.limits = { ...SESSION_LIMITS, ...options.limits };
    this.channel = options.open(this);
    this.outlet = new Outlet(this.channel, options.clock, this.limits, (why) => this.end(Goodbye.Limit, why));
    this.after(this.limits.helloMs, () => this.end(Goodbye.Idle, "no HELLO came"));
  }

  /** The most bytes that this session ever held in memory: in its streams, and in the channel. */
  get peakBytes(): number {
    return this.outlet.peakBytes;
  }

  /** Says goodbye, closes the channel and gives everything back. Does nothing when it is over already. */
  end(reason: Goodbye, text: string): void {
    if (this.state === State.Over) return;
    this.channel.send(goodbyeFrame(reason, text));
    this.finish(`${Goodbye[reason]}: ${text}`);
  }

  opened(): void {}

  messageArrived(bytes: Uint8Array): void {
    if (this.state === State.Over) return;
    const frame = parseFrame(bytes);
    if (frame === null || !this.frameArrived(frame)) this.end(Goodbye.ProtocolError, "not a frame that may come now");
  }

  roomMade(): void {
    this.outlet.roomMade();
  }

  closed(reason: string): void {
    this.finish(`the channel closed: ${reason}`);
  }

  /** False when the client broke the protocol. */
  private frameArrived(frame: Frame): boolean {
    if (frame.type === GOODBYE) {
      this.finish("the client said goodbye");
      return true;
    }
    if (this.state === State.New) return frame.type === HELLO && this.greeted(frame);
    if (frame.type === PING) this.outlet.send(plainFrame(PONG, 0));
    if (frame.type === PING || frame.type === PONG) return true;
    const { core } = this;
    if (core === null) return false;
    this.activeNs = this.options.clock.monotonicNow();
    switch (frame.type) {
      case OPEN:
      case BIND:
      case BIND_UDP:
      case RESOLVE:
        return core.takeId(frame.id) && this.asked(core, frame);
      default: {
        const item = core.items.get(frame.id);
        // Frames for what is over were on their way when it ended.
        return item === undefined ? core.wasUsed(frame.id) : item.frameArrived(frame);
      }
    }
  }

  private greeted({ version, window, token }: HelloFrame): boolean {
    if (version < PROTOCOL_VERSION) {
      this.end(Goodbye.Version, `version ${PROTOCOL_VERSION} is spoken here`);
      return true;
    }
    this.window = window;
    this.state = State.Admitting;
    const refused = { refused: Goodbye.Unauthorised, text: "the token could not be checked" };
    // A function, so that what `admit` throws itself is caught, too.
    void (async () => this.options.admit(token))().catch(() => refused).then((admission) => this.admitted(admission));
    return true;
  }

  private admitted(admission: Admission): void {
    if (this.state !== State.Admitting) return;
    const isRefused = "refused" in admission;
    const reason = isRefused ? admission.text : "admitted";
    this.options.audit?.({ event: "session", allowed: !isRefused, reason });
    if (isRefused) return this.end(admission.refused, admission.text);
    const { transport, clock, audit } = this.options;
    const { limits, outlet } = this;
    this.state = State.Open;
    this.core = new SessionCore(transport, clock, admission, limits, outlet, audit ?? (() => {}));
    let rights = 0;
    for (const name of Object.keys(RIGHT_BITS) as (keyof Rights)[]) {
      if (admission.rights[name]) rights |= RIGHT_BITS[name];
    }
    if (transport.hasNameserver !== true) rights &= ~RIGHT_NAMESERVER;
    const { windowBytes: window, frameBytes: frameMax, streams: streamsMax } = limits;
    outlet.send(welcomeFrame({ window, frameMax, streamsMax, rights }));
    this.activeNs = clock.monotonicNow();
    this.sweepLater();
  }

  /** The client wants something new. */
  private asked(core: SessionCore, frame: Frame): boolean {
    const { id } = frame;
    switch (frame.type) {
      case OPEN:
        if (core.mayOpen(id, "connect")) this.open(core, frame);
        return true;
      case BIND:
        if (core.mayOpen(id, "bind")) this.bind(core, id, frame.address);
        return true;
      case BIND_UDP:
        if (core.mayOpen(id, "bind")) this.bindDatagrams(core, id, frame.address);
        return true;
      case RESOLVE:
        if (core.mayOpen(id, "resolve")) new LookUp(core, id).begin(frame.name);
        return true;
      default:
        return false;
    }
  }

  private open(core: SessionCore, frame: OpenFrame): void {
    const { id, remote, local } = frame;
    const { target, ...decision } = core.policy.connect("tcp", remote, core.names.namesOf);
    core.audit({ event: "connect", id, ...verdict(decision), address: addressText(remote) });
    if (!decision.allowed || (local !== null && !core.mayTake(local))) return core.fail(id, ErrorCode.AccessDenied);
    if (local !== null && local.family !== target.family) return core.fail(id, ErrorCode.InvalidArgument);
    new Stream(core, id, this.window).connect(frame, target);
  }

  private bind(core: SessionCore, id: number, address: SocketAddress): void {
    const decision = address.port === 0 && core.policy.rights.tcp
      ? { target: address, allowed: true, reason: "a port that the system chooses" }
      : core.policy.listen(address);
    core.audit({ event: "bind", id, ...verdict(decision), address: addressText(address) });
    if (decision.allowed) new Bound(core, id, decision.target, this.window).bind();
    else core.fail(id, ErrorCode.AccessDenied);
  }

  private bindDatagrams(core: SessionCore, id: number, address: SocketAddress): void {
    const isAllowed = core.policy.rights.udp && core.mayTake(address);
    core.audit({ event: "bind", id, allowed: isAllowed, reason: "for UDP", address: addressText(address) });
    if (isAllowed) new Datagrams(core, id).bind(address);
    else core.fail(id, ErrorCode.AccessDenied);
  }

  /** Looks now and then for what has nothing to do any more. */
  private sweepLater(): void {
    const { limits, options: { clock } } = this;
    this.after(Math.min(limits.streamIdleMs, limits.sessionIdleMs) / 4, () => {
      const { core } = this;
      if (core === null) return;
      const now = clock.monotonicNow();
      if (limits.streamIdleMs !== Infinity) {
        for (const item of core.items.values()) item.sweep?.(now - limits.streamIdleMs * 1e6);
      }
      const isIdle = core.isEmpty && now - this.activeNs >= limits.sessionIdleMs * 1e6;
      if (isIdle) this.end(Goodbye.Idle, "nothing was asked for");
      else this.sweepLater();
    });
  }

  private after(delayMs: number, run: () => void): void {
    const { clock } = this.options;
    if (this.timer !== null) clock.clearTimer(this.timer);
    this.timer = delayMs === Infinity ? null : clock.setTimer(delayMs, () => {
      this.timer = null;
      run();
    });
  }

  private finish(reason: string): void {
    if (this.state === State.Over) return;
    this.state = State.Over;
    this.after(Infinity, () => {});
    this.core?.abandonAll();
    this.core = null;
    this.outlet.stop();
    this.channel.close();
    this.options.audit?.({ event: "goodbye", reason, received: this.outlet.movedBytes });
    this.options.onEnd?.();
  }
}
