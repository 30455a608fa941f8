// A core module on the host: the built component, and modules that lack what the direct path needs.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readFileSync } from "node:fs";
import { CoreProgram } from "#host/engine/core-program.js";
import { Reactor } from "#host/engine/reactor.js";
import { nodePlatform } from "#host/node/platform.js";
import { NodeTransport } from "#host/node/tcp-transport.js";
import { WasiHost } from "#host/wasi/wasi-host.js";
import { COMPONENT } from "../../support/arms.js";
import { until, within } from "../../support/guard.js";
import { FakeInput, FakeOutput, fakePlatform } from "../support/fake-platform.js";
import { nothingIsLeft } from "../support/leak-law.js";

const component = readFileSync(COMPONENT);

const program = suite("the built component");

program("should print its version over doubles and leave nothing", async () => {
  const platform = fakePlatform();
  const host = new WasiHost(platform, { args: ["event-engine", "--version"] });
  const result = new Reactor(await CoreProgram.instantiate(component, host), host).run();
  while (platform.clock.runSoon() > 0);
  assert.is(await within("the end", result), 0);
  assert.match(platform.streams.stdout.text, /^event-engine \d+\.\d+\.\d+\n$/);
  nothingIsLeft(host, platform);
});

program("should fail with one line when the host grants no sockets", async () => {
  const platform = fakePlatform();
  const host = new WasiHost(platform, { args: ["event-engine", "echo", "--listen", "127.0.0.1:0"] });
  const result = new Reactor(await CoreProgram.instantiate(component, host), host).run();
  for (let turn = 0; turn < 10; turn++) platform.clock.runSoon();
  assert.is(await within("the end", result), 1);
  assert.match(platform.streams.stderr.text, /^event-engine: .*access denied.*\n$/);
  nothingIsLeft(host, platform);
});

program("should echo over doubles, sleep when idle, and stop cleanly", async () => {
  const platform = fakePlatform();
  const { clock, transport } = platform;
  const host = new WasiHost(platform, { tcp: true, args: ["event-engine", "echo", "--listen", "127.0.0.1:0"] });
  const reactor = new Reactor(await CoreProgram.instantiate(component, host), host);
  const result = reactor.run();
  const settle = (): void => {
    for (let step = 0; step < 20; step++) {
      transport.settle();
      clock.runSoon();
    }
  };
  settle();
  assert.match(platform.streams.stdout.text, /^listening 127\.0\.0\.1:50000\n$/);
  const connections = [1, 2, 3].map(() => transport.binding!.arrive());
  settle();
  for (const [index, connection] of connections.entries()) connection.arrive(index, 1, 2);
  settle();
  for (const [index, connection] of connections.entries()) assert.equal(connection.written, [index, 1, 2]);
  assert.is(clock.soonCount + clock.timers.size, 0, "an idle engine asks for nothing");
  connections[0]!.events!.endArrived();
  settle();
  assert.ok(connections[0]!.log.includes("end"), "an end is answered with an end");
  reactor.stop();
  settle();
  for (let second = 0; second < 60; second++) {
    clock.advanceMs(1000);
    settle();
  }
  assert.is(await within("the end", result), 0);
  nothingIsLeft(host, platform);
});

program("should tell its memory", async () => {
  const host = new WasiHost(fakePlatform());
  const made = await CoreProgram.instantiate(component, host);
  assert.ok(made.memoryBytes >= 65_536 && made.memoryBytes % 65_536 === 0);
});

program.run();

// ---

const refused = suite("modules that are refused");

refused("should be named by what they lack", async () => {
  const empty = Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  const host = new WasiHost(fakePlatform());
  const message = await CoreProgram.instantiate(empty, host).then(() => "", (error: Error) => error.message);
  assert.is(message, "the module does not export the function cabi_realloc");
});

refused.run();

// ---

const leaks = suite("the leak law on real sockets");

leaks("should hold after connections of all kinds came and went", async () => {
  const transport = new NodeTransport();
  const stdout = new FakeOutput();
  const platform = {
    ...nodePlatform(), transport, streams: { stdin: new FakeInput(), stdout, stderr: new FakeOutput() },
  };
  const host = new WasiHost(platform, { tcp: true, args: ["event-engine", "echo", "--listen", "127.0.0.1:0"] });
  const reactor = new Reactor(await CoreProgram.instantiate(component, host), host);
  const result = reactor.run();
  await until(() => stdout.text, () => stdout.text.endsWith("\n"));
  const idle = host.table.liveCount;
  const port = Number(/:(\d+)\n$/.exec(stdout.text)?.[1]);
  await Promise.all(Array.from({ length: 60 }, (_, index) => visit(port, index % 3)));
  await until(() => `${host.table.liveCount} handles, ${transport.openCount} open`,
    () => host.table.liveCount === idle && transport.openCount === 1);
  assert.is(host.sockets.socketCount, 1);
  reactor.stop();
  assert.is(await within("the end", result), 0);
  await until(() => `${transport.openCount} open`, () => transport.openCount === 0);
  assert.is(host.table.liveCount, 0);
});

/** 0: says something and ends; 1: resets in the middle; 2: ends at once. */
async function visit(port: number, kind: number): Promise<void> {
  const { connect } = await import("node:net");
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  const over = new Promise<void>((resolve) => { socket.once("close", () => resolve()); });
  await new Promise<void>((resolve) => { socket.once("connect", () => resolve()); });
  socket.resume();
  if (kind === 1) socket.write(Buffer.alloc(100_000), () => { socket.resetAndDestroy(); });
  else socket.end(kind === 0 ? "something" : "");
  await within("a visit", over);
}

leaks.run();
