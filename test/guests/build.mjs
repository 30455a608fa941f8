// Builds the guests of this folder, which are written on plain WASI: node test/guests/build.mjs OUT-FOLDER
//
// Each *.c file becomes OUT-FOLDER/*.wasm. They are what other people's components are to this project: rivals in the
// benchmarks, and programs that every WASI host has to run alike.
import { mkdirSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { generate } from "../../sdk/c/tools/bindings.mjs";
import { buildGuest } from "../../sdk/c/tools/build-guest.mjs";
import { wasiSource } from "../../wit/build.mjs";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"];
/** The interfaces of WASI and the prefixes of their C names. */
const PREFIXES = {
  "io/error": "io_error",
  "io/poll": "poll",
  "io/streams": "streams",
  "clocks/monotonic-clock": "monotonic",
  "sockets/network": "network",
  "sockets/instance-network": "instance_network",
  "sockets/tcp": "tcp",
  "sockets/tcp-create-socket": "tcp_create",
  "sockets/udp": "udp",
  "sockets/udp-create-socket": "udp_create",
  "sockets/ip-name-lookup": "lookup",
};

const [output] = process.argv.slice(2);
if (output === undefined) throw new Error("usage: node test/guests/build.mjs OUT-FOLDER");
const bindings = join(output, "bindings");
mkdirSync(bindings, { recursive: true });
const wit = await readFile(join(HERE, "world.wit"), "utf8") + await wasiSource();
const rename = Object.fromEntries(Object.entries(PREFIXES).map(([name, short]) => [`wasi:${name}@0.2.0`, short]));
generate({ wit, world: "wasi-guest", prefix: "wasi", rename, folder: bindings });
const stub = join(bindings, "no-type-object.c");
await writeFile(stub, "void __component_type_object_force_link_wasi(void) {}\n");

for (const name of (await readdir(HERE)).filter((each) => each.endsWith(".c"))) {
  const args = [...WARNINGS, `-I${bindings}`, `-I${HERE}`, join(HERE, name)];
  const generated = [join(bindings, "wasi.c"), stub];
  const component = await buildGuest({ args, generated, wit, world: "wasi-guest" });
  await writeFile(join(output, name.replace(/\.c$/, ".wasm")), component);
}
