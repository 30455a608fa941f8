// A name to addresses, through wasi:sockets/ip-name-lookup. Literals never ask anyone.
//
//   start() --> ASKING --> every address read --> done, status OK (at least one address)
//                 +------> failed -----------------> done, status says why
//                 +------> cancel() ---------------> gone, and `done` never runs

import { ADDRESSES_MAX } from "../base/limits";
import { AddressList } from "../net/address-list";
import { HostPort } from "../net/host-port";
import { parseIp } from "../net/ip-address";
import * as readiness from "../poll/readiness";
import { Source } from "../poll/source";
import * as errors from "../wasi/error-code";
import { Status } from "../wasi/error-code";
import * as lookupImports from "../wasi/ip-name-lookup";
import { instanceNetwork } from "../wasi/network";
import * as names from "./name";

@unmanaged
export class SystemLookup {
  /** The resolve-address-stream, 0 for a literal or when the look-up could not begin. */
  stream: u32;
  port: u16;
  status: Status;
  source: Source;
  /** Filled for the caller, who owns it. */
  addresses: AddressList;
  /** Table index of a `(owner: usize) => void`, run once. */
  done: u32;
  owner: usize;
}

const nameText: usize = memory.data(1016);

/** How the look-up whose `done` runs now ended. */
export let lastStatus: Status = errors.OK;

/** Fills `addresses` for `target`. `done` runs once, in a later turn. */
export function start(
  target: HostPort, addresses: AddressList, done: (owner: usize) => void, owner: usize,
): SystemLookup {
  const lookup = create(addresses, done, owner);
  lookup.port = target.port;
  const slot = addresses.at(0);
  if (parseIp(target.host, slot)) {
    slot.port = target.port;
    addresses.length = 1;
  } else {
    wait(lookup, lookupImports.resolveAddresses(instanceNetwork(), target.host));
  }
  return lookup;
}

/** The same for a wire name, with the port 0. */
export function startName(
  wire: usize, addresses: AddressList, done: (owner: usize) => void, owner: usize,
): SystemLookup {
  const lookup = create(addresses, done, owner);
  const length = names.toText(wire, nameText);
  wait(lookup, lookupImports.resolveAddressesOf(instanceNetwork(), nameText, length));
  return lookup;
}

/** `done` never runs. */
export function cancel(lookup: SystemLookup): void {
  readiness.free(lookup.source);
  if (lookup.stream) lookupImports.drop(lookup.stream);
  heap.free(changetype<usize>(lookup));
}

function create(addresses: AddressList, done: (owner: usize) => void, owner: usize): SystemLookup {
  const lookup = changetype<SystemLookup>(heap.alloc(offsetof<SystemLookup>()));
  memory.fill(changetype<usize>(lookup), 0, offsetof<SystemLookup>());
  lookup.addresses = addresses;
  lookup.done = done.index;
  lookup.owner = owner;
  lookup.source = readiness.create(run, changetype<usize>(lookup));
  addresses.length = 0;
  readiness.hurry(lookup.source);
  return lookup;
}

function wait(lookup: SystemLookup, status: Status): void {
  lookup.status = status;
  if (status) return;
  lookup.stream = lookupImports.addresses;
  readiness.subscribe(lookup.source, lookupImports.subscribe(lookup.stream));
}

function run(owner: usize): void {
  const lookup = changetype<SystemLookup>(owner);
  while (lookup.stream && !lookup.status && lookup.addresses.length < ADDRESSES_MAX) {
    const slot = lookup.addresses.at(lookup.addresses.length);
    const status = lookupImports.resolveNextAddress(lookup.stream, slot);
    if (status == errors.WOULD_BLOCK) {
      readiness.wait(lookup.source);
      return;
    }
    lookup.status = status;
    if (status || !lookupImports.found) break;
    slot.port = lookup.port;
    slot.flowInfo = 0;
    slot.scopeId = 0;
    lookup.addresses.length++;
  }
  finish(lookup);
}

function finish(lookup: SystemLookup): void {
  let status = lookup.status;
  if (!status && !lookup.addresses.length) status = errors.NAME_UNRESOLVABLE;
  const done = lookup.done;
  const owner = lookup.owner;
  cancel(lookup);
  lastStatus = status;
  call_indirect<void>(done, owner);
}
