// How much linear memory the core takes per idle connection.
//
// Linear memory never shrinks, so its growth over a load that held the connections open is what they took.
// Each has echoed one byte first: it is a connection that works, not only one that was accepted.
import { setTimeout as sleep } from "node:timers/promises";
import { runLoad } from "./load-client.js";
import { BENCH_BUILD } from "./runtimes.js";
import { ServerProcess } from "./server-process.js";

export interface MemoryResult {
  connections: number;
  bytesBefore: number;
  bytesAfter: number;
  bytesPerConnection: number;
}

const ANSWER_TIMEOUT_MS = 5_000;
const ANSWER_STEP_MS = 10;

async function askMemory(server: ServerProcess): Promise<number> {
  const seen = server.stderr.length;
  process.kill(server.pid, "SIGUSR2");
  for (let waited = 0; waited < ANSWER_TIMEOUT_MS; waited += ANSWER_STEP_MS) {
    const match = /memory (\d+)\n/.exec(server.stderr.slice(seen));
    if (match !== null) return Number(match[1]);
    server.assertAlive();
    await sleep(ANSWER_STEP_MS);
  }
  throw new Error(`memory: no answer from the server: ${server.stderr.trim()}`);
}

export async function measureMemory(connections: number): Promise<MemoryResult> {
  const server = await ServerProcess.start("memory", [process.execPath, `${BENCH_BUILD}memory-probe.js`]);
  try {
    const load = { address: server.address, connections: 1, messageBytes: 64, seconds: 0.1, seed: 1 };
    await runLoad({ ...load, idle: 0, warmupSeconds: 0 });
    const bytesBefore = await askMemory(server);
    await runLoad({ ...load, idle: connections, warmupSeconds: 0 });
    const bytesAfter = await askMemory(server);
    const bytesPerConnection = (bytesAfter - bytesBefore) / connections;
    return { connections, bytesBefore, bytesAfter, bytesPerConnection };
  } finally {
    await server.stop();
  }
}
