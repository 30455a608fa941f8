// The named workloads and how much of each the two sizes of a run do.
//
// Large is for figures that one may quote; small proves in seconds that every workload still works and that
// its result is right, and is part of the tests.
import { ARM_NAMES, ECHO_ARMS, isShimArm, type ArmName, type EchoArm } from "./arms.js";
import { LARGE_OPERATIONS, SMALL_OPERATIONS, type OperationWorkload } from "./operation-workloads.js";
import { LARGE_PAGES, SMALL_PAGES, type PageWorkload } from "./page-workloads.js";

export interface EchoWorkload {
  name: string;
  connections: number;
  messageBytes: number;
  /** Connections that are open besides and say nothing. */
  idle: number;
  arms: readonly EchoArm[];
}

/** The stock shim needs minutes to take on thousands of connections, so it sits the crowded ones out. */
const CROWD_ARMS = ECHO_ARMS.filter((arm) => !isShimArm(arm));

export const SPECIAL_WORKLOADS = [
  "size", "start-up", "memory", "flat-memory", "idle", "slack-wake-ups", "page-start-up", "page-bytes",
] as const;
export type SpecialWorkload = (typeof SPECIAL_WORKLOADS)[number];

export interface RunSize {
  name: "small" | "large";
  rounds: number;
  seconds: number;
  warmupSeconds: number;
  arms: readonly ArmName[];
  echo: readonly EchoWorkload[];
  operations: readonly OperationWorkload[];
  pages: readonly PageWorkload[];
  startUpRounds: number;
  memoryConnections: number;
  /** Operations of each kind after which linear memory must be as large as before. */
  flatOperations: number;
  idleSeconds: number;
  /** Virtual seconds. */
  slack: { connections: number; seconds: number };
}

function echo(name: string, connections: number, messageBytes: number, idle = 0): EchoWorkload {
  return { name, connections, messageBytes, idle, arms: idle > 0 ? CROWD_ARMS : ECHO_ARMS };
}

export const LARGE: RunSize = {
  name: "large",
  rounds: 7,
  seconds: 1.5,
  warmupSeconds: 1,
  arms: ARM_NAMES,
  echo: [
    echo("ping-pong-1", 1, 64),
    echo("ping-pong-32", 32, 64),
    echo("ping-pong-256", 256, 64),
    echo("ping-pong-1024", 1024, 64),
    echo("bulk-16", 16, 65_536),
    { ...echo("active-100", 100, 64), arms: CROWD_ARMS },
    echo("active-100-idle-10000", 100, 64, 10_000),
  ],
  operations: LARGE_OPERATIONS,
  pages: LARGE_PAGES,
  startUpRounds: 10,
  memoryConnections: 10_000,
  flatOperations: 10_000_000,
  idleSeconds: 60,
  slack: { connections: 10_000, seconds: 600 },
};

export const SMALL: RunSize = {
  name: "small",
  rounds: 1,
  seconds: 0.2,
  warmupSeconds: 0.1,
  arms: ARM_NAMES.filter((arm) => !isShimArm(arm)),
  echo: [
    echo("ping-pong-1", 1, 64),
    echo("ping-pong-32", 32, 64),
    echo("bulk-16", 16, 65_536),
    echo("active-100-idle-500", 100, 64, 500),
  ],
  operations: SMALL_OPERATIONS,
  pages: SMALL_PAGES,
  startUpRounds: 1,
  memoryConnections: 500,
  flatOperations: 20_000,
  idleSeconds: 1,
  slack: { connections: 300, seconds: 60 },
};
