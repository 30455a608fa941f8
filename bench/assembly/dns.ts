// The workloads of DNS that ask a nameserver. They wait for it, so they are begun here and go on in turns of the loop.

import * as deadlines from "./dns-deadlines";
import * as lookups from "./dns-lookups";
import * as figures from "./figures";

/** Whether a workload goes on in turns. */
export function isWaiting(workload: string): bool {
  return workload == "dns" || workload == "dns-cached" || workload == "dns-deadlines";
}

/** `words` are the arguments of the command. */
export function begin(words: string[], size: u32, repetitions: u32, operations: u32): void {
  figures.verify(words.length == 7, "usage: WORKLOAD SIZE REPETITIONS OPERATIONS SERVER SILENT-SERVER");
  if (words[1] == "dns-deadlines") deadlines.begin(size, operations, words[5], words[6]);
  else lookups.begin(words[1] == "dns-cached", size, repetitions, operations, words[5]);
}

export function isOver(): bool {
  return lookups.isOver || deadlines.isOver;
}
