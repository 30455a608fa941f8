// Statuses of the engine as the errors that Node's own sockets give: code, errno, syscall, address and port.

import { constants } from "node:os";
import type { ResolvedAddress, Status } from "../engine/interfaces.js";
import { StatusError } from "../engine/status.js";

type Syscall = "connect" | "read" | "write";
type ErrnoName = keyof typeof constants.errno;

const NAMES: Readonly<Record<string, ErrnoName>> = {
  "access-denied": "EACCES",
  "not-supported": "EAFNOSUPPORT",
  "invalid-argument": "EINVAL",
  "out-of-memory": "ENOMEM",
  "timeout": "ETIMEDOUT",
  "deadline-exceeded": "ETIMEDOUT",
  "invalid-state": "ENOTCONN",
  "new-socket-limit": "EMFILE",
  "address-not-bindable": "EADDRNOTAVAIL",
  "address-in-use": "EADDRINUSE",
  "remote-unreachable": "EHOSTUNREACH",
  "connection-refused": "ECONNREFUSED",
  "connection-reset": "ECONNRESET",
  "connection-aborted": "ECONNABORTED",
  "end-of-stream": "ECONNRESET",
  "cancelled": "ECANCELED",
  "endpoint-closed": "ECANCELED",
  "shutdown": "ECANCELED",
};

/** What WASI tells of a broken stream is only that it is broken: Node has one name for each direction. */
const BROKEN: Readonly<Record<Syscall, ErrnoName>> = { connect: "ECONNRESET", read: "ECONNRESET", write: "EPIPE" };

export interface SocketError extends Error {
  code: string;
  errno: number;
  syscall: Syscall;
  address?: string;
  port?: number;
}

/** The StatusError is its `cause`. The peer is named where Node names it: in what `connect` failed with. */
export function socketError(status: Status, syscall: Syscall, peer?: Pick<ResolvedAddress, "address" | "port">):
  SocketError {
  const code = NAMES[status.reason] ?? BROKEN[syscall];
  const where = peer === undefined ? "" : ` ${peer.address}:${peer.port}`;
  const error = new Error(`${syscall} ${code}${where}`, { cause: new StatusError(status) });
  return Object.assign(error, { code, errno: -constants.errno[code], syscall }, peer && {
    address: peer.address, port: peer.port,
  });
}

const STATES = {
  EISCONN: "a socket connects once",
  ERR_SOCKET_CLOSED: "Socket is closed",
  ERR_SOCKET_CLOSED_BEFORE_CONNECTION: "Socket closed before the connection was established",
} as const;

/** What is asked of a socket at the wrong time, with Node's codes. */
export function stateError(code: keyof typeof STATES): Error & { code: string } {
  return Object.assign(new Error(STATES[code]), { code });
}
