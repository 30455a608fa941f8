// Channels in memory with delays by chance, each to a server session of its own, and a watch over what goes through:
// every message is a frame, nobody sends more than there is credit for, and nothing comes behind an end.
import { type Frame, HELLO, WELCOME } from "#host/gateway/frames.js";
import * as frames from "#host/gateway/frames.js";
import type { Channel, ChannelEvents, OpenChannel } from "#host/gateway/channel.js";
import { parseFrame } from "#host/gateway/frame-parser.js";
import { SERVER_IDS_FROM } from "#host/gateway/limits.js";
import type { SimRandom, Simulation } from "#host/sim/index.js";

type Side = "client" | "server";

/** What one side sent about one stream. */
interface Flow {
  sent: number;
  /** Credit that reached it. */
  credit: number;
  isEnded: boolean;
  isOver: boolean;
}

/** Watches one session. What is wrong is thrown. */
class Watch {
  /** Bytes that each side may have under way of each stream, as the other granted. */
  private readonly windows = { client: Infinity, server: Infinity };
  private readonly flows = new Map<string, Flow>();
  private lastClientId = 0;
  private lastServerId = SERVER_IDS_FROM - 1;

  sent(side: Side, frame: Frame): void {
    const flow = this.flow(side, frame.id);
    if (flow.isOver) throw new Error(`${side} sends type ${frame.type} about ${frame.id}, which it ended itself`);
    switch (frame.type) {
      case frames.DATA:
        flow.sent += frame.bytes.length - frame.start;
        if (flow.isEnded) throw new Error(`${side} sends behind its end of ${frame.id}`);
        if (flow.sent > this.windows[side] + flow.credit) {
          const allowed = `window ${this.windows[side]}, credit ${flow.credit}`;
          throw new Error(`${side} sent ${flow.sent} of ${frame.id}: ${allowed}`);
        }
        return;
      case frames.END:
        if (flow.isEnded) throw new Error(`${side} ends ${frame.id} twice`);
        flow.isEnded = true;
        return;
      case frames.RESET:
      case frames.CLOSE:
      case frames.RELEASED:
        flow.isOver = true;
        return;
      case frames.OPEN:
      case frames.BIND:
      case frames.BIND_UDP:
      case frames.RESOLVE:
        if (frame.id <= this.lastClientId || frame.id >= SERVER_IDS_FROM) throw new Error(`client id ${frame.id}`);
        this.lastClientId = frame.id;
        return;
      case frames.ACCEPTED:
        if (frame.stream <= this.lastServerId) throw new Error(`server id ${frame.stream}`);
        this.lastServerId = frame.stream;
        return;
      default:
    }
  }

  delivered(side: Side, frame: Frame): void {
    if (frame.type === HELLO) this.windows.server = frame.window;
    if (frame.type === WELCOME) this.windows.client = frame.window;
    if (frame.type === frames.CREDIT) this.flow(side, frame.id).credit += frame.bytes;
  }

  private flow(side: Side, id: number): Flow {
    const key = `${side} ${id}`;
    const known = this.flows.get(key);
    if (known !== undefined && id !== 0) return known;
    const flow = { sent: 0, credit: 0, isEnded: false, isOver: false };
    this.flows.set(key, flow);
    return flow;
  }
}

/** One direction: first in, first out, each message late by chance. */
class Way {
  bufferedBytes = 0;
  private latestMs = 0;

  constructor(
    private readonly pair: ChannelPair, private readonly to: Side, private readonly random: SimRandom,
  ) {}

  send(message: Uint8Array): void {
    const { pair, to } = this;
    if (pair.isCut) return;
    const frame = parseFrame(message.slice());
    if (frame === null) throw new Error(`to ${to}: no frame: ${message.subarray(0, 20)}`);
    pair.watch.sent(to === "client" ? "server" : "client", frame);
    this.bufferedBytes += message.length;
    pair.messages++;
    this.later(() => {
      this.bufferedBytes -= message.length;
      pair.watch.delivered(to, frame);
      if (frame.type === HELLO) pair.hasPromises = true;
      pair.events(to)?.messageArrived(message);
      pair.events(to === "client" ? "server" : "client")?.roomMade?.();
      if (pair.messages >= pair.cutAfter) pair.cut();
    });
  }

  /** Behind everything that was sent before; not at all once the channel is cut. */
  later(run: () => void): void {
    const { sim } = this.pair;
    const ms = this.random.chance(0.5) ? 0 : this.random.fraction() * 3;
    this.latestMs = Math.max(this.latestMs, sim.nowMs + ms);
    sim.at(this.latestMs, () => {
      if (!this.pair.isCut) run();
    });
  }
}

export class ChannelPair {
  readonly watch = new Watch();
  messages = 0;
  isCut = false;
  /** Promises wait to have their say. */
  hasPromises = false;
  private readonly sides: Partial<Record<Side, ChannelEvents>> = {};
  private readonly ways: Record<Side, Way>;

  /** The channel is lost after that many messages. */
  constructor(readonly sim: Simulation, random: SimRandom, readonly cutAfter: number) {
    this.ways = { client: new Way(this, "client", random), server: new Way(this, "server", random) };
  }

  /** The client's end opens once the server's is there, which `serve` sees to. */
  openClient(events: ChannelEvents, serve: (open: OpenChannel) => void): Channel {
    this.sides.client = events;
    this.ways.client.later(() => {
      serve((serverEvents) => {
        this.sides.server = serverEvents;
        this.ways.server.later(() => serverEvents.opened());
        return this.channel("server");
      });
      this.sides.client?.opened();
    });
    return this.channel("client");
  }

  events(side: Side): ChannelEvents | null {
    return this.sides[side] ?? null;
  }

  /** Both ends hear of it, what was under way is lost. */
  cut(): void {
    if (this.isCut) return;
    this.isCut = true;
    for (const side of ["client", "server"] as const) {
      const events = this.sides[side];
      delete this.sides[side];
      if (events !== undefined) this.sim.after(1, () => events.closed("cut"));
    }
  }

  private channel(side: Side): Channel {
    const other = side === "client" ? "server" : "client";
    const way = this.ways[other];
    return {
      get bufferedBytes() {
        return way.bufferedBytes;
      },
      send: (frame) => {
        if (this.sides[side] !== undefined) way.send(frame);
      },
      close: () => {
        if (this.sides[side] === undefined) return;
        delete this.sides[side];
        way.later(() => {
          const events = this.sides[other];
          this.isCut = true;
          delete this.sides[other];
          events?.closed("the other side closed");
        });
      },
    };
  }
}
