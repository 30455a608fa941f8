// Measures one echo workload on several arms, alternated: A B C, A B C, ... so that whatever disturbs the
// machine for a while disturbs all arms alike, and ratios are taken within a round.
//
// Why a new server for every sample: allocator and scheduler give a process a fast or a slow mode by chance
// (node:net with 64 KiB messages differs by a factor of two), and one server per run would measure that chance.
import { setTimeout as sleep } from "node:timers/promises";
import { armCommand, type EchoArm } from "./arms.js";
import { runLoad, type LoadResult } from "./load-client.js";
import { ServerProcess } from "./server-process.js";
import type { EchoWorkload } from "./workloads.js";

export interface Sample extends LoadResult {
  round: number;
  arm: EchoArm;
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
  arm: EchoArm,
  workload: EchoWorkload,
  round: number,
  options: RoundOptions,
): Promise<Sample> {
  const { connections, messageBytes, idle } = workload;
  const { seconds, warmupSeconds } = options;
  const target = { address: server.address, serverPid: server.pid, seed: round + 1 };
  // A short load first opens what a server opens lazily, so the count of open files that follows is its base.
  await runLoad({ ...target, connections: 1, messageBytes: 64, idle: 0, seconds: 0.05, warmupSeconds: 0 });
  const filesBefore = server.openFiles();
  const result = await runLoad({ ...target, connections, messageBytes, idle, seconds, warmupSeconds });
  server.assertAlive();
  const cpuUsPerMessage = (result.serverCpuSeconds * 1e6) / result.messages;
  const filesLeft = await filesLeftOpen(server, filesBefore);
  return { ...result, round, arm, cpuUsPerMessage, peakMemoryKib: server.peakMemoryKib(), filesLeft };
}

/** Every sample gets a server of its own: a process may be born into a slow mode and keep it for life. */
export async function measureRounds(
  workload: EchoWorkload,
  arms: readonly EchoArm[],
  options: RoundOptions,
): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (let round = 0; round < options.rounds; round++) {
    for (const arm of arms) {
      const server = await ServerProcess.start(arm, armCommand(arm, options.wasmtime));
      try {
        const sample = await measure(server, arm, workload, round, options);
        samples.push(sample);
        options.onSample(sample);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new Error(`${workload.name}, ${arm}: ${reason} ${server.stderr.trim()}`.trim());
      } finally {
        await server.stop();
      }
    }
  }
  return samples;
}
