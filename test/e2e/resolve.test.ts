// The resolve program: what it prints for each kind of record, how it says why there is none, and what it refuses.
import * as packet from "dns-packet";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Arm, arms } from "../support/arms.js";
import { type RunResult, runCommand, startCommand } from "../support/process.js";

interface TestServer {
  /** As `--dns-server` wants it. */
  address: string;
  /** Questions so far, `TYPE name` in small letters. */
  asked: string[];
  /** Resolves with the next question that comes. */
  next(): Promise<unknown>;
  close(): void;
}

const RECORDS: packet.Answer[] = [
  { name: "a.test", type: "A", data: "192.0.2.2" },
  { name: "a.test", type: "A", data: "192.0.2.1" },
  { name: "six.test", type: "AAAA", data: "2001:db8::1" },
  { name: "alias.test", type: "CNAME", data: "six.test" },
  { name: "_x._tcp.test", type: "SRV", data: { priority: 2, weight: 0, port: 65_535, target: "b.test" } },
  { name: "_x._tcp.test", type: "SRV", data: { priority: 1, weight: 3, port: 80, target: "a.test" } },
  { name: "_none._tcp.test", type: "SRV", data: { priority: 0, weight: 0, port: 0, target: "." } },
  { name: "t.test", type: "TXT", data: ["one ", "string"] },
  { name: "t.test", type: "TXT", data: [Buffer.from("\\ and \"\0\n\x7f\xc3\xa9", "latin1")] },
  { name: "t.test", type: "TXT", data: [""] },
];

/** Knows RECORDS, that `fails.test` is broken, and nothing of `silent.test`; no other name is there. */
async function serve(): Promise<TestServer> {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  const asked: string[] = [];
  socket.on("message", (message, { port, address }) => {
    const { id, questions } = packet.decode(message);
    const [{ name, type }] = questions as [packet.Question];
    const known = name.toLowerCase();
    asked.push(`${type} ${known}`);
    socket.emit("asked");
    if (known === "silent.test") return;
    const code = known === "fails.test" ? 2 : RECORDS.some((each) => each.name === known) ? 0 : 3;
    const answers = RECORDS.filter((each) => each.name === known && (each.type === type || each.type === "CNAME"));
    const alias = answers.find((each): each is packet.StringAnswer => each.type === "CNAME")?.data;
    const behind = RECORDS.filter((each) => each.name === alias && each.type === type);
    const response = { type: "response" as const, id: id!, flags: 0x180 | code, questions: questions! };
    socket.send(packet.encode({ ...response, answers: [...answers, ...behind] }), port, address);
  });
  return {
    address: `127.0.0.1:${socket.address().port}`, asked,
    next: () => once(socket, "asked"),
    close: () => socket.close(),
  };
}

/** The arm with a variable in the environment of the program. */
function withVariable(arm: Arm, value: string): Arm {
  const variable = `EVENT_ENGINE_DNS_SERVERS=${value}`;
  if (arm.name === "node") {
    const command = (args: string[]): [string, string[]] => {
      const [file, rest] = arm.command(args);
      return ["env", [variable, file, ...rest]];
    };
    return { ...arm, command };
  }
  const command = (args: string[]): [string, string[]] => {
    const [file, [run, ...rest]] = arm.command(args) as [string, [string, ...string[]]];
    return [file, [run, "--env", variable, ...rest]];
  };
  return { ...arm, command };
}

const linesOf = ({ stdout }: RunResult): string[] => stdout.toString().split("\n").slice(0, -1);

function assertLines(result: RunResult, lines: string[]): void {
  assert.is(result.stderr, "");
  assert.equal(linesOf(result), lines);
  assert.ok(result.stdout.length === 0 || result.stdout.toString().endsWith("\n"));
  assert.is(result.code, 0);
}

function assertFails(result: RunResult, ...words: string[]): void {
  assert.match(result.stderr, /^event-engine: resolve: [^\n]+\n$/, `one line on stderr: ${result.stderr}`);
  for (const word of words) assert.ok(result.stderr.includes(word), `${JSON.stringify(result.stderr)} says ${word}`);
  assert.is(result.stdout.toString(), "");
  assert.is(result.code, 1);
}

const LITERALS: [args: string[], lines: string[]][] = [
  [["192.0.2.7"], ["192.0.2.7"]], [["192.0.2.7", "--port", "443"], ["192.0.2.7:443"]],
  [["192.0.2.7:80", "--port", "443"], ["192.0.2.7:80"]], [["2001:db8::7"], ["2001:db8::7"]],
  [["[2001:db8::7]"], ["2001:db8::7"]], [["[2001:db8::7]:https"], ["[2001:db8::7]:443"]],
  [["2001:db8::7", "--port=http"], ["[2001:db8::7]:80"]], [["localhost"], ["::1", "127.0.0.1"]],
  [["a.localhost:9"], ["[::1]:9", "127.0.0.1:9"]], [["localhost", "--srv"], []], [["--txt", "localhost"], []],
];

