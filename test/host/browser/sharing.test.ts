// The in-page network shared with other threads and tabs: what is open ends with a reset when one of them goes, and the
// next tab takes over. Ports and broadcast channels are Node's, the locks are a double.
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { PageNetwork } from "#host/browser/network/network.js";
import { pagePlatform } from "#host/browser/platform.js";
import { attachNetwork, serveNetwork } from "#host/browser/sharing/serve.js";
import { shareWithTabs, type TabNetwork } from "#host/browser/sharing/tabs.js";
import { EventEngine } from "#host/engine/event-engine.js";
import type { MessagePortLike } from "#host/gateway/message-port-channel.js";
import { ErrorCode, errorCodeName } from "#host/wasi/error-code.js";
import type { SocketAddress } from "#host/wasi/ip-address.js";
import type { Binding, Connection, Transport } from "#host/wasi/transport.js";
import { COMPONENT } from "../../support/arms.js";
import { until, within } from "../../support/guard.js";
import { bind, connect, listen } from "../support/node-transport.js";
import { FakeLocks, TabOfLocks } from "./fake-locks.js";
import { attached, type End, HERE, send } from "./page-pair.js";

async function mustBind(transport: Transport, address?: SocketAddress): Promise<Binding> {
  const result = await bind(transport, address);
  if (typeof result === "number") throw new Error(errorCodeName(result));
  return result;
}

async function mustConnect(transport: Transport, remote: SocketAddress): Promise<End> {
  const result = await connect(transport, remote);
  if (typeof result === "number") throw new Error(errorCodeName(result));
  return attached(result);
}

/** Listens on `transport`; who comes is in `arrived`. */
async function serving(transport: Transport, address = HERE): Promise<{ binding: Binding; arrived: End[] }> {
  const binding = await mustBind(transport, address);
  const arrived: End[] = [];
  await listen(binding, (connection: Connection) => arrived.push(attached(connection)));
  return { binding, arrived };
}

const heard = ({ record }: End, text: string): Promise<void> => until(() => record.text, () => record.text === text);
/** It broke; its owner gives it back. */
async function broken({ record, connection }: End): Promise<void> {
  await until(() => record.log.join(), () => record.log.at(-1) === "connection-reset");
  connection.abort();
}
const nothingOpen = (...all: Transport[]): Promise<void> =>
  until(() => `${all.map(({ openCount }) => openCount)} are open`, () => all.every(({ openCount }) => openCount === 0));

const threads = suite("a network for other threads");

interface Attached {
  readonly network: PageNetwork;
  readonly there: ReturnType<typeof attachNetwork>;
  readonly stop: () => void;
}

function attachedThread(network = new PageNetwork()): Attached {
  const { port1, port2 } = new MessageChannel() as unknown as Record<"port1" | "port2", MessagePortLike>;
  return { network, there: attachNetwork(port2), stop: serveNetwork(port1, network) };
}

threads("should connect both ways between the thread that has it and one that does not", async () => {
  const { network, there, stop } = attachedThread();
  for (const [from, to] of [[network, there], [there, network], [there, there]] as const) {
    const { binding, arrived } = await serving(to);
    const client = await mustConnect(from, binding.localAddress);
    send(client, "to the server");
    await until(() => "nobody came", () => arrived.length > 0);
    await heard(arrived[0]!, "to the server");
    send(arrived[0]!, "to the client");
    await heard(client, "to the client");
    client.connection.close(1000);
    arrived[0]!.connection.close(1000);
    binding.close();
  }
  await nothingOpen(network, there);
  there.close();
  stop();
});

threads("should connect two of them with each other", async () => {
  const first = attachedThread();
  const second = attachedThread(first.network);
  const { binding, arrived } = await serving(first.there);
  const client = await mustConnect(second.there, binding.localAddress);
  send(client, "across");
  await until(() => "nobody came", () => arrived.length > 0);
  await heard(arrived[0]!, "across");
  second.stop();
  await broken(client);
  await broken(arrived[0]!);
  binding.close();
  await nothingOpen(first.network, first.there, second.there);
  for (const each of [first, second]) {
    each.there.close();
    each.stop();
  }
});

threads("should break what a thread has open when it goes, and give its addresses back", async () => {
  const { network, there, stop } = attachedThread();
  const { binding, arrived } = await serving(there);
  const inside = await mustConnect(network, binding.localAddress);
  there.close();
  await broken(inside);
  binding.close();
  for (const each of arrived) await broken(each);
  await nothingOpen(network, there);
  assert.is(await connect(network, binding.localAddress), ErrorCode.ConnectionRefused);
  stop();
});

