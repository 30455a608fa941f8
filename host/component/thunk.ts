// The few lines of WebAssembly between a caller and a callee of another component:
//
//   enter(slots) -> callee(args) -> leave(slots) -> post-return
//
// They are WebAssembly because the callee may wait: a guest is suspended as a whole only while there is nothing but
// WebAssembly on its stack. `enter` and `leave` are JavaScript, and return before the callee begins and after it ends.
// Scalars never meet JavaScript: they are made right in here.

import { type ImportFunction, wasm } from "../abi/webassembly.js";
import type { Slots } from "./slots.js";
import type { CoreType, ValueType } from "./value-types.js";
import {
  CALL, END, functionType, I32_CONST, IF, leb, loadFrom, LOCAL_GET, LOCAL_SET, moduleBytes, signedLeb, storeLocal,
  VALUE_TYPES,
} from "./wasm-writer.js";

/** How an argument of the callee comes about. */
export type Argument =
  /** The caller's parameter of that index; `type` says how it is made right. */
  | { readonly from: "param"; readonly index: number; readonly type: ValueType }
  | { readonly from: "slot"; readonly slot: number; readonly core: CoreType };

export interface ThunkPlan {
  /** What the caller calls. */
  readonly params: readonly CoreType[];
  readonly result: CoreType | null;
  /** Parameters that go into slots before `enter`: slot by slot, which parameter. */
  readonly stored: readonly number[];
  readonly args: readonly Argument[];
  /** What the callee gives. */
  readonly calleeResult: CoreType | null;
  /** The parameter that says where the caller wants a result in memory; it goes into the second slot for `leave`. */
  readonly returnPointer: number | null;
  /** How the caller's result is made: from the first slot, or from what the callee gave, made right as this type. */
  readonly scalarResult: ValueType | null;
}

export interface ThunkParts {
  readonly callee: ImportFunction;
  readonly enter: ImportFunction | null;
  readonly leave: ImportFunction | null;
  readonly postReturn: ImportFunction | null;
  readonly slots: Slots;
}

export function makeThunk(plan: ThunkPlan, parts: ThunkParts): ImportFunction {
  const imports: Record<string, unknown> = { slots: parts.slots.memory, callee: parts.callee };
  if (parts.enter !== null) imports.enter = parts.enter;
  if (parts.leave !== null) imports.leave = parts.leave;
  if (parts.postReturn !== null) imports.post = parts.postReturn;
  const instance = new wasm.Instance(new wasm.Module(assemble(plan, parts)), { "": imports });
  return instance.exports.call as ImportFunction;
}

/** Function types by index: what an import or the thunk has as its type. */
const TYPE_PLAIN = 0;
const TYPE_CALLEE = 1;
const TYPE_THUNK = 2;
const TYPE_POST = 3;

function assemble(plan: ThunkPlan, parts: ThunkParts): Uint8Array {
  const result = (core: CoreType | null): CoreType[] => (core === null ? [] : [core]);
  const calleeParams = plan.args.map((arg) => (arg.from === "slot" ? arg.core : plan.params[arg.index] as CoreType));
  const imports = new Map([["callee", TYPE_CALLEE]]);
  if (parts.enter !== null) imports.set("enter", TYPE_PLAIN);
  if (parts.leave !== null) imports.set("leave", TYPE_PLAIN);
  if (parts.postReturn !== null) imports.set("post", TYPE_POST);
  const index = new Map([...imports.keys()].map((name, at) => [name, at]));
  return moduleBytes({
    types: [
      functionType([], []), functionType(calleeParams, result(plan.calleeResult)),
      functionType(plan.params, result(plan.result)), functionType(result(plan.calleeResult), []),
    ],
    imports, type: TYPE_THUNK, body: body(plan, parts, index),
  });
}

function body(plan: ThunkPlan, { slots }: ThunkParts, index: ReadonlyMap<string, number>): number[] {
  const addressOf = (slot: number): number => slots.word * 4 + slot * 8;
  const store = (local: number, core: CoreType, slot: number): number[] =>
    storeLocal(core, local, addressOf(slot));
  const load = (core: CoreType, slot: number): number[] => loadFrom(core, addressOf(slot));
  const call = (name: string): number[] => [CALL, ...leb(index.get(name) as number)];

  const code: number[] = [];
  for (const [slot, param] of plan.stored.entries()) code.push(...store(param, plan.params[param] as CoreType, slot));
  if (index.has("enter")) code.push(...call("enter"));
  for (const arg of plan.args) {
    if (arg.from === "slot") code.push(...load(arg.core, arg.slot));
    else code.push(LOCAL_GET, ...leb(arg.index), ...madeRight(arg.type));
  }
  code.push(...call("callee"));
  const given = plan.params.length; // the one local: what the callee gave
  const { calleeResult } = plan;
  if (calleeResult !== null) code.push(LOCAL_SET, ...leb(given));
  if (index.has("leave")) {
    if (calleeResult !== null) code.push(...store(given, calleeResult, 0));
    if (plan.returnPointer !== null) code.push(...store(plan.returnPointer, "i32", 1));
    code.push(...call("leave"));
  }
  if (index.has("post")) {
    if (calleeResult !== null) code.push(LOCAL_GET, ...leb(given));
    code.push(...call("post"));
  }
  if (plan.result !== null) {
    if (plan.scalarResult === null) code.push(...load(plan.result, 0));
    else code.push(LOCAL_GET, ...leb(given), ...madeRight(plan.scalarResult));
  }
  const locals = calleeResult === null ? [0] : [1, 1, VALUE_TYPES[calleeResult]];
  return [...locals, ...code, END];
}

/** Narrow numbers arrive with anything in their upper bits. */
function madeRight(type: ValueType): number[] {
  switch (type.form) {
    case "bool": return [I32_CONST, 0, 0x47]; // i32.ne
    case "u8": return [I32_CONST, ...signedLeb(0xff), 0x71]; // i32.and
    case "u16": return [I32_CONST, ...signedLeb(0xffff), 0x71];
    case "s8": return [0xc0]; // i32.extend8_s
    case "s16": return [0xc1];
    case "flags": return type.count === 32 ? [] : [I32_CONST, ...signedLeb(2 ** type.count - 1), 0x71];
    default: return [];
  }
}

/**
 * The thunk of a drop: calls `drop` with the handle, and then the destructor with what `drop` left in the first slot,
 * if it answered other than 0.
 */
export function makeDropThunk(destructor: ImportFunction, drop: ImportFunction, slots: Slots): ImportFunction {
  const body = [
    0, LOCAL_GET, 0, CALL, 0, IF, 0x40, ...loadFrom("i32", slots.word * 4), CALL, 1, END, END,
  ];
  const bytes = moduleBytes({
    types: [functionType(["i32"], ["i32"]), functionType(["i32"], [])],
    imports: new Map([["drop", 0], ["destructor", 1]]), type: 1, body,
  });
  const imports = { "": { drop, destructor, slots: slots.memory } };
  return new wasm.Instance(new wasm.Module(bytes), imports).exports.call as ImportFunction;
}
