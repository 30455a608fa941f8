// The interface `connections`.

import { ADDRESSES_MAX } from "../base/limits";
import * as queues from "../cq/completion-queue";
import { Operation } from "../cq/operation";
import * as connections from "../net/connection";
import { OK, codeOf } from "../net/reason";
import * as clock from "../time/clock";
import { SocketAddress, liftSocketAddress } from "../wasi/network";
import { socketOptions } from "./arguments";
import { CONNECT_COST, charge, discharge, hasRoom } from "./charges";
import * as endpoints from "./guest-endpoint";
import { none, presentPair, releaseLists } from "./results";
import { begin, GuestQueue } from "./queue";

/** Bytes of an ip-socket-address in a list. */
const LISTED_BYTES: usize = 32;
const ADDRESS_BYTES: usize = offsetof<SocketAddress>();
const addresses: usize = memory.data(28 * 16, 8);

export function connections$connect(
  queue: GuestQueue, tag: u64, list: usize, count: u32,
  keepAlive: bool, idleNs: u64, intervalNs: u64, keepAliveCount: u32, receiveBuffer: u32, sendBuffer: u32,
  hopLimit: u32, backlog: u32, deadline: u64,
): usize {
  assert(count && count <= <u32>ADDRESSES_MAX, "a connect takes 1 to 16 addresses");
  for (let i: usize = 0; i < <usize>count; i++) {
    liftSocketAddress(list + i * LISTED_BYTES, changetype<SocketAddress>(addresses + i * ADDRESS_BYTES));
  }
  releaseLists();
  const operation = hasRoom(CONNECT_COST) ? begin(queue, tag) : null;
  if (!operation) return none();
  charge(CONNECT_COST);
  clock.update();
  const options =
    socketOptions(keepAlive, idleNs, intervalNs, keepAliveCount, receiveBuffer, sendBuffer, hopLimit, backlog);
  const slot = connections.connect(
    addresses, <i32>count, options, deadline, connected, changetype<usize>(operation));
  return presentPair(slot, connections.lastGeneration);
}

export function connections$cancelConnect(slot: u32, generation: u32): bool {
  const operation = connections.ownerOf(slot, generation);
  if (!connections.cancel(slot, generation)) return false;
  discharge(CONNECT_COST);
  queues.dropOp(changetype<Operation>(operation));
  return true;
}

function connected(owner: usize): void {
  discharge(CONNECT_COST);
  const reason = connections.lastReason;
  const ticket = reason == OK ? endpoints.deposit(connections.connected) : 0;
  if (!queues.endOp(changetype<Operation>(owner), codeOf(reason), <u8>reason, ticket)) endpoints.abandon(ticket);
}
