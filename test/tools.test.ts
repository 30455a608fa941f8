// The provisioning scripts, each branch of them, with stand-ins for cargo, curl, npm and apt-get on a PATH of
// the test's own. Nothing is really built or fetched.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { inSandbox as inAnySandbox, type Sandbox } from "./support/sandbox.js";

const WASMTIME = "#!/bin/sh\necho 'wasmtime 48.0.8'\n";
const OLD_WASMTIME = "#!/bin/sh\necho 'wasmtime-cli 20.0.0 (9e1084ffa 2024-04-22)'\n";
const RUSTC = "#!/bin/sh\necho 'rustc 1.95.0 (59807616e 2026-04-14)'\n";
const OLD_RUSTC = "#!/bin/sh\necho 'rustc 1.63.0'\n";
const FAILING = "#!/bin/sh\necho \"$0 $*\" >> \"$CALLS\"\nexit 1\n";
/** Installs a Wasmtime into its --root, slowly enough for a second run to come in between. */
const CARGO = `#!/bin/sh
echo "cargo $*" >> "$CALLS"
while [ "$1" != --root ]; do shift; done
sleep 0.5
mkdir -p "$2/bin" && cp "$SAMPLES/wasmtime" "$2/bin/wasmtime"
`;
/** Writes an installer that does what the real one does with WASMTIME_HOME. */
const CURL = `#!/bin/sh
echo "curl $*" >> "$CALLS"
while [ "$1" != -o ]; do shift; done
echo 'mkdir -p "$WASMTIME_HOME/bin" && cp "$SAMPLES/wasmtime" "$WASMTIME_HOME/bin/" && [ -f "$PROFILE" ]' > "$2"
`;
/** Node with and without JSPI, as far as the script asks. */
const JSPI_NODE = "#!/bin/sh\nexit 0\n";
const PLAIN_NODE = "#!/bin/sh\nexit 1\n";
const NPM = `#!/bin/sh
echo "npm $*" >> "$CALLS"
for word in "$@"; do case $word in node-linux-*) package=\${word%@*} ;; esac; done
while [ "$1" != --prefix ]; do shift; done
mkdir -p "$2/node_modules/$package/bin" && cp "$SAMPLES/node" "$2/node_modules/$package/bin/node"
`;

function inSandbox(commands: Record<string, string>, body: (box: Sandbox) => Promise<void>): Promise<void> {
  return inAnySandbox(commands, body, { wasmtime: WASMTIME, node: JSPI_NODE });
}

const CACHED = "cache/wasi-event-engine/wasmtime-48.0.8/bin/wasmtime";
const wasmtime = suite("wasmtime.sh");

wasmtime("should print the one on PATH", async () => {
  await inSandbox({ wasmtime: WASMTIME, cargo: CARGO, rustc: RUSTC }, async (box) => {
    assert.is((await box.run("wasmtime.sh")).stdout, join(box.root, "bin/wasmtime"));
    assert.equal(box.calls(), []);
  });
});

wasmtime("should print the one that WASMTIME names, and refuse one that is too old", async () => {
  await inSandbox({ "my-wasmtime": WASMTIME, "old-wasmtime": OLD_WASMTIME }, async (box) => {
    const mine = join(box.root, "bin/my-wasmtime");
    assert.is((await box.run("wasmtime.sh", [], { WASMTIME: mine })).stdout, mine);
    const old = await box.run("wasmtime.sh", [], { WASMTIME: join(box.root, "bin/old-wasmtime") });
    assert.is(old.code, 1);
    assert.match(old.stderr, /old-wasmtime is not Wasmtime 24 or newer/);
  });
});

wasmtime("should pass by an old one on PATH and print the cached one", async () => {
  await inSandbox({ wasmtime: OLD_WASMTIME, cargo: CARGO, rustc: RUSTC }, async (box) => {
    const cached = box.add(CACHED, WASMTIME);
    assert.is((await box.run("wasmtime.sh")).stdout, cached);
    assert.equal(box.calls(), []);
  });
});

wasmtime("should build it with cargo, once, also when two runs begin together", async () => {
  await inSandbox({ cargo: CARGO, rustc: RUSTC }, async (box) => {
    const both = await Promise.all([box.run("wasmtime.sh"), box.run("wasmtime.sh")]);
    const later = await box.run("wasmtime.sh");
    for (const result of [...both, later]) {
      assert.is(result.stdout, join(box.root, CACHED), result.stderr);
      assert.is(result.code, 0);
    }
    assert.is(box.calls().length, 1);
    assert.match(box.calls()[0] ?? "", /^cargo install wasmtime-cli --version 48\.0\.8 --locked --root \S+ --no-/);
    assert.match(both.map((result) => result.stderr).join(), /about 9 minutes/);
    assert.equal(readdirSync(box.cache).sort(), ["wasmtime-48.0.8", "wasmtime.lock"], "nothing is left over");
  });
});

