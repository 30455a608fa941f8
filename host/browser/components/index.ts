// Programs of the shipped file, and any other WASI 0.2 component, by a function call: what they print goes to
// functions, their sockets are the platform's. Nothing here knows a platform; the entries of each one bring theirs.

export { ComponentError } from "../../component/binary/component-error.js";
export { createJcoImports, jcoAsyncImports, type JcoImports } from "../../component/jco.js";
export { type Grants, type Platform, WasiHost } from "../../wasi/wasi-host.js";
export { pageStreams, type StreamOptions, type TextSink } from "../standard-streams.js";
export { type ComponentOptions, runComponent } from "./component.js";
export type { Running, RunOptions } from "./options.js";
export { type ProgramOptions, runProgram } from "./program.js";
