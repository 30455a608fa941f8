// Descriptors that move bytes: streams both ways, many connections at once, and connections that others break.

import * as buffers from "../../../assembly/data/slice-buffer";
import { SliceBuffer } from "../../../assembly/data/slice-buffer";
import * as descriptors from "../../../assembly/net/descriptor";
import { Descriptor, HAS_ERROR, READABLE, READY, WRITABLE } from "../../../assembly/net/descriptor";
import { Endpoint } from "../../../assembly/net/endpoint";
import { formatSocketAddress } from "../../../assembly/net/ip-address";
import { END_OF_STREAM, STREAM_FAILED } from "../../../assembly/net/reason";
import { NEVER } from "../../../assembly/time/timer-heap";
import { getStdout, print } from "../../../assembly/wasi/cli";
import { describe, isPauseOver, pause, self, when } from "./descriptors";
import { inbox } from "./endpoints";
import { Body, body, equal, expect, note, noted, sequence } from "./harness";
import {
  accepted, appendStream, client, closeListener, connectReason, connects, dial, expectStream, listen, listenLoopback,
  pairBody, shutdowns, target,
} from "./network";
import { Random } from "./random";

const STREAM: u32 = 1_000_000;
/** Connections; both ends together are more than a cooperative runtime lets be ready between two yields. */
const MANY: i32 = 100;
const MESSAGE: u32 = 1000;

/** One end of a connection that sends a stream and checks the one that comes, by a descriptor. */
@final
class Traffic {
  readonly inbox: SliceBuffer = buffers.create();
  readonly outbox: SliceBuffer = buffers.create();
  readonly self: Descriptor;
  sent: u32 = 0;
  received: u32 = 0;
  isEnded: bool = false;

  constructor(endpoint: Endpoint, readonly bytes: u32, readonly random: Random) {
    this.self = descriptors.register(endpoint);
    this.expect(READABLE);
    this.expect(WRITABLE);
    descriptors.notifyWhen(this.self, HAS_ERROR, NEVER, trafficFailed, changetype<usize>(this));
  }

  get isOver(): bool {
    return this.isEnded && this.sent == this.bytes && !this.outbox.length;
  }

  expect(condition: u32): void {
    descriptors.clear(this.self, condition);
    const closure = condition == READABLE ? trafficReads : trafficWrites;
    descriptors.notifyWhen(this.self, condition, NEVER, closure, changetype<usize>(this));
  }

  read(): void {
    const count = descriptors.read(this.self, this.inbox, 1 + this.random.below(100_000));
    if (count > 0) {
      equal(this.inbox.length, count, "bytes of a read");
      expectStream(this.inbox, this.received);
      this.received += this.inbox.length;
      buffers.clear(this.inbox);
    } else if (count < 0) {
      equal(-count, END_OF_STREAM, "as the reason of the end");
      equal(this.received, this.bytes, "bytes");
      this.isEnded = true;
      return;
    }
    this.expect(READABLE);
  }

  write(): void {
    if (!this.outbox.length) {
      const length = min(this.bytes - this.sent, 1 + this.random.below(60_000));
      appendStream(this.outbox, this.sent, length);
      this.sent += length;
    }
    expect(descriptors.write(this.self, this.outbox) >= 0, "no failure of a write");
    if (this.outbox.length || this.sent < this.bytes) this.expect(WRITABLE);
    else descriptors.shutdownSend(this.self);
  }

  end(): void {
    descriptors.destroy(this.self);
    buffers.destroy(this.inbox);
    buffers.destroy(this.outbox);
  }
}

function trafficReads(owner: usize): void {
  changetype<Traffic>(owner).read();
}

function trafficWrites(owner: usize): void {
  changetype<Traffic>(owner).write();
}

/** It is registered all the time, so that pieces are read ahead in between; only the end of all runs it. */
function trafficFailed(owner: usize): void {
  expect(changetype<Traffic>(owner).isOver, "no error before the end");
}

const traffic: Traffic[] = [];
const dialled: Endpoint[] = [];
const crowd: Descriptor[] = [];

