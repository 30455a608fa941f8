// One in-page network for all tabs of an origin. One tab has it, whoever holds the lock of that name; the others, and
// that tab itself, reach it by sessions.
//
//   MEMBER --the lock is ours--> HOLDER --leave(), the tab goes--> the next one in the row is HOLDER
//      ^------somebody stole it-----|
//
//   member                                holder
//     | {join: pair} by the common channel  |
//     |------------------------------------>|   the member holds a lock named after the pair, which the holder waits
//     |      {open: holder} by the pair's   |   for: so it notices a tab that just went away
//     |<------------------------------------|
//     |<------------- frames -------------->|   null: the other side is done
//     |                                     |
//     |<----------- {here: holder} ---------|   a new holder is there: whoever waits asks again, and sessions with
//                                               another one are over
//
// With the holder all connections break: their ends are told by a reset. Listeners bind again at the next holder.

import type { Channel, ChannelEvents, OpenChannel } from "../../gateway/channel.js";
import { GatewayTransport } from "../../gateway/client/transport.js";
import { Goodbye } from "../../gateway/frames.js";
import { messagePortChannel, type MessagePortLike } from "../../gateway/message-port-channel.js";
import type { GatewaySession } from "../../gateway/server/session.js";
import { pageClock } from "../clock.js";
import { PageNetwork } from "../network/network.js";
import { serveChannel } from "./serve.js";

/** What is used of navigator.locks. */
export interface TabLocks {
  request(name: string, options: { signal: AbortSignal }, granted: () => Promise<void>): Promise<unknown>;
}

/** This tab's share of the network. */
export interface TabNetwork {
  /** For `pagePlatform({ network })`. Binds answer later: `reserve` an address first where one is wanted at once. */
  readonly network: GatewayTransport;
  /** Whether the network lives in this tab now. */
  readonly isHolder: boolean;
  /** Ends what this tab has open there; if it is the holder, another tab takes over. */
  leave(): void;
}

/** What is used of a BroadcastChannel. */
interface Broadcast {
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  postMessage(message: unknown): void;
  close(): void;
}

interface Note {
  readonly join?: string;
  readonly here?: string;
  readonly open?: string;
}

const openBroadcast = (name: string): Broadcast => new BroadcastChannel(name) as unknown as Broadcast;

/** The network that all tabs of this origin share by this name. Needs Web Locks, which secure pages have. */
export function shareWithTabs(name: string, locks: TabLocks | undefined = webLocks()): TabNetwork {
  if (locks === undefined) throw new Error("tabs share a network by Web Locks, which this page has not");
  return new Tab(`event-engine ${name}`, locks);
}

function webLocks(): TabLocks | undefined {
  return (globalThis as { navigator?: { locks?: TabLocks } }).navigator?.locks;
}

class Tab implements TabNetwork {
  readonly network: GatewayTransport;
  private readonly common: Broadcast;
  private readonly ending = new AbortController();
  /** This tab's name as a holder; null while it is none. */
  private holder: string | null = null;
  private readonly sessions = new Map<string, GatewaySession>();
  private readonly home = new PageNetwork();
  /** Hears of holders. */
  private member: Member | null = null;

  constructor(private readonly name: string, private readonly locks: TabLocks) {
    this.common = openBroadcast(name);
    this.common.onmessage = ({ data }) => this.heard((data ?? {}) as Note);
    this.network = new GatewayTransport({ open: this.open, clock: pageClock(), hasNameserver: false });
    this.standInRow();
  }

  get isHolder(): boolean {
    return this.holder !== null;
  }

  leave(): void {
    this.network.close();
    this.stepDown("the holder left");
    this.ending.abort();
    this.common.close();
  }

  private standInRow(): void {
    const { locks, name, ending: { signal } } = this;
    hold(locks, name, signal, () => this.takeOver(), () => {
      this.stepDown("another tab took the lock");
      this.standInRow();
    });
  }

  private stepDown(why: string): void {
    this.holder = null;
    for (const session of [...this.sessions.values()]) session.end(Goodbye.ShuttingDown, why);
  }

  private takeOver(): void {
    this.holder = crypto.randomUUID();
    this.common.postMessage({ here: this.holder });
    this.member?.cameHome(this.openHere);
  }

