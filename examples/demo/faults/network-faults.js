// Faults of the network: lines that are cut, readers that are slow, peers that say nothing.

import { ECHO_ADDRESS } from "../engine/echo-server.js";
import { bytes, count, plural } from "../view/format.js";
import { echoed, endOf, expect, withConnection, withPair } from "./streams.js";

const SLOW_MS = 6000;
const SLOW_STEP_MS = 100;
const SLOW_STEP_BYTES = 4096;
/** Byte n of a stream is n modulo this, in pieces that keep it up. */
const PATTERN = 251;
const PIECE = Uint8Array.from({ length: PATTERN * 256 }, (_, index) => index % PATTERN);
const PILED_UP_BYTES = 8 << 20;
const PATIENCE_MS = 3000;

export const dropWebSocket = (lab) => ({
  id: "drop",
  name: "Drop the gateway’s WebSocket",
  what: "Every connection through the gateway must end with an error, and the next one must work again.",
  run: async (tell) => {
    const address = lab.echoAddresses.gateway;
    const talk = async (stream, text) => {
      expect(await echoed(stream, text) === text, "the real echo server did not answer");
    };
    tell("Opening a connection through the gateway.");
    const [open, how] = await withConnection(lab, address, async (stream) => {
      await talk(stream, "before");
      const before = lab.traffic.open.filter((row) => row.way === "gateway").length;
      const reading = endOf(stream.read());
      expect(lab.gateway.drop(), "there was no WebSocket to drop");
      tell("Dropped. Waiting for the error, then connecting again.");
      return [before, await reading];
    });
    await withConnection(lab, address, (stream) => talk(stream, "after"));
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
      cut(lab, victim);
      tell("Cut. The load’s client connects again by itself.");
      await lab.timers.wait(1200, "look again");
      return `${victim.local} was reset after ${bytes(victim.received)}. Its client heard of it and connected again.`;
    }
    tell("No load runs: a connection of its own is opened and cut.");
    return withPair(lab, async (client, server) => {
      const ends = Promise.all([endOf(client.read()), endOf(server.read())]);
      cut(lab, lab.traffic.open.find(({ remote }) => remote === `127.0.0.1:${client.peerAddress.port}`));
      const [atClient, atServer] = await ends;
      return `The client’s read ended with ${atClient}; the server’s with ${atServer}.`;
    });
  },
});

/** Both ends that are in this page; a gateway tells the other one. */
function cut(lab, row) {
  lab.traffic.otherEnd(row)?.connection.cut();
  row.connection.cut();
}

export const slowReader = (lab) => ({
  id: "slow",
  name: "A slow reader",
  what: "The peer reads 4 KiB ten times a second. The sender must be held back, and memory must stay bounded.",
  run: (tell) => withPair(lab, async (client, server) => {
    let [sent, read, most] = [0, 0, 0];
    const sending = async () => {
      for (;;) {
        await client.write(PIECE);
        sent += PIECE.length;
      }
    };
    void endOf(sending());
    const step = new Uint8Array(SLOW_STEP_BYTES);
    for (const until = performance.now() + SLOW_MS; performance.now() < until;) {
      const length = await server.readInto(step);
      for (let at = 0; at < length; at++) expect(step[at] === (read + at) % PATTERN, `byte ${read + at} is wrong`);
      read += length;
      await lab.timers.wait(SLOW_STEP_MS, "the slow reader reads");
      most = Math.max(most, sent - read);
      tell(`Written ${bytes(sent)}, read ${bytes(read)}; the sender waits with ${bytes(sent - read)} in buffers.`);
    }
    expect(most < PILED_UP_BYTES, `${bytes(most)} piled up`);
    return `The sender was held back: never more than ${bytes(most)} in buffers. ${bytes(read)} arrived, ` +
      "no byte wrong.";
  }),
});

export const stuckPeer = (lab) => ({
  id: "stuck",
  name: "A stuck peer",
  what: "The peer accepts and then says nothing. Who set a deadline must get away, and leave nothing behind.",
  run: async (tell) => {
    const before = lab.live["core.endpoints"];
    const how = await withPair(lab, async (client) => {
      await client.write("hello?");
      const given = new AbortController();
      lab.timers.set(PATIENCE_MS, "patience with the stuck peer ends", () => given.abort());
      tell(`Waiting ${PATIENCE_MS / 1000} s for an answer that will not come.`);
      return endOf(client.read({ signal: given.signal }));
    });
    await lab.timers.wait(100, "look again");
    const left = Math.max(0, lab.live["core.endpoints"] - before);
    return `Gave up after ${PATIENCE_MS / 1000} s (${how.split(":")[0]}); ${count(left)} connections are left behind.`;
  },
});

/** Proves after a fault that the engine still answers. */
export async function stillAnswers(lab) {
  const text = await withConnection(lab, ECHO_ADDRESS, (stream) => echoed(stream, "still there?"));
  expect(text === "still there?", "the echo server in the page does not answer any more");
}
