// wasi:sockets/network error-code, moved up by one so that zero is success: a binding returns one i32.

export type Status = i32;

export const OK: Status = 0;
export const UNKNOWN: Status = 1;
export const ACCESS_DENIED: Status = 2;
export const NOT_SUPPORTED: Status = 3;
export const INVALID_ARGUMENT: Status = 4;
export const OUT_OF_MEMORY: Status = 5;
export const TIMEOUT: Status = 6;
export const CONCURRENCY_CONFLICT: Status = 7;
export const NOT_IN_PROGRESS: Status = 8;
export const WOULD_BLOCK: Status = 9;
export const INVALID_STATE: Status = 10;
export const NEW_SOCKET_LIMIT: Status = 11;
export const ADDRESS_NOT_BINDABLE: Status = 12;
export const ADDRESS_IN_USE: Status = 13;
export const REMOTE_UNREACHABLE: Status = 14;
export const CONNECTION_REFUSED: Status = 15;
export const CONNECTION_RESET: Status = 16;
export const CONNECTION_ABORTED: Status = 17;
export const DATAGRAM_TOO_LARGE: Status = 18;
export const NAME_UNRESOLVABLE: Status = 19;
export const TEMPORARY_RESOLVER_FAILURE: Status = 20;
export const PERMANENT_RESOLVER_FAILURE: Status = 21;

/** Lifts an `error-code` byte of the return area. */
@inline export function liftErrorCode(byte: u8): Status {
  return <Status>byte + 1;
}

/** What a person reads. */
export function errorText(status: Status): string {
  switch (status) {
    case OK: return "ok";
    case ACCESS_DENIED: return "access denied";
    case NOT_SUPPORTED: return "not supported";
    case INVALID_ARGUMENT: return "invalid argument";
    case OUT_OF_MEMORY: return "out of memory";
    case TIMEOUT: return "timed out";
    case CONCURRENCY_CONFLICT: return "concurrency conflict";
    case NOT_IN_PROGRESS: return "not in progress";
    case WOULD_BLOCK: return "would block";
    case INVALID_STATE: return "invalid state";
    case NEW_SOCKET_LIMIT: return "too many open sockets";
    case ADDRESS_NOT_BINDABLE: return "address not available";
    case ADDRESS_IN_USE: return "address in use";
    case REMOTE_UNREACHABLE: return "remote unreachable";
    case CONNECTION_REFUSED: return "connection refused";
    case CONNECTION_RESET: return "connection reset";
    case CONNECTION_ABORTED: return "connection aborted";
    case DATAGRAM_TOO_LARGE: return "datagram too large";
    case NAME_UNRESOLVABLE: return "name cannot be resolved";
    case TEMPORARY_RESOLVER_FAILURE: return "temporary resolver failure";
    case PERMANENT_RESOLVER_FAILURE: return "permanent resolver failure";
    default: return "unknown error";
  }
}
