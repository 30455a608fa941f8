// The provisioning scripts of the tool chain for guests, each branch, with stand-ins; and whether the generated code
// that is kept is still right.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ROOT } from "./support/arms.js";
import { inSandbox } from "./support/sandbox.js";

const FAILING = "#!/bin/sh\necho \"$0 $*\" >> \"$CALLS\"\nexit 1\n";
const WAC = "#!/bin/sh\necho 'wac-cli 0.12.0'\n";
const OTHER_WAC = "#!/bin/sh\necho 'wac-cli 0.13.0'\n";
/** Installs a wac into its --root, slowly enough for a second run to come in between. */
const CARGO = `#!/bin/sh
echo "cargo $*" >> "$CALLS"
while [ "$1" != --root ]; do shift; done
sleep 0.5
mkdir -p "$2/bin" && cp "$SAMPLES/wac" "$2/bin/wac"
`;
const CACHED = "cache/wasi-event-engine/wac-0.12.0/bin/wac";
const rust = suite("rust-tool.sh");

rust("should print the one on PATH when it is of the pinned version", async () => {
  await inSandbox({ wac: WAC, cargo: CARGO }, async (box) => {
    assert.is((await box.run("rust-tool.sh", ["wac"])).stdout, join(box.root, "bin/wac"));
    assert.equal(box.calls(), []);
  });
});

rust("should print the one that is named, whatever its version, and refuse one that does not run", async () => {
  await inSandbox({ "my-wac": OTHER_WAC }, async (box) => {
    const mine = join(box.root, "bin/my-wac");
    assert.is((await box.run("rust-tool.sh", ["wac"], { WAC: mine })).stdout, mine);
    const gone = await box.run("rust-tool.sh", ["wac"], { WAC: `${mine}-gone` });
    assert.is(gone.code, 1);
    assert.match(gone.stderr, /WAC=.*my-wac-gone does not run/);
  });
});

rust("should build it with cargo, once, also when two runs begin together", async () => {
  await inSandbox({ wac: OTHER_WAC, cargo: CARGO }, async (box) => {
    box.add("samples/wac", WAC);
    const both = await Promise.all([box.run("rust-tool.sh", ["wac"]), box.run("rust-tool.sh", ["wac"])]);
    const later = await box.run("rust-tool.sh", ["wac"]);
    for (const result of [...both, later]) {
      assert.is(result.stdout, join(box.root, CACHED), result.stderr);
      assert.is(result.code, 0);
    }
    assert.is(box.calls().length, 1);
    assert.match(box.calls()[0] ?? "", /^cargo install wac-cli --version 0\.12\.0 --locked --root \S+ --no-def/);
    assert.equal(readdirSync(box.cache).sort(), ["wac-0.12.0", "wac.lock"], "nothing is left over");
  });
});

rust("should say what to do when it cannot be built, and leave nothing behind", async () => {
  await inSandbox({ cargo: FAILING }, async (box) => {
    const result = await box.run("rust-tool.sh", ["wit-bindgen"]);
    assert.is(result.code, 1);
    assert.is(result.stdout, "");
    assert.match(result.stderr, /name a wit-bindgen 0\.63\.0 in WIT_BINDGEN or put it on PATH/);
    assert.equal(readdirSync(box.cache), ["wit-bindgen.lock"]);
  });
});

rust("should refuse another name", async () => {
  await inSandbox({}, async (box) => {
    const result = await box.run("rust-tool.sh", ["wasm-pack"]);
    assert.is(result.code, 2);
    assert.is(result.stderr, "usage: rust-tool.sh wac | wit-bindgen\n");
  });
});

rust.run();

// ---------------------------------------------------------------------------------------------------------

const clang = suite("wasi-clang.sh");
const as = (user: number): string => `#!/bin/sh\necho ${user}\n`;
/** Links when wasi-libc is there, which is the file that the stand-in for apt-get makes. */
const CLANG = `#!/bin/sh
echo "clang $*" >> "$CALLS"
[ -e "$SAMPLES/libc" ] || exit 1
while [ "$1" != -o ]; do shift; done
: > "$2"
`;
const GOOD_CLANG = CLANG.replace("\"$SAMPLES/libc\"", "/");
const APT = "#!/bin/sh\necho \"apt-get $*\" >> \"$CALLS\"\n: > \"$SAMPLES/libc\"\n";

clang("should print Debian's command when that can link", async () => {
  await inSandbox({ clang: GOOD_CLANG, id: as(1000) }, async (box) => {
    assert.is((await box.run("wasi-clang.sh")).stdout, "clang --target=wasm32-wasi");
    assert.is(box.calls().length, 1);
  });
});

