// The table from Node's codes to those of WASI, all of it.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { constants } from "node:os";
import { ErrorCode, errorCodeName } from "#host/wasi/error-code.js";
import { errorCodeOf, knownErrnoNames } from "#host/node/errno.js";

const groups: Record<string, string[]> = {
  "access-denied": ["EACCES", "EPERM", "ERR_ACCESS_DENIED"],
  "not-supported": ["EAFNOSUPPORT", "ENOTSUP", "EOPNOTSUPP", "EPROTONOSUPPORT"],
  "invalid-argument": ["EINVAL", "EBADNAME", "ENAMETOOLONG"],
  "out-of-memory": ["ENOMEM", "ENOBUFS", "EAI_MEMORY"],
  "timeout": ["ETIMEDOUT"],
  "concurrency-conflict": ["EALREADY", "EINPROGRESS"],
  "invalid-state": ["ENOTCONN", "EISCONN"],
  "new-socket-limit": ["EMFILE", "ENFILE"],
  "address-not-bindable": ["EADDRNOTAVAIL"],
  "address-in-use": ["EADDRINUSE"],
  "remote-unreachable": ["EHOSTUNREACH", "EHOSTDOWN", "ENETUNREACH", "ENETDOWN", "ENONET"],
  "connection-refused": ["ECONNREFUSED"],
  "connection-reset": ["ECONNRESET", "EPIPE"],
  "connection-aborted": ["ECONNABORTED", "ERR_SOCKET_CLOSED", "ERR_STREAM_DESTROYED"],
  "datagram-too-large": ["EMSGSIZE"],
  "name-unresolvable": ["ENOTFOUND", "ENODATA", "EAI_NONAME", "EAI_NODATA", "EAI_ADDRFAMILY"],
  "temporary-resolver-failure": ["EAI_AGAIN", "ESERVFAIL"],
  "permanent-resolver-failure": [
    "EAI_FAIL", "EREFUSED", "EAI_BADFLAGS", "EAI_FAMILY", "EAI_SERVICE", "EAI_SOCKTYPE",
  ],
};

const table = suite("errorCodeOf");

for (const [name, codes] of Object.entries(groups)) {
  table(`should turn ${codes.join(", ")} into ${name}`, () => {
    for (const code of codes) assert.is(errorCodeName(errorCodeOf({ code })), name, code);
  });
}

table("should have no row that is not tested", () => {
  assert.equal([...knownErrnoNames].sort(), Object.values(groups).flat().sort());
});

table("should spell the system's codes as the system does", () => {
  const system = Object.keys(constants.errno);
  const others = /^(EAI_|ERR_|ENOTFOUND|ESERVFAIL|EREFUSED|EBADNAME|ENONET|EHOSTDOWN)/;
  for (const name of knownErrnoNames) assert.ok(system.includes(name) || others.test(name), name);
});

table("should be unknown for everything else", () => {
  for (const error of [{ code: "EWHATEVER" }, { code: 5 }, {}, null, undefined, "EACCES", { code: "toString" }]) {
    assert.is(errorCodeOf(error), ErrorCode.Unknown);
  }
});

table.run();
