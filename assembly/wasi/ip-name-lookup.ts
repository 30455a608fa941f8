// wasi:sockets/ip-name-lookup

import { RETURN_AREA } from "../abi/return-area";
import { lowerText } from "../abi/text";
import { Status, OK, liftErrorCode } from "./error-code";
import { SocketAddress, liftIpAddress } from "./network";

// @ts-ignore: decorator
@external("wasi:sockets/ip-name-lookup@0.2.0", "resolve-addresses")
declare function lookupResolveAddresses(network: u32, name: usize, length: i32, result: usize): void;
// @ts-ignore: decorator
@external("wasi:sockets/ip-name-lookup@0.2.0", "[method]resolve-address-stream.resolve-next-address")
declare function lookupResolveNextAddress(self: u32, result: usize): void;
// @ts-ignore: decorator
@external("wasi:sockets/ip-name-lookup@0.2.0", "[method]resolve-address-stream.subscribe")
declare function lookupSubscribe(self: u32): u32;
// @ts-ignore: decorator
@external("wasi:sockets/ip-name-lookup@0.2.0", "[resource-drop]resolve-address-stream")
declare function lookupDrop(self: u32): void;

/** The stream that the latest successful `resolveAddresses` gave; the caller owns it. */
export let addresses: u32 = 0;
/** Whether the latest successful `resolveNextAddress` gave an address; false is the end. */
export let found: bool = false;

export function resolveAddresses(network: u32, name: string): Status {
  const text = lowerText(name);
  return resolveAddressesOf(network, changetype<usize>(text), text.byteLength);
}

/** The same for a name in UTF-8. */
export function resolveAddressesOf(network: u32, name: usize, length: u32): Status {
  lookupResolveAddresses(network, name, length, RETURN_AREA);
  if (load<u8>(RETURN_AREA)) return liftErrorCode(load<u8>(RETURN_AREA, 4));
  addresses = load<u32>(RETURN_AREA, 4);
  return OK;
}

/** Sets `found`, and family and parts of `address` when it is true. */
export function resolveNextAddress(self: u32, address: SocketAddress): Status {
  lookupResolveNextAddress(self, RETURN_AREA);
  if (load<u8>(RETURN_AREA)) return liftErrorCode(load<u8>(RETURN_AREA, 2));
  found = load<u8>(RETURN_AREA, 2) != 0;
  if (found) liftIpAddress(RETURN_AREA + 4, address);
  return OK;
}

@inline export function subscribe(self: u32): u32 {
  return lookupSubscribe(self);
}

@inline export function drop(self: u32): void {
  lookupDrop(self);
}
