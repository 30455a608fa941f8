// What callers hand in is theirs, and may change its answer from one look to the next (a getter, a proxy): it is looked
// at once, checked before anything happens, and then taken as a whole or not at all.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EventManager } from "#host/engine/event-manager/event-manager.js";
import { Priority, type Task } from "#host/engine/event-manager/interfaces.js";
import type { AddressLike } from "#host/engine/interfaces.js";
import { drivenEngine, onEngine } from "./driven-engine.js";

/** An object whose properties answer these values, one after the other; after the last one it is a defect to ask. */
function changing<T extends object>(answers: Record<string, unknown[]>): T {
  const object = {};
  for (const [name, values] of Object.entries(answers)) {
    const left = [...values];
    Object.defineProperty(object, name, {
      enumerable: true,
      get: () => {
        assert.ok(left.length > 0, `${name} is asked for too often`);
        return left.shift();
      },
    });
  }
  return object as T;
}

/** An array that answers the values of its lists, one list after the other, for each index. */
function changingList<T>(...lists: unknown[][]): T[] {
  const looks = new Map<string, number>();
  return new Proxy(lists[0] as T[], {
    get: (first, name) => {
      if (typeof name !== "string" || !/^(\d+|length)$/.test(name)) return Reflect.get(first, name) as unknown;
      const look = looks.get(name) ?? 0;
      looks.set(name, look + 1);
      return Reflect.get(lists[Math.min(look, lists.length - 1)] as unknown[], name) as unknown;
    },
  });
}

const lists = suite("runFunctions");

lists("should look at each task once and take what it saw", onEngine(({ engine, settle }) => {
  const manager = new EventManager(engine);
  const seen: string[] = [];
  const see = (name: string) => () => void seen.push(name);
  const keys = manager.runFunctions([
    changing<Task>({ handler: [see("low")], priority: [Priority.LOW] }),
    changing<Task>({ handler: [see("high")], priority: [Priority.HIGH] }),
  ]);
  assert.is(keys.length, 2);
  settle();
  assert.equal(seen, ["high", "low"]);
}));

lists("should look at the list once, too", onEngine(({ engine, settle }) => {
  const manager = new EventManager(engine);
  const seen: number[] = [];
  const task = (value: number): Task => ({ handler: () => void seen.push(value), priority: Priority.MED });
  const list = changingList<Task>([task(1), task(2), task(3)], [task(1), { handler: "none", priority: 9 }]);
  assert.is(manager.runFunctions(list).length, 3);
  settle();
  assert.equal(seen, [1, 2, 3]);
}));

lists("should take none when one is refused, or throws when it is looked at", onEngine(({ engine, settle }) => {
  const manager = new EventManager(engine);
  let ran = 0;
  const good: Task = { handler: () => { ran++; }, priority: Priority.MED };
  for (const bad of [
    null, { handler: "none", priority: 1 }, { handler: good.handler, priority: 5 },
    changing<Task>({ handler: ["none"], priority: [1] }),
    { handler: good.handler, get priority(): never { throw new Error("not to be looked at"); } },
  ]) {
    assert.throws(() => manager.runFunctions([good, good, bad as Task]));
  }
  settle();
  assert.is(ran, 0);
  assert.is(engine.live()["tasks"], 0);
}));

lists("should run what it took although the list closed the engine, or changed itself, meanwhile", async () => {
  const driven = await drivenEngine();
  const { engine, settle } = driven;
  const manager = new EventManager(engine);
  const seen: string[] = [];
  const tasks: Task[] = [
    { handler: () => void seen.push("first"), priority: Priority.MED },
    {
      get handler() {
        void engine.close();
        tasks.length = 1;
        return () => void seen.push("second");
      },
      priority: Priority.MED,
    },
  ];
  assert.is(manager.runFunctions(tasks).length, 2);
  settle();
  assert.equal(seen, ["first", "second"]);
  await driven.close();
});

lists.run();

// ---

const others = suite("other lists and records");

others("should be addresses that are looked at once", onEngine(({ engine, settle, platform }) => {
  const addresses = changingList<AddressLike>(
    [changing({ address: ["192.0.2.1"], port: [80] }), "192.0.2.2:80"], ["no address", "no address"]);
  let code = -1;
  engine.connect((status, endpoint) => {
    code = status.code;
    endpoint?.destroy();
  }, addresses);
  settle();
  assert.is(code, 0);
  assert.equal(platform.transport.lastConnect?.remote.parts, [192, 0, 2, 1]);
}));

others("should be addresses that are refused as a whole, holes among them", onEngine(({ engine }) => {
  const holes: AddressLike[] = ["192.0.2.1:80"];
  holes[2] = "192.0.2.1:80";
  for (const addresses of [holes, ["192.0.2.1:80", "nowhere"], [changing({ address: ["192.0.2.1"], port: ["x"] })]]) {
    assert.throws(() => engine.connect(() => {}, addresses as AddressLike[]));
  }
  assert.is(engine.live()["connects"], 0);
}));

others("should be addresses to bind that are looked at once", onEngine(({ engine }) => {
  const listener = engine.createListener(() => {}, () => {});
  assert.is(listener.bind(changing({ address: ["127.0.0.1"], port: [77] })), 77);
  listener.close();
}));

others("should be servers and domains of a resolver that are looked at once", onEngine(({ engine }) => {
  const dnsServer = changingList<string>(["192.0.2.53", "192.0.2.54"], [{}, "no server"] as string[]);
  const searchDomains = changingList<string>(["example.org"], ["two..dots"]);
  engine.getDNSResolver({ dnsServer, searchDomains }).destroy();
  for (const bad of [["192.0.2.53", 7], Array(2)] as string[][]) {
    assert.throws(() => engine.getDNSResolver({ dnsServer: bad }), /text or lists of text/);
  }
}));

others("should be a write's bytes that are looked at once", onEngine(({ engine, settle, platform }) => {
  const manager = new EventManager(engine);
  let wrote = -1;
  engine.connect((_, endpoint) => {
    const descriptor = manager.registerFileDescriptor(endpoint!);
    const info = changing<{ bytes: Uint8Array }>({ bytes: [Uint8Array.of(1, 2, 3)] });
    descriptor.notifyAfterWrite(({ bytesWritten }) => {
      wrote = bytesWritten;
      descriptor.close();
    }, info);
  }, "192.0.2.1:80");
  settle();
  assert.is(wrote, 3);
  assert.equal(platform.transport.connection!.written, [1, 2, 3]);
}));

others("should be attributes of completion queues that are looked at once", async () => {
  const driven = await drivenEngine();
  const { engine, settle } = driven;
  const seen: string[] = [];
  const factory = engine.completionQueueFactory(changing({
    version: [2], completionType: ["callback"], pollingType: ["default"], onShutdown: [() => seen.push("shut down")],
  }));
  const queues = [factory.create(), factory.create()];
  queues[0]!.beginOp(() => seen.push("functor"));
  assert.throws(() => queues[0]!.tryNext(), /type next/);
  for (const queue of queues) {
    queue.shutdown();
    queue.destroy();
  }
  settle();
  assert.equal(seen.sort(), ["shut down", "shut down"]);
  await driven.close();
});

others.run();
