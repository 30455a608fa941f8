// The numbers and names of error codes, which are part of the ABI and of jco's calling convention.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ErrorCode, errorCodeName } from "#host/wasi/error-code.js";

const IN_WIT_ORDER = [
  "unknown", "access-denied", "not-supported", "invalid-argument", "out-of-memory", "timeout", "concurrency-conflict",
  "not-in-progress", "would-block", "invalid-state", "new-socket-limit", "address-not-bindable", "address-in-use",
  "remote-unreachable", "connection-refused", "connection-reset", "connection-aborted", "datagram-too-large",
  "name-unresolvable", "temporary-resolver-failure", "permanent-resolver-failure",
];

const names = suite("errorCodeName");

names("should spell every code as the WIT does, in its order", () => {
  const codes = Object.values(ErrorCode).filter((value): value is ErrorCode => typeof value === "number");
  assert.equal(codes.map(errorCodeName), IN_WIT_ORDER);
  assert.equal(codes, IN_WIT_ORDER.map((_, index) => index));
});

names.run();
