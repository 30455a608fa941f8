// The adapter with which a core module of wasi-libc becomes a component.
//
// wasi-libc calls `wasi_snapshot_preview1`; jco ships the adapter that turns those calls into WASI 0.2. That file asks
// for a newer 0.2 than our own text and so would every guest; all functions that it calls have had the same shape
// since 0.2.0, so its names are written down to 0.2.0 and a guest runs wherever the engine does.
import { readFile } from "node:fs/promises";
import { componentEmbed, parse, print } from "@bytecodealliance/jco-transpile/wasm-tools";
import { jcoFile, wasiSource } from "../../../wit/build.mjs";

const WORLD = "package event-engine:adapter;\nworld adapter { include wasi:cli/command@0.2.0; }\n";

/** The bytes of the adapter of commands: what is wrapped with it exports `wasi:cli/run`. */
export async function preview1Adapter() {
  const shipped = await print(await readFile(jcoFile("wasi_snapshot_preview1.command.wasm")));
  const text = shipped.replaceAll(/(wasi:[a-z/-]+@0\.2\.)\d+/g, "$10")
    .split("\n").filter((line) => !line.includes("(@custom \"component-type")).join("\n");
  return componentEmbed({ binary: await parse(text), witSource: WORLD + await wasiSource(), world: "adapter" });
}
