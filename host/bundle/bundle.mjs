// Bundles the host for pages that have no bundler: node host/bundle/bundle.mjs [FOLDER]
//
// The folder (build/browser) gets one minified ES module for each entry of BUNDLES, and its declaration file. They
// look for `../event-engine.wasm`, where the package has it. dist/ must be compiled before.
//
// esbuild reads the TypeScript sources, so that enumerations become plain numbers, and private members get short
// names: those that are declared `private` and that nothing else is called, in no declaration of ours or of the
// platforms, and no key of an object either. test/browser/bundle*.test.ts run conformance bodies on the outcome.
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * By the name of the bundle: the module of host/ that it is made of, and what of that it exports (default: all).
 * `leaves`: modules, as a pattern, that have a stand-in beside this file.
 */
const BUNDLES = {
  "event-engine": {
    from: "index.browser",
    values: [
      "DohNameserver", "EventEngine", "gateway", "GatewayTransport", "messagePortChannel", "PageNetwork",
      "pagePlatform", "ResolvedAddress", "StatusCode", "StatusError", "webSocketChannel",
    ],
    leaves: "completion-queues|core-kinds|kind-name|stats",
  },
  "event-engine-whole": { from: "index.browser" },
  // Its user brings the platform, of one of the other two.
  "components": { from: "browser/components/index" },
};

const PRIVATE = /^\s+private (?:static |readonly |get |set )*(\w+)/;

async function textsOf(folder, pattern) {
  const names = await readdir(folder, { recursive: true });
  return Promise.all(names.filter((name) => pattern.test(name)).map((name) => readFile(`${folder}/${name}`, "utf8")));
}

const withoutComments = (text) => text.replace(/\/\*[^]*?\*\/|\/\/.*$/gm, "");

/** The names of private members that mean nothing else anywhere. */
async function privateNames() {
  const names = new Set();
  const others = new Set();
  for (const text of await textsOf(`${root}dist`, /\.d\.ts$/)) {
    for (const line of withoutComments(text).split("\n")) {
      const name = PRIVATE.exec(line)?.[1];
      if (name !== undefined) names.add(name);
      else for (const [word] of line.matchAll(/\w+/g)) others.add(word);
    }
  }
  for (const text of await textsOf(`${root}dist`, /\.js$/)) {
    // Keys of objects look like what is taken out of them; of that, declarations are left out.
    const code = withoutComments(text).replace(/\b(?:const|let) \{[^{}]*\} =/g, "");
    for (const [, key] of code.matchAll(/(?<=[{,]\s*)(\w+)(?=\s*[:,}])/g)) others.add(key);
    for (const [, word] of code.matchAll(/["'`](\w+)["'`]/g)) others.add(word);
  }
  const compiler = `@typescript/typescript-${process.platform}-${process.arch}/package.json`;
  const declarations = `${dirname(createRequire(import.meta.url).resolve(compiler))}/lib`;
  for (const text of await textsOf(declarations, /^lib\..*\.d\.ts$/)) {
    for (const [word] of text.matchAll(/\w+/g)) others.add(word);
  }
  return [...names].filter((name) => !others.has(name));
}

const standIn = (pattern) => ({
  name: "stand-in",
  setup: ({ onResolve }) => onResolve({ filter: new RegExp(`/(${pattern})\\.js$`) }, ({ path, importer }) => {
    const name = basename(path, ".js");
    const isOurs = /^(engine|wasi)\//.test(importer.slice(`${root}host/`.length));
    return isOurs ? { path: `${root}host/bundle/no-${name}.ts` } : null;
  }),
});

/**
 * Constants that are numbers, each file's in a module of their own: of modules that import nothing esbuild puts the
 * values in place of the names.
 */
const numbersInline = {
  name: "numbers-inline",
  setup: ({ onLoad, onResolve }) => {
    const number = "(?:0x[\\da-f_]+|[\\d_.]+)";
    const sum = `-?${number}(?: (?:\\*\\*|<<|[*+-]) ${number})*`;
    const constant = new RegExp(`^(export )?const ([A-Z][A-Z\\d_]*)(?:: \\w+)? = (${sum});.*$`, "gm");
    const modules = new Map();
    onLoad({ filter: /\/host\/.*\.ts$/, namespace: "file" }, async ({ path }) => {
      const text = await readFile(path, "utf8");
      const found = [...text.matchAll(constant)];
      if (found.length === 0) return { contents: text, loader: "ts" };
      modules.set(path, found.map(([, , name, value]) => `export const ${name} = ${value};`).join("\n"));
      const list = (some) => some.map(([, , name]) => name).join(", ");
      const from = JSON.stringify(`numbers:${path}`);
      const head = `import { ${list(found)} } from ${from}; export { ${list(found.filter(([, is]) => is))} };`;
      return { contents: `${head}\n${text.replace(constant, "")}`, loader: "ts" };
    });
    onResolve({ filter: /^numbers:/ }, ({ path }) => ({ path: path.slice("numbers:".length), namespace: "numbers" }));
    onLoad({ filter: /./, namespace: "numbers" }, ({ path }) => ({ contents: modules.get(path), loader: "ts" }));
  },
};

async function bundle(name, { from, values, leaves }, mangled, folder) {
  const exported = values === undefined ? "export *" : `export { ${values.join(", ")} }`;
  const { outputFiles: [{ text }], metafile } = await build({
    stdin: { contents: `${exported} from "./${from}.js";`, resolveDir: `${root}host`, loader: "ts" },
    bundle: true, minify: true, format: "esm", target: "es2022", platform: "browser", write: false, metafile: true,
    // Fields that the constructor sets need no declaration.
    tsconfigRaw: { compilerOptions: { useDefineForClassFields: false } },
    mangleProps: new RegExp(`^(?:${mangled.join("|")})$`),
    plugins: leaves === undefined ? [numbersInline] : [numbersInline, standIn(leaves)],
  });
  // In TypeScript an export that is missing might be a type.
  const [{ exports }] = Object.values(metafile.outputs);
  const missing = values?.filter((value) => !exports.includes(value)) ?? [];
  if (missing.length > 0) throw new Error(`host/${from}.ts does not export ${missing.join(", ")}`);
  // The place of the component, which the page's defaults name as seen from host/browser.
  const code = text.replaceAll("../../build/event-engine.wasm", "../event-engine.wasm");
  await writeFile(`${folder}/${name}.min.js`, code);
  await writeFile(`${folder}/${name}.min.d.ts`, `${exported} from "../../dist/${from}.js";\n`);
  console.log(`${name}.min.js: ${code.length} bytes, ${gzipSync(code, { level: 9 }).length} gzipped`);
}

const folder = process.argv[2] ?? `${root}build/browser`;
await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });
const mangled = await privateNames();
for (const [name, parts] of Object.entries(BUNDLES)) await bundle(name, parts, mangled, folder);
