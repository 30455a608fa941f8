// The bindings against the WIT itself: a dummy module made from it has every import with its lowered type, and every
// declaration in assembly/wasi must have that type and name.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type ImportedFunction, importedFunctions } from "../../support/import-types.js";
import { compileProbe, labelOf } from "../../support/probe.js";

const ROOT = join(import.meta.dirname, "../../../..");
const EMBEDDER: string = "@bytecodealliance/jco-transpile/wasm-tools";
const WIT: string = pathToFileURL(join(ROOT, "wit/build.mjs")).href;

interface Embedder {
  componentEmbed(options: { dummy: boolean; witSource: string; world: string }): Promise<Uint8Array>;
}

async function dummyTypes(): Promise<Map<string, string>> {
  const { componentEmbed } = await import(EMBEDDER) as Embedder;
  const { witSource } = await import(WIT) as { witSource: () => Promise<string> };
  const dummy = await componentEmbed({ dummy: true, witSource: await witSource(), world: "event-engine" });
  return new Map(importedFunctions(dummy).map(({ module, name, type }) => {
    const plain = name.replace(/^([a-z-]+)_drop$/, "[resource-drop]$1"); // The dummy has the newer names.
    return [labelOf(module, plain), type];
  }));
}

async function declarationsOf(probe: string): Promise<ImportedFunction[]> {
  try {
    await compileProbe(probe);
  } catch {
    return []; // The last test names what is missing then.
  }
  return importedFunctions(readFileSync(join(ROOT, `build/probe/${probe}.wasm`)));
}

/** Every probe imports stderr for failed assertions, so what the second one declares is doubled in part. */
const declared = [...new Map([...await declarationsOf("wasi"), ...await declarationsOf("random")]
  .map((each) => [labelOf(each.module, each.name), each])).values()];
const expected = await dummyTypes();

const signatures = suite("signatures of the bindings");

for (const { module, name, type } of declared) {
  const label = labelOf(module, name);
  signatures(`should declare ${label} as the WIT does`, () => {
    assert.match(module, /^wasi:[a-z]+\/[a-z-]+@0\.2\.0$/);
    assert.is(type, expected.get(label));
  });
}

signatures("should cover every declaration of every file", () => {
  const folder = join(ROOT, "assembly/wasi");
  const inSources = readdirSync(folder).flatMap((file) => {
    const text = readFileSync(join(folder, file), "utf8");
    return [...text.matchAll(/@external\("([^"]+)", "([^"]+)"\)/g)].map(([, from, name]) => labelOf(from!, name!));
  });
  assert.equal([...inSources].sort(), declared.map(({ module, name }) => labelOf(module, name)).sort());
  assert.ok(inSources.length > 80);
});

signatures.run();
