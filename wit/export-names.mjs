// An asc transform: gives core exports the names that the component model wants.
//
// AssemblyScript identifiers cannot spell `wasi:cli/run@0.2.0#run`, so the source exports other names and they are
// changed after compilation. Functions of our own interfaces are spelled with dollars and capitals:
//
//   endpoints$claim                       event-engine:engine/endpoints@0.1.0#claim
//   endpoints$method$endpoint$read        event-engine:engine/endpoints@0.1.0#[method]endpoint.read
//   slices$dtor$sliceBuffer               event-engine:engine/slices@0.1.0#[dtor]slice-buffer
//   slices$post$method$slice$bytes        cabi_post_event-engine:engine/slices@0.1.0#[method]slice.bytes
import { Transform } from "assemblyscript/transform";

const componentName = {
  run: "wasi:cli/run@0.2.0#run",
};

const PACKAGE = "event-engine:engine";
const VERSION = "0.1.0";

const kebab = (name) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** The component's name of a function that is spelled with dollars. */
function interfaceName(name) {
  const [face, ...rest] = name.split("$").map(kebab);
  const isPost = rest[0] === "post";
  if (isPost) rest.shift();
  const [kind, resource, method] = rest;
  const item = rest.length === 1 ? kind : `[${kind}]${resource}${method ? `.${method}` : ""}`;
  return `${isPost ? "cabi_post_" : ""}${PACKAGE}/${face}@${VERSION}#${item}`;
}

/** What the compiler exports for hosts that make managed objects. Ours do not, and unexported it is left out. */
const runtimeNames = ["__new", "__pin", "__unpin", "__collect", "__rtti_base"];

export default class ExportNames extends Transform {
  afterCompile(module) {
    for (const name of runtimeNames) if (module.getExport(name)) module.removeExport(name);
    const names = Array.from({ length: module.getNumExports() }, (_, index) =>
      this.binaryen.getExportInfo(module.getExportByIndex(index)).name);
    const spelled = names.filter((name) => name.includes("$")).map((name) => [name, interfaceName(name)]);
    for (const [name, external] of [...Object.entries(componentName), ...spelled]) {
      const found = module.getExport(name);
      if (!found) throw new Error(`assembly/index.ts does not export ${name}`);
      const { value: internal } = this.binaryen.getExportInfo(found);
      module.removeExport(name);
      module.addFunctionExport(internal, external);
    }
  }
}
