// HOST:PORT as people write it: what is taken, and the words with which the rest is refused.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Random, SEED } from "../../support/bytes.js";
import { TextProbe } from "../../support/text-probe.js";

console.log(`TEST_SEED=${SEED}`);
const text = await TextProbe.create();

/** `host port`, or the error. */
function parse(word: string): string {
  const { call } = text.probe;
  return call.parseHostPort(text.put(word)) === 1 ? `${text.get("host")} ${call.port()}` : text.get("hostPortError");
}

const hostPort = suite("parseHostPort");
const long = "a".repeat(253);

const TABLE: [word: string, expected: string][] = [
  ["127.0.0.1:80", "127.0.0.1 80"],
  ["localhost:0", "localhost 0"],
  ["example.org:65535", "example.org 65535"],
  ["[::1]:80", "::1 80"],
  ["[2001:db8::1]:443", "2001:db8::1 443"],
  [`${long}:1`, `${long} 1`],
  ["", "no port in '' (want HOST:PORT)"],
  ["localhost", "no port in 'localhost' (want HOST:PORT)"],
  ["[::1]", "no port in '[::1]' (want HOST:PORT)"],
  ["localhost:", "bad port in 'localhost:' (want 0 to 65535)"],
  ["localhost:x", "bad port in 'localhost:x' (want 0 to 65535)"],
  ["localhost:65536", "bad port in 'localhost:65536' (want 0 to 65535)"],
  ["localhost:-1", "bad port in 'localhost:-1' (want 0 to 65535)"],
  ["localhost:080", "bad port in 'localhost:080' (want 0 to 65535)"],
  ["localhost: 80", "bad port in 'localhost: 80' (want 0 to 65535)"],
  ["[::1]:", "bad port in '[::1]:' (want 0 to 65535)"],
  ["[::1:80", "bad IPv6 address in '[::1:80'"],
  ["[localhost]:80", "bad IPv6 address in '[localhost]:80'"],
  ["[]:80", "bad IPv6 address in '[]:80'"],
  ["[::1]x:80", "bad IPv6 address in '[::1]x:80'"],
  ["::1:80", "IPv6 address without brackets in '::1:80' (want [HOST]:PORT)"],
  ["::1]:80", "IPv6 address without brackets in '::1]:80' (want [HOST]:PORT)"],
  ["a:b:80", "IPv6 address without brackets in 'a:b:80' (want [HOST]:PORT)"],
  [":80", "no host in ':80' (want HOST:PORT)"],
  [`a${long}:1`, `host name too long in '${"a".repeat(32)}…'`],
];

for (const [word, expected] of TABLE) {
  hostPort(`should answer ${JSON.stringify(word.slice(0, 40))} (${word.length})`, () => {
    assert.is(parse(word), expected);
  });
}

hostPort("should refuse a bracketed word that is no IPv6 address", () => {
  for (const word of ["[x:y]:80", "[:]:1", "[1.2.3.4:5]:6", "[::1%eth0]:80", "[[::1]]:80"]) {
    assert.is(parse(word), `bad IPv6 address in '${word}'`);
  }
});

hostPort("should answer any text in one line, without a trap", () => {
  const random = new Random();
  const letters = "[]:.:0123456789abcxyz- é∞\u{1f600}";
  for (let step = 0; step < 20_000; step++) {
    const word = Array.from({ length: random.below(12) }, () => letters[random.below(letters.length)]).join("");
    assert.ok(parse(word).length > 0);
    if (step % 2000 === 0) text.probe.call.collect();
  }
});

hostPort.run();