wasmtime("should replace a cached one that does not run", async () => {
  await inSandbox({ cargo: CARGO, rustc: RUSTC }, async (box) => {
    box.add(CACHED, "#!/bin/sh\nexit 1\n");
    assert.is((await box.run("wasmtime.sh")).stdout, join(box.root, CACHED));
    assert.is(box.calls().length, 1);
  });
});

wasmtime("should use the installer when Rust is too old, missing, or fails", async () => {
  const kinds: Record<string, string>[] = [{ cargo: CARGO, rustc: OLD_RUSTC }, {}, { cargo: FAILING, rustc: RUSTC }];
  for (const rust of kinds) {
    await inSandbox({ ...rust, curl: CURL, xz: "#!/bin/sh\n" }, async (box) => {
      const result = await box.run("wasmtime.sh");
      assert.is(result.stdout, join(box.root, CACHED), result.stderr);
      assert.match(box.calls().pop() ?? "", /^curl .*https:\/\/wasmtime\.dev\/install\.sh/);
      assert.equal(readdirSync(box.cache).sort(), ["wasmtime-48.0.8", "wasmtime.lock"]);
    });
  }
});

wasmtime("should say what to do when nothing works, and leave nothing behind", async () => {
  await inSandbox({ cargo: FAILING, rustc: RUSTC, curl: FAILING, xz: "#!/bin/sh\n" }, async (box) => {
    const result = await box.run("wasmtime.sh");
    assert.is(result.code, 1);
    assert.is(result.stdout, "");
    assert.match(result.stderr, /could neither build nor fetch one/);
    assert.equal(readdirSync(box.cache), ["wasmtime.lock"]);
  });
});

wasmtime.run();

// ---------------------------------------------------------------------------------------------------------

const setup = suite("setup.sh");
const as = (user: number): string => `#!/bin/sh\necho ${user}\n`;
const APT = "#!/bin/sh\necho \"apt-get $*\" >> \"$CALLS\"\n";

setup("should do nothing when everything is there", async () => {
  await inSandbox({ id: as(0), "apt-get": APT }, async (box) => {
    assert.is((await box.run("setup.sh", ["sed", "sh"])).code, 0);
    assert.equal(box.calls(), []);
  });
});

setup("should install the packages of what is missing when root", async () => {
  await inSandbox({ id: as(0), "apt-get": APT }, async (box) => {
    assert.is((await box.run("setup.sh", ["curl", "sed", "xz"])).code, 0);
    assert.match(box.calls().pop() ?? "", /^apt-get install .* curl ca-certificates xz-utils$/);
  });
});

setup("should name the packages in one line otherwise, and fail", async () => {
  await inSandbox({ id: as(1000), "apt-get": APT }, async (box) => {
    const result = await box.run("setup.sh", ["xz", "cc"]);
    assert.is(result.code, 1);
    assert.is(result.stderr, "setup.sh: please install: xz-utils gcc libc6-dev\n");
    assert.equal(box.calls(), []);
  });
});

setup.run();

// ---------------------------------------------------------------------------------------------------------

const jspi = suite("jspi-node.sh");

jspi("should print the current Node when it can", async () => {
  await inSandbox({ node: JSPI_NODE, npm: NPM }, async (box) => {
    assert.is((await box.run("jspi-node.sh")).stdout, join(box.root, "bin/node"));
    assert.equal(box.calls(), []);
  });
});

jspi("should print the one that JSPI_NODE names", async () => {
  await inSandbox({ node: PLAIN_NODE, npm: NPM }, async (box) => {
    const mine = box.add("mine/node", JSPI_NODE);
    assert.is((await box.run("jspi-node.sh", [], { JSPI_NODE: mine })).stdout, mine);
  });
});

jspi("should install one into the cache, once, also when two runs begin together", async () => {
  await inSandbox({ node: PLAIN_NODE, npm: NPM }, async (box) => {
    const both = await Promise.all([box.run("jspi-node.sh"), box.run("jspi-node.sh")]);
    const later = await box.run("jspi-node.sh");
    for (const result of [...both, later]) {
      assert.match(result.stdout, /node-26\.10\.0\/node_modules\/node-linux-\w+\/bin\/node$/, result.stderr);
      assert.ok(existsSync(result.stdout));
    }
    assert.is(box.calls().length, 1);
    assert.equal(readdirSync(box.cache).sort(), ["node-26.10.0", "node.lock"]);
  });
});

jspi("should fail when it cannot be installed, and leave nothing behind", async () => {
  await inSandbox({ node: PLAIN_NODE, npm: FAILING }, async (box) => {
    const result = await box.run("jspi-node.sh");
    assert.is.not(result.code, 0);
    assert.is(result.stdout, "");
    assert.equal(readdirSync(box.cache), ["node.lock"]);
  });
});

jspi.run();
