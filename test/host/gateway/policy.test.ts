// The policy of a gateway: how rules are read, and what they allow and refuse.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { KnownNames } from "#host/gateway/server/known-names.js";
import {
  ALLOW_ALL, type AddressDecision, NarrowedPolicy, type Policy, RulePolicy,
} from "#host/gateway/server/policy.js";
import { parseRule, RuleError } from "#host/gateway/server/rules.js";
import { addressText, makeAddress, parseIp, type SocketAddress } from "#host/wasi/ip-address.js";
import { NAMESERVER } from "#host/wasi/virtual-nameserver.js";

function address(text: string, port = 80): SocketAddress {
  const ip = parseIp(text);
  if (ip === null) throw new Error(text);
  return makeAddress(ip.family, ip.parts, port);
}

const nameless = (): string[] => [];

function tcp(policy: Policy, text: string, port = 80, names: string[] = []): AddressDecision {
  return policy.connect("tcp", address(text, port), () => names);
}

function allows(rules: string[], text: string, port = 80, names: string[] = []): boolean {
  return tcp(RulePolicy.parse(rules), text, port, names).allowed;
}

const rules = suite("gateway rules");

rules("should be read in every form", () => {
  for (const text of [
    "tcp:*:*", "tcp:93.184.216.34:443", "tcp:10.0.0.0/8:80,443,8000-8999", "tcp:[2001:db8::/32]:443",
    "tcp:[2001:db8::]/32:443", "tcp:[::1]:6379", "udp:example.com:53", "tcp:*.example.com:443", "listen:127.0.0.1:0",
    "listen:[::1]:8080-8090", "listen:0.0.0.0:*", "resolve:*", "resolve:example.com", "resolve:*.example.com",
    "nameserver", "tcp:example.com.:443", "tcp:EXAMPLE.com:443",
  ]) {
    assert.is(parseRule(text).text, text);
  }
});

rules("should say what is wrong with one", () => {
  for (const [text, why] of [
    ["", /begins with none of tcp:, udp:/], ["http:*:80", /begins with none of/], ["tcp", /wants tcp:TARGET:PORTS/],
    ["tcp:*", /wants tcp:TARGET:PORTS/], ["tcp:::1:80", /brackets around IPv6/], ["tcp:fd00::/8:80", /brackets/],
    ["tcp:10.0.0.1/8:80", /bits beyond its length/], ["tcp:10.0.0.256:80", /is not an IP address/],
    ["tcp:[fd00::]/200:80", /from 0 to 128/], ["tcp:[example.com]:80", /is not an IP address/],
    ["tcp:*:0", /is not a port/], ["tcp:*:65536", /is not a port/], ["tcp:*:90-80", /is not a port/],
    ["tcp:*:http", /is not a port/], ["tcp:*:80,", /nothing is not a port/], ["tcp::80", /nothing is not a name/],
    ["tcp:*example.com:80", /is not a name/], ["tcp:a.*.com:80", /is not a name/], ["tcp:*.*:80", /is not a name/],
    ["tcp:localhost:80", /write localhost as an address/], ["resolve:localhost", /write localhost as an address/],
    ["listen:*:80", /an address or a range/], ["listen:example.com:80", /an address or a range/],
    ["resolve:", /nothing is not a name/], ["resolve", /nothing is not a name/], ["resolve:10.0.0.1", /is not a name/],
    ["nameserver:8.8.8.8", /takes nothing after it/],
  ] as const) {
    const error = (() => {
      try {
        parseRule(text);
        return null;
      } catch (caught) {
        return caught;
      }
    })();
    assert.instance(error, RuleError, text);
    assert.match((error as RuleError).message, why);
    assert.ok((error as RuleError).message.includes(JSON.stringify(text)));
  }
});

rules.run();

const policy = suite("gateway policy");

policy("should deny by default, and say so", () => {
  const none = RulePolicy.parse([]);
  assert.equal(none.rights, { tcp: false, udp: false, resolve: false, nameserver: false, listen: false });
  assert.is(tcp(none, "93.184.216.34").reason, "no rule allows it");
  assert.not(tcp(none, "93.184.216.34").allowed);
  assert.not(none.connect("udp", address("93.184.216.34"), nameless).allowed);
  assert.not(none.listen(address("127.0.0.1")).allowed);
  assert.not(none.resolve("example.com").allowed);
  assert.not(none.connect("tcp", NAMESERVER, nameless).allowed);
});

