// The statuses of completions, by reason. A reason is a number of the core (assembly/net/reason.ts): 1 to 21 are the
// error codes of wasi:sockets moved up by one, those from 32 on are the engine's own.

import { ErrorCode, errorCodeName } from "../wasi/error-code.js";
import { makeStatus, OK_STATUS, type Status, StatusCode } from "./status.js";

const OWN_FIRST = 32;
const REASONS = 64;
const OWN: readonly (readonly [reason: string, message: string])[] = [
  ["end-of-stream", "the peer closed the connection: end of stream"],
  ["cancelled", "the operation was cancelled"],
  ["deadline-exceeded", "the deadline passed first"],
  ["stream-failed", "the connection broke"],
  ["endpoint-closed", "the endpoint was destroyed"],
  ["no-records", "no record of this type"],
  ["alias-loop", "aliases without end"],
];

const made: Status[] = [];

/** How something ended: the first word of its ring entry, or a status where there is no entry. */
export type Ending = number | Status;

export function statusFrom(ending: Ending): Status {
  if (typeof ending !== "number") return ending;
  const code = (ending >>> 8) & 0xff;
  return code === StatusCode.OK ? OK_STATUS : statusOf(code, ending >>> 16);
}

/** The same with a message of its own, for a failure that has more to say. */
export function statusSaying(ending: Ending, message: string): Status {
  const { code, reason } = statusFrom(ending);
  return makeStatus(code, reason, message);
}

/** One object per pair, made at its first use. */
export function statusOf(code: StatusCode, reason: number): Status {
  const index = code * REASONS + reason;
  made[index] ??= makeStatus(code, reasonName(reason, code), reasonText(reason, code));
  return made[index];
}

export const CANCELLED_STATUS = makeStatus(StatusCode.CANCELLED, "cancelled", "the operation was cancelled");
export const CLOSED_STATUS = makeStatus(StatusCode.CANCELLED, "shutdown", "the event engine is closed");

/** The canonical code of a reason, as `codeOf` in assembly/net/reason.ts: for failures that no completion tells of. */
export function codeOfError(reason: number): StatusCode {
  switch (reason - 1) {
    case ErrorCode.Timeout:
    case ErrorCode.RemoteUnreachable:
    case ErrorCode.ConnectionRefused:
    case ErrorCode.ConnectionReset:
    case ErrorCode.ConnectionAborted:
    case ErrorCode.TemporaryResolverFailure: return StatusCode.UNAVAILABLE;
    case ErrorCode.AccessDenied: return StatusCode.PERMISSION_DENIED;
    case ErrorCode.NotSupported: return StatusCode.UNIMPLEMENTED;
    case ErrorCode.NameUnresolvable: return StatusCode.NOT_FOUND;
    case ErrorCode.InvalidArgument: return StatusCode.INVALID_ARGUMENT;
    case ErrorCode.OutOfMemory:
    case ErrorCode.NewSocketLimit: return StatusCode.RESOURCE_EXHAUSTED;
    case ErrorCode.ConcurrencyConflict:
    case ErrorCode.NotInProgress:
    case ErrorCode.InvalidState:
    case ErrorCode.AddressNotBindable:
    case ErrorCode.AddressInUse: return StatusCode.FAILED_PRECONDITION;
    default: return StatusCode.UNKNOWN;
  }
}

function reasonName(reason: number, code: StatusCode): string {
  const own = OWN[reason - OWN_FIRST];
  if (own !== undefined) return own[0];
  const error = reason - 1;
  return error in ErrorCode ? errorCodeName(error) : (StatusCode[code] ?? "unknown").toLowerCase().replace(/_/g, "-");
}

function reasonText(reason: number, code: StatusCode): string {
  return OWN[reason - OWN_FIRST]?.[1] ?? reasonName(reason, code).replace(/-/g, " ");
}
