// A relay: what one session of a program is. Two endpoints with a pump each way, or one endpoint that echoes.
//
//   OPEN --> every pump that must end has ended --> CLOSED (status: true)
//     +----> a pump's input failed ---------------> CLOSED (status: false)
//
// All open relays are on one list, so that a graceful stop can end them.

import { Pool } from "../base/pool";
import * as endpoint from "./endpoint";
import { Endpoint } from "./endpoint";
import * as pump from "./pump";
import { Pump } from "./pump";

@unmanaged
export class Relay {
  a: Endpoint;
  /** Null when `a` echoes. */
  b: Endpoint | null;
  forth: Pump;
  back: Pump | null;
  /** The relay ends with `back`, whatever `forth` still could send. */
  endsWithBack: bool;
  failed: bool;
  previous: usize;
  next: usize;
  /** Table index of a `(owner: usize) => void`, run once when the relay is closed; see `lastFailed`. */
  done: u32;
  owner: usize;
}

const pool = new Pool(offsetof<Relay>());
let first: usize = 0;

/** Whether the relay whose `done` runs now was closed by a failure. */
export let lastFailed: bool = false;

/** Echoes what `a` sends until it ends. Owns `a`. */
export function echo(a: Endpoint, done: (owner: usize) => void, owner: usize): Relay {
  const relay = open(a, done, owner);
  relay.forth = pump.create(a, a, pumpEnded, changetype<usize>(relay));
  pump.run(changetype<usize>(relay.forth));
  return relay;
}

/** Moves bytes both ways, half-closes included. Owns both endpoints. */
export function join(
  a: Endpoint, b: Endpoint, endsWithBack: bool, done: (owner: usize) => void, owner: usize,
): Relay {
  const relay = open(a, done, owner);
  relay.b = b;
  relay.endsWithBack = endsWithBack;
  const forth = pump.create(a, b, pumpEnded, changetype<usize>(relay));
  const back = pump.create(b, a, pumpEnded, changetype<usize>(relay));
  relay.forth = forth;
  relay.back = back;
  pump.run(changetype<usize>(forth));
  // The first run may have closed the relay already, and given its pumps back.
  if (isOpen(relay, back)) pump.run(changetype<usize>(back));
  return relay;
}

/** Relays that are open. */
export function liveCount(): i32 {
  return pool.live;
}

/** Ends, one look later, every direction in which nothing moved since the latest call. */
export function endSilent(): void {
  for (let at = first; at; at = changetype<Relay>(at).next) {
    const relay = changetype<Relay>(at);
    if (pump.isSilent(relay.forth)) pump.endSoon(relay.forth);
    const back = relay.back;
    if (back && pump.isSilent(back)) pump.endSoon(back);
  }
}

function open(a: Endpoint, done: (owner: usize) => void, owner: usize): Relay {
  const relay = changetype<Relay>(pool.take());
  relay.a = a;
  relay.done = done.index;
  relay.owner = owner;
  relay.next = first;
  if (first) changetype<Relay>(first).previous = changetype<usize>(relay);
  first = changetype<usize>(relay);
  return relay;
}

/** A closed relay's record was zeroed or given to another one; both have another `back`. */
@inline function isOpen(relay: Relay, back: Pump): bool {
  return relay.back == back;
}

function pumpEnded(owner: usize): void {
  const relay = changetype<Relay>(owner);
  const back = relay.back;
  if (relay.forth.state == pump.FAILED || (back && back.state == pump.FAILED)) {
    relay.failed = true;
  } else if (back) {
    if (back.state < pump.ENDED) return;
    if (!relay.endsWithBack && relay.forth.state < pump.ENDED) return;
  }
  close(relay);
}

function close(relay: Relay): void {
  const back = relay.back;
  const b = relay.b;
  pump.free(relay.forth);
  if (back) pump.free(back);
  endpoint.finish(relay.a);
  if (b) endpoint.finish(b);
  if (relay.previous) changetype<Relay>(relay.previous).next = relay.next;
  else first = relay.next;
  if (relay.next) changetype<Relay>(relay.next).previous = relay.previous;
  lastFailed = relay.failed;
  const done = relay.done;
  const doneOwner = relay.owner;
  relay.back = null;
  pool.give(changetype<usize>(relay));
  call_indirect<void>(done, doneOwner);
}
