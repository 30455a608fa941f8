// The canonical codes that finished operations carry: the numbers of absl::StatusCode and of gRPC.

export const OK: u8 = 0;
export const CANCELLED: u8 = 1;
export const UNKNOWN: u8 = 2;
export const INVALID_ARGUMENT: u8 = 3;
export const DEADLINE_EXCEEDED: u8 = 4;
export const NOT_FOUND: u8 = 5;
export const ALREADY_EXISTS: u8 = 6;
export const PERMISSION_DENIED: u8 = 7;
export const RESOURCE_EXHAUSTED: u8 = 8;
export const FAILED_PRECONDITION: u8 = 9;
export const ABORTED: u8 = 10;
export const OUT_OF_RANGE: u8 = 11;
export const UNIMPLEMENTED: u8 = 12;
export const INTERNAL: u8 = 13;
export const UNAVAILABLE: u8 = 14;
export const DATA_LOSS: u8 = 15;
export const UNAUTHENTICATED: u8 = 16;
