// Targets: hosts with and without ports, as gRPC takes them, and literals as bytes of text.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { LookupProbe } from "../../support/dns/lookup-probe.js";

const [INVALID, LITERAL, LOCALHOST, NAME] = [0, 1, 2, 3];
const made = await LookupProbe.bare();
const { call, probe } = made;

function parse(text: string | Uint8Array, port = "443"): { kind: number; port: number; host: string; error: string } {
  const kind = call.parseTarget!(...made.put(text, port));
  const readText = (length: number): string => Buffer.from(probe.bytes(call.firstText!(), length)).toString();
  const host = kind === LITERAL ? readText(call.writeAddress!(call.targetPort!())) : readText(call.targetName!());
  return { kind, port: call.targetPort!(), host, error: probe.text(call.targetError!()) };
}

const targets = suite("target");

for (const [text, host, port] of [
  ["name", "name", 443], ["name:80", "name", 80], ["Name.Example.:0", "name.example", 0],
  ["a-b_c:65535", "a-b_c", 65535],
  ["name:https", "name", 443], ["name:HTTP", "name", 80], ["name:domain", "name", 53], ["name:ssh", "name", 22],
  ["1.2.3.4.example", "1.2.3.4.example", 443], ["1.2.3.4a", "1.2.3.4a", 443], ["0x1", "0x1", 443],
] as const) {
  targets(`should take ${text} for a name`, () => {
    const { kind, host: found, port: number } = parse(text);
    assert.equal([kind, found, number], [NAME, host, port]);
  });
}

for (const [text, address] of [
  ["1.2.3.4", "1.2.3.4:443"], ["1.2.3.4:80", "1.2.3.4:80"], ["1.2.3.4:http", "1.2.3.4:80"], ["[::1]", "[::1]:443"],
  ["[::1]:80", "[::1]:80"], ["::1", "[::1]:443"], ["2001:db8::1", "[2001:db8::1]:443"],
  ["[2001:DB8::1]:https", "[2001:db8::1]:443"], ["::ffff:1.2.3.4", "[::ffff:102:304]:443"],
  ["[::ffff:1.2.3.4]:1", "[::ffff:102:304]:1"], ["::", "[::]:443"], ["1::", "[1::]:443"],
] as const) {
  targets(`should take ${text} for an address`, () => {
    const { kind, host } = parse(text);
    assert.equal([kind, host], [LITERAL, address]);
  });
}

for (const text of ["localhost", "LocalHost.", "localhost:1", "a.b.localhost"]) {
  targets(`should know that ${text} is here`, () => assert.is(parse(text).kind, LOCALHOST));
}

// gRPC's own cases (dns_test) are among them: brackets, ports, and what looks like an address.
for (const text of [
  "", ":443", "[", "[::1", "[::1]bad", "[1.2.3.4]", "[1.2.3.4]:1", "[localhost]", "[localhost]:1", "[]", "[]:1",
  "[::1]:", "[::1]80", "[::1]::1", "[[::1]]", "name:", "name:65536", "name:-1", "name:01", "name:+1", "name: 1",
  "name:nosuchservice", "name:http ", "name:domain:53", "1.2.3.4:80:90", "256.1.1.1", "1.2.3.4.5", "1.2.3", "1.2.3.4.",
  "01.2.3.4", "1.2.3.4.5:80", "1", "a.1", "a.123.", "::1::", "::11111", "[2001:db8::11111]:1", "1:2:3:4:5:6:7",
  "1:2:3:4:5:6:7:8:9", "fe80::1%eth0", "[fe80::1%1]:2", "a..b", ".", ".a", "a b", "a\n", "ü.example", "x".repeat(64),
  `${"x.".repeat(127)}xx`, "http://name", ":", "::1]",
]) {
  targets(`should refuse ${JSON.stringify(text)}`, () => {
    const { kind, error } = parse(text);
    assert.is(kind, INVALID);
    assert.ok(error.length > 5);
  });
}

targets("should need a port from somewhere, and take the default only when there is none", () => {
  for (const text of ["name", "1.2.3.4", "::1", "[::1]", "localhost"]) {
    assert.is(parse(text, "").kind, INVALID, `${text} without a port`);
    assert.is(parse(text, "bad").kind, INVALID, "a bad default");
    assert.is(parse(text, "70000").kind, INVALID);
    assert.is(parse(text, "ldaps").port, 636, "a service as the default");
    assert.is(parse(text, "0").port, 0);
  }
  for (const text of ["name:1", "1.2.3.4:1", "[::1]:1", "localhost:1"]) {
    for (const port of ["", "bad", "2"]) assert.is(parse(text, port).port, 1);
  }
});

targets("should know the services of its table and no part of them", () => {
  const table: Record<string, number> = {
    domain: 53, ftp: 21, http: 80, https: 443, imap: 143, imaps: 993, ldap: 389, ldaps: 636, ntp: 123, smtp: 25,
    ssh: 22,
  };
  for (const [name, port] of Object.entries(table)) {
    assert.is(parse("a", name).port, port);
    assert.is(parse("a", name.slice(0, -1)).kind === NAME, name.slice(0, -1) in table);
    assert.is(parse("a", `${name}x`).kind, INVALID);
    assert.is(parse("a", `${name}:${port}`).kind, INVALID);
  }
});

targets("should know which dot ends a name for good", () => {
  for (const [text, isAbsolute] of [["a.b", 0], ["a.b.", 1], ["a.b\\.", 0], ["a.b\\\\.", 1], ["a.b.:80", 1]] as const) {
    assert.is(parse(text).kind, NAME, text);
    assert.is(call.targetIsAbsolute!(), isAbsolute, text);
  }
});

targets("should take no bytes for text that are none", () => {
  for (const bytes of [[0], [0x61, 0], [0xff], [0xc3, 0xbc], [0x61, 0x7f], [0x1b, 0x5b]]) {
    assert.is(parse(Uint8Array.from(bytes)).kind, INVALID);
  }
});

targets("should write every address as it can be read again", () => {
  const text = (length: number): string => Buffer.from(probe.bytes(call.firstText!(), length)).toString();
  const read = (literal: string): string | undefined => {
    const [length] = made.put(literal);
    return call.parseAddress!(length) ? text(call.writeAddress!(53)) : undefined;
  };
  for (let round = 0; round < 2000; round++) {
    const segments = Array.from({ length: 8 }, () => (made.random.below(2) ? 0 : made.random.below(0x10000)));
    const plain = segments.map((segment) => segment.toString(16)).join(":");
    const written = read(plain)!;
    const short = new URL(`http://[${plain}]/`).hostname;
    assert.is(written, `${short}:53`);
    assert.is(read(short.slice(1, -1)), written);
    const octets = Array.from({ length: 4 }, () => made.random.below(256)).join(".");
    assert.is(read(octets), `${octets}:53`);
  }
});

targets.run();
