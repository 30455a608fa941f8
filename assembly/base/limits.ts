// Every bound of the engine that the outside could otherwise push: one place, each with its unit and why.

/** Bytes of the scratch arena that lifted lists land in. One 64 KiB read and a poll result fit together. */
export const ARENA_BYTES: i32 = 160 * 1024;

/** Timers that one turn runs or queues at most, tasks that it runs, each of a batch counted, and ready sources: so much
 *  of each, unless somebody sets another bound. The rest comes first in the next turn, so that a turn stays short. */
export const TURN_CALLS_DEFAULT: i32 = 1024;

/** The highest such bound. */
export const TURN_CALLS_MAX: u32 = 1 << 20;

/** Tasks that every priority may run in each turn, however many of the higher ones ran: nobody starves. */
export const LOWER_SHARE: i32 = 16;

/** Read-and-write rounds that one pump may make in one run, so that one fast peer cannot hold a turn. */
export const ROUNDS_PER_RUN_MAX: i32 = 4;

/** Connections that the system keeps for a listener that has not accepted them yet. */
export const LISTEN_BACKLOG: u64 = 4096;

/** Connections that one listener accepts in one run, so that a connection storm leaves time for I/O. */
export const ACCEPTS_PER_RUN_MAX: i32 = 64;

/** Most bytes that one read asks for. No runtime gives more than 64 KiB at once. */
export const READ_BYTES_MAX: i32 = 65536;

/** Most bytes that a read of an endpoint waits for, however many its caller wishes for. */
export const READ_HINT_MAX: u32 = 1 << 20;

/** Fewest bytes that one read asks for: Wasmtime clears a buffer of the asked size for every read. */
export const READ_BYTES_MIN: i32 = 2048;

/** Bytes that are read ahead while a descriptor waits for an error: what is read is held, so it is little. */
export const READ_AHEAD_BYTES: u32 = 512;

/** Most bytes that slices are gathered into for one write. */
export const WRITE_BYTES_MAX: u32 = 65536;

/** Bytes from which on a slice is written alone: to copy it would cost more than a call of the host. */
export const GATHER_BYTES_MAX: u32 = 16384;

/** Endpoints that are open at once; beyond it listeners stop accepting until one is closed. */
export const ENDPOINTS_MAX: i32 = 65536;

/** Nanoseconds until a listener tries again after the system ran out of descriptors or memory. */
export const ACCEPT_RETRY_NS: u64 = 100_000_000;

/** Nanoseconds that a graceful stop waits for sessions in flight. */
export const STOP_GRACE_NS: u64 = 5_000_000_000;

/** Nanoseconds without a byte after which a stopping program counts a session's input as ended. */
export const STOP_SILENCE_NS: u64 = 200_000_000;

/** Nanoseconds that a connect may take before the next address is tried. */
export const CONNECT_TIMEOUT_NS: u64 = 30_000_000_000;

/** Tries to find one free port for both [::] and 0.0.0.0, when the system is to pick it. */
export const PORT_TRIES_MAX: i32 = 4;

/** Memory pressure (0 to 1) above which a listener lets nobody in. */
export const ACCEPT_PRESSURE_MAX: f64 = 0.99;

/** Addresses of one name that are kept and tried, so that a resolver cannot make us try for ever. */
export const ADDRESSES_MAX: i32 = 16;

/** Entries of the array through which a host says which pollables are ready. */
export const READY_CAPACITY: i32 = 1024;

/** Nanoseconds without an event after which a waiting source counts as cold; see poll/wait-list.ts. */
export const HOT_NS: u64 = 50_000_000;

/** Nanoseconds by which every waiting source makes that longer. */
export const HOT_PER_SOURCE_NS: u64 = 20_000;

/** Sources that one poll asks for while more than these are hot. A poll looks at each, so this bounds it. */
export const POLL_WINDOW: i32 = 128;

/** Estimated cost of one more pollable in a poll of a runtime that looks at each, in nanoseconds. */
export const POLL_ITEM_NS: u64 = 200;

/** A window of cold sources is polled at most once per this many times its own estimated cost. */
export const COLD_POLL_SHARE: u64 = 16;

/** Hot sources are waited for alone during this many times the estimated cost of a poll of everything. */
export const SILENCE_SHARE: u64 = 4;

/** Steps that a cooperative runtime allows between two yields; Wasmtime's number. */
export const STEPS_ALLOWED: i32 = 128;

/** Steps after which we yield, so that one run fits in the rest. */
export const STEPS_MAX: i32 = 96;

/** Operations of completion queues that are outstanding, or ended and not taken, all queues together: 24 MiB. */
export const OPERATIONS_MAX: i32 = 1 << 20;

