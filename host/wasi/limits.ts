// Every bound of the host in one place: each table, queue and wait that a guest or a peer can feed has its limit
// here, with its unit in the name and the reason beside it.

/** Entries of the resource table. A guest that leaks handles meets a trap instead of eating the host's memory. */
export const HANDLES_MAX = 1 << 20;

/** Sockets of one host, of either protocol; beyond it their creation answers new-socket-limit. */
export const SOCKETS_MAX = 65_536;

/** Connections that wait for accept() on one listener; beyond it the newest is reset, as a kernel would do. */
export const ACCEPT_QUEUE_MAX = 4096;

/** The backlog that a listener asks the kernel for when the guest did not choose one. */
export const LISTEN_BACKLOG_DEFAULT = 1024;

/** The greatest backlog handed on; a guest may ask for any u64, the kernel takes a 32-bit int. */
export const LISTEN_BACKLOG_MAX = 65_535;

/** Datagrams of one socket that wait for receive(); beyond it the newest is dropped, as a kernel would do. */
export const DATAGRAM_QUEUE_MAX = 4096;

/** Bytes of these datagrams. */
export const DATAGRAM_QUEUE_BYTES_MAX = 1024 * 1024;

/** Datagrams that one receive gives and one check-send permits: keeps a call and its allocations in the guest short. */
export const DATAGRAMS_PER_CALL_MAX = 16;

/** Datagrams of one socket that the transport may hold unsent; with that many check-send gives no permit. */
export const DATAGRAM_SEND_QUEUE_MAX = 256;

/** Bytes of the largest datagrams: 65,535 without the headers, which for IPv6 do not count into its length field. */
export const DATAGRAM_BYTES_MAX_IPV4 = 65_507;
export const DATAGRAM_BYTES_MAX_IPV6 = 65_527;

/** Bytes of one input stream at which reading pauses: a slow guest pushes back on its peer. */
export const INPUT_HIGH_WATER_BYTES = 256 * 1024;

/** Bytes of one input stream at which a paused reader resumes. */
export const INPUT_LOW_WATER_BYTES = 64 * 1024;

/**
 * Ready pollables that make a batch. The turn of a larger one would find that the first sockets of the batch have
 * left the processor's cache again, and would cost more per socket, not less.
 */
export const READY_BATCH = 32;

/** Bytes of an arrival from which on the guest is offered them in place, since a copy would cost more than a turn. */
export const BORROW_BYTES_MIN = 8 * 1024;

/** Bytes that one output stream lets wait for the transport: the greatest permit that check-write gives. */
export const OUTPUT_HIGH_WATER_BYTES = 256 * 1024;

/** Most bytes that one read, skip or splice moves: keeps one call short and its allocation in the guest small. */
export const READ_BYTES_MAX = 64 * 1024;

/** WASI's own limit on the contents of blocking-write-and-flush and its write-zeroes sibling. */
export const BLOCKING_WRITE_BYTES_MAX = 4096;

/** Bytes that blocking writes may pile up beyond the permit where the host cannot block; then it traps. */
export const BLOCKING_WRITE_QUEUE_BYTES_MAX = 4 * 1024 * 1024;

/** How long a dropped connection whose bytes are still on their way may make no progress before it is cut. */
export const LINGER_MS_MAX = 30_000;

/** Bytes that one get-random-bytes call gives; more is a trap, so that one call cannot keep the host for long. */
export const RANDOM_BYTES_MAX = 64 * 1024 * 1024;

/** Names longer than this cannot exist in DNS; refusing early keeps hostile strings out of the resolver. */
export const NAME_BYTES_MAX = 253;
export const LABEL_BYTES_MAX = 63;

/** Look-ups of one guest that have not ended; beyond it a new one answers out-of-memory. */
export const LOOKUPS_MAX = 1024;

/** Addresses kept of one name look-up. */
export const LOOKUP_ADDRESSES_MAX = 256;
