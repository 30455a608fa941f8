// Reads and writes of one connection: what they give, when they end, and what is refused.

import { READ_BYTES_MAX } from "../../../assembly/base/limits";
import * as buffers from "../../../assembly/data/slice-buffer";
import { SliceBuffer } from "../../../assembly/data/slice-buffer";
import * as tasks from "../../../assembly/exec/tasks";
import { formatSocketAddress } from "../../../assembly/net/ip-address";
import * as endpoints from "../../../assembly/net/endpoint";
import { Endpoint } from "../../../assembly/net/endpoint";
import * as reader from "../../../assembly/net/reader";
import { END_OF_STREAM, ENDPOINT_CLOSED, OK } from "../../../assembly/net/reason";
import { destroy } from "../../../assembly/net/teardown";
import * as writer from "../../../assembly/net/writer";
import * as clock from "../../../assembly/time/clock";
import { body, equal, expect, note, noted, parameter, TRAPS } from "./harness";
import { accepted, appendStream, client, destroyAll, expectStream, listen, pairBody, withPair } from "./network";

const FRAME: u32 = 1 << 20;
const WHILE_NS: u64 = 10_000_000;
const EXACT: u32 = READ_BYTES_MAX;

export const inbox: SliceBuffer = buffers.create();
export const outbox: SliceBuffer = buffers.create();
export let received: u32 = 0;
export let reads: i32 = 0;
export let writes: i32 = 0;
export let readReason: i32 = -1;
export let writeReason: i32 = -1;
let texts: string[] = [];

/** More bytes than the system keeps for a peer that does not read. */
export function large(): u32 {
  return <u32>parameter("--large", 32 << 20);
}

// Steps that several files use

export function noteRead(owner: usize): void {
  reads++;
  readReason = reader.lastReason;
}

export function noteWrite(owner: usize): void {
  writes++;
  writeReason = writer.lastReason;
}

/** Reads on and on, checking the stream, until anything but OK comes. */
export function readOn(owner: usize): void {
  noteRead(owner);
  if (readReason) return;
  expect(inbox.length > 0, "bytes where a read is well");
  expectStream(inbox, received);
  received += inbox.length;
  reader.read(changetype<Endpoint>(owner), inbox, 1, false, readOn, owner);
}

export function startReadingOn(endpoint: Endpoint): void {
  reader.read(endpoint, inbox, 1, false, readOn, changetype<usize>(endpoint));
}

export function send(endpoint: Endpoint, place: u32, length: u32, frame: u32 = FRAME): bool {
  appendStream(outbox, place, length);
  return writer.write(endpoint, outbox, frame, true, noteWrite, 0);
}

export function waitAWhile(): void {
  tasks.runAt(clock.after(WHILE_NS), note, 1, tasks.SILENT);
}

function readServer(mayCompleteInline: bool): bool {
  return reader.read(accepted[0], inbox, 1, mayCompleteInline, noteRead, 0);
}

export function add(): void {
  addReads();
  addEnds();
  addDrains();
  addRefusals();
  addAddresses();
}

