// A flow: one end of a connection that sends a stream of messages and checks the stream that it receives.

import * as buffers from "../../../assembly/data/slice-buffer";
import { SliceBuffer } from "../../../assembly/data/slice-buffer";
import { Endpoint } from "../../../assembly/net/endpoint";
import * as reader from "../../../assembly/net/reader";
import * as writer from "../../../assembly/net/writer";
import { expect, fail } from "./harness";
import { appendStream, expectStream } from "./network";
import { Random } from "./random";

const MESSAGE_LEAST: u32 = 1024;
const MESSAGE_MOST: u32 = 4096;
const FRAME: u32 = 1 << 20;

@final
export class Flow {
  readonly inbox: SliceBuffer = buffers.create();
  readonly outbox: SliceBuffer = buffers.create();
  sent: u32 = 0;
  received: u32 = 0;
  writes: i32 = 0;

  constructor(
    readonly endpoint: Endpoint,
    readonly toSend: u32,
    readonly toReceive: u32,
    readonly random: Random,
  ) {}

  /** Both directions at once. */
  start(): void {
    this.send();
    this.receive();
  }

  get isOver(): bool {
    return this.sent == this.toSend && this.received == this.toReceive;
  }

  free(): void {
    buffers.destroy(this.inbox);
    buffers.destroy(this.outbox);
  }

  /** Whole messages, each in one write; some writes may end within the call. */
  send(): void {
    while (this.sent < this.toSend) {
      const message = MESSAGE_LEAST + this.random.below(MESSAGE_MOST - MESSAGE_LEAST + 1);
      const length = min(message, this.toSend - this.sent);
      appendStream(this.outbox, this.sent, length);
      const isDone = writer.write(
        this.endpoint, this.outbox, FRAME, this.random.below(2) == 0, flowWritten, changetype<usize>(this));
      this.sent += length;
      this.writes++;
      if (!isDone) return;
    }
  }

  receive(): void {
    while (this.received < this.toReceive) {
      const inline = this.random.below(2) == 0;
      if (!reader.read(this.endpoint, this.inbox, 1, inline, flowRead, changetype<usize>(this))) return;
      this.take();
    }
  }

  take(): void {
    expect(this.inbox.length > 0, "bytes where a read is well");
    expectStream(this.inbox, this.received);
    this.received += this.inbox.length;
    if (this.received > this.toReceive) fail("received more than was sent");
  }
}

function flowWritten(owner: usize): void {
  if (writer.lastReason) return fail("a write ended with reason " + writer.lastReason.toString());
  changetype<Flow>(owner).send();
}

function flowRead(owner: usize): void {
  if (reader.lastReason) return fail("a read ended with reason " + reader.lastReason.toString());
  const flow = changetype<Flow>(owner);
  flow.take();
  flow.receive();
}
