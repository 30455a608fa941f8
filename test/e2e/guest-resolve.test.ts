// The resolver in C: names of every kind against a real nameserver on loopback, named on the command line or by the
// environment, wherever a component runs.
import type { Answer } from "dns-packet";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Arm } from "../support/arms.js";
import { type PacketServer, packetServer } from "../support/dns/packet-server.js";
import { guestArms } from "../support/guests.js";
import { runCommand } from "../support/process.js";

const MANY = 200;
const address = (name: string, data: string): Answer => ({ type: "A", name, ttl: 60, data });
const service = (name: string, priority: number, port: number, target: string): Answer =>
  ({ type: "SRV", name, ttl: 60, data: { priority, weight: 5, port, target } });

const RECORDS = {
  "A www.example.test": [address("www.example.test", "127.0.0.2")],
  "AAAA www.example.test": [{ type: "AAAA", name: "www.example.test", ttl: 60, data: "::1" } satisfies Answer],
  "A alias.example.test": [
    { type: "CNAME", name: "alias.example.test", ttl: 60, data: "www.example.test" } satisfies Answer,
    address("www.example.test", "127.0.0.3"),
  ],
  "A short.search.test": [address("short.search.test", "127.0.0.4")],
  "SRV _x._tcp.example.test": [
    service("_x._tcp.example.test", 20, 5061, "other.example.test"),
    service("_x._tcp.example.test", 10, 5060, "www.example.test"),
  ],
  "TXT example.test": [
    { type: "TXT", name: "example.test", ttl: 60, data: ["two ", "strings"] } satisfies Answer,
    { type: "TXT", name: "example.test", ttl: 60, data: [Buffer.from([0, 34, 255])] } satisfies Answer,
  ],
  "A many.example.test": Array.from({ length: MANY }, (_, index) => address("many.example.test", `127.1.0.${index}`)),
  "A silent.example.test": [address("silent.example.test", "127.0.0.9")],
};

/** The same arm, whose guest has one variable in its environment. */
function withVariable(arm: Arm, name: string, text: string): Arm {
  return {
    ...arm,
    command: (args) => {
      const [file, words] = arm.command(args);
      const at = words.indexOf("run") + 1;
      return [file, [...words.slice(0, at), "--env", `${name}=${text}`, ...words.slice(at)]];
    },
  };
}

const linesOf = (output: Buffer): string[] => output.toString().trim().split("\n");

for (const { label, arm } of guestArms("resolve")) {
  const resolve = suite(`the resolver in C on ${label}`);
  let server: PacketServer;

  resolve.before(async () => { server = await packetServer(RECORDS); });
  resolve.after(() => server.close());

  resolve("should find addresses, services and texts", async () => {
    const names = ["www.example.test:80", "alias.example.test:https", "srv:_x._tcp.example.test", "txt:example.test"];
    const { code, stdout, stderr } = await runCommand(arm, ["--server", server.address, ...names]);
    assert.is(stderr, "");
    const lines = linesOf(stdout);
    const of = (name: string): string[] =>
      lines.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1));
    assert.equal(of(names[0] as string).sort(), ["127.0.0.2:80", "[::1]:80"]);
    assert.ok(of(names[1] as string).includes("127.0.0.3:443"), stdout.toString());
    assert.equal(of(names[2] as string), ["10 5 5060 www.example.test", "20 5 5061 other.example.test"]);
    assert.equal(of(names[3] as string), ['"two strings"', '"\\000\\034\\255"']);
    assert.is(code, 0);
  });

  resolve("should ask whom the environment names", async () => {
    const asking = withVariable(arm, "EVENT_ENGINE_DNS_SERVERS", server.address);
    const { code, stdout, stderr } = await runCommand(asking, ["--search", "search.test", "short:1"]);
    assert.equal([linesOf(stdout), stderr, code], [["short:1 127.0.0.4:1"], "", 0]);
  });

  resolve("should get by TCP what is too long for a datagram", async () => {
    const { code, stdout, stderr } = await runCommand(arm, ["--server", server.address, "many.example.test:1"]);
    assert.is(stderr, "");
    assert.is(new Set(linesOf(stdout)).size, MANY);
    assert.ok(server.questions.includes("A many.example.test (TCP)"), server.questions.join());
    assert.is(code, 0);
  });

  resolve("should say why there is nothing, with the name and the server", async () => {
    const names = ["nobody.example.test", "srv:www.example.test", "silent.example.test", "a..b", "txt:256.1.1.1"];
    const words = ["--server", server.address, "--deadline", "2000", ...names];
    const { code, stdout, stderr } = await runCommand(arm, words);
    assert.is(stderr, "");
    assert.is(code, 1);
    const why = new Map(linesOf(stdout).map((line) => line.split(" failed: ") as [string, string]));
    assert.equal([...why.keys()].sort(), names.sort());
    const said = (name: string, status: string, ...parts: string[]): void => {
      const text = why.get(name) as string;
      for (const part of [`${status}: `, ...parts]) assert.ok(text.includes(part), `${part} is not in: ${text}`);
    };
    said("nobody.example.test", "NOT_FOUND name-unresolvable", "nobody.example.test", server.address);
    said("srv:www.example.test", "NOT_FOUND no-records", "SRV www.example.test", server.address);
    said("silent.example.test", "DEADLINE_EXCEEDED deadline-exceeded", "silent.example.test");
    said("a..b", "INVALID_ARGUMENT invalid-argument", '"a..b"');
    said("txt:256.1.1.1", "INVALID_ARGUMENT invalid-argument", '"256.1.1.1"');
  });

  resolve("should find localhost and literals without asking anybody", async () => {
    const before = server.questions.length;
    const names = ["localhost:80", "[::1]:81", "127.0.0.9:82"];
    const { code, stdout } = await runCommand(arm, ["--server", server.address, ...names]);
    assert.equal(linesOf(stdout), [
      "localhost:80 [::1]:80", "localhost:80 127.0.0.1:80", "[::1]:81 [::1]:81", "127.0.0.9:82 127.0.0.9:82",
    ]);
    assert.is(server.questions.length, before);
    assert.is(code, 0);
  });

  resolve("should refuse a list of servers that cannot be read, and quote it", async () => {
    const { code, stdout, stderr } = await runCommand(arm, ["--server", "127.0.0.1,nowhere", "localhost"]);
    assert.is(stdout.toString(), "");
    assert.match(stderr, /^resolve: .*"nowhere".*\n$/);
    assert.is(code, 1, "WASI 0.2 knows no other failure");
  });

  resolve.run();
}
