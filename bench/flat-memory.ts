// Linear memory stays as large as it is while millions of operations of each kind come and go. Each arm does the
// whole twice to grow what it needs (an array may double late) and once more to be looked at.
import type { ArmName } from "./arms.js";
import { operationCommand, type OperationWorkload } from "./operation-workloads.js";
import { outputOf } from "./operation-rounds.js";

export const FLAT_ARMS: readonly ArmName[] = ["engine-node", "engine-typescript"];

export interface FlatMemory {
  arm: ArmName;
  operations: number;
  /** Bytes by which linear memory grew, by kind of operation. */
  growth: Readonly<Record<string, number>>;
}

export async function measureFlatMemory(
  arms: readonly ArmName[], operations: number, wasmtime: () => string,
): Promise<FlatMemory[]> {
  const results: FlatMemory[] = [];
  for (const arm of arms) {
    const size = { size: 1, operations, repetitions: 2 };
    const workload: OperationWorkload = { name: "flat-memory", kind: "flat", ...size, arms };
    const text = await outputOf(`flat-memory, ${arm}`, operationCommand(arm, workload, wasmtime));
    const lists = Object.entries(JSON.parse(text) as Record<string, number[]>);
    if (lists.length === 0) throw new Error(`flat-memory, ${arm}: nothing was looked at`);
    const growth = Object.fromEntries(lists.map(([kind, [, bytes = Number.NaN]]) => [kind, bytes]));
    results.push({ arm, operations, growth });
  }
  return results;
}

export function largestGrowth(result: FlatMemory): number {
  return Math.max(...Object.values(result.growth));
}
