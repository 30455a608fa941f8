// Writes, and what belongs to both directions: when a write is over, frames, memory, and many connections.

import { takeSteps } from "../../../assembly/base/steps";
import { INLINED_BYTES_MAX, Slice } from "../../../assembly/data/slice";
import * as buffers from "../../../assembly/data/slice-buffer";
import * as connections from "../../../assembly/net/connection";
import { Endpoint } from "../../../assembly/net/endpoint";
import * as reader from "../../../assembly/net/reader";
import { OK, STREAM_FAILED } from "../../../assembly/net/reason";
import { destroy } from "../../../assembly/net/teardown";
import * as writer from "../../../assembly/net/writer";
import * as allocators from "../../../assembly/quota/memory-allocator";
import { MemoryAllocator } from "../../../assembly/quota/memory-allocator";
import * as quotas from "../../../assembly/quota/memory-quota";
import { MemoryQuota } from "../../../assembly/quota/memory-quota";
import { NEVER } from "../../../assembly/time/timer-heap";
import {
  inbox, large, noteWrite, outbox, readReason, received, send, startReadingOn, waitAWhile, writeReason, writes,
} from "./endpoints";
import { Flow } from "./flow";
import { body, equal, expect, noted, parameter } from "./harness";
import {
  accepted, appendStream, client, closeListener, connectReason, destroyAll, dial, expectStream, listen, pairBody,
  target,
} from "./network";
import { Random } from "./random";

const FRAME: u32 = 1 << 20;
const ROUNDS: i32 = 100;
const CONNECTIONS: i32 = 10;
const MESSAGE_BYTES: u32 = 2560; // on average

const framesLeft: u32[] = [1, 7, 1000, FRAME, u32.MAX_VALUE];
const flows: Flow[] = [];
let round: i32 = 0;
let at: u32 = 0;
let pages: i32 = 0;
let quota: MemoryQuota = changetype<MemoryQuota>(0);
let allocator: MemoryAllocator = changetype<MemoryAllocator>(0);

export function add(): void {
  addWrites();
  addExchanges();
  addMemory();
}

function addWrites(): void {
  pairBody("write-empty", "should be done with a write of nothing at once where that is allowed")
    .then((): void => {
      expect(writer.write(client, outbox, FRAME, true, noteWrite, 0), "a write that is done inside of the call");
      expect(!writer.write(client, outbox, FRAME, false, noteWrite, 0), "one that may not to be done later");
      equal(writes, 0, "calls inside of the call");
    })
    .until((): bool => writes == 1)
    .then((): void => {
      equal(writeReason, OK, "as the reason");
      destroyAll();
    });

  pairBody("write-all", "should end a write when every byte is taken, and not while nobody reads")
    .then((): void => {
      expect(!send(client, 0, large()), "a write that is larger than all buffers to be pending");
      equal(outbox.length, 0, "bytes in a buffer that was written");
      waitAWhile();
    })
    .until((): bool => noted() == 1)
    .then((): void => {
      equal(writes, 0, "ends while nobody reads");
      startReadingOn(accepted[0]);
    })
    .until((): bool => received == large())
    .until((): bool => writes == 1)
    .then((): void => {
      equal(writeReason, OK, "as the reason");
      destroyAll();
    })
    .until((): bool => readReason > 0);

  pairBody("write-frames", "should carry the same bytes in frames of every size, a byte or everything")
    .then((): void => startReadingOn(accepted[0]))
    .then(compareFrames)
    .until((): bool => received == at)
    .until(isEveryFrameWritten)
    .then((): void => destroyAll())
    .until((): bool => readReason > 0);

  pairBody("write-to-gone", "should fail a write sooner or later when the peer is gone")
    .then((): void => destroy(accepted[0]))
    .until(isWriteRefused)
    .then((): void => {
      equal(writeReason, STREAM_FAILED, "as the reason");
      destroy(client);
    });

  body("destroy-both", "should survive a hundred writes in whose middle both ends are destroyed")
    .then((): void => {
      listen();
      dial();
    })
    .until(isEveryPairDestroyed)
    .then((): void => closeListener());
}

/** Writes on and on, each when the one before is over. */
function isWriteRefused(): bool {
  if (writes < round || writeReason > 0) return writeReason > 0;
  round++;
  appendStream(outbox, 0, 100_000);
  writer.write(client, outbox, FRAME, false, noteWrite, 0);
  return false;
}

/** Four frames are more operations of the stream, which the engine counts as steps, than one frame is. */
function compareFrames(): void {
  takeSteps();
  if (!sendCounted(28, 28)) return; // no room at all: nothing to compare
  const one = takeSteps();
  if (sendCounted(28, 7)) expect(takeSteps() > one + 2, "more steps for more frames");
}

/** Sends what comes next in the stream. True when it is done at once. */
function sendCounted(length: u32, frame: u32): bool {
  const isDone = send(client, at, length, frame);
  if (isDone) noteWrite(0);
  at += length;
  round++;
  return isDone;
}