  private heard({ join, here }: Note): void {
    if (here !== undefined) this.member?.holderCame(here);
    if (join !== undefined && this.holder !== null && !this.sessions.has(join)) this.admit(join, this.holder);
  }

  private admit(pair: string, holder: string): void {
    const gone = new AbortController();
    const open: OpenChannel = (events) => {
      const channel = new PairChannel(pair, events);
      hold(this.locks, pair, gone.signal, () => channel.fail("the tab is gone"));
      channel.post({ open: holder });
      return channel;
    };
    this.sessions.set(pair, serveChannel(open, this.home, () => {
      gone.abort();
      this.sessions.delete(pair);
    }));
  }

  private readonly open: OpenChannel = (events) => {
    if (this.holder !== null) return this.openHere(events);
    const say = (note: Note): void => {
      if (!this.ending.signal.aborted) this.common.postMessage(note);
    };
    return this.member = new Member(`${this.name} ${crypto.randomUUID()}`, events, this.locks, say);
  };

  /** The holder's own session. */
  private readonly openHere: OpenChannel = (events) => {
    const { port1, port2 } = new MessageChannel() as unknown as Record<"port1" | "port2", MessagePortLike>;
    const local = crypto.randomUUID();
    const over = (): void => { this.sessions.delete(local); };
    this.sessions.set(local, serveChannel(messagePortChannel(port1), this.home, over));
    return messagePortChannel(port2)(events);
  };
}

/** Frames between two tabs, by a BroadcastChannel of their own. */
class PairChannel implements Channel {
  readonly bufferedBytes = 0;
  protected isOpen = true;
  private readonly broadcast: Broadcast;

  constructor(protected readonly pair: string, protected readonly events: ChannelEvents) {
    this.broadcast = openBroadcast(pair);
    this.broadcast.onmessage = ({ data }) => this.arrived(data);
  }

  post(message: unknown): void {
    if (this.isOpen) this.broadcast.postMessage(message);
  }

  send(frame: Uint8Array): void {
    this.post(frame);
  }

  close(): void {
    this.post(null);
    this.shut();
  }

  fail(reason: string): void {
    if (!this.isOpen) return;
    this.shut();
    this.events.closed(reason);
  }

  protected arrived(data: unknown): void {
    if (data === null) this.fail("the other tab is done");
    else if (data instanceof Uint8Array) this.events.messageArrived(data);
  }

  protected shut(): void {
    this.isOpen = false;
    this.broadcast.close();
  }
}

/** A member's end: it asks to be let in, and hears of holders. */
class Member extends PairChannel {
  private readonly going = new AbortController();
  private holder: string | null = null;
  /** Where frames go since the network came to this tab, before anybody had let it in. */
  private home: Channel | null = null;

  constructor(pair: string, events: ChannelEvents, locks: TabLocks, private readonly say: (note: Note) => void) {
    super(pair, events);
    hold(locks, pair, this.going.signal, () => say({ join: pair }));
  }

  holderCame(holder: string): void {
    if (!this.isOpen) return;
    if (this.holder === null) this.say({ join: this.pair });
    else if (this.holder !== holder) this.fail("another tab has the network now");
  }

  cameHome(open: OpenChannel): void {
    if (!this.isOpen) return;
    if (this.holder !== null) return this.fail("the network is in this tab now");
    this.shut();
    this.home = open(this.events);
  }

  override send(frame: Uint8Array): void {
    if (this.home === null) super.send(frame);
    else this.home.send(frame);
  }

  override close(): void {
    if (this.home !== null) return this.home.close();
    super.close();
  }

  protected override arrived(data: unknown): void {
    const { open } = (data ?? {}) as Note;
    if (open === undefined || this.holder !== null) return super.arrived(data);
    this.holder = open;
    this.events.opened();
  }

  protected override shut(): void {
    super.shut();
    this.going.abort();
  }
}

/** Holds the lock of that name, once it is free, until the signal. `lost`: somebody stole it. */
function hold(
  locks: TabLocks, name: string, signal: AbortSignal, granted: () => void, lost: () => void = () => {},
): void {
  let isHeld = false;
  const until = (): Promise<void> => new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener("abort", () => resolve());
    isHeld = true;
    granted();
  });
  locks.request(name, { signal }, until).catch(() => { // aborted before it was granted, or stolen
    if (isHeld && !signal.aborted) lost();
  });
}