threads("should fail what is asked for when it is served no longer", async () => {
  const { network, there, stop } = attachedThread();
  const { binding, arrived } = await serving(network);
  const client = await mustConnect(there, binding.localAddress);
  await until(() => "nobody came", () => arrived.length > 0);
  stop();
  stop();
  await broken(client);
  await broken(arrived[0]!);
  assert.type(await connect(there, binding.localAddress), "number");
  binding.close();
  await nothingOpen(network, there);
  there.close();
});

threads("should have a reserved address at once", async () => {
  const { network, there, stop } = attachedThread();
  const { address } = await there.reserve("127.0.0.1:7000");
  assert.is(address, "127.0.0.1:7000");
  let bound: Binding | undefined;
  there.bind({ address: { ...HERE, port: 7000 }, backlog: 1 }, (result) => { bound = result as Binding; });
  bound!.close();
  await nothingOpen(network, there);
  there.close();
  stop();
});

threads("should let engines of both threads serve and connect", async () => {
  const { network, there, stop } = attachedThread();
  const wasm = readFileSync(COMPONENT);
  const [inside, outside] = [
    await EventEngine.create({ wasm, platform: pagePlatform({ network }) }),
    await EventEngine.create({ wasm, platform: pagePlatform({ network: there }) }),
  ];
  for (const [server, client] of [[inside, outside], [outside, inside]] as const) {
    const at = server === inside ? "127.0.0.1:0" : (await there.reserve("127.0.0.1:0")).address;
    const listener = server.createListener((endpoint) => {
      const buffer = server.createSliceBuffer();
      buffer.append("welcome");
      endpoint.write(() => {
        buffer.destroy();
        endpoint.destroy();
      }, buffer);
    }, () => {});
    const port = listener.bind(at);
    listener.start();
    const text = await within("an answer", new Promise<string>((resolve) => {
      client.connect((status, endpoint) => {
        assert.ok(status.ok, String(status.message));
        const buffer = client.createSliceBuffer();
        endpoint!.read(() => {
          resolve(Buffer.from(buffer.toUint8Array()).toString());
          buffer.destroy();
          endpoint!.destroy();
        }, buffer);
      }, `127.0.0.1:${port}`);
    }));
    assert.is(text, "welcome");
    listener.close();
  }
  await Promise.all([inside.close(), outside.close()]);
  await nothingOpen(network, there);
  there.close();
  stop();
});

threads.run();

const tabs = suite("a network for tabs");
let names = 0;

interface SharingTab extends TabNetwork {
  /** The tab's locks are free, and nobody said a word. */
  vanish(): void;
  /** The tab's place as the holder is taken away from it. */
  rob(): void;
}

/** Tabs that share; `body` may let them go, the others are let go behind it. */
async function withTabs(count: number, body: (tabs: SharingTab[], locks: FakeLocks) => Promise<void>): Promise<void> {
  const locks = new FakeLocks();
  const name = `test ${names++}`;
  const all = Array.from({ length: count }, () => {
    const own = new TabOfLocks(locks);
    return Object.assign(shareWithTabs(name, own), {
      vanish: () => locks.vanish(own), rob: () => locks.steal(own, /test \d+$/),
    });
  });
  await until(() => "no holder", () => all[0]!.isHolder);
  try {
    await body(all, locks);
  } finally {
    for (const tab of all) tab.leave();
  }
  await nothingOpen(...all.map(({ network }) => network));
  await until(() => `${locks.heldCount} locks are held`, () => locks.heldCount === 0);
}

tabs("should have one holder, and carry bytes between any two of them", () => withTabs(3, async (all) => {
  assert.equal(all.map(({ isHolder }) => isHolder), [true, false, false]);
  for (const [from, to] of [[0, 1], [1, 0], [1, 2], [0, 0]] as const) {
    const { binding, arrived } = await serving(all[to]!.network);
    const client = await mustConnect(all[from]!.network, binding.localAddress);
    send(client, "hello");
    await until(() => "nobody came", () => arrived.length > 0);
    await heard(arrived[0]!, "hello");
    for (const { connection } of [client, arrived[0]!]) connection.close(1000);
    binding.close();
  }
}));

tabs("should share one port table", () => withTabs(2, async ([first, second]) => {
  const binding = await mustBind(first!.network, { ...HERE, port: 7000 });
  assert.is(await bind(second!.network, { ...HERE, port: 7000 }), ErrorCode.AddressInUse);
  binding.close();
}));

tabs("should break what a member has open when it leaves, and nothing else", () => withTabs(3, async (all) => {
  const { binding, arrived } = await serving(all[0]!.network);
  const [leaving, staying] = [
    await mustConnect(all[1]!.network, binding.localAddress), await mustConnect(all[2]!.network, binding.localAddress),
  ];
  await until(() => "not both came", () => arrived.length === 2);
  all[1]!.leave();
  await broken(arrived[0]!);
  leaving.connection.abort();
  send(staying, "still here");
  await heard(arrived[1]!, "still here");
  for (const { connection } of [staying, arrived[1]!]) connection.close(1000);
  binding.close();
}));

