// Bodies about the resolver, one for one what gRPC's own suite asks of an engine's resolver.
import * as assert from "uvu/assert";
import { StatusCode, StatusError } from "#host/engine/status.js";
import { body, type FaceBody } from "./body.js";
import { addresses, addressOf, asking, begun, failure, LONG_TEXT, MANY, ONCE } from "./names.js";

const answers: FaceBody[] = [
  body("name-none", "should say of a name that is not there that it was not found", async (world) => {
    const { resolver, server } = await asking(world);
    const status = await failure(resolver, "no-such-host.names.test", 443);
    assert.equal([status.code, status.reason], [StatusCode.NOT_FOUND, "name-unresolvable"]);
    for (const part of ["no-such-host.names.test", "A/AAAA", server]) assert.match(status.message, part);
    resolver.destroy();
  }),

  body("name-literal", "should ask nobody about an IP address", async (world) => {
    const { resolver, asked } = await asking(world);
    assert.equal(await addresses(resolver, "4.3.2.1:1234"), ["4.3.2.1:1234"]);
    assert.equal(asked(), []);
    resolver.destroy();
  }),

  body("name-a", "should find all IPv4 addresses, with the default port or the name's own", async (world) => {
    const { resolver } = await asking(world);
    const hosts = ["192.0.2.1", "192.0.2.2", "192.0.2.3"];
    assert.equal((await addresses(resolver, "three.names.test", "443")).sort(), hosts.map((host) => `${host}:443`));
    const own = await addresses(resolver, "three.names.test:80", "443");
    assert.equal(own.sort(), hosts.map((host) => `${host}:80`));
    resolver.destroy();
  }),

  body("name-aaaa", "should find all IPv6 addresses, with the default port or the name's own", async (world) => {
    const { resolver } = await asking(world);
    const hosts = ["2001:db8::1", "2001:db8::2", "2001:db8::3"];
    assert.equal((await addresses(resolver, "six.names.test", 443)).sort(), hosts.map((host) => `[${host}]:443`));
    const own = await addresses(resolver, "six.names.test:443", 80);
    assert.equal(own.sort(), hosts.map((host) => `[${host}]:443`));
    resolver.destroy();
  }),

  body("name-sorted", "should sort what it found by RFC 6724", async (world) => {
    const { resolver } = await asking(world);
    const found = await addresses(resolver, "sorted.names.test:1234");
    assert.equal(found, ["[::1]:1234", "[2002::1111]:1234"]);
    resolver.destroy();
  }),

  body("name-srv", "should find service records, hosts without a dot at the end", async (world) => {
    const { resolver } = await asking(world);
    const { value } = await begun((onResolve) => resolver.lookupSRV(onResolve, "_service._tcp.names.test")).first;
    assert.equal(value, [
      { host: "h1.names.test", port: 1234, priority: 0, weight: 5 },
      { host: "h2.names.test", port: 1235, priority: 1, weight: 3 },
    ]);
    resolver.destroy();
  }),

  body("name-txt", "should find texts, and join the strings of one record", async (world) => {
    const { resolver } = await asking(world);
    const name = "text.names.test";
    const { value } = await begun<readonly string[]>((onResolve) => resolver.lookupTXT(onResolve, name)).first;
    assert.equal([...value ?? []].sort(), ["a short text", LONG_TEXT.join("")]);
    resolver.destroy();
  }),

  body("name-local-records", "should have neither services nor texts for localhost, and ask nobody", async (world) => {
    const { resolver, asked } = await asking(world);
    assert.equal((await begun((onResolve) => resolver.lookupSRV(onResolve, "localhost:1000")).first).value, []);
    assert.equal((await begun((onResolve) => resolver.lookupTXT(onResolve, "localhost:1000")).first).value, []);
    assert.equal((await begun((onResolve) => resolver.lookupSRV(onResolve, "localhost")).first).value, []);
    assert.equal((await begun((onResolve) => resolver.lookupTXT(onResolve, "localhost")).first).value, []);
    assert.equal(asked(), []);
    resolver.destroy();
  }),

  body("name-destroyed", "should cancel what is under way when the resolver is destroyed", async (world) => {
    const { resolver } = await asking(world);
    const looking = begun<readonly object[]>((onResolve) => resolver.lookupHostname(onResolve, "silent.names.test", 1));
    await world.sleep(5);
    resolver.destroy();
    assert.is(looking.count, 0, "not inside the call");
    const { status } = await looking.first;
    assert.is(status.code, StatusCode.CANCELLED);
    assert.match(status.message, "silent.names.test");
    await world.sleep(5);
    assert.is(looking.count, 1);
  }),

  body("name-forgotten", "should have copied the name when the call returns", async (world) => {
    // The server answers in this process, which is busy, and some of what it is sent at once may be dropped.
    const { resolver } = await asking(world, { attempts: 8, attemptTimeoutMs: 2000 });
    const looking = Array.from({ length: MANY }, (_, index) => addresses(resolver, `h${index}.names.test`, index + 1));
    const found = await Promise.all(looking);
    assert.equal(found, looking.map((_, index) => [`${addressOf(index)}:${index + 1}`]));
    resolver.destroy();
  }),
];

