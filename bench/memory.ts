// How much linear memory the core takes per idle connection.
//
// Linear memory never shrinks, so its growth over a load that held the connections open is what they took.
// Each has echoed one byte first: it is a connection that works, not only one that was accepted.
import { runLoad } from "./load-client.js";
import { BENCH_BUILD } from "./runtimes.js";
import { ServerProcess } from "./server-process.js";

export interface MemoryResult {
  connections: number;
  bytesBefore: number;
  bytesAfter: number;
  bytesPerConnection: number;
}

export async function measureMemory(connections: number): Promise<MemoryResult> {
  const server = await ServerProcess.start("memory", [process.execPath, `${BENCH_BUILD}memory-probe.js`]);
  try {
    const load = { address: server.address, connections: 1, messageBytes: 64, seconds: 0.1, seed: 1 };
    await runLoad({ ...load, idle: 0, warmupSeconds: 0 });
    const bytesBefore = await server.ask("memory");
    await runLoad({ ...load, idle: connections, warmupSeconds: 0 });
    const bytesAfter = await server.ask("memory");
    const bytesPerConnection = (bytesAfter - bytesBefore) / connections;
    return { connections, bytesBefore, bytesAfter, bytesPerConnection };
  } finally {
    await server.stop();
  }
}
