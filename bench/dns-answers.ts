// What the nameserver of the benchmarks says about every name under `w.example.test`; bench/assembly/dns-lookups.ts
// knows the same.

export const DNS_ZONE = "example.test";
export const DNS_ADDRESSES = ["192.0.2.9", "2001:db8::9"] as const;
export const DNS_SERVICE = { priority: 10, weight: 5, port: 50051, host: `a.${DNS_ZONE}` } as const;
export const DNS_TEXT = "a text of sixty-four bytes, about as many as such records have..";

/** A name for each number, so that no look-up is like another. */
export function dnsName(number: number): string {
  return `n${number}.w.${DNS_ZONE}`;
}