policy("should go by protocol, range and port", () => {
  assert.ok(allows(["tcp:93.184.216.0/24:80,8000-8080"], "93.184.216.34", 8080));
  assert.not(allows(["tcp:93.184.216.0/24:80,8000-8080"], "93.184.216.34", 8081));
  assert.not(allows(["tcp:93.184.216.0/24:80"], "93.184.217.34"));
  assert.not(allows(["udp:93.184.216.0/24:80"], "93.184.216.34"));
  assert.not(allows(["tcp:0.0.0.0/0:*"], "2606:4700::1"));
  assert.is(tcp(RulePolicy.parse(["tcp:*:443"]), "1.1.1.1", 443).reason, "rule tcp:*:443");
});

policy("should reach special ranges only by a rule inside of them", () => {
  const wide = ["tcp:*:*", "tcp:0.0.0.0/0:*", "tcp:[::/0]:*", "tcp:8.0.0.0/6:*", "tcp:[fc00::/6]:*"];
  for (const text of [
    "127.0.0.1", "10.1.2.3", "169.254.169.254", "168.63.129.16",
    "100.64.0.1", "0.0.0.0", "192.168.1.1", "::1", "fd00::1", "fe80::1",
    "192.0.2.1", "240.0.0.1", "198.18.0.1", "::", "2002:808:808::1", "2001:db8::1",
  ]) {
    const decision = tcp(RulePolicy.parse(wide), text);
    assert.not(decision.allowed, text);
    assert.match(decision.reason, /^no rule names this .* address/);
    assert.ok(allows([`tcp:${text.includes(":") ? `[${text}]` : text}:*`], text) || text === "2002:808:808::1", text);
  }
  assert.ok(allows(["tcp:10.1.0.0/16:*"], "10.1.2.3"));
  assert.ok(allows(["tcp:127.0.0.0/8:*"], "127.9.9.9"));
  assert.not(allows(["tcp:240.0.0.0/4:*"], "255.255.255.255"), "broadcast lies in a range of its own");
});

policy("should judge every address that hides in one", () => {
  const wide = ["tcp:*:*", "tcp:[64:ff9b::/96]:*", "tcp:[2002::/16]:*", "tcp:[2001::/32]:*", "tcp:[64:ff9b:1::/48]:*"];
  for (const text of [
    "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
    "64:ff9b::10.0.0.1", "64:ff9b:1::10.0.0.1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2002:c0a8:101::1",
    "2001:0:7f00:1::f7f7:f7f7", "2001:0:808:808::80ff:fffe", "2001:0:808:808::5601:5601", "::127.0.0.1",
  ]) {
    assert.not(allows(wide, text), text);
  }
  assert.ok(allows(wide, "64:ff9b::8.8.8.8"));
  assert.ok(allows(wide, "2002:808:808::1"));
  assert.ok(allows(wide, "2001:0:808:808::f7f7:f7f7"));
  assert.not(allows(["tcp:127.0.0.0/8:*"], "64:ff9b::7f00:1"), "the outer one is judged, too");
  assert.ok(allows(["tcp:127.0.0.0/8:*", "tcp:[64:ff9b::]/96:*"], "64:ff9b::7f00:1"));
  const decision = tcp(RulePolicy.parse(["tcp:127.0.0.0/8:*"]), "::ffff:127.0.0.1");
  assert.ok(decision.allowed);
  assert.is(addressText(decision.target), "127.0.0.1:80", "the one spelling is what is connected to");
});

policy("should never allow multicast or broadcast", () => {
  const open = RulePolicy.parse(["udp:224.0.0.0/4:*", "udp:255.255.255.255:*", "udp:[ff00::/8]:*",
    "udp:[64:ff9b::]/96:*"]);
  for (const text of ["224.0.0.251", "255.255.255.255", "ff02::fb", "::ffff:224.0.0.1", "64:ff9b::224.0.0.1"]) {
    assert.is(open.connect("udp", address(text), nameless).reason, "neither multicast nor broadcast", text);
    assert.not(open.connect("udp", address(text), nameless).allowed);
  }
});

policy("should let names reach the addresses that are known by them, and nothing special", () => {
  const named = ["tcp:*.example.com:443"];
  assert.ok(allows(named, "93.184.216.34", 443, ["www.example.com"]));
  assert.not(allows(named, "93.184.216.34", 443, []));
  assert.not(allows(named, "93.184.216.34", 443, ["example.com"]), "the name itself is not below itself");
  assert.not(allows(named, "93.184.216.34", 443, ["notexample.com"]));
  assert.not(allows(named, "93.184.216.34", 80, ["www.example.com"]));
  for (const text of ["127.0.0.1", "169.254.169.254", "64:ff9b::7f00:1", "fd00::1"]) {
    assert.not(allows(named, text, 443, ["www.example.com"]), text);
  }
  assert.ok(allows(named, "64:ff9b::8.8.8.8", 443, ["www.example.com"]));
});

