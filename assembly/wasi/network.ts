// wasi:sockets/network and instance-network: the capability, and the addresses it speaks of.

// @ts-ignore: decorator
@external("wasi:sockets/network@0.2.0", "[resource-drop]network")
declare function networkDrop(self: u32): void;
// @ts-ignore: decorator
@external("wasi:sockets/instance-network@0.2.0", "instance-network")
declare function networkInstance(): u32;

export const IPV4: u8 = 0;
export const IPV6: u8 = 1;

let instance: u32 = 0;

/** The network that this instance was given. Taken once and kept: the right to use it cannot change. */
export function instanceNetwork(): u32 {
  if (!instance) instance = networkInstance();
  return instance;
}

/** Gives the capability back; the next `instanceNetwork` asks again. */
export function dropInstanceNetwork(): void {
  if (instance) networkDrop(instance);
  instance = 0;
}

/**
 * An ip-socket-address in our memory, 28 bytes.
 *
 *   0 family u8 | 2 port u16 | 4 flow-info u32 | 8 scope-id u32 | 12 … 27 eight u16: segments, or four octets
 */
@unmanaged
export class SocketAddress {
  family: u8;
  port: u16;
  flowInfo: u32;
  scopeId: u32;
  private w0: u32;
  private w1: u32;
  private w2: u32;
  private w3: u32;

  /** Segment 0–7 of IPv6, octet 0–3 of IPv4. */
  @inline part(index: i32): u16 {
    return load<u16>(changetype<usize>(this) + 12 + (<usize>index << 1));
  }

  @inline setPart(index: i32, value: u16): void {
    store<u16>(changetype<usize>(this) + 12 + (<usize>index << 1), value);
  }

  copyFrom(source: SocketAddress): void {
    memory.copy(changetype<usize>(this), changetype<usize>(source), offsetof<SocketAddress>());
  }
}

/** `ip-address` (tag u8 at 0, payload at 2) at `source`; family and parts of `target` are set. */
export function liftIpAddress(source: usize, target: SocketAddress): void {
  target.family = load<u8>(source);
  if (target.family == IPV4) {
    for (let i = 0; i < 4; i++) target.setPart(i, load<u8>(source + 2 + i));
  } else {
    for (let i = 0; i < 8; i++) target.setPart(i, load<u16>(source + 2 + (i << 1)));
  }
}

/** `ip-socket-address` (32 bytes: tag at 0, payload at 4) at `source`. */
export function liftSocketAddress(source: usize, target: SocketAddress): void {
  target.family = load<u8>(source);
  target.port = load<u16>(source, 4);
  if (target.family == IPV4) {
    for (let i = 0; i < 4; i++) target.setPart(i, load<u8>(source + 6 + i));
    return;
  }
  target.flowInfo = load<u32>(source, 8);
  for (let i = 0; i < 8; i++) target.setPart(i, load<u16>(source + 12 + (i << 1)));
  target.scopeId = load<u32>(source, 28);
}

/** Writes `address` as an `ip-socket-address` (32 bytes) to `target`. */
export function lowerSocketAddress(address: SocketAddress, target: usize): void {
  store<u8>(target, address.family);
  store<u16>(target, address.port, 4);
  if (address.family == IPV4) {
    for (let i = 0; i < 4; i++) store<u8>(target + 6 + i, <u8>address.part(i));
    return;
  }
  store<u32>(target, address.flowInfo, 8);
  for (let i = 0; i < 8; i++) store<u16>(target + 12 + (i << 1), address.part(i));
  store<u32>(target, address.scopeId, 28);
}

/**
 * Slot `index` (0–10) after the discriminant when a socket address is flattened into core parameters:
 * IPv4 is port and four octets, IPv6 is port, flow-info, eight segments, scope-id; the rest is zero.
 */
export function flatSlot(address: SocketAddress, index: i32): u32 {
  if (index == 0) return address.port;
  if (address.family == IPV4) return index <= 4 ? address.part(index - 1) : 0;
  if (index == 1) return address.flowInfo;
  return index <= 9 ? address.part(index - 2) : address.scopeId;
}
