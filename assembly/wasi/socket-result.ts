// The results that tcp and udp sockets share, lifted from the return area.

import { RETURN_AREA } from "../abi/return-area";
import { OK, Status, liftErrorCode } from "./error-code";
import { SocketAddress, liftSocketAddress } from "./network";

/** `result<_, error-code>`: tag at 0, code at 1. */
export function liftUnit(): Status {
  return load<u8>(RETURN_AREA) ? liftErrorCode(load<u8>(RETURN_AREA, 1)) : OK;
}

/** `result<own<…>, error-code>` and the like: tag at 0; on an error the code at 4. OK leaves the payload to lift. */
export function liftAlignedError(): Status {
  return load<u8>(RETURN_AREA) ? liftErrorCode(load<u8>(RETURN_AREA, 4)) : OK;
}

/** `result<ip-socket-address, error-code>`: tag at 0, payload at 4. */
export function liftAddress(address: SocketAddress): Status {
  const status = liftAlignedError();
  if (!status) liftSocketAddress(RETURN_AREA + 4, address);
  return status;
}
