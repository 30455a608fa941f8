// Bodies about connects and listeners.
import * as assert from "uvu/assert";
import { ConnectionHandle } from "#host/engine/handles.js";
import type { Endpoint, EventEngine, Status } from "#host/engine/interfaces.js";
import { StatusCode, StatusError } from "#host/engine/status.js";
import { Random } from "../../support/bytes.js";
import { body, type FaceBody, Heard, heardStatus, ROUNDING_MS } from "./body.js";
import { connected, listening, pair, readBytes, write } from "./network.js";

const codeOf = (call: () => unknown): StatusCode | undefined => {
  try {
    call();
  } catch (error) {
    if (error instanceof StatusError) return error.status.code;
    throw error;
  }
  return undefined;
};

/** An address at which nobody listens any more. */
async function closedAddress(engine: EventEngine): Promise<string> {
  const { listener, address, shutdown } = listening(engine);
  listener.close();
  await shutdown.first;
  return address;
}

function connecting(engine: EventEngine, address: string, timeoutMs?: number): [Heard<Status>, ConnectionHandle] {
  const heard = heardStatus();
  const handle = engine.connect((status, endpoint) => {
    assert.is(endpoint !== null, status.ok, "an endpoint exactly when all is well");
    endpoint?.destroy();
    heard.hear(status);
  }, address, timeoutMs === undefined ? {} : { timeoutMs });
  assert.is(heard.count, 0, "not inside the call");
  return [heard, handle];
}

const connects: FaceBody[] = [
  body("connect-refused", "should tell once, later, that nobody listens", async ({ makeEngine, sleep }) => {
    const engine = await makeEngine();
    const [heard, handle] = connecting(engine, await closedAddress(engine));
    const status = await heard.first;
    assert.equal([status.ok, status.code, status.reason], [false, StatusCode.UNAVAILABLE, "connection-refused"]);
    assert.is(engine.cancelConnect(handle), false, "what is over");
    await sleep(5);
    assert.is(heard.count, 1);
  }),

  body("connect-invalid", "should throw only for addresses that are none", async ({ makeEngine }) => {
    const engine = await makeEngine();
    for (const address of ["", "localhost:80", "127.0.0.1", "127.0.0.1:65536", "[::1:80", "1.2.3.4.5:6"]) {
      assert.is(codeOf(() => engine.connect(() => {}, address)), StatusCode.INVALID_ARGUMENT, address);
    }
    assert.is(codeOf(() => engine.connect(() => {}, [])), StatusCode.INVALID_ARGUMENT, "no address");
  }),

  body("connect-several", "should take the first address of a list that answers", async ({ makeEngine }) => {
    const engine = await makeEngine();
    const { listener, address, accepted, shutdown } = listening(engine);
    const heard = new Heard<Endpoint | null>();
    engine.connect((_, endpoint) => heard.hear(endpoint), [await closedAddress(engine), address]);
    const client = await heard.first;
    assert.is(client?.peerAddress.toString(), address);
    client?.destroy();
    (await accepted.first).destroy();
    listener.close();
    await shutdown.first;
  }),

  body("connect-deadline", "should give up at the deadline and not before", async (world) => {
    const { makeEngine, nowMs, blackHole } = world;
    const engine = await makeEngine();
    const address = await blackHole();
    const before = nowMs();
    const [heard] = connecting(engine, address, 60);
    assert.is((await heard.first).code, StatusCode.DEADLINE_EXCEEDED);
    assert.ok(nowMs() - before > 60 - ROUNDING_MS, `${nowMs() - before} ms`);
    const [past] = connecting(engine, address, -1);
    assert.is((await past.first).code, StatusCode.DEADLINE_EXCEEDED);
  }),

  body("connect-cancel", "should never call back after a cancel, whenever it came", async (world) => {
    const engine = await world.makeEngine();
    const { listener, address, shutdown } = listening(engine);
    const [first, handle] = connecting(engine, address);
    assert.equal([engine.cancelConnect(handle), engine.cancelConnect(handle)], [true, false]);
    const [second, later] = connecting(engine, await world.blackHole());
    await world.sleep(5);
    assert.equal([engine.cancelConnect(later), engine.cancelConnect(later)], [true, false]);
    assert.is(engine.cancelConnect(ConnectionHandle.invalid), false);
    await world.sleep(5);
    assert.equal([first.count, second.count], [0, 0]);
    listener.close();
    await shutdown.first;
  }),

  body("connect-cancel-other", "should refuse a handle of another engine or of a slot given away", async (world) => {
    const [engine, other] = [await world.makeEngine(), await world.makeEngine()];
    const address = await world.blackHole();
    const [, handle] = connecting(engine, address);
    assert.is(other.cancelConnect(handle), false);
    assert.is(engine.cancelConnect(handle), true);
    const [, next] = connecting(engine, address);
    assert.is(engine.cancelConnect(handle), false, "stale");
    assert.is(engine.cancelConnect(next), true);
  }),
];

