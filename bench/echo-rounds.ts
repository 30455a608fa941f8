// Measures one echo workload on several arms, alternated: A B C, A B C, ... so that whatever disturbs the
// machine for a while disturbs all arms alike, and ratios are taken within a round.
import { setTimeout as sleep } from "node:timers/promises";
import { armCommand, type ArmName } from "./arms.js";
import { runLoad, type LoadResult } from "./load-client.js";
import { ServerProcess } from "./server-process.js";
import type { EchoWorkload } from "./workloads.js";

export interface Sample extends LoadResult {
  round: number;
  arm: ArmName;
  /** Processor time of the server per message: it suffers less from a busy machine. */
  cpuUsPerMessage: number;
  peakMemoryKib: number;
  /** Files that the server still had open when its clients had been gone for a while: zero, or it leaks. */
  filesLeft: number;
}

export interface RoundOptions {
  rounds: number;
  seconds: number;
  warmupSeconds: number;
  wasmtime: () => string;
  onSample: (sample: Sample) => void;
}

const QUIET_TIMEOUT_MS = 5_000;
const QUIET_STEP_MS = 10;

/** A server gets time to close what its last clients left before another arm is measured. */
async function filesLeftOpen(server: ServerProcess, filesBefore: number): Promise<number> {
  for (let waited = 0; waited < QUIET_TIMEOUT_MS; waited += QUIET_STEP_MS) {
    if (server.openFiles() <= filesBefore) return 0;
    await sleep(QUIET_STEP_MS);
  }
  return server.openFiles() - filesBefore;
}

async function measure(
  server: ServerProcess,
  arm: ArmName,
  workload: EchoWorkload,
  round: number,
  options: RoundOptions,
): Promise<Sample> {
  const filesBefore = server.openFiles();
  const { connections, messageBytes, idle } = workload;
  const { seconds, warmupSeconds } = options;
  const target = { address: server.address, serverPid: server.pid };
  const request = { ...target, connections, messageBytes, idle, seconds, warmupSeconds };
  const result = await runLoad({ ...request, seed: round + 1 }).catch((error: Error) => {
    throw new Error(`${workload.name}, ${server.name}: ${error.message} ${server.stderr.trim()}`.trim());
  });
  server.assertAlive();
  const cpuUsPerMessage = (result.serverCpuSeconds * 1e6) / result.messages;
  const filesLeft = await filesLeftOpen(server, filesBefore);
  return { ...result, round, arm, cpuUsPerMessage, peakMemoryKib: server.peakMemoryKib(), filesLeft };
}

export async function measureRounds(
  workload: EchoWorkload,
  arms: readonly ArmName[],
  options: RoundOptions,
): Promise<Sample[]> {
  const servers = new Map<ArmName, ServerProcess>();
  const samples: Sample[] = [];
  try {
    for (const arm of arms) {
      servers.set(arm, await ServerProcess.start(arm, armCommand(arm, options.wasmtime)));
    }
    for (const [arm, server] of servers) await warmFirst(arm, server);
    for (let round = 0; round < options.rounds; round++) {
      for (const [arm, server] of servers) {
        const sample = await measure(server, arm, workload, round, options);
        samples.push(sample);
        options.onSample(sample);
      }
    }
  } finally {
    await Promise.all([...servers.values()].map((server) => server.stop()));
  }
  return samples;
}

/** One short load opens what a server opens lazily, so the count of open files that follows is its base. */
async function warmFirst(arm: ArmName, server: ServerProcess): Promise<void> {
  const target = { address: server.address, serverPid: server.pid };
  const request = { ...target, connections: 1, messageBytes: 64, idle: 0 };
  await runLoad({ ...request, seconds: 0.05, warmupSeconds: 0, seed: 0 }).catch((error: Error) => {
    throw new Error(`${arm}: ${error.message}`);
  });
}
