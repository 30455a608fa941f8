// Pollables and the ready queue: each hint once, in order, never lost, and gone with its pollable.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Kind } from "#host/wasi/kind.js";
import { Pollable } from "#host/wasi/pollable.js";
import { ReadyQueue } from "#host/wasi/ready-queue.js";
import { Watchable } from "#host/wasi/resource.js";
import { Random, SEED } from "../../support/bytes.js";

console.log(`seed ${SEED}`);

class Lamp extends Watchable {
  readonly kind = Kind.TcpSocket;
  isLit = false;
  releases = 0;

  isReady(): boolean {
    return this.isLit;
  }

  light(): void {
    this.isLit = true;
    this.wakeWatchers();
  }

  release(): void {
    this.releases++;
  }
}

const pollables = suite("Pollable");

pollables("should all be queued when what they watch becomes ready", () => {
  const queue = new ReadyQueue();
  const lamp = new Lamp();
  const watchers = [1, 2, 3].map(() => new Pollable(lamp, queue));
  assert.is(watchers.some((watcher) => watcher.isReady()), false);
  lamp.light();
  lamp.light();
  assert.is(queue.length, 3);
  assert.ok(watchers.every((watcher) => watcher.isReady()));
});

pollables("should be forgotten when dropped, wherever they stand in the list", () => {
  for (const dropped of [0, 1, 2]) {
    const queue = new ReadyQueue();
    const lamp = new Lamp();
    const watchers = [1, 2, 3].map(() => new Pollable(lamp, queue));
    watchers[dropped]!.release();
    lamp.light();
    const woken = [queue.shift(), queue.shift(), queue.shift()];
    assert.is(woken[2], null);
    assert.is(woken.includes(watchers[dropped]!), false);
    assert.is(lamp.releases, 0, "what has a handle is not released with a pollable");
  }
});

pollables.run();

// ---

const ready = suite("ReadyQueue");

ready("should call onFirst once per batch", () => {
  const queue = new ReadyQueue();
  let calls = 0;
  queue.onFirst = () => { calls++; };
  const lamps = [new Lamp(), new Lamp()];
  for (const lamp of lamps) new Pollable(lamp, queue);
  for (const lamp of lamps) lamp.light();
  assert.is(calls, 1);
  queue.drain(new Uint32Array(4), 0, 4);
  lamps[0]!.light();
  assert.is(calls, 2);
});

ready("should drain handles up to the capacity, oldest first", () => {
  const queue = new ReadyQueue();
  const lamps = [11, 12, 13].map((handle) => {
    const lamp = new Lamp();
    new Pollable(lamp, queue).handle = handle;
    return lamp;
  });
  for (const lamp of lamps) lamp.light();
  const target = new Uint32Array(4);
  assert.is(queue.drain(target, 1, 2), 2);
  assert.equal([...target], [0, 11, 12, 0]);
  assert.is(queue.drain(target, 0, 4), 1);
  assert.is(target[0], 13);
  assert.is(queue.drain(target, 0, 4), 0);
});

ready("should behave as a list without duplicates over random steps", () => {
  const random = new Random();
  const queue = new ReadyQueue();
  let watchers = Array.from({ length: 3000 }, () => new Pollable(new Lamp(), queue));
  const expected: Pollable[] = [];
  for (let step = 0; step < 30_000; step++) {
    const watcher = watchers[random.below(watchers.length)]!;
    const choice = random.below(8);
    if (choice < 5) {
      watcher.wake();
      if (!expected.includes(watcher)) expected.push(watcher);
    } else if (choice === 5 && watchers.length > 10) {
      watcher.release();
      watchers = watchers.filter((other) => other !== watcher);
      if (expected.includes(watcher)) expected.splice(expected.indexOf(watcher), 1);
    } else {
      assert.is(queue.shift(), expected.shift() ?? null);
    }
  }
  while (expected.length > 0) assert.is(queue.shift(), expected.shift());
  assert.is(queue.shift(), null);
});

ready.run();
