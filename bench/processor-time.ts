// Processor time of another process between two lines that it prints: `begin NAME` and `end NAME OPERATIONS`. One way
// for all arms, since a component cannot ask for its own.
import { readFileSync } from "node:fs";

/** Of one tick, in which the kernel tells processor time. */
const TICK_NS = 10_000_000;
/** Fields of /proc/PID/stat behind the name in brackets. */
const USER_TICKS = 11;
const KERNEL_TICKS = 12;

/** Nanoseconds of all its threads, also of those that ended; NaN when it is gone already. */
function processorNs(pid: number): number {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[USER_TICKS]) + Number(fields[KERNEL_TICKS])) * TICK_NS;
  } catch {
    return Number.NaN;
  }
}

export class ProcessorTimes {
  /** Nanoseconds per operation by figure, one for each repetition. */
  readonly lists: Record<string, number[]> = {};
  private readonly begun = new Map<string, number>();

  constructor(private readonly pid: number) {}

  /** False when the line is none of these. */
  take(line: string): boolean {
    const [word, name = "", operations = ""] = line.split(" ");
    if (word === "begin") {
      this.begun.set(name, processorNs(this.pid));
      return true;
    }
    const startNs = this.begun.get(name);
    if (word !== "end" || startNs === undefined) return false;
    const ns = (processorNs(this.pid) - startNs) / Number(operations);
    if (!Number.isNaN(ns)) (this.lists[`${name} cpu`] ??= []).push(ns);
    return true;
  }
}
