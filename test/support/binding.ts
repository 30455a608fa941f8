// Runs one binding against a scripted import: the import records its parameters, checks the return pointer, soils
// the return area and writes the result that the test wants.
import * as assert from "uvu/assert";
import { type Address, PADDING, type ResultLayout } from "./canonical-abi.js";
import { compileProbe, type Imports, Probe } from "./probe.js";

export type Write = (view: DataView, at: number, binding: Binding) => void;
type CoreValue = number | bigint;

const module = await compileProbe("wasi");
const RETURN_AREA_BYTES = 40;

export class Binding {
  readonly probe: Probe;
  readonly #expect: { label: string; layout: ResultLayout | undefined; write: Write } = {
    label: "", layout: undefined, write: () => {},
  };
  /** What the latest import received, the return pointer left out, as unsigned numbers. */
  received: CoreValue[] = [];
  /** Handles of dropped resources, in order, as `error 5`. */
  readonly dropped: string[] = [];

  private constructor(probe: Probe) {
    this.probe = probe;
  }

  /** Every import of every label in `labels` goes to the script; drops are recorded. */
  static async create(labels: string[], drops: string[] = []): Promise<Binding> {
    let binding: Binding | undefined;
    const imports: Imports = {};
    for (const label of labels) imports[label] = (...args: CoreValue[]) => binding!.#imported(label, args);
    for (const label of drops) {
      const kind = label.replace(/^.*\/drop /, "");
      imports[label] = (handle: number) => void binding!.dropped.push(`${kind} ${handle >>> 0}`);
    }
    binding = new Binding(await Probe.create(module, imports));
    return binding;
  }

  /** The next call must be of this import. Without a layout it returns what `write` leaves in `returns`. */
  expect(label: string, layout: ResultLayout | undefined, write: Write): void {
    Object.assign(this.#expect, { label, layout, write });
    this.received = [];
  }

  /** For imports that return a number instead of writing one. */
  returns: CoreValue | undefined;

  #imported(label: string, args: CoreValue[]): CoreValue | undefined {
    assert.is(label, this.#expect.label);
    const { layout, write } = this.#expect;
    const unsigned = args.map((arg) => (typeof arg === "bigint" ? BigInt.asUintN(64, arg) : arg >>> 0));
    if (layout === undefined) {
      this.received = unsigned;
      return this.returns;
    }
    const at = unsigned.pop() as number;
    this.received = unsigned;
    assert.is(at % layout.align, 0, "the return area is aligned");
    assert.ok(layout.bytes <= RETURN_AREA_BYTES);
    this.probe.write(at, new Uint8Array(layout.bytes).fill(PADDING));
    write(this.probe.view(), at, this);
    return undefined;
  }

  /** Puts a list where the core wants lists, as a host does, and its pointer and length at `field`. */
  storeList(field: number, align: number, bytes: Uint8Array, length: number): void {
    const address = this.probe.call.cabi_realloc(0, 0, align, bytes.length);
    this.probe.write(address, bytes);
    this.probe.view().setUint32(field, address, true);
    this.probe.view().setUint32(field + 4, length, true);
  }

  putText(text: string): number {
    this.probe.write(this.probe.call.inputAddress(), new Uint8Array(Buffer.from(text, "utf16le")));
    return text.length;
  }

  /** Fills the core's address record and returns where it is. */
  putAddress({ family, port, parts, flow = 0, scope = 0 }: Address): number {
    const at = this.probe.call.socketAddress();
    this.probe.write(at, new Uint8Array(28));
    const view = this.probe.view();
    view.setUint8(at, family);
    view.setUint16(at + 2, port, true);
    view.setUint32(at + 4, flow, true);
    view.setUint32(at + 8, scope, true);
    parts.forEach((part, index) => view.setUint16(at + 12 + 2 * index, part, true));
    return at;
  }

  takeAddress(): Address {
    const at = this.probe.call.socketAddress();
    const view = this.probe.view();
    const family = view.getUint8(at) as 0 | 1;
    const count = family === 0 ? 4 : 8;
    const parts = Array.from({ length: count }, (_, index) => view.getUint16(at + 12 + 2 * index, true));
    const address: Address = { family, port: view.getUint16(at + 2, true), parts };
    if (family === 0) return address;
    return { ...address, flow: view.getUint32(at + 4, true), scope: view.getUint32(at + 8, true) };
  }
}
