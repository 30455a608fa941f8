// The echo program with a timer that is an hour away: what an engine has to do that has nothing to do.

import * as loop from "../../assembly/engine/loop";
import * as tasks from "../../assembly/exec/tasks";
import * as main from "../../assembly/programs/main";
import * as program from "../../assembly/programs/program";
import * as clock from "../../assembly/time/clock";

const HOUR_NS: u64 = 3_600_000_000_000;

/** Returns when the program has ended; its arguments are those of the command. */
export function run(): void {
  clock.update();
  tasks.runAt(clock.after(HOUR_NS), (_owner: usize): void => {}, 0, tasks.SILENT);
  main.start();
  while (program.outcome == program.RUNNING) loop.turnBlocking();
}
