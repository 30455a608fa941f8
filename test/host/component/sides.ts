// Sides of calls for tests: a memory with an allocator that never frees, and the two ways to look at a core value.
import { CoreMemory } from "#host/abi/core-memory.js";
import { wasm } from "#host/abi/webassembly.js";
import type { StringEncoding } from "#host/component/binary/definitions.js";
import type { Side } from "#host/component/side.js";
import type { CoreType } from "#host/component/value-types.js";
import { ResourceTable } from "#host/wasi/resource-table.js";
import type { Core } from "./reference-abi.js";

const PAGE_BYTES = 65_536;

/** An instance of its own, over one page that grows, filled with something that is not zero. */
export function newSide(encoding: StringEncoding = "utf8"): Side {
  const raw = new wasm.Memory({ initial: 1 });
  new Uint8Array(raw.buffer).fill(0xa5);
  const memory = new CoreMemory();
  let end = 64;
  memory.bind(raw, (_address, _size, align, newSize) => {
    const at = Math.ceil(end / align) * align;
    end = at + newSize;
    while (end > raw.buffer.byteLength) raw.grow(Math.ceil((end - raw.buffer.byteLength) / PAGE_BYTES));
    return at;
  });
  return { instance: { table: new ResourceTable() }, memory, encoding };
}

const scratch = new DataView(new ArrayBuffer(8));

/** From a value as JavaScript sees it in a call to its bits, as reference-abi.ts has them. */
export function asBits(value: Core, core: CoreType): Core {
  switch (core) {
    case "i32": return Number(value) >>> 0;
    case "i64": return BigInt.asUintN(64, BigInt(value));
    case "f32":
      scratch.setFloat32(0, Number(value));
      return scratch.getUint32(0);
    case "f64":
      scratch.setFloat64(0, Number(value));
      return scratch.getBigUint64(0);
  }
}

/** And back. */
export function asCore(bits: Core, core: CoreType): Core {
  switch (core) {
    case "i32": return Number(bits) | 0;
    case "i64": return BigInt.asIntN(64, BigInt(bits));
    case "f32":
      scratch.setUint32(0, Number(bits));
      return scratch.getFloat32(0);
    case "f64":
      scratch.setBigUint64(0, BigInt(bits));
      return scratch.getFloat64(0);
  }
}
