// The direct way under Node: the core module of the component, turned by our reactor over real sockets.
import { readFileSync } from "node:fs";
import { CoreProgram } from "#host/engine/core-program.js";
import { Reactor } from "#host/engine/reactor.js";
import { nodePlatform } from "#host/node/platform.js";
import { WasiHost } from "#host/wasi/wasi-host.js";
import type { CoreArm, CoreEnding } from "./arms.js";
import { capturedStreams } from "./captured-streams.js";
import { suiteFile } from "./suite-file.js";

async function run(words: readonly string[], onOutput?: (text: string) => void): Promise<CoreEnding> {
  const streams = capturedStreams(onOutput);
  const platform = { ...nodePlatform(), streams };
  const host = new WasiHost(platform, { tcp: true, udp: true, nameLookup: true, args: ["conformance", ...words] });
  const program = await CoreProgram.instantiate(readFileSync(await suiteFile()), host);
  const end = (code: number): CoreEnding => ({ code, stdout: streams.stdout.text, stderr: streams.stderr.text });
  try {
    return end(await new Reactor(program, host).run());
  } catch (error) {
    if (error instanceof Error && error.message === "unreachable") return end(134);
    throw error;
  }
}

export const nodeArm: CoreArm = { name: "node", run };
