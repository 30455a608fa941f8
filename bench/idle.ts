// An idle engine sleeps: with a listener, open connections and a timer far away, nothing runs and nobody wakes.
//
// Turns are counted where the host can count them; the kernel counts for every thread how often it fell asleep, so
// the growth of that number is how often it had been woken. What counts is the main thread, which runs the loop. The
// other threads are the runtime's own helpers, which the engine neither starts nor stops; they are shown beside.
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { ArmName } from "./arms.js";
import { BENCH_BUILD, ROOT, wasmtimeRuntime } from "./runtimes.js";
import { ServerProcess } from "./server-process.js";

export const IDLE_ARMS: readonly ArmName[] = ["engine-typescript", "engine-wasmtime", "node-net"];

export interface IdleResult {
  arm: ArmName;
  seconds: number;
  /** Of the engine's loop; undefined where nobody can count them. */
  turns?: number;
  /** Of the main thread, which runs the loop. */
  wakeUps: number;
  /** Of the runtime's other threads. */
  otherWakeUps: number;
}

const CONNECTIONS = 100;
/**
 * After the last byte a runtime tidies up (V8's collector comes back for half a minute), so the clock starts when the
 * process has slept for a while, or when it does not come to rest.
 */
const REST_PART = 1 / 3;
const RESTS_MAX = 6;
const ANSWERED_MS = 500;

interface WakeUps {
  main: number;
  others: number;
}

function wakeUpsOf(pid: number): WakeUps {
  const counts: WakeUps = { main: 0, others: 0 };
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const status = readFileSync(`/proc/${pid}/task/${thread}/status`, "utf8");
    const count = Number(/^voluntary_ctxt_switches:\s+(\d+)$/m.exec(status)?.[1] ?? Number.NaN);
    counts[thread === `${pid}` ? "main" : "others"] += count;
  }
  return counts;
}

function serverCommand(arm: ArmName, wasmtime: () => string): string[] {
  const listen = ["--listen", "127.0.0.1:0"];
  switch (arm) {
    case "engine-typescript":
      return [process.execPath, `${BENCH_BUILD}echo-typescript.js`, "--far-timer"];
    case "engine-wasmtime":
      return wasmtimeRuntime(wasmtime(), `${BENCH_BUILD}operations.wasm`).command("echo", ...listen);
    case "node-net":
      return [process.execPath, `${ROOT}bench/vs/node-net.mjs`];
    default:
      throw new Error(`idle: the arm ${arm} is none of this workload's`);
  }
}

/** Opens the connections and sees that each works. */
async function openServed(server: ServerProcess): Promise<Socket[]> {
  return Promise.all(Array.from({ length: CONNECTIONS }, async (_, index) => {
    const socket = connect({ host: server.host, port: server.port, noDelay: true });
    socket.write(Uint8Array.of(index));
    const [answer] = (await once(socket, "data")) as [Buffer];
    if (answer.length !== 1 || answer[0] !== index) throw new Error("idle: a byte came back changed");
    return socket;
  }));
}

async function comeToRest(server: ServerProcess, restMs: number): Promise<void> {
  for (let rests = 0; rests < RESTS_MAX; rests++) {
    const before = wakeUpsOf(server.pid);
    await sleep(restMs);
    const after = wakeUpsOf(server.pid);
    if (after.main + after.others === before.main + before.others) return;
  }
}

async function measure(arm: ArmName, seconds: number, wasmtime: () => string): Promise<IdleResult> {
  const server = await ServerProcess.start(`idle, ${arm}`, serverCommand(arm, wasmtime));
  let sockets: Socket[] = [];
  try {
    sockets = await openServed(server);
    await comeToRest(server, seconds * 1000 * REST_PART);
    const turnsBefore = arm === "engine-typescript" ? await server.ask("turns") : undefined;
    await sleep(ANSWERED_MS); // The question itself woke the process.
    const before = wakeUpsOf(server.pid);
    await sleep(seconds * 1000);
    const after = wakeUpsOf(server.pid);
    const result = { arm, seconds, wakeUps: after.main - before.main, otherWakeUps: after.others - before.others };
    if (turnsBefore === undefined) return result;
    return { ...result, turns: (await server.ask("turns")) - turnsBefore };
  } finally {
    for (const socket of sockets) socket.destroy();
    await server.stop();
  }
}

export async function measureIdle(
  arms: readonly ArmName[], seconds: number, wasmtime: () => string,
): Promise<IdleResult[]> {
  const results: IdleResult[] = [];
  for (const arm of arms) results.push(await measure(arm, seconds, wasmtime));
  return results;
}

export function perMinute(count: number, seconds: number): number {
  return (count * 60) / seconds;
}
