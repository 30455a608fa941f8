// An asc transform: gives core exports the names that the component model wants.
//
// AssemblyScript identifiers cannot spell `wasi:cli/run@0.2.0#run`, so the source exports plain names and
// this table renames them after compilation.
import { Transform } from "assemblyscript/transform";

const componentName = {
  run: "wasi:cli/run@0.2.0#run",
};

/** What the compiler exports for hosts that make managed objects. Ours do not, and unexported it is left out. */
const runtimeNames = ["__new", "__pin", "__unpin", "__collect", "__rtti_base"];

export default class ExportNames extends Transform {
  afterCompile(module) {
    for (const name of runtimeNames) if (module.getExport(name)) module.removeExport(name);
    for (const [name, external] of Object.entries(componentName)) {
      const found = module.getExport(name);
      if (!found) throw new Error(`assembly/index.ts does not export ${name}`);
      const { value: internal } = this.binaryen.getExportInfo(found);
      module.removeExport(name);
      module.addFunctionExport(internal, external);
    }
  }
}
