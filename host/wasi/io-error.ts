// wasi:io/error: the thing behind `last-operation-failed`. It carries the socket error code as well, because the
// text alone would leave callers guessing.

import { ErrorCode, errorCodeName } from "./error-code.js";
import { Kind } from "./kind.js";
import { Resource } from "./resource.js";

export class IoError extends Resource {
  readonly kind = Kind.IoError;

  constructor(readonly code: ErrorCode) {
    super();
  }

  toDebugString(): string {
    return errorCodeName(this.code);
  }

  release(): void {}
}
