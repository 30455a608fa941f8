// The options that sockets of both protocols have: checked as the WIT says and remembered. Whoever owns the socket
// hands them to the transport where that can honour them.

import { ErrorCode, OK, type Outcome } from "./error-code.js";

export class SocketOptions {
  hopLimit = 64;
  receiveBufferBytes = 65_536n;
  sendBufferBytes = 65_536n;

  setHopLimit(value: number): Outcome {
    if (value === 0) return ErrorCode.InvalidArgument;
    this.hopLimit = value;
    return OK;
  }

  setReceiveBuffer(bytes: bigint): Outcome {
    if (bytes === 0n) return ErrorCode.InvalidArgument;
    this.receiveBufferBytes = bytes;
    return OK;
  }

  setSendBuffer(bytes: bigint): Outcome {
    if (bytes === 0n) return ErrorCode.InvalidArgument;
    this.sendBufferBytes = bytes;
    return OK;
  }
}
