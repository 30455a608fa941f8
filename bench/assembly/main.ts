// What the engine costs from inside the component: a command of its own, compiled like the shipped one from the same
// sources. Arguments: WORKLOAD SIZE REPETITIONS OPERATIONS. Prints nanoseconds per operation as one JSON line.
//
// With the arguments of the echo program it is that program, with one timer more (idle.ts).

import * as cli from "../../assembly/wasi/cli";
import "../../assembly/wasi/abort";
import * as completions from "./completions";
import * as figures from "./figures";
import * as flat from "./flat";
import * as idle from "./idle";
import * as quota from "./quota";
import * as slices from "./slices";
import * as tasks from "./tasks";
import * as timers from "./timers";

export { realloc as cabi_realloc } from "../../assembly/abi/arena";

export function run(): i32 {
  const words = cli.getArguments();
  if (words.length > 1 && words[1] == "echo") {
    idle.run();
    return 0;
  }
  figures.verify(words.length == 5, "usage: WORKLOAD SIZE REPETITIONS OPERATIONS");
  const size = <u32>U32.parseInt(words[2]);
  const repetitions = <u32>U32.parseInt(words[3]);
  const operations = <u32>U32.parseInt(words[4]);
  for (let i: u32 = 0; i <= repetitions; i++) { // The first only warms up.
    if (i) figures.warm();
    measure(words[1], size, operations);
  }
  figures.print();
  return 0;
}

function measure(workload: string, size: u32, operations: u32): void {
  if (workload == "timers") timers.measure(size, operations);
  else if (workload == "tasks") tasks.measure(size, operations);
  else if (workload == "slices") slices.measure(size, operations);
  else if (workload == "quota") quota.measure(size, operations);
  else if (workload == "completions") completions.measure(size, operations);
  else if (workload == "flat") flat.measure(operations);
  else figures.verify(false, "unknown workload");
}
