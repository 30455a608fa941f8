// What a stream operation answers when it has no count to give. Numbers below 0, so that one number carries
// either a count or a status and the quiet path allocates nothing.

/** `stream-error.closed`. */
export const CLOSED = -1;

/** `stream-error.last-operation-failed`: the stream's `takeFailure()` says why. */
export const FAILED = -2;

/** The write was taken. */
export const DONE = 0;

export type StreamStatus = typeof CLOSED | typeof FAILED;
