// The ready buffer: hints by handle, of which some are stale, doubled or never were.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { compileProbe, Probe } from "../../support/probe.js";

const module = await compileProbe("poll");

interface Buffered {
  probe: Probe;
  ran: number[];
  /** A waiting source on a pollable whose handle is its owner's number. */
  waiting(handle: number): number;
  /** Writes the handles as a host does, and runs what became ready. */
  deliver(handles: number[]): number[];
}

async function createBuffered(): Promise<Buffered> {
  const ran: number[] = [];
  const probe = await Probe.create(module, {
    "poll/drop pollable": () => {},
    "test/run": (owner: number) => void ran.push(owner),
  });
  const { call } = probe;
  call.deliverByHandle();
  const waiting = (handle: number): number => {
    const source = call.create(handle);
    call.subscribe(source, handle);
    call.wait(source);
    return source;
  };
  const deliver = (handles: number[]): number[] => {
    probe.write(call.readyBufferAddress(), new Uint8Array(new Uint32Array(handles).buffer));
    ran.length = 0;
    call.take(handles.length, 42n);
    while (call.readyCount() > 0) call.runNext();
    return [...ran];
  };
  return { probe, ran, waiting, deliver };
}

const buffer = suite("ready-buffer");

buffer("should run what was named, in that order", async () => {
  const { waiting, deliver } = await createBuffered();
  for (const handle of [1, 2, 3, 4]) waiting(handle);
  assert.equal(deliver([3, 1]), [3, 1]);
  assert.equal(deliver([4, 2]), [4, 2]);
});

buffer("should run a source once that was named twice", async () => {
  const { waiting, deliver } = await createBuffered();
  waiting(5);
  assert.equal(deliver([5, 5, 5]), [5]);
});

buffer("should pass over handles that are unknown, zero or beyond the table", async () => {
  const { waiting, deliver } = await createBuffered();
  waiting(6);
  assert.equal(deliver([0, 1, 7, 1000, 0xffff_ffff, 6, 0x8000_0000]), [6]);
});

buffer("should pass over a handle whose source was freed", async () => {
  const { probe, waiting, deliver } = await createBuffered();
  const source = waiting(6);
  waiting(7);
  probe.call.free(source);
  assert.equal(deliver([6, 7]), [7]);
});

buffer("should pass over a source that waits no more", async () => {
  const { probe, waiting, deliver } = await createBuffered();
  const source = waiting(6);
  probe.call.rest(source);
  assert.equal(deliver([6]), []);
  probe.call.wait(source);
  assert.equal(deliver([6]), [6]);
});

buffer("should take as many as it holds", async () => {
  const { probe, waiting, deliver } = await createBuffered();
  const handles = Array.from({ length: probe.call.readyCapacity() }, (_, index) => index + 1);
  for (const handle of handles) waiting(handle);
  assert.equal(deliver(handles), handles);
});

buffer("should do nothing when nothing was named", async () => {
  const { waiting, deliver } = await createBuffered();
  waiting(1);
  assert.equal(deliver([]), []);
});

for (const [what, count] of [["more than it holds", 1025], ["less than nothing", -1]] as const) {
  buffer(`should not take ${what}`, async () => {
    const { probe } = await createBuffered();
    probe.traps(() => probe.call.take(count, 0n), "poll/ready-buffer.ts");
  });
}

buffer.run();
