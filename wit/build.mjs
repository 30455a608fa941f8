// Wraps a core module into the component: node wit/build.mjs <core.wasm> <component.wasm>
//
// The WIT of WASI is read from the jco package, so it is never copied into this repository. The texts there
// are of 0.2.12; every function that the engine imports has had the same shape since 0.2.0, so the version
// is written down to 0.2.0 and every WASI 0.2 host can run the file.
import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { componentEmbed, componentNew } from "@bytecodealliance/jco-transpile/wasm-tools";
import { sectionsOf, withSections, withShortNames } from "./short-names.mjs";

const WASI_SHIPPED = "0.2.12";
const WASI_IMPORTED = "0.2.0";
const WASI_PACKAGES = ["io", "clocks", "random", "sockets", "cli", "filesystem"];

const root = fileURLToPath(new URL("..", import.meta.url));

/** A file of the jco package, which lies in this project's folder of packages or in that of our user. */
export function jcoFile(path) {
  const folders = createRequire(import.meta.url).resolve.paths("@bytecodealliance/jco");
  const found = folders.map((folder) => `${folder}/@bytecodealliance/jco/lib/${path}`).find((file) => existsSync(file));
  if (!found) throw new Error("please install the npm package @bytecodealliance/jco");
  return found;
}

/** Our package as one text, in place of one file per interface. */
export async function packageSource() {
  const files = (await readdir(`${root}/wit`)).filter((name) => name.endsWith(".wit")).sort();
  const texts = await Promise.all(files.map((name) => readFile(`${root}/wit/${name}`, "utf8")));
  const head = /^package [^;]+;\n/;
  return texts.map((text, index) => {
    if (!head.test(text)) throw new Error(`wit/${files[index]} does not begin with a package line`);
    return index ? text.replace(head, "") : text;
  }).join("");
}

/** The packages of WASI, nested, to stand behind the text of another package. */
export async function wasiSource() {
  const nested = await Promise.all(WASI_PACKAGES.map(async (name) => {
    const text = await readFile(jcoFile(`wit/builtin/${WASI_SHIPPED}/wasi-${name}/package.wit`), "utf8");
    const head = /^package (wasi:[a-z-]+@[0-9.]+);/.exec(text);
    if (!head) throw new Error(`wasi-${name}/package.wit does not begin with a package line`);
    return `package ${head[1]} {\n${text.slice(head[0].length)}\n}\n`;
  }));
  return nested.join("\n").replaceAll(WASI_SHIPPED, WASI_IMPORTED);
}

/** Our package, with those of WASI nested into the same source text. */
export async function witSource() {
  return `${await packageSource()}\n${await wasiSource()}`;
}

/** Our package nested too, to stand behind the text of a guest's own package. */
export async function guestSource() {
  const ours = (await packageSource()).replace(/^package ([^;]+);\n/, "package $1 {\n");
  return `${ours}}\n${await wasiSource()}`;
}

/** The engine, or a program on its sources: the core's exports tell. */
export async function buildComponent(core) {
  const exported = WebAssembly.Module.exports(new WebAssembly.Module(core));
  const world = exported.some(({ name }) => name.startsWith("event-engine:")) ? "event-engine" : "program";
  const embedded = await componentEmbed({ binary: core, witSource: await witSource(), world });
  const component = withShortNames(Buffer.from(await componentNew(embedded, [])));
  return withSections(component, sectionsOf(component).filter(isKept));
}

/** Sections for debuggers and statistics: the names of the component's own parts are a tenth of the file. */
const CUSTOM = 0;
const LEFT_OUT = ["component-name", "producers"];

function isKept({ id, body }) {
  return id !== CUSTOM || !LEFT_OUT.includes(body.subarray(1, 1 + body[0]).toString());
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [source, target] = process.argv.slice(2);
  await writeFile(target, await buildComponent(await readFile(source)));
}