const listeners: FaceBody[] = [
  body("bind-port", "should answer the port that the platform chose, one for each wildcard", async ({ makeEngine }) => {
    const engine = await makeEngine();
    const shutdown = heardStatus();
    const listener = engine.createListener(() => {}, shutdown.hear);
    const port = listener.bind("127.0.0.1:0");
    assert.ok(port > 0 && port < 65_536);
    assert.equal(listener.boundAddresses.map(String), [`127.0.0.1:${port}`]);
    assert.is(listener.bind("[::1]:0"), port, "the same port again");
    listener.close();
    assert.ok((await shutdown.first).ok);
  }),

  body("bind-wildcard", "should accept both families at the wildcard address", async ({ makeEngine }) => {
    const engine = await makeEngine();
    const accepted = new Heard<Endpoint>();
    const shutdown = heardStatus();
    const listener = engine.createListener(accepted.hear, shutdown.hear);
    const port = listener.bind("[::]:0");
    listener.start();
    const clients = [await connected(engine, `127.0.0.1:${port}`), await connected(engine, `[::1]:${port}`)];
    await accepted.times(2);
    listener.close();
    await shutdown.first;
    for (const endpoint of [...clients, ...accepted.values]) endpoint.destroy();
  }),

  body("bind-refused", "should refuse an address in use, a strange one, and any after the start", async (world) => {
    const engine = await world.makeEngine();
    const { listener, address, shutdown } = listening(engine);
    const second = heardStatus();
    const other = engine.createListener(() => {}, second.hear);
    assert.is(codeOf(() => other.bind(address)), StatusCode.FAILED_PRECONDITION, "in use");
    assert.is(codeOf(() => other.bind("192.0.2.1:0")), StatusCode.FAILED_PRECONDITION, "not ours");
    assert.is(codeOf(() => other.bind("nonsense")), StatusCode.INVALID_ARGUMENT);
    assert.is(codeOf(() => listener.bind("127.0.0.1:0")), StatusCode.FAILED_PRECONDITION, "after the start");
    assert.is.not(codeOf(() => listener.start()), undefined, "a second start");
    listener.close();
    other.close();
    assert.ok((await shutdown.first).ok);
    assert.ok((await second.first).ok);
  }),

  body("listener-not-made", "should tell nothing of a listener that could not be made", async (world) => {
    const engine = await world.makeEngine();
    const shutdown = heardStatus();
    const code = codeOf(() => engine.createListener(() => {}, shutdown.hear, { hopLimit: 0 }));
    assert.is(code, StatusCode.INVALID_ARGUMENT);
    await world.sleep(5);
    assert.is(shutdown.count, 0);
  }),

  body("listener-not-started", "should accept nothing before the start, and shut down without it", async (world) => {
    const engine = await world.makeEngine();
    const accepted = new Heard<Endpoint>();
    const shutdown = heardStatus();
    const listener = engine.createListener(accepted.hear, shutdown.hear);
    const address = `127.0.0.1:${listener.bind("127.0.0.1:0")}`;
    const [attempt, handle] = connecting(engine, address, 50);
    await world.sleep(10);
    assert.is(accepted.count, 0);
    if (attempt.count === 0) engine.cancelConnect(handle);
    listener.close();
    assert.is(shutdown.count, 0, "not inside the call");
    assert.ok((await shutdown.first).ok);
    listener.close();
    await world.sleep(5);
    assert.equal([accepted.count, shutdown.count], [0, 1]);
  }),

  body("listener-shutdown-last", "should accept each connection once, and shut down after the last", async (world) => {
    const engine = await world.makeEngine();
    const seen: string[] = [];
    const end = new Heard<void>();
    const endpoints: Endpoint[] = [];
    const listener = engine.createListener((endpoint) => {
      seen.push("accept");
      endpoints.push(endpoint);
    }, (status) => {
      seen.push(`shutdown ${status.ok}`);
      end.hear();
    });
    const address = `127.0.0.1:${listener.bind("127.0.0.1:0")}`;
    listener.start();
    for (let count = 0; count < 20; count++) endpoints.push(await connected(engine, address));
    listener.close();
    await end.first;
    await world.sleep(5);
    const accepts = seen.filter((each) => each === "accept").length;
    assert.ok(accepts <= 20);
    assert.equal(seen, [...Array.from({ length: accepts }, () => "accept"), "shutdown true"]);
    for (const endpoint of endpoints) endpoint.destroy();
  }),

  body("listener-outlived", "should let accepted endpoints live on after their listener", async ({ makeEngine }) => {
    const engine = await makeEngine();
    const { client, server } = await pair(engine); // its listener is closed already
    await write(engine, client, "still here");
    assert.is(new TextDecoder().decode(await readBytes(engine, server, 10)), "still here");
    client.destroy();
    server.destroy();
  }),

  body("listener-many", "should carry many connections of several addresses at once, both ways", manyConnections),
];