function addReads(): void {
  pairBody("read-later", "should call back later and once, with a buffer that holds only what was read")
    .then((): void => {
      appendStream(inbox, 7777, 500);
      expect(!readServer(false), "a read that is not done inside of the call");
      equal(inbox.length, 0, "bytes in a buffer that was given to a read");
      send(client, 0, 5);
    })
    .until((): bool => reads > 0)
    .then((): void => {
      equal(readReason, OK, "as the reason");
      expect(inbox.length > 0 && inbox.length <= 5, "bytes of what was sent");
      expectStream(inbox, 0);
      waitAWhile();
    })
    .until((): bool => noted() == 1)
    .then((): void => {
      equal(reads, 1, "call");
      buffers.clear(inbox);
      destroyAll();
    });

  pairBody("read-never-inline", "should call back later although bytes are there, unless told that it need not")
    .then((): void => {
      send(client, 0, 100);
      waitAWhile();
    })
    .until((): bool => noted() == 1)
    .then((): void => {
      expect(!readServer(false), "a read that is not done inside of the call");
      equal(reads, 0, "calls inside of the call");
    })
    .until((): bool => reads == 1)
    .then((): void => {
      buffers.clear(inbox);
      destroyAll();
    });

  pairBody("read-inline", "should not call back when the read is done inside of the call")
    .then(beginInlineRound)
    .until(isReadInline)
    .then((): void => {
      readsBefore = reads;
      expectStream(inbox, 0);
      waitAWhile();
    })
    .until((): bool => noted() > rounds)
    .then((): void => {
      equal(reads, readsBefore, "calls after a read that was done inside of the call");
      buffers.clear(inbox);
      destroyAll();
    });

  pairBody("read-and-write", "should read and write at the same time, on both ends")
    .then((): void => {
      startReadingOn(client);
      expect(!reader.read(accepted[0], serverInbox(), 1, false, noteRead, 0), "a read of the other end");
      send(client, 0, 100);
      appendStream(outbox, 0, 1000);
      writer.write(accepted[0], outbox, FRAME, false, noteWrite, 0);
    })
    .until((): bool => received == 1000 && reads >= 2)
    .then((): void => destroyAll())
    .until((): bool => readReason == ENDPOINT_CLOSED)
    .then((): void => {
      buffers.destroy(otherInbox!);
      buffers.clear(inbox);
    });
}

let otherInbox: SliceBuffer | null = null;

function serverInbox(): SliceBuffer {
  otherInbox = buffers.create();
  return otherInbox!;
}

let rounds: i32 = 0;
let readsBefore: i32 = 0;
let isReading: bool = false;

/** Sends a little and lets it arrive. */
function beginInlineRound(): void {
  rounds++;
  isReading = false;
  send(client, 0, 100);
  waitAWhile();
}

/** Round by round, until a read was done inside of its call: with the bytes there, one of twenty is. */
function isReadInline(): bool {
  if (noted() < rounds) return false;
  if (!isReading) {
    readsBefore = reads;
    if (readServer(true)) return true;
    isReading = true;
  }
  if (reads > readsBefore) beginInlineRound();
  expect(rounds <= 20, "one of twenty reads to be done inside of the call");
  return false;
}

function addEnds(): void {
  pairBody("read-end", "should give what came before the end, then the end again and again, with an empty buffer")
    .then((): void => {
      send(client, 0, 100_000);
      destroy(client);
      startReadingOn(accepted[0]);
    })
    .until((): bool => readReason > 0)
    .then((): void => {
      equal(received, 100_000, "bytes before the end");
      equal(readReason, END_OF_STREAM, "as the reason");
      equal(inbox.length, 0, "bytes beside an error");
      appendStream(inbox, 0, 50);
      readReason = -1;
      expect(!readServer(true), "an error not inside of the call");
      equal(readReason, -1, "as the reason inside of the call");
    })
    .until((): bool => readReason >= 0)
    .then((): void => {
      equal(readReason, END_OF_STREAM, "as the reason");
      equal(inbox.length, 0, "bytes beside an error");
      destroy(accepted[0]);
    });

  // Reads of the stream that bring all that they asked for are followed by another one, which meets the end.
  pairBody("read-end-exact", "should give data and the end apart although one read meets both")
    .then((): void => {
      send(client, 0, EXACT);
      destroy(client);
      waitAWhile();
    })
    .until((): bool => noted() == 1)
    .then((): void => { reader.read(accepted[0], inbox, 2 * EXACT, false, readOn, changetype<usize>(accepted[0])); })
    .until((): bool => readReason > 0)
    .then((): void => {
      equal(received, EXACT, "bytes of reads that were well");
      equal(readReason, END_OF_STREAM, "as the reason");
      equal(inbox.length, 0, "bytes beside an error");
      destroy(accepted[0]);
    });

  pairBody("destroy-pending", "should end what is pending once, later, with a reason that says why")
    .then((): void => {
      reader.read(client, inbox, 1, false, noteRead, 0);
      expect(!send(client, 0, large()), "a write that is larger than all buffers to be pending");
      destroy(client);
      equal(reads + writes, 0, "calls inside of the call");
    })
    .until((): bool => reads > 0 && writes > 0)
    .then((): void => {
      equal(readReason, ENDPOINT_CLOSED, "as the reason of the read");
      equal(writeReason, ENDPOINT_CLOSED, "as the reason of the write");
      equal(inbox.length, 0, "bytes in the read's buffer");
      startReadingOn(accepted[0]); // what was taken still arrives, in order
    })
    .until((): bool => readReason == END_OF_STREAM)
    .then((): void => {
      equal(writes, 1, "end of the write");
      destroy(accepted[0]);
    });
}