clang("should print the command that is named, and that of a wasi-sdk", async () => {
  await inSandbox({ "my-clang": GOOD_CLANG, clang: FAILING }, async (box) => {
    const mine = `${join(box.root, "bin/my-clang")} --target=wasm32-wasip1 -g`;
    assert.is((await box.run("wasi-clang.sh", [], { WASI_CC: mine })).stdout, mine);
    box.add("sdk/bin/clang", GOOD_CLANG);
    const sdk = join(box.root, "sdk");
    const command = `${join(sdk, "bin/clang")} --target=wasm32-wasip1`;
    assert.is((await box.run("wasi-clang.sh", [], { WASI_SDK_PATH: sdk })).stdout, command);
  });
});

clang("should refuse a named one that cannot link, and not go on to another", async () => {
  await inSandbox({ clang: GOOD_CLANG, "bad-clang": FAILING }, async (box) => {
    const result = await box.run("wasi-clang.sh", [], { WASI_CC: "bad-clang --target=wasm32-wasi" });
    assert.is(result.code, 1);
    assert.is(result.stdout, "");
    assert.match(result.stderr, /cannot link a program for WASI: bad-clang --target=wasm32-wasi/);
  });
});

clang("should install the packages when root", async () => {
  await inSandbox({ clang: CLANG, id: as(0), "apt-get": APT }, async (box) => {
    const result = await box.run("wasi-clang.sh");
    assert.is(result.stdout, "clang --target=wasm32-wasi", result.stderr);
    const installed = box.calls().find((call) => call.startsWith("apt-get install"));
    assert.match(installed ?? "", / clang lld wasi-libc libclang-rt-dev-wasm32$/);
  });
});

clang("should name the packages otherwise, and fail", async () => {
  await inSandbox({ clang: CLANG, id: as(1000), "apt-get": APT }, async (box) => {
    const result = await box.run("wasi-clang.sh");
    assert.is(result.code, 1);
    assert.match(result.stderr, /please install clang lld wasi-libc libclang-rt-dev-wasm32, or name a wasi-sdk/);
    assert.not(existsSync(join(box.root, "samples/libc")));
  });
});

clang.run();

// ---------------------------------------------------------------------------------------------------------

const target = suite("rust-target.sh");
/** Links when the target is there, which is the file that the stand-in for rustup makes. */
const RUSTC = `#!/bin/sh
echo "rustc $*" >> "$CALLS"
[ -e "$SAMPLES/target" ] || { echo "can't find crate for std" >&2; exit 1; }
`;
const RUSTUP = "#!/bin/sh\necho \"rustup $*\" >> \"$CALLS\"\n: > \"$SAMPLES/target\"\n";
const RUST_COMMAND = "rustc --target=wasm32-wasip2";

target("should print the command when rustc has the target, and ask nothing of rustup", async () => {
  await inSandbox({ rustc: RUSTC, rustup: RUSTUP }, async (box) => {
    box.add("samples/target", "");
    const result = await box.run("rust-target.sh");
    assert.equal([result.code, result.stdout, result.stderr], [0, RUST_COMMAND, ""]);
    assert.not(box.calls().some((call) => call.startsWith("rustup")));
  });
});

target("should add the target with rustup", async () => {
  await inSandbox({ rustc: RUSTC, rustup: RUSTUP }, async (box) => {
    const result = await box.run("rust-target.sh");
    assert.equal([result.code, result.stdout], [0, RUST_COMMAND]);
    assert.is(box.calls()[1], "rustup target add wasm32-wasip2");
  });
});

target("should print nothing, say what is missing, and succeed when there is no way", async () => {
  const ways: [Record<string, string>, RegExp][] = [
    [{}, /there is no rustc/],
    [{ rustc: RUSTC }, /there is no rustup to add that/],
    [{ rustc: RUSTC, rustup: FAILING }, /rustup could not add that/],
    [{ rustc: RUSTC, rustup: "#!/bin/sh\n" }, /can't find crate for std[^]*rustup could not add that/],
  ];
  for (const [commands, complaint] of ways) {
    await inSandbox(commands, async (box) => {
      const result = await box.run("rust-target.sh");
      assert.equal([result.code, result.stdout], [0, ""]);
      assert.match(result.stderr, complaint);
    });
  }
});

target.run();

// ---------------------------------------------------------------------------------------------------------

const kept = suite("generated C");

kept("should be what wit-bindgen makes of the WIT", () => {
  execFileSync(process.execPath, [`${ROOT}sdk/c/tools/bindings.mjs`, "--check"], { stdio: "pipe" });
});

kept.run();