const ports: FaceBody[] = [
  body("name-localhost", "should know localhost by itself: IPv6 first, then IPv4, nothing else", async (world) => {
    const { resolver, asked } = await asking(world);
    const both = ["[::1]:1", "127.0.0.1:1"];
    assert.equal(await addresses(resolver, "localhost:1"), both);
    assert.equal(await addresses(resolver, "localhost", "1"), both);
    assert.equal(await addresses(resolver, "under.LocalHost", 1), both);
    assert.equal(asked(), []);
    resolver.destroy();
  }),

  body("name-service", "should know the ports of services by their names", async (world) => {
    const { resolver } = await asking(world);
    assert.equal(await addresses(resolver, "localhost", "http"), ["[::1]:80", "127.0.0.1:80"]);
    assert.equal(await addresses(resolver, "1.2.3.4:https", "http"), ["1.2.3.4:443"]);
    resolver.destroy();
  }),

  body("name-ipv6", "should read IPv6 literals with and without port and brackets", async (world) => {
    const { resolver, asked } = await asking(world);
    assert.equal(await addresses(resolver, "[2001:db8::1]:1"), ["[2001:db8::1]:1"]);
    assert.equal(await addresses(resolver, "2001:db8::1", "80"), ["[2001:db8::1]:80"]);
    assert.equal(await addresses(resolver, "[2001:db8::1]", "80"), ["[2001:db8::1]:80"]);
    assert.equal((await addresses(resolver, "::ffff:129.144.52.38", "80")).length, 1);
    assert.equal(asked(), []);
    resolver.destroy();
  }),
];

/** What has no port, or is no name. */
const UNPARSABLE: readonly (readonly [name: string, port: string | number])[] = [
  ["localhost", ""], ["three.names.test", ""], ["1.2.3.4", ""], ["::1", ""],
  ["localhost", "no-such-service"], ["localhost", 65_536], ["localhost", -1], ["localhost:x", 1],
  ["256.0.0.1", 80], ["1.2.3", 80], ["1.2.3.4.5", 80], ["256.0.0.1:80", ""],
  ["[2001:db8::11111]:1", 80], ["[2001:db8::1::2]", 80], ["[::g]", 80], ["1:2:3:4:5:6:7:8:9", 80],
  ["[", 443], ["[::1", 443], ["[::1]bad", 443], ["[1.2.3.4]", 443], ["[localhost]", 443], ["[localhost]:1", 443],
  [":443", 443], ["", 443], ["a..names.test", 443], [`${"l".repeat(64)}.names.test`, 443],
  ["gr\u00fc\u00dfe.test", 443],
  ["a b.names.test", 443], ["l".repeat(2000), 443], ["h1.names.test", "1".repeat(3000)],
  ["h1.names.test", "0".repeat(3000)], [`h1.names.test:${"0".repeat(2000)}`, ""], ["\u00fc".repeat(1104), 443],
  ["three.names.test\0", 443],
];

const refusals: FaceBody[] = [
  body("name-unparsable", "should tell by the callback what has no port or is no name", async (world) => {
    const { resolver, asked } = await asking(world);
    for (const [name, port] of UNPARSABLE) {
      const { code, reason } = await failure(resolver, name, port);
      assert.equal([code, reason], [StatusCode.INVALID_ARGUMENT, "invalid-argument"], `'${name}' '${port}'`);
    }
    for (const name of ["", ".", "a..b", "l".repeat(64)]) {
      for (const begin of [resolver.lookupSRV, resolver.lookupTXT]) {
        const { status } = await begun<readonly unknown[]>((onResolve) => begin.call(resolver, onResolve, name)).first;
        assert.is(status.code, StatusCode.INVALID_ARGUMENT, `'${name}'`);
      }
    }
    assert.equal(asked(), []);
    resolver.destroy();
  }),

  body("name-server", "should ask the servers that it was given, one after the other, nobody else", async (world) => {
    const engine = await world.makeEngine();
    const { address, asked } = await world.nameserver();
    const given = [address, [address], `${address},${address}`, [address, "127.0.0.1:9"]];
    for (const [index, dnsServer] of given.entries()) {
      const resolver = engine.getDNSResolver({ ...ONCE, dnsServer, cacheSizeBytes: 0 });
      assert.equal(await addresses(resolver, "one.names.test", 1), ["192.0.2.7:1"]);
      assert.equal(asked().length, 2 * (index + 1), `A and AAAA by ${String(dnsServer)}`);
      resolver.destroy();
    }
  }),

  body("name-bad-server", "should refuse servers that cannot be meant, and quote them", async ({ makeEngine }) => {
    const engine = await makeEngine();
    for (const bad of ["a.example.test", "1.2.3", "1.2.3.4:65536", "1.2.3.4:", "[::1", "[1.2.3.4]:53", "1.2.3.4:dns"]) {
      for (const dnsServer of [bad, ["127.0.0.1:53", bad]]) {
        try {
          engine.getDNSResolver({ dnsServer });
          assert.unreachable(`${bad} is no server`);
        } catch (error) {
          if (!(error instanceof StatusError)) throw error;
          assert.is(error.status.code, StatusCode.INVALID_ARGUMENT);
          assert.match(error.message, `"${bad}"`);
        }
      }
    }
  }),
];

export const resolverBodies: readonly FaceBody[] = [...answers, ...ports, ...refusals];
