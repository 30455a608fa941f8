// The client in C that fetches from many servers at once, and the timers in C: what they print is what happened.
import { createServer } from "node:http";
import { createServer as createPlainServer, type Server, type Socket } from "node:net";
import { once } from "node:events";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { within } from "../support/guard.js";
import { guestArms } from "../support/guests.js";
import { runCommand } from "../support/process.js";

interface Peer {
  address: string;
  close(): void;
}

async function peerOf(server: Server, sockets: Set<Socket>): Promise<Peer> {
  const listening = once(server, "listening");
  server.listen(0, "127.0.0.1");
  await within("a peer to listen", listening);
  const { port } = server.address() as { port: number };
  const close = (): void => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { address: `127.0.0.1:${port}`, close };
}

/** Answers every request with as many bytes as it likes. */
function answering(body: Buffer): Promise<Peer> {
  const sockets = new Set<Socket>();
  const server = createServer((_, response) => response.end(body));
  server.on("connection", (socket) => sockets.add(socket));
  return peerOf(server, sockets);
}

/** Takes connections and does what it is told with them. */
function behaving(behave: (socket: Socket) => void): Promise<Peer> {
  const sockets = new Set<Socket>();
  const server = createPlainServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    behave(socket);
  });
  return peerOf(server, sockets);
}

async function withPeers(peers: Promise<Peer>[], body: (...addresses: string[]) => Promise<void>): Promise<void> {
  const made = await Promise.all(peers);
  await body(...made.map((peer) => peer.address)).finally(() => made.forEach((peer) => peer.close()));
}

const lines = (output: Buffer): string[] => output.toString().trim().split("\n").sort();

for (const { label, arm } of guestArms("fetch-many")) {
  const fetch = suite(`the client in C on ${label}`);

  fetch("should fetch from many servers at once", async () => {
    const bodies = [0, 1, 70_000, 3_000_000].map((size) => Buffer.alloc(size, "x"));
    await withPeers(bodies.map(answering), async (...addresses) => {
      const many = Array.from({ length: 25 }, () => addresses).flat();
      const result = await runCommand(arm, many);
      assert.is(result.stderr, "");
      assert.is(result.code, 0);
      const sizes = lines(result.stdout).map((line) => /^(\S+) 200, (\d+) bytes$/.exec(line));
      assert.is(sizes.length, 100);
      bodies.forEach((body, index) => {
        const mine = sizes.filter((match) => match?.[1] === addresses[index]);
        assert.is(mine.length, 25, result.stdout.toString());
        const heads = new Set(mine.map((match) => Number(match?.[2]) - body.length));
        assert.is(heads.size, 1, "every answer is whole");
        for (const head of heads) assert.ok(head > 50 && head < 400, `a head of ${head} bytes`);
      });
    });
  });

  fetch("should say how each failure came about, and give the slow ones up", async () => {
    const silent = behaving(() => {});
    const trickling = behaving((socket) => socket.write("HTTP/1.1 200 OK\r\n"));
    const resetting = behaving((socket) => socket.once("data", () => socket.resetAndDestroy()));
    const empty = behaving((socket) => socket.end());
    await withPeers([silent, trickling, resetting, empty], async (...addresses) => {
      const result = await runCommand(arm, ["--deadline", "2500", ...addresses, "127.0.0.1:1"]);
      assert.is(result.stderr, "");
      assert.is(result.code, 1);
      const why = new Map(lines(result.stdout).map((line) => line.split(" failed: ") as [string, string]));
      assert.is(why.size, 5);
      assert.is(why.get(addresses[0] as string), "DEADLINE_EXCEEDED deadline-exceeded");
      assert.is(why.get(addresses[1] as string), "DEADLINE_EXCEEDED deadline-exceeded");
      assert.match(why.get(addresses[2] as string) as string, /^(UNAVAILABLE|INTERNAL) /);
      assert.match(why.get(addresses[3] as string) as string, /^(INTERNAL end-of-stream|UNAVAILABLE .*)$/);
      assert.is(why.get("127.0.0.1:1"), "UNAVAILABLE connection-refused");
    });
  });

  fetch("should cancel the rest once enough have succeeded", async () => {
    const silent = behaving(() => {});
    await withPeers([silent, answering(Buffer.from("done"))], async (...addresses) => {
      const [slow = "", quick = ""] = addresses;
      const result = await runCommand(arm, ["--first", "2", slow, slow, quick, quick, slow]);
      assert.is(result.stderr, "");
      assert.is(result.code, 0);
      const all = lines(result.stdout);
      assert.is(all.filter((line) => line === `${slow} failed: CANCELLED cancelled`).length, 3);
      assert.is(all.filter((line) => line.startsWith(`${quick} 200, `)).length, 2);
    });
  });

  fetch("should refuse what is no address", async () => {
    const result = await runCommand(arm, ["localhost"]);
    assert.is(result.code, 1, "WASI 0.2 knows no other failure");
    assert.is(result.stderr, "fetch-many: not an address: localhost\n");
  });

  fetch.run();
}

for (const { label, arm } of guestArms("timer-demo")) {
  const timers = suite(`the timers in C on ${label}`);

  timers("should tick, ring, be cancelled and time out", async () => {
    const result = await runCommand(arm, ["4"]);
    assert.is(result.stderr, "");
    assert.is(result.code, 0);
    const [one, two, three, four, ...rest] = result.stdout.toString().trim().split("\n");
    [one, two, three, four].forEach((line, index) => {
      const after = Number(/^tick (\d) after (\d+) ms$/.exec(line ?? "")?.[2]);
      assert.ok(after >= 50 * (index + 1), `tick ${index + 1} came after ${after} ms`);
    });
    assert.equal(rest, [
      "the alarm rang", "cancelled: CANCELLED", "cancelled silently: no event", "10 ms are over: a timeout",
    ]);
  });

  timers.run();
}
