// The bindings of clocks, network and ip-name-lookup, and the texts of the error codes.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Binding } from "../../support/binding.js";
import { type BindingCase, testBindings, word } from "../../support/binding-cases.js";
import { ADDRESSES, type Address, RESULTS, type ResultLayout, storeIpAddress } from "../../support/canonical-abi.js";
import { compileProbe, Probe } from "../../support/probe.js";

const BIG = 0xffff_fffe_1234_5678n;
const DATETIME: ResultLayout = { bytes: 16, align: 8, payload: 0 };

/** Seconds and nanoseconds; the last is the latest that fits. */
const TIMES = [[0n, 0], [0n, 1], [1_700_000_000n, 999_999_999], [18_446_744_072n, 5]] as const;

const clocks = suite("clock bindings");

for (const [name, label] of [
  ["monotonicNow", "monotonic-clock/now"], ["monotonicResolution", "monotonic-clock/resolution"],
] as const) {
  clocks(`should give all 64 bits of ${label}`, async () => {
    const binding = await Binding.create([label]);
    binding.returns = BigInt.asIntN(64, BIG);
    binding.expect(label, undefined, () => {});
    assert.is(BigInt.asUintN(64, binding.probe.callLong[name]!()), BIG);
  });
}

for (const name of ["subscribeInstant", "subscribeDuration"]) {
  clocks(`should pass all 64 bits to ${name}`, async () => {
    const label = `monotonic-clock/${name === "subscribeInstant" ? "subscribe-instant" : "subscribe-duration"}`;
    const binding = await Binding.create([label]);
    binding.returns = 12;
    binding.expect(label, undefined, () => {});
    assert.is(binding.probe.call[name]!(BIG), 12);
    assert.equal(binding.received, [BIG]);
  });
}

for (const [name, label] of [
  ["wallNow", "wall-clock/now"], ["wallResolution", "wall-clock/resolution"],
] as const) {
  for (const [seconds, nanoseconds] of TIMES) {
    clocks(`should join ${seconds} s and ${nanoseconds} ns of ${label}`, async () => {
      const binding = await Binding.create([label]);
      binding.expect(label, DATETIME, (view, at) => {
        view.setBigUint64(at, seconds, true);
        view.setUint32(at + 8, nanoseconds, true);
      });
      const joined = seconds * 1_000_000_000n + BigInt(nanoseconds);
      assert.is(BigInt.asUintN(64, binding.probe.callLong[name]!()), joined);
    });
  }
}

clocks.run();

// ---

const network = suite("network bindings");

network("should ask for the network once, drop it once, and ask again afterwards", async () => {
  let asked = 0;
  const dropped: number[] = [];
  const { call } = await Probe.create(await compileProbe("wasi"), {
    "instance-network/instance-network": () => 40 + asked++,
    "network/drop network": (handle: number) => void dropped.push(handle),
  });
  assert.equal([call.instanceNetwork(), call.instanceNetwork()], [40, 40]);
  call.dropInstanceNetwork();
  call.dropInstanceNetwork();
  assert.equal(dropped, [40]);
  assert.is(call.instanceNetwork(), 41);
});

network("should copy an address whole", async () => {
  const binding = await Binding.create([]);
  const source = binding.putAddress(ADDRESSES[4]!);
  const target = binding.probe.call.inputAddress();
  binding.probe.call.copyAddress(source, target);
  assert.equal(binding.probe.bytes(target, 28), binding.probe.bytes(source, 28));
});

network("should have a text of its own for every error code", async () => {
  const { probe } = await Binding.create([]);
  const texts = Array.from({ length: 22 }, (_, status) => probe.text(probe.call.errorText(status)));
  assert.is(new Set(texts).size, 22);
  assert.is(texts[0], "ok");
  assert.is(texts[1], "unknown error");
  assert.is(texts[13], "address in use");
  assert.is(texts[15], "connection refused");
  assert.is(probe.text(probe.call.errorText(22)), "unknown error");
});

network.run();

// ---

const next = (address: Address): BindingCase => ({
  name: "resolveNextAddress", label: "ip-name-lookup/resolve-address-stream.resolve-next-address",
  layout: RESULTS.optionIpAddress, title: `resolveNextAddress giving ${address.parts.join(" ")}`,
  call: (binding, call) => call.resolveNextAddress!(5, binding.probe.call.socketAddress()), received: [5],
  write: (view, at) => {
    view.setUint8(at, 1);
    storeIpAddress(view, at + 2, address);
  },
  words: { lookupFound: 1 }, address: { ...address, port: 0, ...(address.family === 1 ? { flow: 0, scope: 0 } : {}) },
});

const resolve = (name: string): BindingCase => {
  let lowered = "";
  return {
    name: "resolveAddresses", label: "ip-name-lookup/resolve-addresses", layout: RESULTS.handle,
    title: `resolveAddresses of '${name}'`,
    call: (binding, call) => {
      const status = call.resolveAddresses!(6, binding.putText(name));
      const [handle, at, length] = binding.received as number[];
      lowered = new TextDecoder().decode(binding.probe.bytes(at!, length!));
      binding.received = [handle!];
      return status;
    },
    received: [6], write: (view, at) => view.setUint32(at, 0xffff_fffe, true),
    words: { lookupAddresses: 0xffff_fffe }, check: () => assert.is(lowered, name),
  };
};

await testBindings(suite("ip-name-lookup bindings"), [
  ...["localhost", "", "bücher.example", "a".repeat(253)].map(resolve),
  ...ADDRESSES.map(next),
  {
    name: "resolveNextAddress", label: "ip-name-lookup/resolve-address-stream.resolve-next-address",
    layout: RESULTS.optionIpAddress, title: "resolveNextAddress at the end",
    call: (binding, call) => call.resolveNextAddress!(5, binding.probe.call.socketAddress()), received: [5],
    write: (view, at) => view.setUint8(at, 0), words: { lookupFound: 0 },
  },
  word("lookupSubscribe", "ip-name-lookup/resolve-address-stream.subscribe", 8),
  word("lookupDrop", "ip-name-lookup/drop resolve-address-stream"),
]);
