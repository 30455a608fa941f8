// The command line: what it accepts, how it refuses, and that both runtimes answer word for word the same.
//
// A refusal is one line on stderr that names what was wrong, nothing on stdout, and exit code 1.
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Arm, arms, nodeArm, ROOT, wasmtimeArm } from "../support/arms.js";
import { Pattern } from "../support/bytes.js";
import { echoOnce, listen } from "../support/client.js";
import { type RunResult, runCommand, withServer } from "../support/process.js";

const { version } = JSON.parse(readFileSync(`${ROOT}package.json`, "utf8")) as { version: string };

/** Arguments that are refused, and what the one line must name. */
const REFUSED: [what: string, args: string[], names: string][] = [
  ["no program", [], "program"],
  ["an unknown program", ["frobnicate"], "frobnicate"],
  ["an empty program", [""], "program"],
  ["an unknown option before a program", ["--frobnicate"], "--frobnicate"],
  ["an unknown option of echo", ["echo", "--listen", "127.0.0.1:0", "--loud"], "--loud"],
  ["an unknown option of connect", ["connect", "--loud", "127.0.0.1:1"], "--loud"],
  ["an argument too many", ["echo", "--listen", "127.0.0.1:0", "extra"], "extra"],
  ["a second address of connect", ["connect", "127.0.0.1:1", "127.0.0.1:2"], "127.0.0.1:2"],
  ["a missing value", ["echo", "--listen"], "--listen"],
  ["a missing option of echo", ["echo"], "--listen"],
  ["a missing option of proxy", ["proxy", "--listen", "127.0.0.1:0"], "--to"],
  ["a proxy with nothing to listen on", ["proxy", "--to", "127.0.0.1:1"], "--listen"],
  ["a missing address of connect", ["connect"], "HOST:PORT"],
  ["an address without a port", ["echo", "--listen", "127.0.0.1"], "127.0.0.1"],
  ["an address with an empty port", ["echo", "--listen", "127.0.0.1:"], "127.0.0.1:"],
  ["an address without a host", ["connect", ":80"], ":80"],
  ["an empty address", ["echo", "--listen", ""], "HOST:PORT"],
  ["a port above 65535", ["echo", "--listen", "127.0.0.1:70000"], "127.0.0.1:70000"],
  ["a port of many digits", ["echo", "--listen", "127.0.0.1:18446744073709551617"], "18446744073709551617"],
  ["a port that is no number", ["echo", "--listen", "127.0.0.1:http"], "127.0.0.1:http"],
  ["a negative port", ["echo", "--listen", "127.0.0.1:-1"], "127.0.0.1:-1"],
  ["a port with trailing letters", ["connect", "127.0.0.1:80x"], "127.0.0.1:80x"],
  ["an IPv6 address without brackets", ["echo", "--listen", "::1:80"], "::1:80"],
  ["a bad IPv6 address", ["echo", "--listen", "[::zz]:0"], "[::zz]:0"],
  ["an unclosed bracket", ["echo", "--listen", "[::1:0"], "[::1:0"],
  ["too many groups", ["echo", "--listen", "[1:2:3:4:5:6:7:8:9]:0"], "[1:2:3:4:5:6:7:8:9]:0"],
  ["port 0 to connect to", ["connect", "127.0.0.1:0"], "127.0.0.1:0"],
  ["a foreign address to listen on", ["echo", "--listen", "192.0.2.1:0"], "192.0.2.1:0"],
  ["a bad target of proxy", ["proxy", "--listen", "[::1]:0", "--to", "localhost:70000"], "localhost:70000"],
  ["a line break in an argument", ["two\nlines"], "two"],
];

function assertRefused(result: RunResult, names: string): void {
  assert.match(result.stderr, /^event-engine: [^\n]+\n$/, "one line on stderr");
  assert.ok(result.stderr.includes(names), `${JSON.stringify(result.stderr)} names ${names}`);
  assert.is(result.stdout.toString(), "");
  assert.is(result.code, 1);
}

for (const arm of arms) {
  const line = suite(`command line on ${arm.name}`);

  line("should explain itself with --help", async () => {
    const result = await runCommand(arm, ["--help"]);
    const help = result.stdout.toString();
    for (const word of ["echo", "proxy", "connect", "resolve", "--listen", "--to", "--help", "--version"]) {
      assert.ok(help.includes(word), `the help names ${word}`);
    }
    assert.is(result.stderr, "");
    assert.is(result.code, 0);
  });

  line("should print its version with --version", async () => {
    const result = await runCommand(arm, ["--version"]);
    assert.is(result.stdout.toString().trim().split(" ").pop(), version);
    assert.is(result.stderr, "");
    assert.is(result.code, 0);
  });

  for (const [what, args, names] of REFUSED) {
    line(`should refuse ${what}`, async () => assertRefused(await runCommand(arm, args), names));
  }

  line("should say that a port is in use", async () => {
    const other = await listen(() => {});
    const address = `127.0.0.1:${other.port}`;
    const result = await runCommand(arm, ["echo", "--listen", address]).finally(() => other.close());
    assertRefused(result, address);
    assert.match(result.stderr, /in use/);
  });

  line("should fail when its output cannot be written", async () => {
    const toFull: Arm = {
      name: arm.name,
      command: (args) => {
        const [file, rest] = arm.command(args);
        return ["sh", ["-c", `exec "$0" "$@" > /dev/full`, file, ...rest]];
      },
    };
    for (const args of [["--help"], ["echo", "--listen", "127.0.0.1:0"]]) {
      assertRefused(await runCommand(toFull, args), "stdout");
    }
  });

  line("should listen on a name", async () => {
    await withServer(arm, ["echo", "--listen", "localhost:0"], async (server) => {
      await echoOnce(server, new Pattern(), 1000);
    });
  });

  line.run();
}

const same = suite("both runtimes");

const outcome = ({ code, signal, stdout, stderr }: RunResult): unknown => {
  return { code, signal, stdout: stdout.toString(), stderr };
};

same("should answer word for word the same", async () => {
  const unknown = ["connect", "no-such-host.invalid:80"];
  const all = [["--help"], ["--version"], unknown, ...REFUSED.map(([, args]) => args)];
  for (const args of all) {
    const [one, other] = await Promise.all([runCommand(nodeArm, args), runCommand(wasmtimeArm, args)]);
    assert.equal(outcome(one), outcome(other), `the same for: ${JSON.stringify(args)}`);
  }
});

same("should describe a port in use in the same words", async () => {
  const busy = await listen(() => {});
  const args = ["echo", "--listen", `127.0.0.1:${busy.port}`];
  const [one, other] = await Promise.all([runCommand(nodeArm, args), runCommand(wasmtimeArm, args)])
    .finally(() => busy.close());
  assert.equal(outcome(one), outcome(other));
});

if (arms.length === 2) same.run();
