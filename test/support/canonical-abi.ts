// An oracle of the canonical ABI for tests of the bindings: how results and addresses lie in memory and how addresses
// are flattened into parameters, written from the rules and not from the code under test.

/** Bytes that a host leaves between fields. Bindings must never read them. */
export const PADDING = 0xaa;

export interface Address {
  family: 0 | 1;
  port: number;
  /** Four octets or eight segments. */
  parts: number[];
  flow?: number;
  scope?: number;
}

export const ADDRESSES: Address[] = [
  { family: 0, port: 0, parts: [0, 0, 0, 0] },
  { family: 0, port: 65_535, parts: [255, 254, 253, 252] },
  { family: 0, port: 8080, parts: [127, 0, 0, 1] },
  { family: 1, port: 443, parts: [0, 0, 0, 0, 0, 0, 0, 1], flow: 0, scope: 0 },
  {
    family: 1, port: 65_535, flow: 0xffff_fffe, scope: 0xffff_fffd,
    parts: [0xffff, 0xfffe, 0xfffd, 0xfffc, 0xfffb, 0xfffa, 0xfff9, 0xfff8],
  },
  { family: 1, port: 1, parts: [0x2001, 0xdb8, 3, 4, 5, 6, 7, 8], flow: 0x12345, scope: 7 },
];

/** The discriminant and eleven slots: of two cases, each slot is as wide as the wider one. */
export function flatten({ family, port, parts, flow = 0, scope = 0 }: Address): number[] {
  const slots = family === 0 ? [port, ...parts] : [port, flow, ...parts, scope];
  return [family, ...slots, ...Array<number>(11 - slots.length).fill(0)];
}

export function unflatten([family, port, ...rest]: number[]): Address {
  if (family === 0) return { family: 0, port: port!, parts: rest.slice(0, 4) };
  return { family: 1, port: port!, flow: rest[0]!, parts: rest.slice(1, 9), scope: rest[9]! };
}

export const IP_SOCKET_ADDRESS_BYTES = 32;

/** `ip-socket-address`: tag at 0, payload at 4. */
export function storeSocketAddress(view: DataView, at: number, address: Address): void {
  view.setUint8(at, address.family);
  view.setUint16(at + 4, address.port, true);
  if (address.family === 0) return address.parts.forEach((octet, index) => view.setUint8(at + 6 + index, octet));
  view.setUint32(at + 8, address.flow ?? 0, true);
  address.parts.forEach((segment, index) => view.setUint16(at + 12 + 2 * index, segment, true));
  view.setUint32(at + 28, address.scope ?? 0, true);
}

/** `ip-address`: tag at 0, payload at 2. */
export function storeIpAddress(view: DataView, at: number, { family, parts }: Address): void {
  view.setUint8(at, family);
  parts.forEach((part, index) => {
    if (family === 0) view.setUint8(at + 2 + index, part);
    else view.setUint16(at + 2 + 2 * index, part, true);
  });
}

/** Size, alignment and place of the payload (of ok and of the error alike) of a `result`. */
export interface ResultLayout {
  bytes: number;
  align: number;
  payload: number;
}

const layout = (bytes: number, align: number, payload: number): ResultLayout => ({ bytes, align, payload });

/** `result<T, error-code>` by its T. */
export const RESULTS = {
  unit: layout(2, 1, 1),
  u8: layout(2, 1, 1),
  u32: layout(8, 4, 4),
  u64: layout(16, 8, 8),
  handle: layout(8, 4, 4),
  twoHandles: layout(12, 4, 4),
  threeHandles: layout(16, 4, 4),
  list: layout(12, 4, 4),
  socketAddress: layout(36, 4, 4),
  optionIpAddress: layout(22, 2, 2),
} as const;

/** `result<T, stream-error>` by its T; the error has its own tag first and its handle four bytes on. */
export const STREAM_RESULTS = {
  unit: layout(12, 4, 4),
  u64: layout(16, 8, 8),
  list: layout(12, 4, 4),
} as const;

/** error-code has 21 cases. */
export const ERROR_CODES = Array.from({ length: 21 }, (_, code) => code);
