// In a page: the programs of the shipped file, and what they do to each other there.
import * as assert from "uvu/assert";
import { type ProgramOptions, runProgram } from "#host/components.browser.js";
import { connect, EventEngine, PageNetwork, pagePlatform } from "#host/index.browser.js";
import { addressOf, ended, type Observed, observed } from "./observed.js";

type Start = (words: string[], stdin?: ProgramOptions["stdin"]) => Observed;

interface World {
  start: Start;
  network: PageNetwork;
}

const LISTEN = ["--listen", "127.0.0.1:0"];

export const programBodies: Record<string, (world: World) => Promise<void>> = {
  "should echo, and stop in order": async ({ start, network }) => {
    const echo = start(["echo", ...LISTEN]);
    const client = start(["connect", await addressOf(echo)], "hello");
    assert.equal([await ended(client), client.stdout, client.stderr], [0, "hello", ""]);
    assert.is(network.openCount, 1, "the listener");
    echo.stop();
    assert.equal([await ended(echo), echo.stderr], [0, ""]);
  },
  "should join connections by the proxy": async ({ start }) => {
    const echo = start(["echo", ...LISTEN]);
    const proxy = start(["proxy", ...LISTEN, "--to", await addressOf(echo)]);
    const input = "0123456789abcdef".repeat(20_000);
    const client = start(["connect", await addressOf(proxy)], input);
    assert.is(await ended(client), 0, client.stderr);
    assert.ok(client.stdout === input, "every byte comes back");
    for (const server of [proxy, echo]) {
      server.stop();
      assert.is(await ended(server), 0);
    }
  },
  "should serve an engine of the page": async ({ start, network }) => {
    const echo = start(["echo", ...LISTEN]);
    const engine = await EventEngine.create({ platform: pagePlatform({ network }) });
    const endpoint = await connect(engine, await addressOf(echo));
    await endpoint.write("to and fro");
    assert.is(new TextDecoder().decode(await endpoint.read()), "to and fro");
    await endpoint.close();
    await engine.close();
    echo.stop();
    assert.is(await ended(echo), 0);
  },
  "should take input as it comes": async ({ start }) => {
    const echo = start(["echo", ...LISTEN]);
    const typed = async function* () {
      for (const word of ["one ", "two ", "three"]) {
        await new Promise<void>((resolve) => { setTimeout(resolve, 5); });
        yield word;
      }
    };
    const client = start(["connect", await addressOf(echo)], typed());
    assert.equal([await ended(client), client.stdout], [0, "one two three"]);
    echo.stop();
    assert.is(await ended(echo), 0);
  },
  "should look names up": async ({ start }) => {
    const local = start(["resolve", "localhost"]);
    assert.equal([await ended(local), local.stdout.split("\n").sort()], [0, ["", "127.0.0.1", "::1"]]);
    const other = start(["resolve", "example.org"]);
    assert.is(await ended(other), 1);
    assert.match(other.stderr, /^event-engine: .*example\.org/);
  },
  "should say what fails": async ({ start }) => {
    const refused = start(["connect", "127.0.0.1:1"]);
    assert.is(await ended(refused), 1);
    assert.match(refused.stderr, /127\.0\.0\.1:1: connection refused/);
    const outside = start(["connect", "192.0.2.1:80"]);
    assert.is(await ended(outside), 1);
    assert.match(outside.stderr, /192\.0\.2\.1:80: .*unreachable/);
    const echo = start(["echo", ...LISTEN]);
    const second = start(["echo", "--listen", await addressOf(echo)]);
    assert.is(await ended(second), 1);
    assert.match(second.stderr, /address in use/);
    echo.stop();
    assert.is(await ended(echo), 0);
  },
};

export async function runProgramBody(title: string): Promise<void> {
  const network = new PageNetwork();
  const start: Start = (words, stdin) => observed((streams) =>
    runProgram(words, { ...streams, stdin, platform: pagePlatform({ network }) }));
  await programBodies[title]?.({ start, network });
  assert.is(network.openCount, 0, "nothing is left");
}

Object.assign(globalThis, { runProgramBody });
