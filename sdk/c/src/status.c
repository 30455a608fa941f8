// Names of codes and reasons.
#include "internal.h"

static const char *const code_names[] = {
    "OK",        "CANCELLED",       "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS",  "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",    "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTICATED",
};

static const char *const reason_names[] = {
    "",
    "unknown",
    "access-denied",
    "not-supported",
    "invalid-argument",
    "out-of-memory",
    "timeout",
    "concurrency-conflict",
    "not-in-progress",
    "would-block",
    "invalid-state",
    "new-socket-limit",
    "address-not-bindable",
    "address-in-use",
    "remote-unreachable",
    "connection-refused",
    "connection-reset",
    "connection-aborted",
    "datagram-too-large",
    "name-unresolvable",
    "temporary-resolver-failure",
    "permanent-resolver-failure",
    "end-of-stream",
    "cancelled",
    "deadline-exceeded",
    "stream-failed",
    "endpoint-closed",
    "no-records",
    "alias-loop",
};

_Static_assert(sizeof code_names / sizeof *code_names == EE_UNAUTHENTICATED + 1, "a name per code");
_Static_assert(sizeof reason_names / sizeof *reason_names == EE_REASON_ALIAS_LOOP + 1, "a name per reason");

const char *ee_status_code_name(ee_status_code code) {
  DEMAND((unsigned)code <= EE_UNAUTHENTICATED, "there is no such code");
  return code_names[code];
}

const char *ee_reason_name(ee_reason reason) {
  DEMAND((unsigned)reason <= EE_REASON_ALIAS_LOOP, "there is no such reason");
  return reason_names[reason];
}
