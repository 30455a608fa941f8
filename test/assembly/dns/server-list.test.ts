// The list of nameservers: every spelling, and which piece of it is told when one is wrong.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decodePayload, DnsProbe } from "../../support/dns-probe.js";

const dns = await DnsProbe.create();
const SERVER_BYTES = 28;
const SERVERS_MAX = 8;

/** The servers as `192.0.2.1 port` and `8:segments port`, or the piece that was refused. */
function parse(text: string): string[] | { bad: string } {
  const { call } = dns.probe;
  dns.probe.write(dns.output, new Uint8Array((SERVERS_MAX + 1) * SERVER_BYTES).fill(0xee));
  const bytes = Buffer.from(text);
  const count = call.parseServers!(dns.put(bytes));
  const list = dns.get((SERVERS_MAX + 1) * SERVER_BYTES);
  assert.is(list.readUInt8(SERVERS_MAX * SERVER_BYTES), 0xee, "no more than there is room for");
  if (count < 0) {
    const start = call.badStart!();
    return { bad: bytes.toString("utf8", start, start + call.badLength!()) };
  }
  return Array.from({ length: count }, (_, index) => {
    const server = list.subarray(index * SERVER_BYTES, (index + 1) * SERVER_BYTES);
    const port = server.readUInt16LE(2);
    server.writeUInt16LE(0, 2);
    return `${decodePayload(server, 1, server[0] === 0 ? "A" : "AAAA")[0]} ${port}`;
  });
}

const servers = suite("server list");

const GOOD: [text: string, servers: string[]][] = [
  ["", []], ["   ", []], ["192.0.2.1", ["192.0.2.1 53"]], ["192.0.2.1:5353", ["192.0.2.1 5353"]],
  ["::1", ["0:0:0:0:0:0:0:1 53"]], ["[::1]", ["0:0:0:0:0:0:0:1 53"]], ["[::1]:1", ["0:0:0:0:0:0:0:1 1"]],
  ["2001:db8::1:53", ["2001:db8:0:0:0:0:1:53 53"]], ["::ffff:192.0.2.1", ["0:0:0:0:0:ffff:c000:201 53"]],
  ["192.0.2.1:65535,[2001:db8::2]:99,::3,192.0.2.4", [
    "192.0.2.1 65535", "2001:db8:0:0:0:0:0:2 99", "0:0:0:0:0:0:0:3 53", "192.0.2.4 53",
  ]],
  [" 192.0.2.1 ,  192.0.2.2:1", ["192.0.2.1 53", "192.0.2.2 1"]],
  [Array<string>(8).fill("192.0.2.1").join(), Array<string>(8).fill("192.0.2.1 53")],
];

for (const [text, expected] of GOOD) {
  servers(`should take ${JSON.stringify(text)}`, () => assert.equal(parse(text), expected));
}

const BAD: [text: string, piece: string][] = [
  ["dns.test", "dns.test"], ["dns.test:53", "dns.test:53"], ["localhost", "localhost"], ["192.0.2.256", "192.0.2.256"],
  ["192.0.2", "192.0.2"], ["192.0.2.1:0", "192.0.2.1:0"], ["192.0.2.1:65536", "192.0.2.1:65536"],
  ["192.0.2.1:", "192.0.2.1:"], ["192.0.2.1:x", "192.0.2.1:x"], ["192.0.2.1:05", "192.0.2.1:05"],
  ["192.0.2.1:-1", "192.0.2.1:-1"], ["192.0.2.1 53", "192.0.2.1 53"], ["192.0.2.1:53:", "192.0.2.1:53:"],
  ["[::1", "[::1"], ["::1]", "::1]"], ["[]", "[]"], ["[", "["], ["]", "]"], ["[::1]53", "[::1]53"],
  ["[::1]:", "[::1]:"],
  ["[::1]:0", "[::1]:0"], ["[192.0.2.1]:53", "[192.0.2.1]:53"], ["[::1%eth0]:53", "[::1%eth0]:53"], ["::1%1", "::1%1"],
  [":53", ":53"], [":", ":"], [",", ""], ["192.0.2.1,", ""], [",192.0.2.1", ""], ["192.0.2.1,,192.0.2.2", ""],
  ["192.0.2.1, ,192.0.2.2", ""], ["192.0.2.1;192.0.2.2", "192.0.2.1;192.0.2.2"], ["192.0.2.1,x y,::1", "x y"],
  ["192.0.2.1, bad ,192.0.2.2", "bad"], ["é", "é"], ["192.0.2.1\0", "192.0.2.1\0"], ["\t192.0.2.1", "\t192.0.2.1"],
  [Array<string>(9).fill("192.0.2.1").join(), "192.0.2.1"], ["1".repeat(5000), "1".repeat(5000)],
  [`${Array<string>(8).fill("192.0.2.1").join()},`, ""],
];

for (const [text, bad] of BAD) {
  const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  servers(`should refuse ${JSON.stringify(shown)}`, () => assert.equal(parse(text), { bad }));
}

servers.run();
