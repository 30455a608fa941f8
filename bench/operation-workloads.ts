// The workloads of single operations: timers, tasks, slice buffers, quota, completion queues, functions of the event
// manager, look-ups. Each arm is a process of its own that does the same work and prints nanoseconds per operation;
// which arm can do which, and by which command, is said here.
import { existsSync } from "node:fs";
import type { ArmName } from "./arms.js";
import { BENCH_BUILD, findJspiNode, ROOT, runCommand } from "./runtimes.js";

export type OperationKind = "timers" | "tasks" | "slices" | "quota" | "completions" | ManagerKind | DnsKind | "flat";
type ManagerKind = "functions" | "priority-latency";
type DnsKind = "dns" | "dns-cached" | "dns-messages" | "dns-deadlines";

export interface OperationWorkload {
  name: string;
  kind: OperationKind;
  /** Timers pending, tasks of a burst or list or flood, slices of a buffer, events of a batch, look-ups under way. */
  size: number;
  /** Operations of each figure in one repetition, at least. */
  operations: number;
  repetitions: number;
  arms: readonly ArmName[];
}

/** Workloads for which a nameserver runs. */
export function asksNameserver({ kind }: OperationWorkload): boolean {
  return kind === "dns" || kind === "dns-cached" || kind === "dns-deadlines";
}

/** In the order of the tables: the engine, then its rivals. */
const ARMS: Record<Exclude<OperationKind, "flat">, readonly ArmName[]> = {
  timers: ["engine-node", "engine-wasmtime", "engine-typescript", "libuv", "node", "grpc"],
  tasks: ["engine-node", "engine-wasmtime", "engine-typescript", "node", "grpc"],
  slices: ["engine-node", "engine-wasmtime", "engine-typescript", "grpc"],
  quota: ["engine-node", "engine-wasmtime", "engine-typescript"],
  completions: ["engine-node", "engine-wasmtime", "engine-typescript", "guest-c-wasmtime", "guest-c-jspi"],
  functions: ["engine-typescript", "guest-c-wasmtime", "guest-c-jspi", "node"],
  "priority-latency": ["engine-node", "engine-wasmtime", "engine-typescript", "node"],
  "dns": ["engine-node", "engine-wasmtime", "engine-typescript", "node-c-ares"],
  "dns-cached": ["engine-node", "engine-wasmtime", "engine-typescript", "node-c-ares"],
  "dns-messages": ["engine-node", "engine-wasmtime"],
  "dns-deadlines": ["engine-node", "engine-wasmtime", "engine-typescript"],
};

function workload(
  name: string, kind: keyof typeof ARMS, size: number, operations: number, repetitions: number,
): OperationWorkload {
  return { name, kind, size, operations, repetitions, arms: ARMS[kind] };
}

export const LARGE_OPERATIONS: readonly OperationWorkload[] = [
  workload("timers-1k", "timers", 1_000, 100_000, 5),
  workload("timers-100k", "timers", 100_000, 200_000, 2),
  workload("timers-1m", "timers", 1_000_000, 1_000_000, 1),
  workload("tasks", "tasks", 1_000, 200_000, 5),
  workload("slices", "slices", 64, 100_000, 5),
  workload("quota", "quota", 1_000, 500_000, 5),
  workload("completions-1", "completions", 1, 500_000, 5),
  workload("completions-64", "completions", 64, 500_000, 5),
  workload("run-functions", "functions", 64, 500_000, 5),
  workload("priority-latency", "priority-latency", 10_000, 300, 3),
  workload("dns-1", "dns", 1, 5_000, 3),
  workload("dns-256", "dns", 256, 20_000, 3),
  workload("dns-cached-1", "dns-cached", 1, 10_000, 3),
  workload("dns-cached-256", "dns-cached", 256, 50_000, 3),
  workload("dns-messages", "dns-messages", 1, 200_000, 5),
  workload("dns-deadlines", "dns-deadlines", 256, 1_000, 1),
];

export const SMALL_OPERATIONS: readonly OperationWorkload[] = [
  workload("timers-1k", "timers", 1_000, 2_000, 1),
  workload("tasks", "tasks", 1_000, 2_000, 1),
  workload("slices", "slices", 64, 640, 1),
  workload("quota", "quota", 1_000, 2_000, 1),
  workload("completions-64", "completions", 64, 2_000, 1),
  workload("run-functions", "functions", 64, 2_000, 1),
  workload("priority-latency", "priority-latency", 2_000, 20, 1),
  workload("dns-1", "dns", 1, 50, 1),
  workload("dns-256", "dns", 256, 600, 1),
  workload("dns-cached-256", "dns-cached", 256, 600, 1),
  workload("dns-messages", "dns-messages", 1, 500, 1),
  workload("dns-deadlines", "dns-deadlines", 64, 50, 1),
];

const CORE = `${BENCH_BUILD}operations.wasm`;
/** A guest on the interfaces, composed with the engine. */
const GUEST = `${ROOT}build/guests/completions.wasm`;

interface OperationProgram {
  command(): string[];
  /** Without it the arm cannot be had. */
  file: string;
}

function program(arm: ArmName, wasmtime: () => string): OperationProgram | undefined {
  const node = (script: string): OperationProgram => {
    return { command: () => [process.execPath, `${BENCH_BUILD}${script}`], file: `${BENCH_BUILD}${script}` };
  };
  const native = (name: string): OperationProgram => {
    return { command: () => [`${BENCH_BUILD}${name}`], file: `${BENCH_BUILD}${name}` };
  };
  switch (arm) {
    case "engine-node":
      return { ...node("operations-core.js"), file: CORE };
    case "engine-wasmtime":
      return { command: () => [wasmtime(), "run", "-S", "inherit-network", CORE], file: CORE };
    case "engine-typescript":
      return node("operations-engine.js");
    case "guest-c-wasmtime":
      return { command: () => [wasmtime(), "run", "-S", "inherit-network", GUEST], file: GUEST };
    case "guest-c-jspi":
      return { command: () => runCommand(findJspiNode(), GUEST), file: GUEST };
    case "node":
      return node("operations-node.js");
    case "node-c-ares":
      return node("operations-c-ares.js");
    case "libuv":
      return native("libuv-timers");
    case "grpc":
      return native("grpc-event-engine");
    default:
      return undefined;
  }
}

export function operationCommand(arm: ArmName, workload: OperationWorkload, wasmtime: () => string): string[] {
  const found = program(arm, wasmtime);
  if (found === undefined) throw new Error(`${workload.name}: the arm ${arm} has no such operations`);
  const { kind, size, repetitions, operations } = workload;
  return [...found.command(), kind, `${size}`, `${repetitions}`, `${operations}`];
}

/** The file that an arm lacks for operations, or nothing. */
export function missingOperationFile(arm: ArmName): string | undefined {
  const file = program(arm, () => "")?.file;
  return file === undefined || existsSync(file) ? undefined : file;
}
