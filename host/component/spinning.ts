// What lets events in for a guest that asks and asks instead of waiting: in front of each import that may answer "not
// yet" there are three instructions,
//
//   (global.get $owed) (if (then (call $trip)))      and then the call itself
//
// The waiter sets the global when a trip through the event loop is due (loop-waiter.ts). So `read` and its like stay
// plain functions, and the guest is suspended only when it has to be.

import type { LoopWaiter } from "../abi/loop-waiter.js";
import { type ImportFunction, wasm, type WasmModule } from "../abi/webassembly.js";
import type { CoreType } from "./value-types.js";
import { CALL, END, functionType, IF, leb, LOCAL_GET, section, text, VALUE_TYPES, vector } from "./wasm-writer.js";

const GLOBAL_GET = 0x23;
const NOTHING = 0x40;
const MUTABLE = 0x01;
/** Index spaces: types and functions alike are the trip, then the call. */
const TRIP = 0;
const WRAPPED = 1;
const MADE = 2;

/** One module for each signature. */
const modules = new Map<string, WasmModule>();

export class Spinning {
  private readonly trip: unknown;

  constructor(
    private readonly waiter: LoopWaiter,
    suspending: (wrapped: ImportFunction) => unknown,
  ) {
    this.trip = suspending(() => waiter.letEventsIn());
  }

  /** The import, with a trip before it where one is owed. */
  wrap(wrapped: ImportFunction, params: readonly CoreType[], results: readonly CoreType[]): ImportFunction {
    const key = `${params.join(" ")} -> ${results.join(" ")}`;
    let module = modules.get(key);
    if (module === undefined) modules.set(key, module = new wasm.Module(moduleFor(params, results)));
    const imports = { owed: this.waiter.owed, trip: this.trip, wrapped };
    return new wasm.Instance(module, { "": imports }).exports.call as ImportFunction;
  }
}

function moduleFor(params: readonly CoreType[], results: readonly CoreType[]): Uint8Array {
  const imported = (name: string, ...kind: number[]): number[] => [...text(""), ...text(name), ...kind];
  const body = [
    0, GLOBAL_GET, 0, IF, NOTHING, CALL, TRIP, END,
    ...params.flatMap((_, index) => [LOCAL_GET, ...leb(index)]), CALL, WRAPPED, END,
  ];
  return Uint8Array.from([
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00,
    ...section(1, vector([functionType([], []), functionType(params, results)])),
    ...section(2, vector([
      imported("owed", 0x03, VALUE_TYPES.i32, MUTABLE), imported("trip", 0x00, TRIP),
      imported("wrapped", 0x00, WRAPPED),
    ])),
    ...section(3, vector([leb(WRAPPED)])),
    ...section(7, vector([[...text("call"), 0x00, ...leb(MADE)]])),
    ...section(10, vector([[...leb(body.length), ...body]])),
  ]);
}
