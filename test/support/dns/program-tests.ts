// The program `resolve` on one arm, against BIND: names of every kind, faults, and whom it asks.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Arm, CLI, COMPONENT, wasmtime } from "../arms.js";
import { runCommand } from "../process.js";
import { expectedAt, titleOf, ZONE_CASES } from "./cases.js";
import { behind } from "./fault-tests.js";
import { type Fault, honest } from "./fault-proxy.js";
import * as faults from "./faults.js";
import { failure, type Outcome, records, same, service } from "./outcome.js";
import type { NameServer } from "./name-server.js";
import { resolve } from "./program.js";
import { bind } from "./server-kinds.js";
import { RCODES } from "./wire.js";
import { LONG_TEXTS } from "./zones.js";
import { startAll } from "./zone-tests.js";

type Test = ReturnType<typeof suite>;

const A = records("192.0.2.1", "192.0.2.11");
const SERVICE = records(service(0, 0, 443, "a.example.test"));
const TEXTS = records(...LONG_TEXTS);
/** A process for each: a choice of the cases, which the TypeScript face has all of. */
const CHOSEN = new Set([
  "both", "multitude", "nowhere", "ent", "_many._tcp", "_none._tcp", "empty", "bytes", "chain-8", "across", "outside",
].map((name) => `${name}.example.test`).concat("a.broken.test", "a.unknown.invalid", "localhost", "a..example.test"));
const CASES = ZONE_CASES.filter(({ name }) => CHOSEN.has(name));

function withEnvironment(arm: Arm, name: string, value: string): Arm {
  if (arm.name === "wasmtime") {
    const capabilities = ["-S", "inherit-network", "-S", "allow-ip-name-lookup", "--env", `${name}=${value}`];
    return { name: arm.name, command: (args) => [wasmtime(), ["run", ...capabilities, COMPONENT, ...args]] };
  }
  const run = `process.env[${JSON.stringify(name)}]=${JSON.stringify(value)}`;
  const preload = `data:text/javascript,${encodeURIComponent(run)}`;
  return { name: arm.name, command: (args) => [process.execPath, ["--import", preload, CLI, ...args]] };
}

/** Node as on a machine whose own list of nameservers is this one. */
function onSystem(server: string): Arm {
  const run = `import dns from "node:dns"; dns.setServers([${JSON.stringify(server)}]);`;
  const preload = `data:text/javascript,${encodeURIComponent(run)}`;
  return { name: "node", command: (args) => [process.execPath, ["--import", preload, CLI, ...args]] };
}

/** What the servers say. */
function plainTests(programs: Test, server: NameServer, arm: Arm): void {
  for (const each of CASES) {
    programs(`should print ${titleOf(each)}`, async () => {
      const { outcome, complaint } = await resolve(arm, each.kind, each.name, ["--dns-server", server.v4]);
      same(outcome, expectedAt("BIND", each), "what it prints");
      const isAsked = "failure" in outcome && outcome.failure !== "bad name";
      if (isAsked) assert.ok(complaint.includes(each.name) && complaint.includes(server.v4), complaint);
    });
  }

  programs("should put ports behind addresses", async () => {
    const options = ["--dns-server", server.v4];
    const own = await resolve(arm, "host", "both.example.test:443", options);
    assert.equal(own.lines.sort(), ["192.0.2.2:443", "[2001:db8::22]:443", "[2001:db8::2]:443"]);
    const given = await resolve(arm, "host", "a.example.test", [...options, "--port", "https"]);
    assert.equal(given.lines.sort(), ["192.0.2.11:443", "192.0.2.1:443"]);
  });

  const { v6 } = server;
  if (v6 !== undefined) {
    programs("should ask over IPv6", async () => {
      same((await resolve(arm, "host", "a.example.test", ["--dns-server", v6])).outcome, A, "datagrams");
      same((await resolve(arm, "txt", "texts.example.test", ["--dns-server", v6])).outcome, TEXTS, "a stream");
    });
  }
}

