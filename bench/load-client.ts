// Runs the native load generator (bench/load.c) against a server and reads the one line that it prints.
import { once } from "node:events";
import { BENCH_BUILD } from "./runtimes.js";
import { spawnTracked } from "./server-process.js";

export interface LoadRequest {
  address: string;
  /** The server, to count its processor time. */
  serverPid?: number;
  connections: number;
  messageBytes: number;
  idle: number;
  seconds: number;
  warmupSeconds: number;
  seed: number;
}

export interface LoadResult {
  messages: number;
  seconds: number;
  msgPerSecond: number;
  mibPerSecond: number;
  p50us: number;
  p99us: number;
  maxUs: number;
  /** Messages of the least served connection, divided by the mean: 1 is perfectly fair. */
  leastShare: number;
  /** Processor time of the server while the clock ran, when its pid was given. */
  serverCpuSeconds: number;
  setupSeconds: number;
  errors: number;
}

export const LOAD_PROGRAM = `${BENCH_BUILD}load`;

export async function runLoad(request: LoadRequest): Promise<LoadResult> {
  const options: Record<string, number> = {
    connections: request.connections,
    size: request.messageBytes,
    idle: request.idle,
    seconds: request.seconds,
    warmup: request.warmupSeconds,
    seed: request.seed,
  };
  if (request.serverPid !== undefined) options["server-pid"] = request.serverPid;
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = spawnTracked([LOAD_PROGRAM, request.address, ...args]);
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`the load generator failed (exit code ${code}): ${stderr.trim()}`);
  const result = JSON.parse(stdout) as LoadResult;
  if (result.errors !== 0 || !(result.messages > 0)) throw new Error(`no clean result: ${stdout.trim()}`);
  return result;
}
