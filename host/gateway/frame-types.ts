// The types of frames, and the rights of a session, as they are written. They stand alone, without an import, because
// bundlers replace such constants by their numbers.

// About the session: their id is 0.
export const HELLO = 1;
export const WELCOME = 2;
export const GOODBYE = 3;
export const PING = 4;
export const PONG = 5;
// About a TCP stream.
export const OPEN = 6;
export const OPENED = 7;
export const DATA = 8;
export const CREDIT = 9;
export const END = 10;
export const RESET = 11;
// About anything that has an id.
export const FAIL = 12;
export const CLOSE = 13;
// About a bound address.
export const BIND = 14;
export const BOUND = 15;
export const LISTEN = 16;
export const LISTENING = 17;
export const ACCEPTED = 18;
export const RELEASED = 19;
// About datagrams.
export const BIND_UDP = 20;
export const CONNECT_UDP = 21;
export const DATAGRAM = 22;
export const UDP_FAILED = 23;
// About names.
export const RESOLVE = 24;
export const RESOLVED = 25;

/** What a session may do, as bits of WELCOME. */
export const RIGHT_TCP = 1;
export const RIGHT_UDP = 2;
export const RIGHT_RESOLVE = 4;
export const RIGHT_NAMESERVER = 8;
export const RIGHT_LISTEN = 16;
