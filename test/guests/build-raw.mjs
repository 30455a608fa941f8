// Builds a guest that is written on the raw bindings of the engine, without the C library:
// node test/guests/build-raw.mjs SOURCES OUT.guest.wasm, where SOURCES is a folder of C files.
//
// Its world is that of the C library and a few interfaces of WASI, whose pollables the engine takes in, or which play
// its peers.
import { mkdirSync } from "node:fs";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { generate, renames } from "../../sdk/c/tools/bindings.mjs";
import { buildGuest } from "../../sdk/c/tools/build-guest.mjs";
import { packageSource, wasiSource } from "../../wit/build.mjs";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"];
const WORLD = `
world raw-guest {
  include guest;
  import wasi:sockets/instance-network@0.2.0;
  import wasi:sockets/tcp-create-socket@0.2.0;
  import wasi:sockets/udp@0.2.0;
  import wasi:sockets/udp-create-socket@0.2.0;
}
`;
const RENAME = {
  "wasi:sockets/instance-network@0.2.0": "wasi_instance",
  "wasi:sockets/tcp-create-socket@0.2.0": "wasi_tcp_create",
  "wasi:sockets/udp@0.2.0": "wasi_udp",
  "wasi:sockets/udp-create-socket@0.2.0": "wasi_udp_create",
};

const [folder, output] = process.argv.slice(2);
if (output === undefined) throw new Error("usage: node test/guests/build-raw.mjs SOURCES OUT.guest.wasm");
const wit = await packageSource() + WORLD + await wasiSource();
const bindings = output.replace(/\.guest\.wasm$/, "-bindings");
mkdirSync(bindings, { recursive: true });
const rename = { ...renames(await packageSource()), ...RENAME };
generate({ wit, world: "raw-guest", prefix: "raw", rename, folder: bindings });
const stub = join(bindings, "no-type-object.c");
await writeFile(stub, "void __component_type_object_force_link_raw(void) {}\n");
const sources = (await readdir(folder)).filter((name) => name.endsWith(".c")).map((name) => join(folder, name));
const args = [...WARNINGS, `-I${bindings}`, `-I${HERE}`, ...sources];
const generated = [join(bindings, "raw.c"), stub];
await writeFile(output, await buildGuest({ args, generated, wit, world: "raw-guest" }));
