// A connection that is cut while bytes of it are left: its peer must not take what came for all there was.
import net from "node:net";
import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { NodeTransport } from "#host/node/tcp-transport.js";
import { Family, makeAddress } from "#host/wasi/ip-address.js";
import type { Connection } from "#host/wasi/transport.js";

const NOTHING = {
  bytesArrived: () => true, bytesGiven: () => true, endArrived: () => {}, roomMade: () => {}, failed: () => {},
};
const PIECE = new Uint8Array(65_536);

/** Gives the connection away; answers how it ended for a peer that reads slowly. */
async function endSeen(transport: NodeTransport, pieces: number, give: (own: Connection) => unknown): Promise<string> {
  const server = net.createServer({ pauseOnConnect: true, allowHalfOpen: true }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  const accepted = once(server, "connection") as Promise<[net.Socket]>;
  const own = await new Promise<Connection>((resolve, reject) => {
    transport.connect({ remote: makeAddress(Family.Ipv4, [127, 0, 0, 1], port), local: null }, (result) => {
      if (typeof result === "number") reject(new Error(`no connection: ${result}`));
      else resolve(result);
    });
  });
  const [peer] = await accepted;
  let count = 0;
  let seen = "";
  peer.on("error", ({ code }: NodeJS.ErrnoException) => { seen ||= `${code}`; });
  // libuv may tell the end of what came before a reset as an end: only then does a write fail at once.
  peer.on("end", () => peer.write("?", (error) => { seen = error ? "ECONNRESET" : `end after ${count}`; }));
  peer.on("readable", () => {}); // a little is read ahead, and so a reset is noticed
  own.attach(NOTHING);
  for (let left = pieces; left > 0; left--) own.write(PIECE, 0, PIECE.length);
  if (pieces > 1) assert.ok(own.queuedBytes > 0, "the system took everything");
  await give(own);
  while (seen === "") {
    count += (peer.read(Math.min(peer.readableLength, 20_000)) as Buffer | null)?.length ?? 0;
    await setTimeout(1);
  }
  peer.destroy();
  server.close();
  assert.is(transport.openCount, 0);
  return seen;
}

for (const useHandles of [true, false]) {
  const cut = suite(`connections that are cut, ${useHandles ? "on handles" : "without the insides"}`);

  cut("should be reset by an abort after the end was asked for", async () => {
    const seen = await endSeen(new NodeTransport({ useHandles }), 200, (own) => {
      own.end();
      own.abort();
    });
    assert.is(seen, "ECONNRESET");
  });

  cut("should be reset when the peer takes nothing for the time of the linger", async () => {
    assert.is(await endSeen(new NodeTransport({ useHandles }), 200, (own) => own.close(50)), "ECONNRESET");
  });

  cut("should end in order when the system has everything", async () => {
    const seen = await endSeen(new NodeTransport({ useHandles }), 1, (own) => own.close(50));
    assert.is(seen, `end after ${PIECE.length}`);
  });

  cut.run();
}
