// The bounds of the gateway protocol, each with its unit in the name and the reason beside it. Both sides hold to them,
// and the decoder refuses what is beyond.

/** What this code speaks; HELLO and WELCOME tell it. */
export const PROTOCOL_VERSION = 1;

/** Type and id, before the payload of every frame. */
export const HEADER_BYTES = 5;

/** Bytes that one stream may have under way in one direction, unless somebody chose: fills 80 ms at 100 Mbit/s. */
export const WINDOW_BYTES_DEFAULT = 1024 * 1024;

/** Smaller windows would make frames that are mostly header. */
export const WINDOW_BYTES_MIN = 1024;

/** The greatest window, and the most credit that a stream may have saved up: what fits into 31 bits. */
export const CREDIT_BYTES_MAX = 0x7fff_ffff;

/** The greatest payload of a DATA frame that a server may ask for; a message waits behind one frame at most. */
export const FRAME_BYTES_MAX = 1024 * 1024;

/** The least; with less a frame would hold less than a packet does. */
export const FRAME_BYTES_MIN = 1024;

/** What a server asks for unless somebody chose. */
export const FRAME_BYTES_DEFAULT = 64 * 1024;

/** Longest message of all: a channel may end a session that sends a longer one before it has read it. */
export const MESSAGE_BYTES_MAX = HEADER_BYTES + FRAME_BYTES_MAX;

/** Bytes of a token: a signature and a list of rules that narrow it. */
export const TOKEN_BYTES_MAX = 8192;

/** Bytes of the sentence in GOODBYE, which is for people. */
export const REASON_BYTES_MAX = 1024;

/** Addresses in RESOLVED: their number is one byte. */
export const RESOLVED_ADDRESSES_MAX = 255;

/** Ids that a client gives are below it; those that a server gives to accepted streams begin with it. */
export const SERVER_IDS_FROM = 0x8000_0000;

/** How long a client waits for WELCOME before its operations fail. */
export const OPENING_MS_MAX = 10_000;

/** A client that has something open and heard nothing for so long sends PING; after as long again it gives up. */
export const SILENCE_MS_MAX = 20_000;

/** A listener that lost its session tries to listen again after the first, then after twice as long, up to the last. */
export const RELISTEN_MS_MIN = 250;
export const RELISTEN_MS_MAX = 8_000;

/** Datagrams are dropped while a channel holds more: nobody gives credit for them. */
export const DATAGRAM_BUFFER_BYTES_MAX = 1024 * 1024;

/** Room of a frame that waits for credit: many tiny writes become few frames. */
export const WAITING_FRAME_BYTES_MIN = 4096;

/** Shorter messages are copied together while nobody takes them; longer ones are kept as they came. */
export const HELD_WHOLE_BYTES_MIN = 4096;

/** Bytes that were held and go to their reader at once. */
export const HELD_PART_BYTES_MAX = 64 * 1024;

/** A server gives credit for bytes that were taken after so long at the latest, when a peer takes anything. */
export const CREDIT_NS_MAX = 1e9;
