// The options of a tcp-socket: checked as the WIT says, remembered, inherited by accepted sockets, and handed to
// the transport where it can honour them.
//
// What a transport of today honours: keep-alive-enabled and keep-alive-idle-time. What no JavaScript platform can
// set (keep-alive-interval, keep-alive-count, hop-limit, the two buffer sizes) is remembered and answered back.

import { ErrorCode, OK, type Outcome } from "./error-code.js";
import { SocketOptions } from "./socket-options.js";

const SECOND_NS = 1_000_000_000n;
const KEEP_ALIVE_SECONDS_MAX = 32_767n;
const KEEP_ALIVE_COUNT_MAX = 127;

export class TcpOptions extends SocketOptions {
  keepAliveEnabled = false;
  keepAliveIdleNs = 7200n * SECOND_NS;
  keepAliveIntervalNs = 75n * SECOND_NS;
  keepAliveCount = 9;

  setKeepAliveIdle(durationNs: bigint): Outcome {
    if (durationNs === 0n) return ErrorCode.InvalidArgument;
    this.keepAliveIdleNs = clampToSeconds(durationNs);
    return OK;
  }

  setKeepAliveInterval(durationNs: bigint): Outcome {
    if (durationNs === 0n) return ErrorCode.InvalidArgument;
    this.keepAliveIntervalNs = clampToSeconds(durationNs);
    return OK;
  }

  setKeepAliveCount(count: number): Outcome {
    if (count === 0) return ErrorCode.InvalidArgument;
    this.keepAliveCount = Math.min(count, KEEP_ALIVE_COUNT_MAX);
    return OK;
  }

  /** Accepted sockets begin with the options of their listener. */
  clone(): TcpOptions {
    return Object.assign(new TcpOptions(), this);
  }
}

/** Kernels count keep-alive in whole seconds, so what is answered back is what a kernel would hold. */
function clampToSeconds(durationNs: bigint): bigint {
  const seconds = (durationNs + SECOND_NS - 1n) / SECOND_NS;
  return (seconds > KEEP_ALIVE_SECONDS_MAX ? KEEP_ALIVE_SECONDS_MAX : seconds) * SECOND_NS;
}
