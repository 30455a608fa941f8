// How operations end: a canonical code (the numbers of absl::StatusCode and gRPC), the reason behind it and a text.
//
// Statuses are made once and shared: a completion allocates none. What each reason maps to is one table in
// status-table.ts; docs/errors.md has it in words.

export enum StatusCode {
  OK = 0,
  CANCELLED = 1,
  UNKNOWN = 2,
  INVALID_ARGUMENT = 3,
  DEADLINE_EXCEEDED = 4,
  NOT_FOUND = 5,
  ALREADY_EXISTS = 6,
  PERMISSION_DENIED = 7,
  RESOURCE_EXHAUSTED = 8,
  FAILED_PRECONDITION = 9,
  ABORTED = 10,
  OUT_OF_RANGE = 11,
  UNIMPLEMENTED = 12,
  INTERNAL = 13,
  UNAVAILABLE = 14,
  DATA_LOSS = 15,
  UNAUTHENTICATED = 16,
}

/** Frozen and shared: compare `code` or `reason`, never identity. */
export interface Status {
  readonly code: StatusCode;
  readonly ok: boolean;
  /** One line for people, without the code: "connection refused". */
  readonly message: string;
  /** Which failure it was, finer than the code: "connection-refused", "end-of-stream"; "ok" when there was none. */
  readonly reason: string;
}

/** A status as an exception: what promise forms reject with, and what a refused call throws. */
export class StatusError extends Error {
  override readonly name = "StatusError";
  /** The name of the status code: "UNAVAILABLE". */
  readonly code: string;

  constructor(
    readonly status: Status,
    options?: ErrorOptions,
  ) {
    super(status.message, options);
    this.code = StatusCode[status.code];
  }
}

export function makeStatus(code: StatusCode, reason: string, message: string): Status {
  return Object.freeze({ code, ok: code === StatusCode.OK, message, reason });
}

export const OK_STATUS: Status = makeStatus(StatusCode.OK, "ok", "ok");

/** How a call of the engine ended that threw: as it was refused, or INTERNAL when the component trapped in it. */
export function statusOfThrown(error: unknown): Status {
  if (error instanceof StatusError) return error.status;
  return makeStatus(StatusCode.INTERNAL, "engine-failed", `the event engine failed: ${String(error)}`);
}

/** The caller broke a rule of the interface; `rule` names it. */
export function refuse(rule: string): never {
  throw new StatusError(makeStatus(StatusCode.FAILED_PRECONDITION, "misuse", rule));
}

/** The caller gave a value that cannot be meant; `rule` says what is wrong with which. */
export function refuseArgument(rule: string): never {
  throw new StatusError(makeStatus(StatusCode.INVALID_ARGUMENT, "invalid-argument", rule));
}
