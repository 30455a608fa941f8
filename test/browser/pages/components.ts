// In a page: WASI 0.2 components that are not the engine, and the same by the glue that jco makes.
import * as assert from "uvu/assert";
import { wasm, type WasmModule } from "#host/abi/webassembly.js";
import {
  type ComponentOptions, createJcoImports, type JcoImports, type Platform, runComponent, WasiHost,
} from "#host/components.browser.js";
import { connect, EventEngine, GuestExit, PageNetwork, pagePlatform, pageStreams } from "#host/index.browser.js";
import { addressOf, ended, type Observed, observed, until } from "./observed.js";

interface World {
  /** Runs a file of build/guests. */
  start(file: string, options?: ComponentOptions): Promise<Observed>;
  network: PageNetwork;
}

const NETWORK = { tcp: true, udp: true, nameLookup: true };

async function load(file: string): Promise<Uint8Array> {
  const response = await fetch(`/build/guests/${file}.wasm`);
  if (!response.ok) throw new Error(`${file}: ${response.status}; make guests`);
  return new Uint8Array(await response.arrayBuffer());
}

/** Sends much to an echo server from an engine of this page, and wants all of it back. */
async function talkTo(address: string, network: PageNetwork): Promise<void> {
  const engine = await EventEngine.create({ platform: pagePlatform({ network }) });
  const sent = Uint8Array.from({ length: 300_007 }, (_, index) => index * index);
  const endpoints = await Promise.all([connect(engine, address), connect(engine, address)]);
  await Promise.all(endpoints.map(async (endpoint) => {
    const writing = endpoint.write(sent).then(() => endpoint.end());
    let at = 0;
    for (let bytes = await endpoint.read(); bytes !== null; bytes = await endpoint.read()) {
      for (const byte of bytes) if (byte !== sent[at++]) throw new Error(`byte ${at - 1} differs`);
    }
    await writing;
    assert.is(at, sent.length);
    await endpoint.close();
  }));
  await engine.close();
}

export const componentBodies: Record<string, (world: World) => Promise<void>> = {
  "should run a guest composed with the engine, and serve an engine of the page": async ({ start, network }) => {
    const server = await start("echo-server", { grants: NETWORK, args: ["echo-server", "127.0.0.1:0"] });
    await talkTo(await addressOf(server), network);
    server.stop();
    const end = await ended(server).catch(String);
    assert.match(String(end), /the component was stopped/);
  },
  "should run a guest on plain WASI": async ({ start, network }) => {
    const server = await start("wasi-echo", { grants: { tcp: true }, args: ["wasi-echo", "--listen", "127.0.0.1:0"] });
    await talkTo(await addressOf(server), network);
    server.stop();
    assert.match(String(await ended(server).catch(String)), /the component was stopped/);
  },
  "should run two components that talk to each other": async ({ start }) => {
    const server = await start("wasi-echo", { grants: { tcp: true }, args: ["wasi-echo", "--listen", "127.0.0.1:0"] });
    const address = await addressOf(server);
    const options = { grants: NETWORK, args: ["event-engine", "connect", address], stdin: "from guest to guest" };
    const client = await start("../event-engine", options);
    assert.equal([await ended(client), client.stdout, client.stderr], [0, "from guest to guest", ""]);
    server.stop();
    await ended(server).catch(() => {});
  },
  "should keep the time of a guest": async ({ start }) => {
    const demo = await start("timer-demo", { args: ["timer-demo", "2"] });
    assert.is(await ended(demo), 0, demo.stderr);
    const lines = demo.stdout.split("\n");
    assert.match(lines[0] as string, /^tick 1 after \d+ ms$/);
    assert.equal(lines.slice(2), [
      "the alarm rang", "cancelled: CANCELLED", "cancelled silently: no event", "10 ms are over: a timeout", "",
    ]);
  },
  "should give nothing unasked, and say so once": async ({ start }) => {
    const server = await start("echo-server", { args: ["echo-server", "127.0.0.1:0"] });
    assert.is(await ended(server), 1);
    assert.match(server.stderr, /^event-engine: the component was denied TCP: allow it with grants\.tcp\n/);
    const bare = await start("wasi-echo", { grants: { udp: true }, args: ["wasi-echo", "--listen", "127.0.0.1:0"] });
    assert.is.not(await ended(bare), 0);
    assert.match(bare.stderr, /denied TCP/);
  },
  "should say what is wrong with a file, and what trapped": async ({ start }) => {
    const none = observed((streams) => runComponent(new Uint8Array(8), streams));
    assert.match(String(await ended(none).catch(String)), /^ComponentError: component: /);
    const noCommand = await start("echo-assemblyscript.guest");
    assert.match(String(await ended(noCommand).catch(String)), /^ComponentError: /);
  },
  "should release what a stopped component held, wherever it waited": async ({ start, network }) => {
    const server = await start("echo-server", { grants: NETWORK, args: ["echo-server", "127.0.0.1:0"] });
    const engine = await EventEngine.create({ platform: pagePlatform({ network }) });
    const endpoint = await connect(engine, await addressOf(server));
    await endpoint.write("x");
    await endpoint.read();
    server.stop();
    await ended(server).catch(() => {});
    assert.match(String(await endpoint.read().then(() => "more", String)), /UNAVAILABLE|INTERNAL|reset|more/);
    await endpoint.close();
    await engine.close();
    await until(() => `${network.openCount} are open`, () => network.openCount === 0);
  },
  "should serve what jco made of a component": async ({ network }) => {
    const server = observed((streams) => runByJco(pagePlatform({ network, streams: pageStreams(streams) })));
    await talkTo(await addressOf(server), network);
    server.stop();
  },
};

interface JcoModule {
  instantiate(
    load: (name: string) => Promise<WasmModule>, imports: JcoImports,
  ): Promise<{ run: { run(): Promise<void> } }>;
}

/** /jco/ has what `jco transpile` made of wasi-echo. */
function runByJco(platform: Platform): { exitCode: Promise<number>; stop(): void } {
  const host = new WasiHost(platform, { tcp: true, args: ["wasi-echo", "--listen", "127.0.0.1:0"] });
  const run = async (): Promise<number> => {
    const module = await import(new URL("/jco/component.js", import.meta.url).href) as JcoModule;
    const compile = async (name: string): Promise<WasmModule> =>
      wasm.compile(new Uint8Array(await (await fetch(`/jco/${name}`)).arrayBuffer()));
    const made = await module.instantiate(compile, createJcoImports(host));
    try {
      await made.run.run();
      return 0;
    } catch (error) {
      if (error instanceof GuestExit) return error.exitCode;
      throw error;
    }
  };
  const exitCode = run();
  exitCode.catch(() => {});
  return { exitCode, stop: () => host.close() };
}

export async function runComponentBody(title: string): Promise<void> {
  const network = new PageNetwork();
  await componentBodies[title]?.({
    network,
    start: async (file, options) => {
      const component = await load(file);
      return observed((streams) =>
        runComponent(component, { ...streams, ...options, platform: pagePlatform({ network }) }));
    },
  });
  await until(() => `${network.openCount} are open`, () => network.openCount === 0);
}

/** What is said where WebAssembly cannot be suspended. */
export async function refusal(): Promise<string> {
  const { exitCode } = runComponent(await load("wasi-echo"));
  return exitCode.then(String, String);
}

Object.assign(globalThis, { runComponentBody, refusal });
