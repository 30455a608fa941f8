// Bounds of what goes to a nameserver by DNS over HTTPS, with their units and reasons.

/** Bytes of a message of DNS: what 16 bits of length say in front of it over TCP. */
export const MESSAGE_BYTES_MAX = 65_535;

/** Bytes of a question that is sent: one that is padded (RFC 8467) has some 500. Bounds what waits to 4 MiB. */
export const QUERY_BYTES_MAX = 4096;

/** Exchanges at once. A browser has six connections for HTTP/1.1, and most servers of HTTP/2 take a hundred streams. */
export const EXCHANGES_MAX = 64;

/** Exchanges that wait for one of these to end; more are lost, as datagrams are that find a full queue. */
export const WAITING_MAX = 1024;

/** Milliseconds of one exchange, its wait included: longer than the tries of resolvers, which begin again sooner. */
export const TIMEOUT_MS = 10_000;

/** Messages of one connection that are asked or whose answers nobody has read; the next ones wait in their bytes. */
export const PIPELINED_MAX = 32;

/** Aliases between a name and its addresses. */
export const ALIASES_MAX = 16;

/** Labels and pointers that are looked at for one message: names of pointers to pointers cost no more. */
export const NAME_STEPS_MAX = 1 << 16;

/** Bytes of a name in a message, without the zero at its end. */
export const NAME_BYTES_MAX = 254;