function startTraffic(bytes: u32): void {
  const random = Random.seeded();
  traffic.push(new Traffic(client, bytes, random));
  traffic.push(new Traffic(accepted[0], bytes, random));
}

export function add(): void {
  pairBody("descriptor-exchange", "should carry a stream each way, with an eye on errors all the time")
    .then((): void => startTraffic(STREAM))
    .until((): bool => traffic[0].isOver && traffic[1].isOver)
    .then((): void => {
      traffic[0].end();
      traffic[1].end();
    });

  body("descriptor-many", "should tell each of many that became ready together")
    .then(listenLoopback)
    .until(areAllDialled)
    .then((): void => closeListener())
    .until((): bool => shutdowns > 0)
    .then((): void => {
      for (let i = 0; i < MANY; i++) {
        begin(descriptors.register(dialled[i]));
        begin(descriptors.register(accepted[i]));
      }
    })
    .until((): bool => noted() >= 4 * MANY)
    .then(pause)
    .until(isPauseOver)
    .then((): void => {
      equal(noted(), 4 * MANY, "closures, one for each that can be written and one for each that got bytes");
      for (let i = 0; i < crowd.length; i++) descriptors.destroy(crowd[i]);
      buffers.clear(inbox);
    });

  outsideBody("descriptor-reset-idle", "should tell of a reset although nobody reads", "idle-resetter")
    .then((): void => when(HAS_ERROR))
    .until((): bool => noted() > 0)
    .then((): void => {
      sequence([HAS_ERROR], "the error");
      expect((descriptors.stateOf(self) & 1 << READABLE) != 0, "a failure to be something to read");
      equal(descriptors.read(self, inbox, 100), -STREAM_FAILED, "as the answer of a read");
      descriptors.destroy(self);
    });

  outsideBody("descriptor-reset-behind", "should tell of a reset once the bytes before it were read", "resetter")
    .then((): void => {
      when(HAS_ERROR);
      pause();
    })
    .until((): bool => (descriptors.stateOf(self) & 512) != 0 && isPauseOver())
    .then((): void => {
      equal(noted(), 0, "closures while bytes are not read");
      equal(descriptors.read(self, inbox, 100), 3, "bytes before the reset");
      buffers.clear(inbox);
    })
    .until((): bool => noted() > 0)
    .then((): void => {
      sequence([HAS_ERROR], "the error");
      descriptors.destroy(self);
    });
}

function outsideBody(name: string, title: string, peer: string): Body {
  return describe(body(name, title).with(peer)
    .then((): void => {
      listen();
      print(getStdout(), "listening " + formatSocketAddress(target) + "\n");
    })
    .until((): bool => accepted.length == 1)
    .then((): void => closeListener())
    .until((): bool => shutdowns > 0));
}

/** One after the other. */
function areAllDialled(): bool {
  if (connects > dialled.length) {
    equal(connectReason, 0, "as the reason of a connect");
    dialled.push(client);
  }
  if (dialled.length == dials && dials < MANY) {
    dials++;
    dial();
  }
  return dialled.length == MANY && accepted.length == MANY;
}

let dials: i32 = 0;

function begin(descriptor: Descriptor): void {
  crowd.push(descriptor);
  descriptors.notifyWhen(descriptor, WRITABLE, NEVER, sayHello, changetype<usize>(descriptor));
  descriptors.notifyWhen(descriptor, READABLE, NEVER, hearHello, changetype<usize>(descriptor));
}

function sayHello(owner: usize): void {
  note(WRITABLE);
  appendStream(inbox, 0, MESSAGE);
  equal(descriptors.write(changetype<Descriptor>(owner), inbox), MESSAGE, "bytes of a first write");
}

function hearHello(owner: usize): void {
  note(READABLE);
  equal(descriptors.lastOutcome, READY, "as the outcome");
  expect(descriptors.read(changetype<Descriptor>(owner), inbox, MESSAGE) > 0, "bytes where a closure ran");
  buffers.clear(inbox);
}
