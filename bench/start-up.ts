// How long from nothing to the first served connection: the process is started, it listens, a client connects
// and gets one byte back.
//
// That is the time with the process. Beside it stands what the bare runtime needs to start and end without our
// file, measured in the same rounds; the difference of the two is reading, compiling and starting the artifact.
import { once } from "node:events";
import { connect } from "node:net";
import { armCommand, type EchoArm } from "./arms.js";
import { findJspiNode } from "./runtimes.js";
import { ServerProcess, spawnTracked } from "./server-process.js";

export interface StartUpSample {
  arm: EchoArm;
  round: number;
  /** From the start of the process to the first byte served. */
  servedMs: number;
  /** The bare runtime, doing nothing. */
  bareMs: number;
}

const NOTHING_SCRIPT = ["--input-type=module", "--eval", ""];

async function bareProcessMs(arm: EchoArm, wasmtime: () => string): Promise<number> {
  const command =
    arm.endsWith("-wasmtime")
      ? [wasmtime(), "--version"]
      : arm === "libuv"
        ? ["true"]
        : [arm.endsWith("-jspi") ? findJspiNode() : process.execPath, ...NOTHING_SCRIPT];
  const startedAt = performance.now();
  const child = spawnTracked(command);
  child.stdout?.resume();
  child.stderr?.resume();
  await once(child, "exit");
  return performance.now() - startedAt;
}

async function echoOneByte(host: string, port: number): Promise<void> {
  const socket = connect({ host, port, noDelay: true });
  socket.write(Uint8Array.of(0x2a));
  const [answer] = (await once(socket, "data")) as [Buffer];
  socket.destroy();
  if (answer.length !== 1 || answer[0] !== 0x2a) throw new Error("the first byte came back changed");
}

export async function measureStartUp(
  arms: readonly EchoArm[],
  rounds: number,
  wasmtime: () => string,
): Promise<StartUpSample[]> {
  const samples: StartUpSample[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const arm of arms) {
      const bareMs = await bareProcessMs(arm, wasmtime);
      const startedAt = performance.now();
      const server = await ServerProcess.start(arm, armCommand(arm, wasmtime));
      try {
        await echoOneByte(server.host, server.port);
        samples.push({ arm, round, servedMs: performance.now() - startedAt, bareMs });
      } finally {
        await server.stop();
      }
    }
  }
  return samples;
}
