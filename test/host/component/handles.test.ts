// Handles inside of values: in lists, records, options and results, in both directions of a call.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { ImportFunction } from "#host/abi/webassembly.js";
import { lowerLifted } from "#host/component/call.js";
import { GuestResource } from "#host/component/guest-resource.js";
import type { GuestResourceType, HostResourceType } from "#host/component/resource-types.js";
import type { Side } from "#host/component/side.js";
import { SlotSource } from "#host/component/slots.js";
import {
  enumType, handleType, listType, primitiveType, recordType, type ValueType, variantType,
} from "#host/component/value-types.js";
import { Kind } from "#host/wasi/kind.js";
import { load, store, type Value } from "./reference-abi.js";
import { newSide } from "./sides.js";

interface World {
  caller: Side;
  callee: Side;
  /** Defined by the callee. */
  thing: GuestResourceType;
}

function newWorld(): World {
  const callee = newSide();
  return { caller: newSide(), callee, thing: { form: "guest resource", definedBy: callee.instance, destructor: null } };
}

const give = (side: Side, type: GuestResourceType, representation: number): number =>
  side.instance.table.put(new GuestResource(type, representation));

const representationOf = (side: Side, handle: Value): number =>
  side.instance.table.get<GuestResource>(handle as number, Kind.GuestResource).representation;

function call(world: World, params: ValueType[], result: ValueType | null, core: (...args: number[]) => number | void):
(...args: number[]) => unknown {
  return lowerLifted({
    form: "lifted", type: { form: "func", params, result }, core: core as unknown as ImportFunction, postReturn: null,
    side: world.callee,
  }, world.caller, new SlotSource()) as (...args: number[]) => unknown;
}

const handles = suite("handles inside of values");

handles("should come out of a list of records, each as a handle of the caller's", () => {
  const world = newWorld();
  const event = recordType([
    primitiveType("u8"), handleType("own", world.thing), variantType([null, handleType("own", world.thing)]),
  ]);
  const list = listType(event);
  const returnAt = world.caller.memory.allocate(4, 8);
  const next = call(world, [], list, () => {
    const make = (n: number): number => give(world.callee, world.thing, n);
    const at = world.callee.memory.allocate(4, 8);
    store(world.callee.memory, at, list, [
      [1, make(10), [0, null]], [2, make(20), [1, make(21)]], [3, make(30), [1, make(31)]],
    ]);
    return at;
  });
  give(world.caller, world.thing, 1000); // so that numbers differ on the two sides
  next(returnAt);
  assert.is(world.callee.instance.table.liveCount, 0);
  const events = load(world.caller.memory, returnAt, list) as [number, number, [number, number | null]][];
  assert.equal(events.map(([n]) => n), [1, 2, 3]);
  assert.equal(events.map(([, own]) => representationOf(world.caller, own)), [10, 20, 30]);
  assert.equal(events.slice(1).map(([, , option]) => representationOf(world.caller, option[1])), [21, 31]);
  assert.is(world.caller.instance.table.liveCount, 6);
});

handles("should be lent in a list, and given away beside it", () => {
  const world = newWorld();
  const borrows = listType(handleType("borrow", world.thing));
  let seen: Value = null;
  const use = call(world, [borrows, handleType("own", world.thing)], null, (at, length, own) => {
    const { memory } = world.callee;
    seen = [...Array.from({ length }, (_, index) => memory.words[(at >>> 2) + index] as number),
      representationOf(world.callee, own)];
  });
  const own = [5, 6, 7].map((n) => give(world.caller, world.thing, n));
  const at = world.caller.memory.allocate(4, 8);
  own.slice(0, 2).forEach((handle, index) => world.caller.memory.setWord(at + 4 * index, handle));
  use(at, 2, own[2] as number);
  assert.equal(seen, [5, 6, 7], "a borrow is the maker's own number");
  assert.equal([world.caller.instance.table.liveCount, world.callee.instance.table.liveCount], [2, 1]);
  assert.throws(() => use(at, 2, own[1] as number), /is lent, so it cannot be given away/);
});

handles("should be part of a result or an error", () => {
  const world = newWorld();
  const result = variantType([handleType("own", world.thing), enumType(3)]);
  const returnAt = world.caller.memory.allocate(4, 8);
  const open = call(world, [primitiveType("u32")], result, (n) => {
    const at = world.callee.memory.allocate(4, 8);
    const value: Value = n === 0 ? [1, 2] : [0, give(world.callee, world.thing, n)];
    store(world.callee.memory, at, result, value);
    return at;
  });
  open(9, returnAt);
  const [ok, handle] = load(world.caller.memory, returnAt, result) as [number, number];
  assert.equal([ok, representationOf(world.caller, handle)], [0, 9]);
  open(0, returnAt);
  assert.equal(load(world.caller.memory, returnAt, result), [1, 2]);
});

handles("should go through an optional parameter, or not", () => {
  const world = newWorld();
  let seen: number[] = [];
  const put = call(world, [variantType([null, handleType("own", world.thing)])], null, (some, handle) => {
    seen = [some, handle];
  });
  put(0, 12345);
  assert.equal(seen, [0, 0], "what stands in a spare slot does not arrive");
  put(1, give(world.caller, world.thing, 3));
  assert.is(representationOf(world.callee, seen[1] as number), 3);
  assert.throws(() => put(2, 0), /case 2 of a type with 2 cases/);
});

handles("should never be of a type that the host does not have", () => {
  const world = newWorld();
  const alien: HostResourceType = { form: "host resource", from: "wasi:http/types", name: "fields", kind: null };
  const use = call(world, [handleType("borrow", alien)], null, () => {});
  assert.throws(() => use(1), /unknown handle: 1/);
});

handles("should not pass for those of another maker", () => {
  const world = newWorld();
  const other: GuestResourceType = { ...world.thing };
  const use = call(world, [handleType("borrow", world.thing)], null, () => {});
  const handle = give(world.caller, other, 1);
  assert.throws(() => use(handle), /a resource of another type/);
});

handles.run();
