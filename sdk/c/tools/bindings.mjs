// Writes the C bindings of the engine's WIT into sdk/c/generated: node sdk/c/tools/bindings.mjs [--check]
//
// They are kept in the repository, so that users of the C library need no Rust. With --check nothing is written and
// a difference to what is kept is an error. wit-bindgen is $WIT_BINDGEN, else what test/tools/rust-tool.sh finds.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { packageSource, witSource } from "../../../wit/build.mjs";

const root = fileURLToPath(new URL("../../..", import.meta.url));

function witBindgen() {
  const find = ["sh", [join(root, "test/tools/rust-tool.sh"), "wit-bindgen"]];
  return process.env.WIT_BINDGEN ?? execFileSync(...find, { encoding: "utf8" }).trim();
}

/** `wit`: source text; `rename`: full interface names and the C prefixes that they get. */
export function generate({ wit, world, prefix, rename, folder, check = false }) {
  const scratch = mkdtempSync(join(tmpdir(), "bindings-"));
  try {
    const file = join(scratch, "world.wit");
    writeFileSync(file, wit);
    const names = Object.entries(rename).flatMap(([name, short]) => ["--rename", `${name}=${short}`]);
    const args = ["c", file, "--world", world, "--rename-world", prefix, "--no-object-file", "--out-dir", folder];
    execFileSync(witBindgen(), [...args, ...names, ...check ? ["--check"] : []], { stdio: "pipe" });
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/** The names of our interfaces (`text` is our package) and of those of WASI in them, with their C prefixes. */
export function renames(text) {
  const [, packageName, version] = /^package (.*)@(.*);/.exec(text);
  const interfaces = [...text.matchAll(/^interface ([a-z-]+) \{/gm)].map((match) => match[1]);
  const ours = interfaces.map((name) => [`${packageName}/${name}@${version}`, `eei_${name.replaceAll("-", "_")}`]);
  return {
    ...Object.fromEntries(ours),
    "wasi:sockets/network@0.2.0": "wasi_network",
    "wasi:io/error@0.2.0": "wasi_error",
    "wasi:io/poll@0.2.0": "wasi_poll",
    "wasi:io/streams@0.2.0": "wasi_streams",
    "wasi:clocks/monotonic-clock@0.2.0": "wasi_clock",
    "wasi:sockets/tcp@0.2.0": "wasi_tcp",
    "wasi:cli/stdin@0.2.0": "wasi_stdin",
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const rename = renames(await packageSource());
  const folder = join(root, "sdk/c/generated");
  const check = process.argv.includes("--check");
  try {
    generate({ wit: await witSource(), world: "guest", prefix: "ee_bindings", rename, folder, check });
  } catch (error) {
    console.error(error.stderr?.toString().split("\n\nStack backtrace")[0] || error.message);
    if (check) console.error("sdk/c/generated is not what wit/ gives: run node sdk/c/tools/bindings.mjs");
    process.exit(1);
  }
}
