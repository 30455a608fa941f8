// Calls from one component to another: which values the thunk passes by itself, and which ones JavaScript moves.

import type { ImportFunction } from "../abi/webassembly.js";
import { Kind } from "../wasi/kind.js";
import { trap } from "../wasi/trap.js";
import { guestResource } from "./guest-resource.js";
import {
  type FlatMove, isScalar, moveFlatResult, moveParams, moveSpilledParams, moveStoredResult,
} from "./move-flat.js";
import type { GuestResourceType } from "./resource-types.js";
import type { InstanceState, Path, Side } from "./side.js";
import type { Slots, SlotSource } from "./slots.js";
import { type Argument, makeDropThunk, makeThunk, type ThunkPlan } from "./thunk.js";
import {
  type CoreType, flatOf, FLAT_RESULTS_MAX, type FunctionType, Part, type ValueType,
} from "./value-types.js";

/** A function that a component exports. */
export interface LiftedFunction {
  readonly form: "lifted";
  readonly type: FunctionType;
  readonly core: ImportFunction;
  readonly postReturn: ImportFunction | null;
  readonly side: Side;
}

const REENTERED = "a component calls into itself through its own exports";

/** The function as the core code of `caller` calls it. */
export function lowerLifted(callee: LiftedFunction, caller: Side, slotSource: SlotSource): ImportFunction {
  const { type, side } = callee;
  if (side.instance === caller.instance) return () => trap(REENTERED);
  const flat = flatOf(type.params);
  const resultFlat = type.result?.flat ?? (type.result === null ? [] : null);
  const isStored = resultFlat === null || resultFlat.length > FLAT_RESULTS_MAX;
  const plan: ThunkPlan = { ...planParams(type.params, flat, isStored), ...planResult(type.result, isStored) };
  const slots = slotSource.take(Math.max(2, plan.stored.length));
  const enter = enterOf(type.params, flat, { from: caller, to: side }, slots);
  const moveResult = leaveOf(type.result, isStored, { from: side, to: caller }, slots);
  const { table } = side.instance;
  const givesHandles = type.params.some((param) => (param.parts & Part.Borrow) !== 0 && !isOwnBorrow(param, side));
  const leave = !givesHandles ? moveResult : () => {
    if (table.borrowedCount > 0) trap("a callee kept a handle that it had borrowed");
    moveResult?.();
  };
  return makeThunk(plan, { callee: callee.core, enter, leave, postReturn: callee.postReturn, slots });
}

/** A borrow of what the callee itself defined, which makes no handle. */
function isOwnBorrow(type: ValueType, { instance }: Side): boolean {
  return type.form === "borrow" && type.resource.form === "guest resource" && type.resource.definedBy === instance;
}

type ParamPlan = Pick<ThunkPlan, "params" | "stored" | "args" | "returnPointer">;

function planParams(types: readonly ValueType[], flat: readonly CoreType[] | null, isStored: boolean): ParamPlan {
  const params: CoreType[] = flat === null ? ["i32"] : [...flat];
  const stored: number[] = [];
  const args: Argument[] = [];
  let index = 0;
  for (const type of flat === null ? [] : types) {
    for (const core of type.flat ?? []) {
      if (isScalar(type)) {
        args.push({ from: "param", index, type });
      } else {
        args.push({ from: "slot", slot: stored.length, core });
        stored.push(index);
      }
      index++;
    }
  }
  if (flat === null) {
    stored.push(0);
    args.push({ from: "slot", slot: 0, core: "i32" });
  }
  const returnPointer = isStored ? params.length : null;
  if (isStored) params.push("i32");
  return { params, stored, args, returnPointer };
}

function planResult(
  type: ValueType | null, isStored: boolean,
): Pick<ThunkPlan, "result" | "calleeResult" | "scalarResult"> {
  if (type === null) return { result: null, calleeResult: null, scalarResult: null };
  if (isStored) return { result: null, calleeResult: "i32", scalarResult: null };
  const core = (type.flat as readonly CoreType[])[0] as CoreType;
  return { result: core, calleeResult: core, scalarResult: isScalar(type) ? type : null };
}

function enterOf(
  types: readonly ValueType[], flat: readonly CoreType[] | null, path: Path, slots: Slots,
): FlatMove | null {
  if (flat === null) return moveSpilledParams(types, path, slots);
  return types.every(isScalar) ? null : moveParams(types, path, slots);
}

function leaveOf(
  type: ValueType | null, isStored: boolean, path: Path, slots: Slots,
): FlatMove | null {
  if (type === null) return null;
  if (isStored) return moveStoredResult(type, path, slots);
  return isScalar(type) ? null : moveFlatResult(type, path, slots);
}

/** `resource.drop` of a resource that a component defined. Its destructor may wait, so it runs from WebAssembly. */
export function dropFunction(
  type: GuestResourceType, { table }: InstanceState, slotSource: SlotSource,
): ImportFunction {
  const drop = (handle: number): number | null => {
    const { representation } = guestResource(table, handle, type);
    const isBorrowed = table.isBorrowed(handle);
    table.drop(handle, Kind.GuestResource);
    return isBorrowed ? null : representation;
  };
  if (type.destructor === null) return (handle: number) => { drop(handle); };
  const slots = slotSource.take(2);
  return makeDropThunk(type.destructor, (handle: number) => {
    const representation = drop(handle);
    if (representation !== null) slots.words[slots.word] = representation;
    return representation === null ? 0 : 1;
  }, slots);
}
