// The zones that BIND and Knot serve, Unbound asks for, and cases.ts knows the answers of.

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** Distinct addresses of a network that is for tests (198.18.0.0/15). */
export const crowd = (count: number): string[] => {
  return range(count).map((index) => `198.18.${index >> 8}.${index & 255}`);
};

/** A label of the greatest length. */
export const LONG_LABEL = "l".repeat(63);
/** 253 characters, which are 255 bytes in a message: the greatest name. */
export const LONGEST_NAME = [...range(3).map(() => LONG_LABEL), `${"m".repeat(48)}.example.test`].join(".");

/** Texts of one string each, whose bytes tell where one ends; together too many for a datagram. */
export const LONG_TEXTS = range(20).map((index) => String.fromCharCode(97 + index).repeat(200));
export const FULL_STRINGS = ["x", "y", "z"].map((letter) => letter.repeat(255));
/** All bytes that a text may have: those are all. */
export const ALL_BYTES = String.fromCharCode(...range(250));

const quoted = (text: string): string => {
  const escaped = text.replace(/[^ !#-[\]-~]/g, (byte) => `\\${String(byte.charCodeAt(0)).padStart(3, "0")}`);
  return `"${escaped}"`;
};

/** chain-1 leads to `a`, chain-2 to chain-1, and so on. */
const CHAIN_MAX = 17;

export const EXAMPLE_ZONE = `
$TTL 300
@ SOA ns.example.test. host.example.test. 1 3600 600 86400 60
@ NS ns
ns A 127.0.0.1
a A 192.0.2.1
a A 192.0.2.11
aaaa AAAA 2001:db8::1
both A 192.0.2.2
both AAAA 2001:db8::2
both AAAA 2001:db8::22
never 0 A 192.0.2.3
forever 2147483647 A 192.0.2.4
MiXeD.CaSe A 192.0.2.5
_under_score A 192.0.2.6
${LONG_LABEL} A 192.0.2.7
${LONGEST_NAME}. A 192.0.2.8
dot\\.in\\.label A 192.0.2.9
${crowd(100).map((address) => `hundred A ${address}`).join("\n")}
${crowd(500).map((address) => `crowd A ${address}`).join("\n")}
${crowd(3500).map((address) => `multitude A ${address}`).join("\n")}
host.ent A 192.0.2.10
*.wild A 192.0.2.20
*.wild TXT "wild"
localhost.sub A 192.0.2.21

_one._tcp SRV 0 0 443 a
_many._tcp SRV 10 60 5060 big
_many._tcp SRV 10 40 5061 small
_many._tcp SRV 20 0 65535 far.other.test.
_many._tcp SRV 65535 65535 0 BACKUP.Example.Test.
_none._tcp SRV 0 0 0 .
_odd._tcp SRV 1 2 3 dot\\.in\\.label
_odd._tcp SRV 4 5 6 odd\\;\\"\\200
_crowd._tcp SRV 1 1 1 a
${range(60).map((index) => `_crowd._tcp SRV ${index} ${index * 7} ${1000 + index} host-${index}.servers`).join("\n")}

empty TXT ""
text TXT "one string"
text TXT "a second record"
parts TXT "three " "strings, " "one record"
full TXT ${FULL_STRINGS.map(quoted).join(" ")}
large TXT ${LONG_TEXTS.map(quoted).join(" ")}
${LONG_TEXTS.map((text) => `texts TXT ${quoted(text)}`).join("\n")}
bytes TXT ${quoted(ALL_BYTES)}

${range(CHAIN_MAX).map((hops) => `chain-${hops + 1} CNAME ${hops === 0 ? "a" : `chain-${hops}`}`).join("\n")}
to-service CNAME _one._tcp
to-text CNAME text
to-crowd CNAME crowd
to-nowhere CNAME nowhere
to-aaaa CNAME aaaa
across CNAME far.other.test.
there-and-back CNAME back.other.test.
outside CNAME www.outside.invalid.
self CNAME self
loop-1 CNAME loop-2
loop-2 CNAME loop-3
loop-3 CNAME loop-1
`.trimStart();

export const OTHER_ZONE = `
$TTL 300
@ SOA ns.other.test. host.other.test. 1 3600 600 86400 30
@ NS ns
ns A 127.0.0.1
far A 192.0.2.30
far AAAA 2001:db8::30
far TXT "from another zone"
back CNAME a.example.test.
`.trimStart();

/** Names that must never be asked for: a server that is asked gives an answer that is seen. */
export const LOCALHOST_ZONE = `
$TTL 300
@ SOA ns.localhost. host.localhost. 1 3600 600 86400 30
@ NS ns
@ A 192.0.2.66
@ TXT "asked"
* A 192.0.2.66
`.trimStart();

/** A zone that its server refuses to serve: it has no SOA. What is in it ends in SERVFAIL. */
export const BROKEN_ZONE = `
$TTL 300
a A 192.0.2.1
`.trimStart();
