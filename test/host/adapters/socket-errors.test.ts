// Statuses as Node's errors.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { constants } from "node:os";
import { makeStatus, StatusCode, StatusError } from "#host/engine/status.js";
import { statusOf } from "#host/engine/status-table.js";
import { socketError, stateError } from "#host/node/socket-errors.js";
import { peerOf, resolvePeer } from "#host/node/socket-addresses.js";
import { ErrorCode } from "#host/wasi/error-code.js";
import { errorCodeOf } from "#host/node/errno.js";

const errors = suite("errors of sockets");

errors("should be those that the platform gave, as far as WASI tells them apart", () => {
  const kept = [
    "EACCES", "EINVAL", "ENOMEM", "ETIMEDOUT", "EADDRINUSE", "EADDRNOTAVAIL", "EHOSTUNREACH", "ECONNREFUSED",
    "ECONNRESET", "ECONNABORTED", "EMFILE", "ENOTCONN", "EAFNOSUPPORT",
  ];
  for (const name of kept) {
    const error = socketError(statusOf(StatusCode.UNAVAILABLE, errorCodeOf({ code: name }) + 1), "connect");
    assert.equal([error.code, error.syscall], [name, "connect"]);
    assert.is(error.errno, -constants.errno[name as keyof typeof constants.errno]);
    assert.is(error.message, `connect ${name}`);
    assert.instance(error.cause, StatusError);
  }
});

errors("should name a broken connection by its direction, and what the engine ended by its own name", () => {
  const own = (reason: string, syscall: "read" | "write" | "connect"): string =>
    socketError(makeStatus(StatusCode.UNAVAILABLE, reason, ""), syscall).code;
  assert.equal([own("stream-failed", "read"), own("stream-failed", "write")], ["ECONNRESET", "EPIPE"]);
  assert.is(own("deadline-exceeded", "connect"), "ETIMEDOUT");
  for (const reason of ["cancelled", "endpoint-closed", "shutdown"]) assert.is(own(reason, "read"), "ECANCELED");
});

errors("should name the peer where there is one", () => {
  const refused = statusOf(StatusCode.UNAVAILABLE, ErrorCode.ConnectionRefused + 1);
  const error = socketError(refused, "connect", { address: "::1", port: 80 });
  assert.equal([error.message, error.address, error.port], ["connect ECONNREFUSED ::1:80", "::1", 80]);
  assert.not("address" in socketError(refused, "read"));
  assert.is(stateError("ERR_SOCKET_CLOSED").code, "ERR_SOCKET_CLOSED");
});

errors.run();

// ---

const addresses = suite("where a socket connects to");

addresses("should be understood in net.Socket's forms", () => {
  const connected = (): void => {};
  assert.equal(peerOf([80]), { peer: { port: 80, host: undefined }, connected: undefined });
  assert.equal(peerOf([80, connected]), { peer: { port: 80, host: undefined }, connected });
  assert.equal(peerOf([80, "a.test", connected]), { peer: { port: 80, host: "a.test" }, connected });
  const options = { port: 80, host: "a.test" };
  assert.is(peerOf([options, connected]).peer, options);
});

addresses("should need no look-up for an address, and all of a name's addresses otherwise", async () => {
  const found: unknown[] = [];
  const lookup = (): void => assert.unreachable();
  resolvePeer({ port: 80, host: "127.0.0.1", lookup }, (error, list) => found.push(error, list));
  resolvePeer({ port: 81, host: "::1", lookup }, (error, list) => found.push(error, list));
  assert.equal(found, [null, [{ address: "127.0.0.1", port: 80 }], null, [{ address: "::1", port: 81 }]]);
  const local = await new Promise<{ address: string }[]>((resolve, reject) => {
    resolvePeer({ port: 80 }, (error, list) => error === null ? resolve(list) : reject(error));
  });
  assert.ok(local.some(({ address }) => address === "127.0.0.1" || address === "::1"));
});

addresses.run();
