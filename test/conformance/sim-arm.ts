// The direct way in simulations: virtual time, a network without an outside, chance by a seed. Each body runs twice,
// once without and once with chance in everything that may vary but breaks nothing.
import { readFileSync } from "node:fs";
import { CoreProgram } from "#host/engine/core-program.js";
import { Reactor } from "#host/engine/reactor.js";
import { Simulation } from "#host/sim/index.js";
import { WasiHost } from "#host/wasi/wasi-host.js";
import { SEED } from "../support/bytes.js";
import type { CoreArm, CoreEnding, Peer } from "./arms.js";
import { capturedStreams } from "./captured-streams.js";
import { seamNameserver } from "./seam-nameserver.js";
import { HERE, HOLE, NAMES, PLAIN, ROUGH } from "./sim-conditions.js";
import { suiteFile } from "./suite-file.js";

/** Virtual time costs nothing, a simulated network keeps few bytes, and each segment of it is an event. */
const OWN_WORDS = ["--patience", "86400", "--large", "1000000", "--messages", "20", "--seed", String(SEED)];

async function runOnce(words: readonly string[], conditions: typeof PLAIN): Promise<CoreEnding> {
  const sim = new Simulation({ seed: SEED, name: words.join(" "), conditions });
  sim.addRule({ fate: "black-hole", to: HOLE });
  const nameserver = seamNameserver(sim.host(NAMES), NAMES);
  const machine = sim.host(HERE);
  const { transport, clock } = machine;
  const streams = capturedStreams();
  const platform = { transport, clock, streams, fillRandom: (target: Uint8Array) => machine.fillRandom(target) };
  const host = new WasiHost(platform, { tcp: true, udp: true, nameLookup: true, args: ["conformance", ...words] });
  const program = await CoreProgram.instantiate(readFileSync(await suiteFile()), host);
  const end = (code: number): CoreEnding => ({ code, stdout: streams.stdout.text, stderr: streams.stderr.text });
  try {
    return end(await sim.runUntil(new Reactor(program, host).run()));
  } catch (error) {
    if (error instanceof Error && error.message === "unreachable") return end(134);
    throw error;
  } finally {
    nameserver.end();
  }
}

async function run(words: readonly string[]): Promise<CoreEnding> {
  const calm = await runOnce([...words, ...OWN_WORDS], PLAIN);
  const ragged = await runOnce([...words, ...OWN_WORDS], ROUGH);
  if (calm.code !== ragged.code) {
    const story = `calm: ${calm.code} ${calm.stderr}, ragged: ${ragged.code} ${ragged.stderr}`;
    throw new Error(`seed ${SEED}: the endings differ; ${story}`);
  }
  return ragged;
}

const blackHole: Peer = (runBody) => runBody([HOLE]);
const nameserver: Peer = (runBody) => runBody([`${NAMES}:53`]);

export const simArm: CoreArm = { name: "sim", run, peers: { "black-hole": blackHole, nameserver } };