policy("should say which names may be looked up, and which answers told", () => {
  const some = RulePolicy.parse(["resolve:example.com", "tcp:*.example.org:443", "tcp:10.0.0.0/8:80"]);
  assert.ok(some.resolve("example.com").allowed);
  assert.ok(some.resolve("www.example.org").allowed, "a rule with a name is of no use without its address");
  assert.not(some.resolve("www.example.com").allowed);
  assert.not(some.resolve("example.org").allowed);
  assert.ok(RulePolicy.parse(["resolve:*"]).resolve("anything.at.all").allowed);
  assert.ok(some.tell(address("93.184.216.34")).allowed);
  assert.ok(some.tell(address("10.9.9.9")).allowed, "a rule reaches it");
  for (const text of ["127.0.0.1", "169.254.169.254", "192.168.1.1", "64:ff9b::7f00:1", "::1"]) {
    assert.not(some.tell(address(text)).allowed, text);
  }
  assert.match(some.tell(address("::ffff:127.0.0.1")).reason, /loopback/);
});

policy("should keep listening and the nameserver as rights of their own", () => {
  const all = RulePolicy.parse(["tcp:*:*", "tcp:127.0.0.0/8:*", "tcp:192.0.2.53:53"]);
  assert.not(all.listen(address("127.0.0.1", 8080)).allowed);
  assert.not(all.rights.listen);
  assert.not(all.connect("tcp", NAMESERVER, nameless).allowed);
  const listening = RulePolicy.parse(["listen:127.0.0.1:8080-8090", "listen:[::1]:0"]);
  assert.ok(listening.listen(address("127.0.0.1", 8085)).allowed);
  assert.ok(listening.listen(address("::ffff:127.0.0.1", 8085)).allowed);
  assert.not(listening.listen(address("127.0.0.1", 0)).allowed);
  assert.not(listening.listen(address("0.0.0.0", 8085)).allowed);
  assert.ok(listening.listen(address("::1", 0)).allowed);
  assert.not(tcp(listening, "127.0.0.1", 8085).allowed);
  const asking = RulePolicy.parse(["nameserver"]);
  assert.ok(asking.connect("udp", NAMESERVER, nameless).allowed);
  assert.ok(asking.rights.udp && asking.rights.tcp);
  assert.not(asking.connect("udp", { ...NAMESERVER, port: 54 }, nameless).allowed);
});

policy("should be narrowed by a second one, and never widened", () => {
  const wide = RulePolicy.parse(["tcp:*:443", "tcp:127.0.0.1:80", "resolve:*", "listen:127.0.0.1:1-9"]);
  const both = new NarrowedPolicy(wide, RulePolicy.parse(["tcp:*:*", "resolve:example.com", "udp:*:*", "nameserver"]));
  assert.equal(both.rights, { tcp: true, udp: false, resolve: true, nameserver: false, listen: false });
  assert.ok(tcp(both, "1.1.1.1", 443).allowed);
  assert.not(tcp(both, "1.1.1.1", 80).allowed);
  assert.not(tcp(both, "127.0.0.1", 80).allowed);
  assert.not(both.connect("udp", address("1.1.1.1"), nameless).allowed);
  assert.not(both.listen(address("127.0.0.1", 5)).allowed);
  assert.ok(both.resolve("example.com").allowed);
  assert.not(both.resolve("example.org").allowed);
  assert.not(both.tell(address("127.0.0.1")).allowed);
  assert.ok(new NarrowedPolicy(ALLOW_ALL, wide).tell(address("127.0.0.1")).allowed);
});

policy.run();

const names = suite("known names");

names("should remember addresses by name, for a while, and a bounded number", () => {
  let nowMs = 0;
  const known = new KnownNames(() => nowMs * 1e6, 3, 1000);
  known.remember("a.example", address("1.1.1.1", 0));
  known.remember("b.example", address("1.1.1.1", 0));
  assert.equal(known.namesOf(address("1.1.1.1", 443)).sort(), ["a.example", "b.example"]);
  assert.equal(known.namesOf(address("1.1.1.2")), []);
  nowMs = 900;
  known.remember("a.example", address("1.1.1.1", 0));
  nowMs = 1000;
  assert.equal(known.namesOf(address("1.1.1.1")), ["a.example"], "the other one is too old");
  for (let index = 1; index <= 3; index++) known.remember("c.example", address(`2.2.2.${index}`));
  assert.equal(known.namesOf(address("1.1.1.1")), [], "it made room for a newer one");
  assert.equal(known.namesOf(address("2.2.2.1")), ["c.example"]);
});

names.run();
