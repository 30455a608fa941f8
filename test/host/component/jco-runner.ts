// Runs a component that jco transpiled, over the Node host: node jco-runner.js FOLDER [ARGUMENT...]
// A helper of jco.test.ts, to be run by a Node that has JavaScript Promise Integration.
import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { wasm, type WasmModule } from "#host/abi/webassembly.js";
import { createJcoImports, type JcoImports } from "#host/component/jco.js";
import { nodePlatform } from "#host/node/platform.js";
import { WasiHost } from "#host/wasi/wasi-host.js";

interface Transpiled {
  instantiate(
    load: (path: string) => Promise<WasmModule>, imports: JcoImports,
  ): Promise<{ run: { run(): Promise<void> } }>;
}

const [folder = "", ...args] = process.argv.slice(2);
const host = new WasiHost(nodePlatform(), { tcp: true, udp: true, nameLookup: true, args: ["event-engine", ...args] });
const transpiled = await import(pathToFileURL(`${folder}/component.js`).href) as Transpiled;
const load = async (path: string): Promise<WasmModule> => wasm.compile(await readFile(`${folder}/${path}`));
const component = await transpiled.instantiate(load, createJcoImports(host));
try {
  await component.run.run();
} catch {
  // jco tells a failed run by a thrown error; the program itself has written why.
  process.exitCode = 1;
}
host.close();
