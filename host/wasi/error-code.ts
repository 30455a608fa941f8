// wasi:sockets/network error-code, in the order of the WIT: the number is what crosses the canonical ABI,
// the name is what the jco face throws.

export enum ErrorCode {
  Unknown = 0,
  AccessDenied = 1,
  NotSupported = 2,
  InvalidArgument = 3,
  OutOfMemory = 4,
  Timeout = 5,
  ConcurrencyConflict = 6,
  NotInProgress = 7,
  WouldBlock = 8,
  InvalidState = 9,
  NewSocketLimit = 10,
  AddressNotBindable = 11,
  AddressInUse = 12,
  RemoteUnreachable = 13,
  ConnectionRefused = 14,
  ConnectionReset = 15,
  ConnectionAborted = 16,
  DatagramTooLarge = 17,
  NameUnresolvable = 18,
  TemporaryResolverFailure = 19,
  PermanentResolverFailure = 20,
}

/** Success of an operation whose other outcomes are error codes. */
export const OK = -1;

/** `OK` or the error code of a `result<_, error-code>`. */
export type Outcome = typeof OK | ErrorCode;

/** The WIT spelling: `AddressInUse` is `address-in-use`. */
export function errorCodeName(code: ErrorCode): string {
  return ErrorCode[code].replace(/(?<!^)([A-Z])/g, "-$1").toLowerCase();
}