/** A write of each frame size, one after the other. */
function isEveryFrameWritten(): bool {
  if (received < at || round > writes) return false;
  if (!framesLeft.length) return true;
  const frame = framesLeft.pop();
  sendCounted(min<u32>(frame, 40) * 500, frame);
  return false;
}

function isEveryPairDestroyed(): bool {
  if (accepted.length <= round || connectReason < 0) return false;
  send(client, 0, 100_000);
  destroy(client);
  destroy(accepted[round]);
  if (++round == ROUNDS) return true;
  dial();
  return false;
}

function addExchanges(): void {
  pairBody("exchange", "should carry a hundred messages of 1 to 4 KiB each way, byte for byte")
    .then((): void => startFlows(1))
    .until(areFlowsOver)
    .then(endFlows);

  body("exchange-many", "should carry messages each way on many connections at once, byte for byte")
    .then((): void => {
      listen();
      for (let i = 0; i < CONNECTIONS; i++) {
        connections.connect(changetype<usize>(target), 1, null, NEVER, keepDialled, 0);
      }
    })
    .until((): bool => accepted.length == CONNECTIONS && dialled.length == CONNECTIONS)
    .then((): void => {
      closeListener();
      startFlows(CONNECTIONS);
    })
    .until(areFlowsOver)
    .then(endFlows);
}

const dialled: Endpoint[] = [];

function keepDialled(owner: usize): void {
  equal(connections.lastReason, 0, "as the reason of a connect");
  dialled.push(connections.connected);
}

function startFlows(count: i32): void {
  const random = Random.seeded();
  const length = <u32>parameter("--messages", 100) * MESSAGE_BYTES;
  if (!dialled.length) dialled.push(client);
  for (let i = 0; i < count; i++) {
    flows.push(new Flow(dialled[i], length, length, random));
    flows.push(new Flow(accepted[i], length, length, random));
  }
  for (let i = 0; i < flows.length; i++) flows[i].start();
}

function areFlowsOver(): bool {
  for (let i = 0; i < flows.length; i++) {
    if (!flows[i].isOver) return false;
  }
  return true;
}

function endFlows(): void {
  for (let i = 0; i < flows.length; i++) {
    destroy(flows[i].endpoint);
    flows[i].free();
  }
}

function addMemory(): void {
  pairBody("read-charged", "should charge what is read to the endpoint's allocator for as long as it is kept")
    .then((): void => {
      quota = quotas.create(quotas.UNLIMITED);
      allocator = allocators.create(quota);
      accepted[0].allocator = changetype<usize>(allocator);
      send(client, 0, 60_000);
      keepOn(0);
    })
    .until((): bool => at == 60_000)
    .then((): void => {
      expectStream(outbox, 0);
      let kept: i64 = 0; // bytes in blocks; a few bytes stand in the slice's own value, which is the buffer's
      for (let i: u32 = 0; i < outbox.count; i++) {
        if (buffers.lengthAt(outbox, i) > INLINED_BYTES_MAX) kept += buffers.lengthAt(outbox, i);
      }
      const charged = allocators.outstandingBytes(allocator);
      expect(charged >= kept, kept.toString() + " kept bytes to be charged, found " + charged.toString());
      buffers.clear(outbox);
      equal(allocators.outstandingBytes(allocator), 0, "bytes charged when nothing is kept");
      destroyAll();
      allocators.shutdown(allocator);
      quotas.destroy(quota);
    });

  body("memory-flat", "should need no more memory for the thousandth connection than for the hundredth")
    .then((): void => {
      listen();
      dial();
    })
    .until(isMemoryFlat)
    .then((): void => closeListener());
}

/** Reads into `inbox` and keeps everything in `outbox`, which is free by then. */
function keepOn(owner: usize): void {
  if (inbox.length) {
    at += inbox.length;
    while (inbox.count) {
      buffers.takeFirst(inbox, scratch);
      buffers.append(outbox, scratch);
    }
  }
  if (at < 60_000) reader.read(accepted[0], inbox, 1, false, keepOn, 0);
}

const scratch = changetype<Slice>(memory.data(16, 8));

/** A connection, a message, the end; again and again. */
function isMemoryFlat(): bool {
  if (phase == DIALLING) {
    if (connectReason < 0 || !accepted.length) return false;
    phase = SENDING;
    at = 0;
    send(client, 0, MESSAGE);
    readMessage(0);
  }
  if (at < MESSAGE) return false;
  destroy(client);
  destroy(accepted.pop());
  if (++round == ROUNDS) pages = memory.size();
  if (round == ROUNDS * 10) {
    equal(memory.size(), pages, "pages of memory");
    return true;
  }
  phase = DIALLING;
  dial();
  return false;
}

const DIALLING: i32 = 0;
const SENDING: i32 = 1;
const MESSAGE: u32 = 3000;
let phase: i32 = DIALLING;

function readMessage(owner: usize): void {
  at += inbox.length;
  if (at < MESSAGE) reader.read(accepted[0], inbox, 1, false, readMessage, 0);
  else buffers.clear(inbox);
}
