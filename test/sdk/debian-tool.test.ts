// The provisioning script for single commands of Debian, each branch of it, with stand-ins.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { inSandbox, type Result, type Sandbox } from "../support/sandbox.js";

const as = (user: number): string => `#!/bin/sh\necho ${user}\n`;
const TOOL = "#!/bin/sh\n";
/** Puts what it installs on the PATH, slowly enough for a second run to come in between; notes what it may start. */
const APT_GET = `#!/bin/sh
echo "apt-get $*" >> "$CALLS"
if [ "$1" = install ]; then
  for package in "$@"; do :; done
  [ "$package" = bind9 ] && package=named
  sh "$POLICY_RC_D" named start || echo "policy $?" >> "$CALLS"
  sleep 0.3
  cp "$SAMPLES/tool" "$(dirname "$SAMPLES")/bin/$package"
fi
`;
const FAILING = "#!/bin/sh\nexit 100\n";
const policyOf = (box: Sandbox): Record<string, string> => ({ POLICY_RC_D: join(box.root, "policy") });

/** Packages that are not named after their command. */
const OTHER_NAMES = {
  WebKitWebDriver: "webkit2gtk-driver", Xvfb: "xvfb", dnsmasq: "dnsmasq-base", knotd: "knot", named: "bind9",
  nginx: "nginx-light",
};

const tool = suite("debian-tool.sh");

tool("should print the one on PATH", async () => {
  await inSandbox({ "redis-server": TOOL, id: as(0), "apt-get": APT_GET }, async (box) => {
    const result = await box.run("debian-tool.sh", ["redis-server"]);
    assert.is(result.stdout, join(box.root, "bin/redis-server"), result.stderr);
    assert.equal(box.calls(), []);
  });
});

tool("should install it for root", async () => {
  await inSandbox({ id: as(0), "apt-get": APT_GET }, async (box) => {
    box.add("samples/tool", TOOL);
    const result = await box.run("debian-tool.sh", ["clang-format"], policyOf(box));
    assert.is(result.stdout, join(box.root, "bin/clang-format"), result.stderr);
    assert.equal(box.calls(), [
      "apt-get update -qq", "apt-get install -y -qq --no-install-recommends clang-format", "policy 101",
    ]);
    assert.not.ok(existsSync(join(box.root, "policy")), "the policy goes again");
  });
});

tool("should leave a policy alone that is there", async () => {
  await inSandbox({ id: as(0), "apt-get": APT_GET }, async (box) => {
    box.add("samples/tool", TOOL);
    const text = "#!/bin/sh\nexit 104\n";
    const policy = box.add("policy", text);
    const result = await box.run("debian-tool.sh", ["unbound"], policyOf(box));
    assert.is(result.code, 0, result.stderr);
    assert.is(box.calls().pop(), "policy 104");
    assert.is(readFileSync(policy, "utf8"), text);
  });
});

tool("should know packages of another name, and install one once for two runs", async () => {
  await inSandbox({ id: as(0), "apt-get": APT_GET }, async (box) => {
    box.add("samples/tool", TOOL);
    const run = (): Promise<Result> => box.run("debian-tool.sh", ["named"], policyOf(box));
    for (const result of await Promise.all([run(), run()])) {
      assert.is(result.stdout, join(box.root, "bin/named"), result.stderr);
    }
    assert.equal(box.calls(), [
      "apt-get update -qq", "apt-get install -y -qq --no-install-recommends bind9", "policy 101",
    ]);
  });
});

tool("should name it to everybody else, and where there is no apt-get", async () => {
  const places: Record<string, string>[] = [{ id: as(1000), "apt-get": APT_GET }, { id: as(0) }];
  for (const commands of places) {
    await inSandbox(commands, async (box) => {
      const result = await box.run("debian-tool.sh", ["clang-format"]);
      assert.is(result.code, 1);
      assert.is(result.stdout, "");
      assert.is(result.stderr, "debian-tool.sh: please install clang-format\n");
      for (const [command, name] of Object.entries(OTHER_NAMES)) {
        const { stderr } = await box.run("debian-tool.sh", [command]);
        assert.is(stderr, `debian-tool.sh: please install ${name}\n`);
      }
    });
  }
});

tool("should fail when the installation does", async () => {
  await inSandbox({ id: as(0), "apt-get": FAILING }, async (box) => {
    const result = await box.run("debian-tool.sh", ["clang-format"], policyOf(box));
    assert.is.not(result.code, 0);
    assert.is(result.stdout, "");
    assert.not.ok(existsSync(join(box.root, "policy")), "the policy goes again");
  });
});

tool("should refuse another name", async () => {
  await inSandbox({}, async (box) => {
    assert.is((await box.run("debian-tool.sh", ["emacs"])).code, 2);
    assert.is((await box.run("debian-tool.sh")).code, 2);
  });
});

tool.run();
