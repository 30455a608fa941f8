// Why an operation of the network ended: one number space for all of them. docs/errors.md is its table.
//
//   0 OK   1…21 as assembly/wasi/error-code.ts   32… what only the engine knows

import * as codes from "../base/status";
import * as errors from "../wasi/error-code";

export type Reason = i32;

export const OK: Reason = 0;
/** The peer ends its sending; every byte before that was delivered. */
export const END_OF_STREAM: Reason = 32;
/** Cancelled by its owner, or the engine ended. */
export const CANCELLED: Reason = 33;
/** The deadline that the caller gave is over. */
export const DEADLINE_EXCEEDED: Reason = 34;
/** The connection broke, by a reset or the network's fault. */
export const STREAM_FAILED: Reason = 35;
/** The endpoint was destroyed while the operation was outstanding. */
export const ENDPOINT_CLOSED: Reason = 36;
/** The name is there, and has no record of the type that was asked for. */
export const NO_RECORDS: Reason = 37;
/** Aliases of names lead in a circle, or on for too long. */
export const ALIAS_LOOP: Reason = 38;

/** The canonical code of a reason. Errors of names are for the resolver to refine. */
export function codeOf(reason: Reason): u8 {
  switch (reason) {
    case OK: return codes.OK;
    case CANCELLED:
    case ENDPOINT_CLOSED: return codes.CANCELLED;
    case DEADLINE_EXCEEDED: return codes.DEADLINE_EXCEEDED;
    case END_OF_STREAM: return codes.INTERNAL;
    case STREAM_FAILED:
    case errors.TIMEOUT:
    case errors.REMOTE_UNREACHABLE:
    case errors.CONNECTION_REFUSED:
    case errors.CONNECTION_RESET:
    case errors.CONNECTION_ABORTED:
    case errors.TEMPORARY_RESOLVER_FAILURE: return codes.UNAVAILABLE;
    case errors.ACCESS_DENIED: return codes.PERMISSION_DENIED;
    case errors.NOT_SUPPORTED: return codes.UNIMPLEMENTED;
    case errors.INVALID_ARGUMENT: return codes.INVALID_ARGUMENT;
    case errors.OUT_OF_MEMORY:
    case errors.NEW_SOCKET_LIMIT:
    case errors.DATAGRAM_TOO_LARGE: return codes.RESOURCE_EXHAUSTED;
    case errors.CONCURRENCY_CONFLICT:
    case errors.NOT_IN_PROGRESS:
    case errors.INVALID_STATE:
    case ALIAS_LOOP:
    case errors.ADDRESS_NOT_BINDABLE:
    case errors.ADDRESS_IN_USE: return codes.FAILED_PRECONDITION;
    case NO_RECORDS:
    case errors.NAME_UNRESOLVABLE: return codes.NOT_FOUND;
    default: return codes.UNKNOWN;
  }
}