function addDrains(): void {
  pairBody("destroy-drains", "should deliver everything that was taken before the endpoint was destroyed")
    .then((): void => {
      startReadingOn(accepted[0]);
      expect(!send(client, 0, large()), "a write that is larger than all buffers to be pending");
    })
    .until((): bool => writes == 1)
    .then((): void => {
      equal(writeReason, OK, "as the reason of the write");
      destroy(client);
    })
    .until((): bool => readReason > 0)
    .then((): void => {
      equal(received, large(), "bytes");
      equal(readReason, END_OF_STREAM, "as the reason");
      destroy(accepted[0]);
    });

  pairBody("shutdown-send", "should end one direction behind what was written, and read on")
    .then((): void => {
      startReadingOn(accepted[0]);
      send(client, 0, large());
      writer.end(client);
      writer.end(client);
    })
    .until((): bool => readReason > 0)
    .then((): void => {
      equal(received, large(), "bytes before the end");
      equal(readReason, END_OF_STREAM, "as the reason");
      received = 0;
      startReadingOn(client);
      send(accepted[0], 0, 1000);
    })
    .until((): bool => received == 1000)
    .then((): void => destroyAll())
    .until((): bool => readReason == ENDPOINT_CLOSED);
}

function addRefusals(): void {
  withPair(body("second-read", "should refuse a second read while one is outstanding",
    TRAPS + "a read is already outstanding"))
    .then((): void => {
      readServer(false);
      reader.read(accepted[0], outbox, 1, false, noteRead, 0);
    });

  withPair(body("second-write", "should refuse a second write while one is outstanding",
    TRAPS + "a write is already outstanding"))
    .then((): void => {
      expect(!send(client, 0, large()), "a write that is larger than all buffers to be pending");
      send(client, 0, 1);
    });
}

function noteAddresses(): void {
  const pair = [client, accepted[0]];
  for (let i = 0; i < 2; i++) {
    texts.push(formatSocketAddress(endpoints.localAddress(pair[i])));
    texts.push(formatSocketAddress(endpoints.peerAddress(pair[i])));
  }
}

function expectAddresses(start: string): void {
  noteAddresses();
  expect(texts[0] == texts[3] && texts[1] == texts[2], "each end's address to be the other's peer");
  expect(texts[0].startsWith(start) && texts[1].startsWith(start), "addresses that begin with " + start);
  destroy(accepted[0]);
}

/** The peer is gone, and nobody could ask for its address any more. */
function expectSameAddresses(): void {
  expect(texts[0] == formatSocketAddress(endpoints.localAddress(client)), "the local address to stay");
  expect(texts[1] == formatSocketAddress(endpoints.peerAddress(client)), "the peer's address to stay");
  destroy(client);
}

function addAddresses(): void {
  pairBody("addresses-v4", "should tell both addresses, the same for life")
    .then((): void => expectAddresses("127.0.0.1:"))
    .then(waitAWhile)
    .until((): bool => noted() == 1)
    .then(expectSameAddresses);

  pairBody("addresses-v6", "should tell both addresses, the same for life", (): void => listen("::1"))
    .then((): void => expectAddresses("[::1]:"))
    .then(waitAWhile)
    .until((): bool => noted() == 1)
    .then(expectSameAddresses);
}