/** Ten connections to five ports, a hundred messages of 1 to 4 KiB each way on each. */
async function manyConnections({ makeEngine }: { makeEngine(): Promise<EventEngine> }): Promise<void> {
  const engine = await makeEngine();
  const random = new Random();
  const lengths = Array.from({ length: 100 }, () => 1024 + random.below(3 * 1024));
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const message = (length: number, from: number): Uint8Array => {
    return Uint8Array.from({ length }, (_, index) => (from + index) % 251);
  };
  const exchange = async (endpoint: Endpoint): Promise<void> => {
    const sending = (async (): Promise<void> => {
      let from = 0;
      for (const length of lengths) {
        await write(engine, endpoint, message(length, from));
        from += length;
      }
    })();
    assert.equal(await readBytes(engine, endpoint, total), message(total, 0));
    await sending;
  };
  const served: Promise<void>[] = [];
  const endpoints: Endpoint[] = [];
  const shutdown = heardStatus();
  const listener = engine.createListener((endpoint) => {
    endpoints.push(endpoint);
    served.push(exchange(endpoint));
  }, shutdown.hear);
  // A bind of port 0 after another one means the same port; so every second address is a port of its own.
  const ports = [listener.bind("127.0.0.1:0"), ...await freePorts(engine, 4)];
  for (const port of ports.slice(1)) listener.bind(`127.0.0.1:${port}`);
  listener.start();
  await Promise.all([...ports, ...ports].map(async (port) => {
    const endpoint = await connected(engine, `127.0.0.1:${port}`);
    endpoints.push(endpoint);
    await exchange(endpoint);
  }));
  await Promise.all(served);
  assert.is(served.length, 10);
  listener.close();
  assert.ok((await shutdown.first).ok);
  for (const endpoint of endpoints) endpoint.destroy();
}

async function freePorts(engine: EventEngine, count: number): Promise<number[]> {
  const open = Array.from({ length: count }, () => listening(engine));
  for (const { listener } of open) listener.close();
  await Promise.all(open.map(({ shutdown }) => shutdown.first));
  return open.map(({ address }) => Number(address.split(":")[1]));
}

export const connectionBodies: readonly FaceBody[] = [...connects, ...listeners];