/** Arguments that are refused, and what the one line must name. */
const REFUSED: [args: string[], names: string][] = [
  [[], "NAME"], [["a", "b"], "'b'"], [["a", "--loud"], "--loud"], [["a", "--srv", "--txt"], "--txt"],
  [["a", "--srv=1"], "--srv"], [["a", "--srv", "--port", "1"], "--port"], [["a", "--port", "x"], "not a port"],
  [["a", "--port", "65536"], "not a port"], [["a:x"], "not a port"], [["a..b"], "a..b"], [[""], "host"],
  [["256.1.1.1"], "256.1.1.1"], [["[::1"], "bracket"], [["a", "--timeout", "0"], "'0'"],
  [["a", "--timeout", "86401"], "86401"], [["a", "--timeout", "1s"], "1s"], [["a", "--timeout"], "--timeout"],
  [["a", "--dns-server", ""], "server"], [["a", "--dns-server", "127.0.0.1:0"], "127.0.0.1:0"],
  [["a", "--dns-server", "127.0.0.1,dns.test"], "dns.test"], [["192.0.2.1", "--srv"], "192.0.2.1"],
];

for (const arm of arms) {
  const resolve = suite(`resolve on ${arm.name}`);
  let server: TestServer;
  resolve.before(async () => void (server = await serve()));
  resolve.after(() => server.close());

  const run = (...args: string[]): Promise<RunResult> => runCommand(arm, ["resolve", ...args]);
  const ask = (...args: string[]): Promise<RunResult> => run(...args, "--dns-server", server.address);

  resolve("should print literals and localhost without asking", async () => {
    const before = server.asked.length;
    for (const [args, lines] of LITERALS) assertLines(await ask(...args), lines);
    assert.is(server.asked.length, before);
  });

  resolve("should print addresses, with the port where there is one", async () => {
    assertLines(await ask("a.test"), ["192.0.2.2", "192.0.2.1"]);
    assertLines(await ask("A.Test.:443"), ["192.0.2.2:443", "192.0.2.1:443"]);
    assertLines(await ask("six.test", "--port", "53"), ["[2001:db8::1]:53"]);
    assertLines(await ask("alias.test"), ["2001:db8::1"]);
  });

  resolve("should print services by priority, a dot for one that is not there", async () => {
    assertLines(await ask("_x._tcp.test", "--srv"), ["1 3 80 a.test", "2 0 65535 b.test"]);
    assertLines(await ask("--srv", "_none._tcp.test"), ["0 0 0 ."]);
  });

  resolve("should print texts so that each is one line of printable letters", async () => {
    assertLines(await ask("t.test", "--txt"), ["one string", "\\\\ and \"\\x00\\x0a\\x7f\\xc3\\xa9", ""]);
  });

  resolve("should take its servers from the environment, and rather from the option", async () => {
    const args = ["resolve", "--srv", "_none._tcp.test"];
    assertLines(await runCommand(withVariable(arm, server.address), args), ["0 0 0 ."]);
    const option = ["--dns-server", server.address];
    assertLines(await runCommand(withVariable(arm, "127.0.0.1:1"), [...args, ...option]), ["0 0 0 ."]);
    assertFails(await runCommand(withVariable(arm, "nowhere"), args), "EVENT_ENGINE_DNS_SERVERS", "nowhere");
  });

  resolve("should say why there is nothing, with name, type and server", async () => {
    assertFails(await ask("missing.test"), "A/AAAA missing.test", "no such name", server.address);
    assertFails(await ask("--srv", "missing.test"), "SRV missing.test", "no such name", server.address);
    assertFails(await ask("--txt", "a.test"), "TXT a.test", "no records", server.address);
    assertFails(await ask("fails.test"), "A/AAAA fails.test", "temporary", server.address);
  });

  resolve("should give up when its time is over", async () => {
    assertFails(await ask("silent.test", "--timeout", "1"), "A/AAAA silent.test", "deadline");
  });

  resolve("should refuse what it does not understand", async () => {
    for (const [args, names] of REFUSED) assertFails(await run(...args), names);
  });

  if (arm.name === "wasmtime") {
    resolve("should say what to set where no server is known", async () => {
      for (const option of ["--srv", "--txt"]) {
        assertFails(await run("a.test", option), "a.test", "EVENT_ENGINE_DNS_SERVERS");
      }
    });
  } else {
    resolve("should end in order in the middle of a look-up", async () => {
      const asked = server.next();
      const { child, finish } = startCommand(arm, ["resolve", "silent.test", "--dns-server", server.address]);
      await asked;
      child.kill("SIGTERM");
      assertLines(await finish(), []);
    });
  }

  resolve.run();
}
