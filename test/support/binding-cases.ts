// Tests of bindings as tables: what is called, what the import must receive, what it answers, and what must then be
// seen. Each case with a result also runs once per error code.
import type { Test } from "uvu";
import * as assert from "uvu/assert";
import { Binding } from "./binding.js";
import { type Address, ERROR_CODES, RESULTS, type ResultLayout } from "./canonical-abi.js";
import type { Probe } from "./probe.js";

export interface BindingCase {
  /** The probe's function. */
  name: string;
  label: string;
  /** Said in the test's name instead of `name`. */
  title?: string;
  /** Without one, the import returns a number or nothing. */
  layout?: ResultLayout;
  call: (binding: Binding, call: Probe["call"]) => number;
  /** Core parameters that the import must see, unsigned, the return pointer left out. */
  received: (number | bigint)[];
  /** Writes the ok payload. */
  write?: (view: DataView, at: number, binding: Binding) => void;
  /** Getters of 32 and of 64 bits, and their values after success. */
  words?: Record<string, number>;
  longs?: Record<string, bigint>;
  address?: Address;
  returns?: number;
  /** More to look at after success. */
  check?: (binding: Binding) => void;
}

/** A function with no payload that takes only the socket, unless told otherwise. */
export function unit(name: string, label: string, more: Partial<BindingCase> = {}): BindingCase {
  return { name, label, layout: RESULTS.unit, call: (_, call) => call[name]!(5), received: [5], ...more };
}

/** A function of one handle that returns a plain number, or nothing. */
export function word(name: string, label: string, returns?: number): BindingCase {
  const title = `${name} giving ${returns}`;
  const given: BindingCase = { name, label, title, call: (_, call) => call[name]!(5), received: [5] };
  return returns === undefined ? given : { ...given, returns };
}

function checkSuccess(binding: Binding, each: BindingCase): void {
  const { call, callLong } = binding.probe;
  for (const [getter, value] of Object.entries(each.words ?? {})) assert.is(call[getter]!() >>> 0, value, getter);
  for (const [getter, value] of Object.entries(each.longs ?? {})) {
    assert.is(BigInt.asUintN(64, callLong[getter]!()), value, getter);
  }
  if (each.address !== undefined) assert.equal(binding.takeAddress(), each.address);
  each.check?.(binding);
}

async function run(each: BindingCase, error: number | undefined): Promise<void> {
  const binding = await Binding.create([each.label]);
  const { layout } = each;
  binding.returns = each.returns;
  binding.expect(each.label, layout, (view, at) => {
    view.setUint8(at, error === undefined ? 0 : 1);
    if (error === undefined) each.write?.(view, at + layout!.payload, binding);
    else view.setUint8(at + layout!.payload, error);
  });
  const position = binding.probe.call.mark();
  const result = each.call(binding, binding.probe.call);
  assert.equal(binding.received, each.received);
  if (layout !== undefined) assert.is(result, error === undefined ? 0 : error + 1, "zero or the code plus one");
  else if (each.returns !== undefined) assert.is(result >>> 0, each.returns);
  if (error === undefined) checkSuccess(binding, each);
  binding.probe.call.release(position);
  assert.is(binding.probe.call.usedBytes(), 0);
}

export async function testBindings(tests: Test, cases: BindingCase[]): Promise<void> {
  for (const each of cases) {
    tests(`should lower and lift ${each.title ?? each.name}`, () => run(each, undefined));
  }
  const withResult = new Map(cases.filter(({ layout }) => layout !== undefined).map((each) => [each.name, each]));
  for (const each of withResult.values()) {
    tests(`should lift every error code of ${each.name}`, async () => {
      for (const code of ERROR_CODES) await run(each, code);
    });
  }
  tests.run();
}
