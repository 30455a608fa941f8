// One table from the error codes of Node (libuv's names and those of its resolver) to the error codes of WASI.

import { getSystemErrorName } from "node:util";
import { ErrorCode } from "../wasi/error-code.js";

const codes: Readonly<Record<string, ErrorCode>> = {
  EACCES: ErrorCode.AccessDenied,
  EPERM: ErrorCode.AccessDenied,
  EADDRINUSE: ErrorCode.AddressInUse,
  EADDRNOTAVAIL: ErrorCode.AddressNotBindable,
  EAFNOSUPPORT: ErrorCode.NotSupported,
  ENOTSUP: ErrorCode.NotSupported,
  EOPNOTSUPP: ErrorCode.NotSupported,
  EPROTONOSUPPORT: ErrorCode.NotSupported,
  EINVAL: ErrorCode.InvalidArgument,
  ENOMEM: ErrorCode.OutOfMemory,
  ENOBUFS: ErrorCode.OutOfMemory,
  ETIMEDOUT: ErrorCode.Timeout,
  EMFILE: ErrorCode.NewSocketLimit,
  ENFILE: ErrorCode.NewSocketLimit,
  EHOSTUNREACH: ErrorCode.RemoteUnreachable,
  EHOSTDOWN: ErrorCode.RemoteUnreachable,
  ENETUNREACH: ErrorCode.RemoteUnreachable,
  ENETDOWN: ErrorCode.RemoteUnreachable,
  ENONET: ErrorCode.RemoteUnreachable,
  ECONNREFUSED: ErrorCode.ConnectionRefused,
  ECONNRESET: ErrorCode.ConnectionReset,
  EPIPE: ErrorCode.ConnectionReset,
  ECONNABORTED: ErrorCode.ConnectionAborted,
  EMSGSIZE: ErrorCode.DatagramTooLarge,
  ENOTCONN: ErrorCode.InvalidState,
  EISCONN: ErrorCode.InvalidState,
  EALREADY: ErrorCode.ConcurrencyConflict,
  EINPROGRESS: ErrorCode.ConcurrencyConflict,
  ENOTFOUND: ErrorCode.NameUnresolvable,
  ENODATA: ErrorCode.NameUnresolvable,
  EAI_NONAME: ErrorCode.NameUnresolvable,
  EAI_NODATA: ErrorCode.NameUnresolvable,
  EAI_ADDRFAMILY: ErrorCode.NameUnresolvable,
  EAI_AGAIN: ErrorCode.TemporaryResolverFailure,
  ESERVFAIL: ErrorCode.TemporaryResolverFailure,
  EAI_FAIL: ErrorCode.PermanentResolverFailure,
  EREFUSED: ErrorCode.PermanentResolverFailure,
  EAI_BADFLAGS: ErrorCode.PermanentResolverFailure,
  EAI_FAMILY: ErrorCode.PermanentResolverFailure,
  EAI_SERVICE: ErrorCode.PermanentResolverFailure,
  EAI_SOCKTYPE: ErrorCode.PermanentResolverFailure,
  EAI_MEMORY: ErrorCode.OutOfMemory,
  ENAMETOOLONG: ErrorCode.InvalidArgument,
  // Node's own words for a socket that is gone already.
  ERR_SOCKET_CLOSED: ErrorCode.ConnectionAborted,
  ERR_STREAM_DESTROYED: ErrorCode.ConnectionAborted,
  EBADNAME: ErrorCode.InvalidArgument,
  // Of a process that was started without the permission for it.
  ERR_ACCESS_DENIED: ErrorCode.AccessDenied,
};

/** Every code that the table knows, for its test. */
export const knownErrnoNames: readonly string[] = Object.keys(codes);

export function errorCodeOf(error: unknown): ErrorCode {
  const name = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  return typeof name === "string" && Object.hasOwn(codes, name) ? codes[name] as ErrorCode : ErrorCode.Unknown;
}

/** Of a negative number, as libuv and the system know it. */
export function errorCodeOfNumber(trouble: number): ErrorCode {
  return errorCodeOf({ code: getSystemErrorName(trouble) });
}
