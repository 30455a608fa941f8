// What a network and its machines are like: every delay, size, bound and fault that chance decides about has a name
// here. A host's own conditions hold for what it sends and for its own clock and reads.

import type { Range } from "./random.js";

export interface Conditions {
  /** Nanoseconds of one way, drawn per segment. Segments of one connection keep their order all the same. */
  readonly latencyNs: Range;
  /** The same between programs of one host. */
  readonly loopbackLatencyNs: Range;
  /** Bytes per second that the host can send, shared by its connections; 0 is no limit. Loopback has none. */
  readonly bytesPerSecond: number;
  /** Bytes of one segment at most, drawn per segment. */
  readonly segmentBytes: Range;
  /** Bytes that one read gives at most, drawn per read; at most 64 KiB. */
  readonly readBytes: Range;
  /** Bytes on the way or unread that a receiver allows, drawn per direction of a connection. */
  readonly windowBytes: Range;
  /** Bytes that wait in the sender's system; more counts as queued for the writer. Drawn per direction. */
  readonly sendBufferBytes: Range;
  /** Nanoseconds that a connection waits in a listener's accept queue. */
  readonly acceptDelayNs: Range;
  /** The longest accept queue, whatever backlog is asked for. */
  readonly acceptQueueMax: number;
  /** Nanoseconds after which `soon` runs. */
  readonly soonDelayNs: Range;
  /** Nanoseconds by which timers are late. */
  readonly timerLateNs: Range;
  /** Nanoseconds that a name look-up takes. */
  readonly lookupNs: Range;
  /** Nanoseconds after which the system gives up a connect that nobody answers. */
  readonly connectTimeoutNs: number;
  /** Nanoseconds after which the system gives up a connection whose bytes are not confirmed. */
  readonly retransmitTimeoutNs: number;
  /** Nanoseconds for which the port of a connection that was made from here stays taken after its end. */
  readonly timeWaitNs: number;

  // Faults: probabilities from 0 to 1.

  /** A connect attempt is refused though somebody listens. */
  readonly refuse: number;
  /** A connect attempt is never answered. */
  readonly blackHole: number;
  /** A connect attempt is answered with "unreachable". */
  readonly unreachable: number;
  /** The first packet of a connect attempt is lost; the system sends another one a second later, and so on. */
  readonly lostSyn: number;
  /** A segment is late by `stallNs`, and with it all behind it in its direction. */
  readonly stall: number;
  readonly stallNs: Range;
  /** The connection is reset behind a segment, for both ends. */
  readonly reset: number;
  /** From a segment on nothing arrives any more, in either direction, and nobody is told. */
  readonly silence: number;
  /** A reset throws away what the receiver has not read yet. */
  readonly resetDropsUnread: number;
  /** A datagram is lost. */
  readonly datagramLoss: number;
  /** A datagram arrives twice, each time with a delay of its own. */
  readonly datagramDuplicate: number;
  /** A datagram is late by two more delays, so that later ones overtake it even where all delays are the same. */
  readonly datagramReorder: number;
  /** A look-up fails for now. */
  readonly lookupFailure: number;
  /** A read gives its buffer away instead of lending it. */
  readonly givesBuffer: number;
}

const MICROSECOND = 1000;
const MILLISECOND = 1_000_000;
const SECOND = 1_000_000_000;

/** A network without faults and without chance but for the hidden orders of ports and random bytes. */
export const CALM: Conditions = {
  latencyNs: [500 * MICROSECOND, 500 * MICROSECOND],
  loopbackLatencyNs: [10 * MICROSECOND, 10 * MICROSECOND],
  bytesPerSecond: 0,
  segmentBytes: [65_536, 65_536],
  readBytes: [65_536, 65_536],
  windowBytes: [65_536, 65_536],
  sendBufferBytes: [65_536, 65_536],
  acceptDelayNs: [0, 0],
  acceptQueueMax: 4096,
  soonDelayNs: [0, 0],
  timerLateNs: [0, 0],
  lookupNs: [MILLISECOND, MILLISECOND],
  connectTimeoutNs: 127 * SECOND,
  retransmitTimeoutNs: 924 * SECOND,
  timeWaitNs: 0,
  refuse: 0,
  blackHole: 0,
  unreachable: 0,
  lostSyn: 0,
  stall: 0,
  stallNs: [200 * MILLISECOND, 3 * SECOND],
  reset: 0,
  silence: 0,
  resetDropsUnread: 0,
  datagramLoss: 0,
  datagramDuplicate: 0,
  datagramReorder: 0,
  lookupFailure: 0,
  givesBuffer: 0,
};

/** Everything varies, but nothing breaks: each byte of a connection must arrive. */
export const RAGGED: Conditions = {
  ...CALM,
  latencyNs: [50 * MICROSECOND, 20 * MILLISECOND],
  loopbackLatencyNs: [MICROSECOND, 50 * MICROSECOND],
  segmentBytes: [1, 65_536],
  readBytes: [1, 65_536],
  windowBytes: [512, 262_144],
  sendBufferBytes: [0, 131_072],
  acceptDelayNs: [0, MILLISECOND],
  soonDelayNs: [0, 100 * MICROSECOND],
  timerLateNs: [0, 2 * MILLISECOND],
  lookupNs: [0, 50 * MILLISECOND],
  lostSyn: 0.02,
  stall: 0.002,
  givesBuffer: 0.3,
};

/** Ragged, and connections break in every way that they can. */
export const HOSTILE: Conditions = {
  ...RAGGED,
  refuse: 0.05,
  blackHole: 0.03,
  unreachable: 0.02,
  lostSyn: 0.1,
  reset: 0.002,
  resetDropsUnread: 0.5,
  datagramLoss: 0.1,
  datagramDuplicate: 0.03,
  datagramReorder: 0.05,
  lookupFailure: 0.1,
};
