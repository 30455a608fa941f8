// The Node socket beside net.Socket: the same steps must give the same events, in the same order.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { once } from "node:events";
import net from "node:net";
import type { EventEngine } from "#host/engine/interfaces.js";
import { connectSocket, type EndpointSocket } from "#host/node/duplex.js";
import { REAL_ENGINES, withEngine } from "../../support/adapter-engines.js";
import { listen, unusedPort } from "../../support/client.js";
import { within } from "../../support/guard.js";

type AnySocket = net.Socket | EndpointSocket;
interface Where {
  port: number;
  host: string;
  allowHalfOpen?: boolean;
}
type Connect = (where: Where) => AnySocket;

/** What happens to a socket, as text. Bytes count as one event, however they were cut. */
class Events {
  readonly log: string[] = [];

  constructor(readonly socket: AnySocket, private readonly readsAtOnce = true) {
    for (const event of ["connect", "ready", "end", "finish", "drain", "timeout"]) {
      socket.on(event, () => this.log.push(event));
    }
    socket.on("close", (hadError: boolean) => this.log.push(`close ${hadError}`));
    socket.on("error", (error: NodeJS.ErrnoException) => this.log.push(`error ${error.syscall ?? ""} ${error.code}`));
    if (this.readsAtOnce) this.read();
  }

  read(): void {
    this.socket.on("data", (chunk: Buffer) => {
      const last = this.log.at(-1) ?? "";
      if (!last.startsWith("data ")) this.log.push(`data ${String(chunk)}`);
      else this.log[this.log.length - 1] = last + String(chunk);
    });
  }

  async closed(): Promise<string[]> {
    const isOver = (): boolean => this.log.some((event) => event.startsWith("close"));
    if (!isOver()) await within(`a close after ${this.log.join(", ")}`, new Promise((resolve) => {
      this.socket.on("close", resolve);
    }));
    await new Promise((resolve) => setImmediate(resolve)); // What would come after it, if anything did.
    return [...this.log, this.socket.readyState, `${this.socket.bytesRead} in, ${this.socket.bytesWritten} out`];
  }
}

/** Steps with a peer on node:net; resolves to what happened to the socket under test. */
type Scenario = (connect: Connect) => Promise<string[]>;

async function withPeer(
  peer: (socket: net.Socket) => void, steps: (where: Where) => Promise<string[]>,
): Promise<string[]> {
  const server = await listen((socket) => {
    socket.on("error", () => {});
    peer(socket);
  });
  try {
    return await steps({ port: server.port, host: "127.0.0.1" });
  } finally {
    server.close();
  }
}

const echo = (socket: net.Socket): void => void socket.pipe(socket);
const text = (length: number): string => "x".repeat(length);

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  "a question, an end, an answer": (connect) => withPeer(echo, async (where) => {
    const events = new Events(connect(where));
    events.socket.end("question");
    return events.closed();
  }),
  "the peer ends first": (connect) => withPeer((peer) => peer.end("bye"), (where) => {
    return new Events(connect(where)).closed();
  }),
  "the peer ends first, and the answer comes late": (connect) => withPeer((peer) => peer.end("bye"), async (where) => {
    const events = new Events(connect({ ...where, allowHalfOpen: true }));
    await once(events.socket, "end");
    events.socket.write("still ");
    events.socket.end("here");
    return events.closed();
  }),
  "an end before the connection": (connect) => withPeer(echo, (where) => {
    const events = new Events(connect(where));
    events.socket.end();
    return events.closed();
  }),
  "destroy while connecting": (connect) => withPeer(echo, (where) => {
    const events = new Events(connect(where));
    events.socket.destroy();
    return events.closed();
  }),
  "destroy with an error": (connect) => withPeer(echo, async (where) => {
    const events = new Events(connect(where));
    await once(events.socket, "connect");
    events.socket.destroy(Object.assign(new Error("mine"), { code: "MINE" }));
    return events.closed();
  }),
  "nobody listens": async (connect) => new Events(connect({ port: await unusedPort(), host: "127.0.0.1" })).closed(),
  "a write after the end": (connect) => withPeer(echo, async (where) => {
    const events = new Events(connect(where));
    await once(events.socket, "connect");
    events.socket.end("last");
    await once(events.socket, "finish");
    events.socket.write("late", (error) => events.log.push(`written ${(error as NodeJS.ErrnoException)?.code}`));
    return events.closed();
  }),
  "a write after destroy": (connect) => withPeer(echo, async (where) => {
    const events = new Events(connect(where));
    await once(events.socket, "connect");
    events.socket.destroy();
    events.socket.write("late", (error) => events.log.push(`written ${(error as NodeJS.ErrnoException)?.code}`));
    return events.closed();
  }),
  "the peer resets": (connect) => withPeer((peer) => peer.once("data", () => peer.resetAndDestroy()), (where) => {
    const events = new Events(connect(where));
    events.socket.write("reset me");
    return events.closed();
  }),
  "a socket that is read late": (connect) => withPeer((peer) => peer.end("early"), async (where) => {
    const events = new Events(connect(where), false);
    await once(events.socket, "connect");
    await new Promise((resolve) => setTimeout(resolve, 30));
    events.log.push("now");
    events.read();
    return events.closed();
  }),
  "a paused socket": (connect) => withPeer((peer) => peer.end("early"), async (where) => {
    const events = new Events(connect(where));
    events.socket.pause();
    await once(events.socket, "connect");
    await new Promise((resolve) => setTimeout(resolve, 30));
    events.log.push("now");
    events.socket.resume();
    return events.closed();
  }),
  "more than the peer reads, then drain": (connect) => withPeer((peer) => {
    setTimeout(() => peer.resume(), 30);
  }, async (where) => {
    const events = new Events(connect(where));
    await once(events.socket, "connect");
    assert.not(events.socket.write(text(8 << 20)));
    await within("room", once(events.socket, "drain"));
    events.socket.destroy();
    return events.closed();
  }),
  "an idle socket with a time limit": (connect) => withPeer(echo, async (where) => {
    const events = new Events(connect(where));
    await once(events.socket, "connect");
    events.socket.setTimeout(20);
    await once(events.socket, "timeout");
    events.socket.destroy();
    return events.closed();
  }),
  "destroySoon with much to send": (connect) => withPeer((peer) => peer.resume(), async (where) => {
    const events = new Events(connect(where));
    await once(events.socket, "connect");
    events.socket.write(text(1 << 20));
    events.socket.destroySoon();
    return events.closed();
  }),
};

const parity = suite("EndpointSocket beside net.Socket");

for (const [name, scenario] of Object.entries(SCENARIOS)) {
  for (const arm of REAL_ENGINES) {
    parity(`should have the same events: ${name}, ${arm.name}`, () => withEngine(arm, async (engine: EventEngine) => {
      const expected = await scenario((where) => net.connect(where));
      const actual = await scenario((where) => connectSocket(engine, where));
      assert.equal(actual, expected);
    }));
  }
}

parity.run();