tabs("should break all when the holder leaves, and go on at the next one", () => withTabs(3, async (all) => {
  const { binding, arrived } = await serving(all[1]!.network, { ...HERE, port: 7000 });
  const client = await mustConnect(all[2]!.network, binding.localAddress);
  await until(() => "nobody came", () => arrived.length === 1);
  all[0]!.leave();
  await Promise.all([broken(client), broken(arrived[0]!)]);
  await until(() => "no holder", () => all[1]!.isHolder);
  assert.not(all[2]!.isHolder);
  // The listener binds again by itself, at the new holder, after a while.
  let again: End | undefined;
  while (again === undefined) {
    const result = await connect(all[2]!.network, binding.localAddress);
    if (typeof result !== "number") again = attached(result);
    else await new Promise((resolve) => { setTimeout(resolve, 20); });
  }
  send(again, "once more");
  await until(() => "nobody came", () => arrived.length === 2);
  await heard(arrived[1]!, "once more");
  for (const { connection } of [again, arrived[1]!]) connection.close(1000);
  binding.close();
}));

tabs("should wait for a holder, and may become it meanwhile", () => withTabs(2, async ([first, second]) => {
  first!.leave();
  const binding = await mustBind(second!.network);
  assert.ok(second!.isHolder);
  binding.close();
}));

tabs("should notice a member that is gone without a word", () => withTabs(2, async ([holder, member]) => {
  const { binding, arrived } = await serving(holder!.network);
  const lost = await mustConnect(member!.network, binding.localAddress);
  await until(() => "nobody came", () => arrived.length === 1);
  member!.vanish();
  await broken(arrived[0]!);
  lost.connection.abort(); // by a tab that is not there any more
  binding.close();
}));

tabs("should notice a holder that is gone without a word", () => withTabs(3, async ([holder, second, third]) => {
  const { binding, arrived } = await serving(second!.network);
  const client = await mustConnect(third!.network, binding.localAddress);
  await until(() => "nobody came", () => arrived.length === 1);
  holder!.vanish();
  await Promise.all([broken(client), broken(arrived[0]!)]);
  assert.ok(second!.isHolder);
  binding.close();
}));

tabs("should have one holder when the lock is stolen", () => withTabs(3, async ([robbed, second, third]) => {
  const { binding, arrived } = await serving(robbed!.network);
  const client = await mustConnect(third!.network, binding.localAddress);
  await until(() => "nobody came", () => arrived.length === 1);
  robbed!.rob();
  await Promise.all([broken(client), broken(arrived[0]!)]);
  await until(() => "no holder", () => second!.isHolder);
  assert.not(robbed!.isHolder);
  const again = await serving(second!.network);
  const back = await mustConnect(robbed!.network, again.binding.localAddress);
  await until(() => "nobody came", () => again.arrived.length === 1);
  for (const { connection } of [back, again.arrived[0]!]) connection.abort();
  again.binding.close();
  second!.leave();
  await until(() => "no holder", () => third!.isHolder);
  third!.leave();
  await until(() => "it does not stand in the row again", () => robbed!.isHolder);
  binding.close();
}));

tabs("should ask again when there is a holder at last", () => withTabs(3, async ([first, second, third], locks) => {
  locks.delayMs = 100;
  first!.leave();
  const pending = mustBind(third!.network);
  await new Promise((resolve) => { setTimeout(resolve, 20); });
  assert.not(second!.isHolder);
  (await pending).close();
  assert.ok(second!.isHolder);
}));

tabs("should let in once who asks twice", () => withTabs(3, async ([first, second, third], locks) => {
  let pending: Promise<{ binding: Binding; arrived: End[] }> | undefined;
  locks.onGranted = (name) => {
    if (!/test \d+$/.test(name)) return;
    locks.onGranted = () => {};
    pending = serving(third!.network); // it asks, and hears of the holder meanwhile
  };
  first!.leave();
  await until(() => "no holder", () => pending !== undefined);
  const { binding, arrived } = await pending!;
  const client = await mustConnect(second!.network, binding.localAddress);
  send(client, "once");
  await until(() => "nobody came", () => arrived.length > 0);
  await heard(arrived[0]!, "once");
  assert.is(arrived.length, 1);
  for (const { connection } of [client, arrived[0]!]) connection.close(1000);
  binding.close();
}));

tabs("should need locks", () => {
  const before = Object.getOwnPropertyDescriptor(globalThis, "navigator");
  Object.defineProperty(globalThis, "navigator", { value: {}, configurable: true });
  try {
    assert.throws(() => shareWithTabs("nobody"), "Web Locks");
  } finally {
    if (before === undefined) Reflect.deleteProperty(globalThis, "navigator");
    else Object.defineProperty(globalThis, "navigator", before);
  }
});

tabs.run();
