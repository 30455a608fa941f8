// The bindings of wasi:cli: lists of texts, the standard streams, printing in parts, and how a failed assertion ends.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Binding } from "../../support/binding.js";
import type { ResultLayout } from "../../support/canonical-abi.js";
import { compileProbe, Probe } from "../../support/probe.js";

const LIST: ResultLayout = { bytes: 8, align: 4, payload: 0 };
const OPTION_TEXT: ResultLayout = { bytes: 12, align: 4, payload: 4 };
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** `list<string>`, or `list<tuple<string, string>>` when `perItem` is 2. */
function storeTexts(binding: Binding, at: number, texts: string[], perItem: number): void {
  const list = new Uint8Array(texts.length * 8);
  texts.forEach((text, index) => {
    const bytes = encode(text);
    const address = binding.probe.call.cabi_realloc(0, 0, 1, bytes.length);
    binding.probe.write(address, bytes);
    new DataView(list.buffer).setUint32(8 * index, address, true);
    new DataView(list.buffer).setUint32(8 * index + 4, bytes.length, true);
  });
  binding.storeList(at, 4, list, texts.length / perItem);
}

const cli = suite("cli bindings");
const TEXTS = [[], ["event-engine"], ["a", "", "ü€💥", "x".repeat(500)]];

for (const texts of TEXTS) {
  cli(`should lift ${texts.length} arguments and release them`, async () => {
    const binding = await Binding.create(["environment/get-arguments"]);
    binding.expect("environment/get-arguments", LIST, (_view, at) => storeTexts(binding, at, texts, 1));
    assert.is(binding.probe.text(binding.probe.call.getArguments()), texts.join("|"));
    assert.is(binding.probe.call.usedBytes(), 0);
  });

  cli(`should lift ${texts.length} variables and release them`, async () => {
    const pairs = texts.flatMap((text) => [text, `value of ${text}`]);
    const binding = await Binding.create(["environment/get-environment"]);
    binding.expect("environment/get-environment", LIST, (_view, at) => storeTexts(binding, at, pairs, 2));
    assert.is(binding.probe.text(binding.probe.call.getEnvironment()), pairs.join("|"));
    assert.is(binding.probe.call.usedBytes(), 0);
  });
}

cli("should lift arguments that are larger than the arena", async () => {
  const texts = Array.from({ length: 300 }, (_, index) => String(index).repeat(300));
  const binding = await Binding.create(["environment/get-arguments"]);
  binding.expect("environment/get-arguments", LIST, (_view, at) => storeTexts(binding, at, texts, 1));
  assert.is(binding.probe.text(binding.probe.call.getArguments()), texts.join("|"));
  assert.is(binding.probe.call.usedBytes(), 0);
});

cli("should lift bytes that are no UTF-8 without a trap", async () => {
  const binding = await Binding.create(["environment/initial-cwd"]);
  const bytes = new Uint8Array([0x61, 0xff, 0xc3, 0x62]);
  binding.expect("environment/initial-cwd", OPTION_TEXT, (view, at) => {
    view.setUint8(at, 1);
    binding.storeList(at + 4, 1, bytes, bytes.length);
  });
  assert.ok(binding.probe.text(binding.probe.call.initialCwd()).startsWith("a"));
});

cli("should lift the folder, or that there is none", async () => {
  const binding = await Binding.create(["environment/initial-cwd"]);
  binding.expect("environment/initial-cwd", OPTION_TEXT, (view, at) => {
    view.setUint8(at, 1);
    binding.storeList(at + 4, 1, encode("/srv/ü"), 7);
  });
  assert.is(binding.probe.text(binding.probe.call.initialCwd()), "/srv/ü");
  binding.expect("environment/initial-cwd", OPTION_TEXT, (view, at) => view.setUint8(at, 0));
  assert.is(binding.probe.call.initialCwd(), 0);
  assert.is(binding.probe.call.usedBytes(), 0);
});

for (const [name, label] of [
  ["getStdin", "stdin/get-stdin"], ["getStdout", "stdout/get-stdout"], ["getStderr", "stderr/get-stderr"],
] as const) {
  cli(`should pass ${name} on`, async () => {
    const binding = await Binding.create([label]);
    binding.returns = 66;
    binding.expect(label, undefined, () => {});
    assert.is(binding.probe.call[name]!(), 66);
  });
}

for (const failed of [0, 1]) {
  cli(`should exit with ${failed}`, async () => {
    const binding = await Binding.create(["exit/exit"]);
    binding.expect("exit/exit", undefined, () => {});
    binding.probe.call.exit(failed);
    assert.equal(binding.received, [failed]);
  });
}

cli.run();

// ---

const printing = suite("print");

interface Printed {
  parts: Uint8Array[];
  succeeded: boolean;
}

/** Prints to a stream whose write number `failsAt` fails. */
async function print(text: string, failsAt = Infinity): Promise<Printed> {
  const parts: Uint8Array[] = [];
  const probe: Probe = await Probe.create(await compileProbe("wasi"), {
    "streams/output-stream.blocking-write-and-flush": (_output: number, at: number, length: number, result: number) => {
      probe.view().setUint8(result, parts.length === failsAt ? 1 : 0);
      probe.view().setUint8(result + 4, 1);
      parts.push(probe.bytes(at, length));
    },
  });
  probe.write(probe.call.inputAddress(), new Uint8Array(Buffer.from(text, "utf16le")));
  return { succeeded: probe.call.print(5, text.length) === 1, parts };
}

const PRINTED = ["", "x", "ü€💥\n", "y".repeat(4096), "z".repeat(4097), "ü".repeat(5000), "0123456789".repeat(1500)];

for (const text of PRINTED) {
  printing(`should write ${text.length} characters whole, in parts of at most 4096 bytes`, async () => {
    const { parts, succeeded } = await print(text);
    assert.is(Buffer.concat(parts).toString("utf8"), text);
    assert.is(succeeded, true);
    assert.is(parts.length, Math.ceil(encode(text).length / 4096));
  });
}

printing("should stop at the first part that fails, and say so", async () => {
  const { parts, succeeded } = await print("q".repeat(20_000), 2);
  assert.is(succeeded, false);
  assert.is(parts.length, 3);
});

printing.run();

// ---

const aborting = suite("abort");

aborting("should write one line that says what failed and where, and trap", async () => {
  const probe = await Probe.create(await compileProbe("wasi"));
  assert.throws(() => probe.call.pollPoll(0, 0), /unreachable/);
  assert.match(probe.abortText, /^event-engine: assertion failed: .+ at assembly\/wasi\/poll\.ts:\d+\n$/);
});

aborting("should trap without another word when writing the line fails an assertion itself", async () => {
  let lines = 0;
  const probe: Probe = await Probe.create(await compileProbe("wasi"), {
    "streams/output-stream.blocking-write-and-flush": () => {
      lines++;
      probe.call.pollPoll(0, 0);
    },
  });
  assert.throws(() => probe.call.pollPoll(0, 0), /unreachable/);
  assert.is(lines, 1);
});

aborting("should trap also when stderr is closed", async () => {
  const probe: Probe = await Probe.create(await compileProbe("wasi"), {
    "streams/output-stream.blocking-write-and-flush": (_self: number, _at: number, _length: number, result: number) => {
      probe.view().setUint8(result, 1);
      probe.view().setUint8(result + 4, 1);
    },
  });
  assert.throws(() => probe.call.pollPoll(0, 0), /unreachable/);
});

aborting.run();
