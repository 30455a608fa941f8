// The guest in C that has a poll loop of its own: standard input, its timer and the engine, all waited for at once.
import { once } from "node:events";
import type { Socket } from "node:net";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { open } from "../support/client.js";
import { until, within } from "../support/guard.js";
import { guestArms } from "../support/guests.js";
import { startCommand, type RunResult, type Running } from "../support/process.js";

/** The program in the middle of its run. */
interface Chat {
  running: Running;
  /** Waits until the program has printed this. */
  prints(what: RegExp): Promise<RegExpExecArray>;
  join(): Promise<Socket>;
}

function begin(arm: Parameters<typeof startCommand>[0]): Chat {
  const running = startCommand(arm, ["127.0.0.1:0"]);
  let output = "";
  running.child.stdout?.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const prints = async (what: RegExp): Promise<RegExpExecArray> => {
    await until(() => `${String(what)} in ${JSON.stringify(output)}`, () => what.test(output));
    return what.exec(output) as RegExpExecArray;
  };
  const join = async (): Promise<Socket> => {
    const [, port] = await prints(/^listening 127\.0\.0\.1:(\d+)\n/);
    return open({ host: "127.0.0.1", port: Number(port) });
  };
  return { running, prints, join };
}

function heard(socket: Socket): () => string {
  let text = "";
  socket.on("data", (chunk: Buffer) => (text += chunk.toString()));
  return () => text;
}

async function hears(text: () => string, expected: string): Promise<void> {
  await until(() => `${JSON.stringify(expected)}, not ${JSON.stringify(text())}`, () => text() === expected);
}

/** Its end must be of its own will. Returns what it printed. */
function assertFinished(result: RunResult): string {
  assert.is(result.stderr, "");
  assert.is(result.code, 0);
  assert.match(result.stdout.toString(), /\nbye\n$/);
  return result.stdout.toString();
}

for (const { label, arm } of guestArms("own-loop")) {
  const loop = suite(`a guest with a poll loop of its own on ${label}`);

  loop("should serve connections, its standard input and its timer at the same time", async () => {
    const chat = begin(arm);
    const sockets: Socket[] = [];
    const texts: (() => string)[] = [];
    for (let number = 1; number <= 3; number += 1) {
      const socket = await chat.join();
      sockets.push(socket);
      texts.push(heard(socket));
      await chat.prints(new RegExp(`^${number} is here$`, "m"));
    }
    chat.running.child.stdin?.write("to all of you\nand ag");
    for (const text of texts) await hears(text, "to all of you\n");
    sockets[1]?.write(`first\nsecond ${"x".repeat(200)}\n`);
    await chat.prints(/^2: first\n(1 lines so far\n)?2: second x{200}\n/m); // Its timer may come in between.
    await chat.prints(/^2 lines so far$/m); // Nothing but its timer does this.
    chat.running.child.stdin?.write("ain\n");
    for (const text of texts) await hears(text, "to all of you\nand again\n");
    sockets[0]?.destroy();
    await chat.prints(/^1 is gone$/m);
    sockets[2]?.write("last\n");
    await chat.prints(/^3: last$/m);
    await chat.prints(/^3 lines so far$/m);
    const ends = Promise.all(sockets.slice(1).map((socket) => once(socket, "end")));
    chat.running.child.stdin?.write("quit\n");
    const output = assertFinished(await chat.running.finish());
    assert.equal(output.match(/^[^1] lines so far$/gm), ["2 lines so far", "3 lines so far"]);
    await within("every client to see the end", ends);
    for (const socket of sockets) socket.destroy();
  });

  loop("should say a thousand lines to somebody who listens, whole and in order", async () => {
    const chat = begin(arm);
    const socket = await chat.join();
    const text = heard(socket);
    await chat.prints(/^1 is here$/m);
    const lines = Array.from({ length: 1000 }, (_, index) => `line ${index} ${"-".repeat(index % 100)}\n`).join("");
    chat.running.child.stdin?.write(lines);
    await hears(text, lines);
    chat.running.child.stdin?.end();
    assertFinished(await chat.running.finish());
    socket.destroy();
  });

  loop("should end at once with nobody there", async () => {
    const chat = begin(arm);
    await chat.prints(/^listening /);
    chat.running.child.stdin?.end();
    assertFinished(await chat.running.finish());
  });

  loop.run();
}