/** Who is asked. */
function listTests(programs: Test, server: NameServer, arm: Arm): void {
  programs("should ask whom the environment names, for everything", async () => {
    const told = withEnvironment(arm, "EVENT_ENGINE_DNS_SERVERS", server.v4);
    same((await resolve(told, "host", "a.example.test")).outcome, A, "addresses");
    same((await resolve(told, "srv", "_one._tcp.example.test")).outcome, SERVICE, "services");
    same((await resolve(told, "txt", "parts.example.test")).outcome, records("three strings, one record"), "texts");
  });

  programs("should refuse a list of servers that is none", async () => {
    for (const list of ["nobody", "127.0.0.1:99999", `${server.v4},,x`]) {
      const { code, stderr } = await runCommand(arm, ["resolve", "a.example.test", "--dns-server", list]);
      assert.is(code, 1);
      assert.match(stderr, /^event-engine: resolve: /);
    }
  });

  if (arm.name === "node") {
    programs("should ask the system's servers for services and texts", async () => {
      const system = onSystem(server.v4);
      same((await resolve(system, "txt", "texts.example.test")).outcome, TEXTS, "texts");
      same((await resolve(system, "srv", "_one._tcp.example.test")).outcome, SERVICE, "services");
      same((await resolve(system, "srv", "_absent._tcp.example.test")).outcome, failure("no name"), "nothing");
    });
  } else {
    programs("should say what to set where nobody can be asked", async () => {
      const { code, stderr } = await runCommand(arm, ["resolve", "_one._tcp.example.test", "--srv"]);
      assert.is(code, 1);
      assert.match(stderr, "EVENT_ENGINE_DNS_SERVERS");
      same((await resolve(arm, "host", "localhost")).outcome, records("127.0.0.1", "::1"), "localhost");
    });
  }
}

const FAULTS: [string, () => Fault, Outcome][] = [
  ["truncated datagrams", () => faults.truncated, A],
  ["a stream of single bytes", () => faults.byteByByte, A],
  ["wrong ids", () => faults.spoofFlood(200), A],
  ["garbage", () => faults.garbage(3, 40), A],
  ["answers from elsewhere", () => faults.fromElsewhere, A],
  ["another letter case", () => faults.instead(faults.spelled(true)), A],
  ["servers without EDNS", () => faults.withoutEdns(RCODES.FORMERR), A],
  ["answers that are cut", () => faults.instead(faults.cut(3)), failure("server failed")],
  ["a stream that breaks", () => faults.onStreams(async (asked) => {
    if (asked.connection === 0) asked.socket.destroy();
    else asked.reply(await asked.truth());
  }), A],
];

/** What is between the program and its server. */
function faultTests(programs: Test, server: NameServer, arm: Arm): void {
  for (const [title, fault, expected] of FAULTS) {
    programs(`should go through ${title}`, () => behind(server, fault(), async (proxy) => {
      const printed = await resolve(arm, "host", "a.example.test", ["--dns-server", proxy.address]);
      same(printed.outcome, expected, title);
    }));
  }

  programs("should go from server to server", () => {
    return behind(server, faults.rcode(RCODES.SERVFAIL), (first) => {
      return behind(server, faults.rcode(RCODES.REFUSED), async (second) => {
        const list = [first.address, second.address, server.v4].join(",");
        same((await resolve(arm, "host", "a.example.test", ["--dns-server", list])).outcome, A, "the third");
        assert.ok(first.datagrams.length > 0 && second.datagrams.length > 0);
      });
    });
  });

  programs("should stop waiting at its time", () => behind(server, faults.silent, async (proxy) => {
    const options = ["--dns-server", proxy.address, "--timeout", "1"];
    const printed = await resolve(arm, "txt", "text.example.test", options);
    same(printed.outcome, failure("past its deadline"), "a second");
    assert.ok(printed.complaint.includes(proxy.address), printed.complaint);
  }));

  programs("should ask each question once", () => behind(server, honest, async (proxy) => {
    await resolve(arm, "host", "a.example.test", ["--dns-server", proxy.address]);
    assert.is(proxy.datagrams.length, 2);
  }));
}

/** Everything on one arm; a file each, so that they run beside each other. */
export async function programTests(arm: Arm): Promise<void> {
  const servers = await startAll(bind);
  if (servers === undefined) return;
  const [server] = servers;
  const programs = suite(`the program resolve in ${arm.name}`);
  programs.after(() => server.stop());
  for (const tests of [plainTests, listTests, faultTests]) tests(programs, server, arm);
  programs.run();
}