/** Waits for tags of one PLUCK queue at a time; gRPC's number. */
export const PLUCKERS_MAX: u8 = 6;

/** Events that a program takes before the engine has a turn, although more are there: a tenth of a millisecond, and the
 *  turn's poll of some hundred idle sources costs each event less than 100 ns. */
export const TAKES_PER_TURN_MAX: i32 = 1024;

/** Bytes of one list or string that may be passed in, from a host or a guest. */
export const LIST_BYTES_MAX: u32 = 16 << 20;

/** Bytes that a guest gets a copy of in one call. */
export const COPY_BYTES_MAX: u32 = 1 << 20;

/** Bytes that pay for what guests make without naming an allocator, until somebody sets another size. */
export const DEFAULT_QUOTA_BYTES: i64 = 256 << 20;

/** Bytes by which reads may overcommit that quota; beyond them they fail, so that nobody hoards what peers send. */
export const READS_OVERCOMMIT_MAX: i64 = 16 << 20;

/** Events that a guest takes in one call. */
export const EVENTS_PER_CALL_MAX: u32 = 1024;

/** Bytes and pointers of names that are looked at for one message of DNS; four times what the longest one holds. */
export const NAME_STEPS_MAX: i32 = 1 << 18;

/** Aliases (CNAME) from the name that was asked for to the one that has the records; beyond it they count as a loop. */
export const ALIASES_MAX: u32 = 16;

/** Seconds that an answer of DNS is valid at most, whatever it says; and one that says that there is nothing. */
export const TTL_MAX: u32 = 86_400;
export const NEGATIVE_TTL_MAX: u32 = 10_800;

/** Nameservers of one resolver. */
export const SERVERS_MAX: i32 = 8;

/** Ports to one nameserver that are opened before queries share them: a guess needs the port of one query, however many
 *  others there are, while each socket costs as much as some queries, and a look at it in every poll. */
export const DNS_PORTS_MAX: i32 = 8;

/** Ports to one nameserver in all, with those that wait for their last answers. */
export const DNS_PORTS_TOTAL_MAX: i32 = 128;

/** Queries that leave by one port, so that who has learned it does not have it for long. */
export const DNS_PORT_USES_MAX: i32 = 64;

/** Ports for queries are drawn from this number on, to 65,535. */
export const DNS_PORT_FIRST: u32 = 16384;

/** Ports that are drawn for one socket before the system is asked for any. */
export const DNS_PORT_TRIES_MAX: u8 = 4;

/** Wrong answers to one port or connection after which it is given up: one chance in 64 to guess an identifier. */
export const DNS_WRONG_MAX: u32 = 1024;

/** Calls, of two datagrams each, in which one port is heard in one run: a flood leaves time for the others. */
export const DNS_RECEIVES_PER_RUN_MAX: i32 = 16;

/** Questions that one resolver lets out at a time, at first and after losses: a server's socket holds about so many. */
export const DNS_IN_FLIGHT_MIN: i32 = 256;

/** The same, once answers have come for all of them. */
export const DNS_IN_FLIGHT_MAX: i32 = 4096;

/** Nanoseconds that the first try of a question waits at least, however near the server is. */
export const DNS_TRY_NS_MIN: u64 = 200_000_000;

/** Nanoseconds that one try waits at most, however often it was doubled. */
export const DNS_TRY_NS_MAX: u64 = 60_000_000_000;

/** Nanoseconds during which a server that failed is asked after the others. */
export const DNS_SERVER_REST_NS: u64 = 10_000_000_000;

/** Nanoseconds that a connection to a nameserver stays open without a question (RFC 7766 wants few seconds). */
export const DNS_STREAM_IDLE_NS: u64 = 2_000_000_000;

/** Bytes of questions that wait in one connection to a nameserver for the stream to take them. */
export const DNS_STREAM_OUT_BYTES: u32 = 2048;

/** Look-ups that are outstanding at once, all resolvers together; more are refused. Those of guests count until their
 *  results are claimed. */
export const LOOKUPS_MAX: i32 = 65536;

/** Bytes that a resolver keeps answers in unless it is told otherwise. */
export const DNS_CACHE_BYTES: u32 = 256 << 10;

/** Domains of one search list; one more query each for every name that is not found. */
export const SEARCH_MAX: i32 = 8;

/** Sockets that one sort of addresses makes at most to learn their sources. */
export const SOURCE_PROBES_MAX: i32 = 8;

/** Nanoseconds that a source address is taken for granted. */
export const SOURCES_KEPT_NS: u64 = 10_000_000_000;
