// Socket addresses as WASI means them, and the checks that WASI asks for before an address is used.
//
// An address keeps its numbers (IPv4: 4 bytes; IPv6: 8 groups of 16 bits); the text form is made only where a
// platform wants text.

export enum Family {
  Ipv4 = 0,
  Ipv6 = 1,
}

export interface SocketAddress {
  family: Family;
  port: number;
  /** 4 bytes for IPv4, 8 groups of 16 bits for IPv6. */
  parts: number[];
  flowInfo: number;
  scopeId: number;
}

export function makeAddress(family: Family, parts: number[], port: number): SocketAddress {
  return { family, port, parts, flowInfo: 0, scopeId: 0 };
}

export function withPort(address: SocketAddress, port: number): SocketAddress {
  return makeAddress(address.family, address.parts, port);
}

/** 127/8 and ::1. */
export function isLoopback({ family, parts }: SocketAddress): boolean {
  if (family === Family.Ipv4) return parts[0] === 127;
  return parts.every((part, index) => part === (index === 7 ? 1 : 0));
}

/** What the name means on every system. */
export const LOCALHOST: readonly SocketAddress[] = [
  makeAddress(Family.Ipv4, [127, 0, 0, 1], 0),
  makeAddress(Family.Ipv6, [0, 0, 0, 0, 0, 0, 0, 1], 0),
];

export function isUnspecified(address: SocketAddress): boolean {
  return address.parts.every((part) => part === 0);
}

/** Whether both are one port of one address; zones and flow labels, which platforms may leave out, do not count. */
export function isSameEndpoint(a: SocketAddress, b: SocketAddress): boolean {
  if (a === b) return true;
  if (a.port !== b.port || a.family !== b.family) return false;
  for (let index = 0; index < a.parts.length; index++) if (a.parts[index] !== b.parts[index]) return false;
  return true;
}

/** Whether who is bound to `bound` hears of what is sent to `address`. */
export function covers(bound: SocketAddress, address: SocketAddress): boolean {
  if (bound.family !== address.family || bound.port !== address.port) return false;
  return isUnspecified(bound) || isSameEndpoint(bound, address);
}

export function isIpv4Mapped(address: SocketAddress): boolean {
  if (address.family !== Family.Ipv6) return false;
  return address.parts.slice(0, 5).every((part) => part === 0) && address.parts[5] === 0xffff;
}

/** False for multicast and for the IPv4 broadcast address: TCP has no meaning for them. */
export function isUnicast(address: SocketAddress): boolean {
  const first = address.parts[0] as number;
  if (address.family === Family.Ipv6) return (first & 0xff00) !== 0xff00;
  return !(first >= 224 && first <= 239) && !address.parts.every((part) => part === 255);
}

/** The bare address as text: `127.0.0.1`, `2001:db8:0:0:0:0:0:1`. */
export function hostText(address: SocketAddress): string {
  if (address.family === Family.Ipv4) return address.parts.join(".");
  return address.parts.map((part) => part.toString(16)).join(":");
}

/** Address and port as text: `127.0.0.1:80`, `[0:0:0:0:0:0:0:1]:80`. */
export function addressText(address: SocketAddress): string {
  const host = hostText(address);
  return address.family === Family.Ipv4 ? `${host}:${address.port}` : `[${host}]:${address.port}`;
}

/** Reads an IPv4 or IPv6 literal (a zone after % is left out); null when the text is neither. */
export function parseIp(text: string): { family: Family; parts: number[] } | null {
  const ipv4 = parseIpv4(text);
  if (ipv4 !== null) return { family: Family.Ipv4, parts: ipv4 };
  const ipv6 = parseIpv6(text);
  return ipv6 === null ? null : { family: Family.Ipv6, parts: ipv6 };
}

function parseIpv4(text: string): number[] | null {
  const pieces = text.split(".");
  if (pieces.length !== 4) return null;
  const parts: number[] = [];
  for (const piece of pieces) {
    if (!/^(0|[1-9][0-9]{0,2})$/.test(piece)) return null;
    const value = Number(piece);
    if (value > 255) return null;
    parts.push(value);
  }
  return parts;
}

function parseIpv6(text: string): number[] | null {
  const bare = text.split("%", 1)[0] as string;
  const halves = bare.split("::");
  if (halves.length > 2) return null;
  const head = parseGroups(halves[0] as string, halves.length === 1);
  if (head === null) return null;
  if (halves.length === 1) return head.length === 8 ? head : null;
  const tail = parseGroups(halves[1] as string, true);
  if (tail === null || head.length + tail.length > 7) return null;
  return [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}

/** Groups of an IPv6 literal; only the very end of one may be spelled like IPv4. */
function parseGroups(text: string, isEnd: boolean): number[] | null {
  if (text === "") return [];
  const groups: number[] = [];
  const pieces = text.split(":");
  for (const [index, piece] of pieces.entries()) {
    if (isEnd && piece.includes(".") && index === pieces.length - 1) {
      const ipv4 = parseIpv4(piece);
      if (ipv4 === null) return null;
      const [a, b, c, d] = ipv4 as [number, number, number, number];
      groups.push((a << 8) | b, (c << 8) | d);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(piece)) return null;
      groups.push(Number.parseInt(piece, 16));
    }
  }
  return groups;
}
