// Who has the endpoint: a descriptor or readers and writers, one after the other and never both; and what is refused.

import * as buffers from "../../../assembly/data/slice-buffer";
import * as descriptors from "../../../assembly/net/descriptor";
import { Descriptor, HAS_ERROR, READABLE, WRITABLE } from "../../../assembly/net/descriptor";
import * as reader from "../../../assembly/net/reader";
import { END_OF_STREAM } from "../../../assembly/net/reason";
import { destroy } from "../../../assembly/net/teardown";
import { describe, describedBody, self, use, when } from "./descriptors";
import { inbox, noteRead, readReason, received, send, startReadingOn } from "./endpoints";
import { body, equal, expect, noted, sequence, TRAPS } from "./harness";
import { accepted, client, destroyAll, expectStream, pairBody, withPair } from "./network";

const NOTHING: Descriptor = changetype<Descriptor>(0);

export function add(): void {
  addOwners();
  addRefusals();
}

function addOwners(): void {
  describedBody("descriptor-release", "should give the endpoint back with every byte, those that it had to read, too")
    .then((): void => {
      when(HAS_ERROR);
      send(client, 0, 3000);
    })
    .until((): bool => (descriptors.stateOf(self) & 512) != 0) // it looked for an error and holds a piece
    .then((): void => {
      const endpoint = descriptors.release(self);
      expect(endpoint == accepted[0] && descriptors.isClosed(self), "the same endpoint");
      descriptors.destroy(self);
      startReadingOn(endpoint);
    })
    .until((): bool => received == 3000)
    .then((): void => {
      sequence([HAS_ERROR], "what was registered to run once");
      send(client, 3000, 2000);
      destroy(client);
    })
    .until((): bool => readReason == END_OF_STREAM)
    .then((): void => {
      equal(received, 5000, "bytes");
      destroy(accepted[0]);
    });

  pairBody("descriptor-takes-over", "should take over from a reader and hand back to one, as often as one likes")
    .then((): void => { send(client, 0, STREAM); })
    .until(isTakenInTurns)
    .then((): void => {
      equal(place, STREAM, "bytes");
      destroyAll();
    })
    .until((): bool => noted() == takes);
}

const STREAM: u32 = 200_000;
let place: u32 = 0;
let takes: i32 = 0;
let isReading: bool = false;

/** A read of the reader, a while with a descriptor that looks for errors and sometimes reads, and so on. */
function isTakenInTurns(): bool {
  while (!isReading) {
    const hasPiece = self != null && (descriptors.stateOf(self) & 512) != 0;
    if (self && !hasPiece && place < STREAM) return false; // more will come
    if (self) {
      if (takes & 2 && descriptors.read(self, inbox, 1 + 97 * takes) > 0) takeInbox();
      descriptors.release(self);
      descriptors.destroy(self);
      use(NOTHING);
    }
    if (place == STREAM) return true;
    isReading = true;
    if (reader.read(accepted[0], inbox, 1, (takes & 1) != 0, readInTurn, 0)) readInTurn(0);
  }
  return false;
}

function readInTurn(owner: usize): void {
  expect(inbox.length > 0, "bytes of a read");
  takeInbox();
  takes++;
  isReading = false;
  use(descriptors.register(accepted[0]));
  when(HAS_ERROR);
}

function takeInbox(): void {
  expectStream(inbox, place);
  place += inbox.length;
  buffers.clear(inbox);
}

function addRefusals(): void {
  describe(withPair(body("descriptor-twice", "should refuse a second closure for one condition",
    TRAPS + "a closure is already registered")))
    .then((): void => {
      when(HAS_ERROR);
      when(READABLE);
      when(READABLE);
    });

  withPair(body("descriptor-busy", "should not take an endpoint that has a read outstanding",
    TRAPS + "a read or write is outstanding"))
    .then((): void => {
      reader.read(accepted[0], inbox, 1, false, noteRead, 0);
      descriptors.register(accepted[0]);
    });

  describe(withPair(body("descriptor-shared", "should not let anybody else read",
    TRAPS + "the endpoint is a descriptor's")))
    .then((): void => { reader.read(accepted[0], inbox, 1, false, noteRead, 0); });

  describe(withPair(body("descriptor-owns", "should not let anybody else destroy its endpoint",
    TRAPS + "the endpoint is a descriptor's")))
    .then((): void => destroy(accepted[0]));

  describe(withPair(body("descriptor-closed", "should refuse closures once it is closed",
    TRAPS + "the descriptor is closed")))
    .then((): void => {
      descriptors.close(self);
      when(WRITABLE);
    });
}
