// Statuses that the adapters make themselves, and how they tell apart those that the engine made.

import { makeStatus, type Status, StatusCode } from "../status.js";

/** What waits on a stream when its owner destroys it. */
export const DESTROYED: Status = makeStatus(StatusCode.CANCELLED, "cancelled", "the stream was destroyed");

/** What is written after the end of the stream. */
export const ENDED: Status = makeStatus(StatusCode.FAILED_PRECONDITION, "misuse", "the stream was ended before");

/** The peer ended the stream, and everything before that was read. */
export function isEndOfStream(status: Status): boolean {
  return status.reason === "end-of-stream";
}
