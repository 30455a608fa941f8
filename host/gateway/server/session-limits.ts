// The bounds of one session of a gateway, each with its unit in the name and the reason beside it. An operator may
// choose others; Infinity is no bound, and no timer.

import {
  CREDIT_BYTES_MAX, FRAME_BYTES_DEFAULT, FRAME_BYTES_MAX, FRAME_BYTES_MIN, WINDOW_BYTES_DEFAULT, WINDOW_BYTES_MIN,
} from "../limits.js";

export interface SessionLimits {
  /** TCP streams, bindings and UDP sockets that may be held at once, streams that are still flushed among them. */
  readonly streams: number;
  /** Bytes of one stream that may be under way from the client. */
  readonly windowBytes: number;
  /** What all streams together may hold that nobody took; the stream that would go beyond is reset. */
  readonly heldBytes: number;
  /** The longest payload of DATA. */
  readonly frameBytes: number;
  /** Connects, binds and look-ups; four times as many may come at once. */
  readonly opensPerSecond: number;
  /** Datagrams sent, all sockets together, likewise; more are dropped. Against amplification. */
  readonly datagramsPerSecond: number;
  /** Peers of one UDP socket that are heard because they were written to; the oldest makes room. */
  readonly udpPeers: number;
  /** Look-ups under way. */
  readonly lookups: number;
  /** Bytes of streams and datagrams, both directions together: beyond it streams wait. */
  readonly bytesPerSecond: number;
  /** All of the session's bytes; then it ends. */
  readonly bytes: number;
  /** From the first moment until HELLO. */
  readonly helloMs: number;
  readonly connectMs: number;
  /** A stream that moves nothing for so long is reset. */
  readonly streamIdleMs: number;
  /** A session that holds nothing and asks for nothing for so long ends. */
  readonly sessionIdleMs: number;
  /** How long an address counts as one of the name that it was looked up by. */
  readonly nameMs: number;
  /** How long the peer of a stream that was closed may take nothing before it is cut. */
  readonly lingerMs: number;
}

export const SESSION_LIMITS: SessionLimits = {
  streams: 512,
  windowBytes: WINDOW_BYTES_DEFAULT,
  heldBytes: 64 * 1024 * 1024,
  frameBytes: FRAME_BYTES_DEFAULT,
  opensPerSecond: 256,
  datagramsPerSecond: 1024,
  udpPeers: 256,
  lookups: 64,
  bytesPerSecond: Infinity,
  bytes: Infinity,
  helloMs: 10_000,
  connectMs: 30_000,
  streamIdleMs: 3_600_000,
  sessionIdleMs: 600_000,
  nameMs: 600_000,
  lingerMs: 30_000,
};

/** For clients that are as trusted as oneself: other threads and tabs of one program. */
export const NO_LIMITS: SessionLimits = {
  ...SESSION_LIMITS,
  streams: 65_536,
  heldBytes: Infinity,
  opensPerSecond: Infinity,
  datagramsPerSecond: Infinity,
  udpPeers: 65_536,
  lookups: 1024,
  helloMs: Infinity,
  connectMs: Infinity,
  streamIdleMs: Infinity,
  sessionIdleMs: Infinity,
};

/** Addresses of names that one session remembers. */
export const KNOWN_NAMES_MAX = 1024;

/** Ports chosen for binds that one session remembers. */
export const CHOSEN_PORTS_MAX = 256;

/** Bytes that wait in the channel at which streams stop to read, and at which they go on. */
export const CHANNEL_HIGH_BYTES = 1024 * 1024;
export const CHANNEL_LOW_BYTES = 256 * 1024;

/** Bytes in the channel that only a client gets to that asks and asks and reads no answer. */
export const CHANNEL_BYTES_MAX = 4 * CHANNEL_HIGH_BYTES;

/** How many seconds' worth of a rate may come at once. */
export const BURST_SECONDS = 4;

/** Linger of streams whose client is gone: nobody else counts them. */
export const ORPHAN_LINGER_MS = 5000;

/** Timers of platforms overflow beyond. */
const TIMER_MS_MAX = 0x7fff_ffff;

/** Throws when a limit is not as it may be. */
export function checkLimits(limits: SessionLimits): void {
  const bounds: Record<string, readonly [min: number, max: number]> = {
    windowBytes: [WINDOW_BYTES_MIN, CREDIT_BYTES_MAX], frameBytes: [FRAME_BYTES_MIN, FRAME_BYTES_MAX],
  };
  for (const [name, value] of Object.entries(limits)) {
    const [min, max] = bounds[name] ?? [0, name.endsWith("Ms") ? TIMER_MS_MAX : Number.MAX_SAFE_INTEGER];
    const isRight = value >= min && value <= max && Number.isInteger(value);
    if (!isRight && (value !== Infinity || name in bounds)) {
      throw new Error(`the limit ${name} is a whole number from ${min} to ${max}, not ${value}`);
    }
  }
}
