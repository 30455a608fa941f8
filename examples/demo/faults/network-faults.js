// Faults of the network: lines that are cut, readers that are slow, peers that say nothing.

import { connect } from "wasi-event-engine";
import { ECHO_ADDRESS } from "../engine/echo-server.js";
import { bytes, count, plural } from "../view/format.js";
import { echoed, endOf, expect, pairInPage } from "./streams.js";

const SLOW_MS = 6000;
const SLOW_STEP_MS = 100;
const SLOW_STEP_BYTES = 4096;
const CHUNK = new Uint8Array(65_536);
const PATIENCE_MS = 3000;

export const dropWebSocket = (lab) => ({
  id: "drop",
  name: "Drop the gateway’s WebSocket",
  what: "Every connection through the gateway must end with an error, and the next one must work again.",
  run: async (tell) => {
    const address = `127.0.0.1:${lab.settings.echoPort}`;
    tell("Opening a connection through the gateway.");
    const first = await connect(lab.engine, address, { timeoutMs: 10_000 });
    expect(await echoed(first, "before") === "before", "the real echo server did not answer");
    const open = lab.traffic.open.filter((row) => row.way === "gateway").length;
    const reading = endOf(first.read());
    expect(lab.gateway.drop(), "there was no WebSocket to drop");
    tell("Dropped. Waiting for the error, then connecting again.");
    const how = await reading;
    first.destroy();
    const second = await connect(lab.engine, address, { timeoutMs: 10_000 });
    expect(await echoed(second, "after") === "after", "the real echo server did not answer again");
    second.destroy();
    return `${plural(open, "connection")} ended with an error (${how}). A new WebSocket is open and echoes again.`;
  },
});

export const resetConnection = (lab) => ({
  id: "reset",
  name: "Reset a connection",
  what: "One line is cut in the middle, as by a router that forgot it. Both ends must hear of it.",
  run: async (tell) => {
    const victim = lab.traffic.open.find((row) => row.name === "load" && row.received > 0);
    if (victim !== undefined) {
      lab.traffic.otherEnd(victim)?.connection.cut();
      victim.connection.cut();
      tell("Cut. The load’s client connects again by itself.");
      await lab.timers.wait(1200, "look again");
      return `${victim.local} was reset after ${bytes(victim.received)}. Its client heard of it and connected again.`;
    }
    tell("No load runs: a connection of its own is opened and cut.");
    const { client, server, end } = await pairInPage(lab);
    const ends = Promise.all([endOf(client.read()), endOf(server.read())]);
    const row = lab.traffic.open.find(({ remote }) => remote === `127.0.0.1:${client.peerAddress.port}`);
    lab.traffic.otherEnd(row)?.connection.cut();
    row.connection.cut();
    const [atClient, atServer] = await ends;
    await end();
    return `The client’s read ended with ${atClient}; the server’s with ${atServer}.`;
  },
});

export const slowReader = (lab) => ({
  id: "slow",
  name: "A slow reader",
  what: "The peer reads 4 KiB ten times a second. The sender must be held back, and memory must stay bounded.",
  run: async (tell) => {
    const { client, server, end } = await pairInPage(lab);
    let sent = 0;
    let most = 0;
    let isOver = false;
    const sending = (async () => {
      for (; !isOver; sent += CHUNK.length) await client.write(CHUNK);
    })().catch(() => {});
    const until = performance.now() + SLOW_MS;
    let read = 0;
    while (performance.now() < until) {
      read += (await server.readInto(new Uint8Array(SLOW_STEP_BYTES)));
      await lab.timers.wait(SLOW_STEP_MS, "the slow reader reads");
      most = Math.max(most, sent - read);
      tell(`Written ${bytes(sent)}, read ${bytes(read)}; the sender waits with ${bytes(sent - read)} in buffers.`);
    }
    isOver = true;
    await end();
    await sending;
    expect(most < 8 << 20, `${bytes(most)} piled up`);
    return `The sender was held back: never more than ${bytes(most)} in buffers, and ${bytes(read)} arrived in order.`;
  },
});

export const stuckPeer = (lab) => ({
  id: "stuck",
  name: "A stuck peer",
  what: "The peer accepts and then says nothing. Who set a deadline must get away, and leave nothing behind.",
  run: async (tell) => {
    const before = lab.traffic.open.length;
    const { client, end } = await pairInPage(lab);
    await client.write("hello?");
    const given = new AbortController();
    const reading = endOf(client.read({ signal: given.signal }));
    const cancel = lab.timers.set(PATIENCE_MS, "patience with the stuck peer ends", () => given.abort());
    tell(`Waiting ${PATIENCE_MS / 1000} s for an answer that will not come.`);
    const how = await reading;
    cancel();
    await end();
    await lab.timers.wait(50, "look again");
    const left = lab.traffic.open.length - before;
    return `Gave up after ${PATIENCE_MS / 1000} s (${how.split(":")[0]}). ` +
      `${left <= 0 ? "No connection is left behind" : `${count(left)} other connections opened meanwhile`}.`;
  },
});

/** Proves after a fault that the engine still answers. */
export async function stillAnswers(lab) {
  const stream = await connect(lab.engine, ECHO_ADDRESS, { timeoutMs: 5000 });
  const text = await echoed(stream, "still there?");
  stream.destroy();
  expect(text === "still there?", "the echo server in the page does not answer any more");
}
