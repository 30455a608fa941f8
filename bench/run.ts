// The benchmarks: runs the chosen workloads on the chosen arms, prints tables and bars, writes a JSON file.
//
// Servers and load are processes of their own; every byte that comes back is compared by the load generator.
// Exit code 1 means that something went wrong, not that a bar was missed: bars are judged in the output.
import { execFileSync } from "node:child_process";
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { isEchoArm, missingFile, type ArmName, type EchoArm } from "./arms.js";
import { judge, type Figures } from "./bars.js";
import { measureRounds } from "./echo-rounds.js";
import { FLAT_ARMS, measureFlatMemory } from "./flat-memory.js";
import { IDLE_ARMS, measureIdle } from "./idle.js";
import { measureMemory } from "./memory.js";
import { operationTables } from "./operation-report.js";
import { startBenchNameserver } from "./nameserver.js";
import { measureOperations } from "./operation-rounds.js";
import { asksNameserver, missingOperationFile, type OperationWorkload } from "./operation-workloads.js";
import { parseOptions, USAGE, type Options } from "./options.js";
import { runPages } from "./pages.js";
import { barTable, echoTable, flatTable, idleTable, machine, startUpTable } from "./report.js";
import { artifactPath, findWasmtime, ROOT, sha256OfFile } from "./runtimes.js";
import { endChildrenOnExit } from "./server-process.js";
import { slackTable } from "./slack-report.js";
import { measureSlack } from "./slack-wake-ups.js";
import { measureStartUp, type StartUpSample } from "./start-up.js";
import type { SpecialWorkload } from "./workloads.js";

const RESULTS = `${ROOT}build/bench-results/`;

interface Results extends Figures {
  startUp?: StartUpSample[];
  memory?: Awaited<ReturnType<typeof measureMemory>>;
}

/** An arm that cannot be started is left out with a remark, unless it was asked for by name. */
function usableArms<Arm extends ArmName>(
  what: string, arms: readonly Arm[], options: Options, missing: (arm: Arm) => string | undefined,
): Arm[] {
  return arms.filter((arm) => {
    const file = missing(arm);
    if (file === undefined) return true;
    if (options.armsNamed) throw new Error(`arm ${arm}: ${file} is missing`);
    console.log(`${what}: arm ${arm} is left out: ${file} is missing`);
    return false;
  });
}

function lazily<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

async function runEcho(
  options: Options,
  arms: readonly EchoArm[],
  wasmtime: () => string,
): Promise<Results["echo"]> {
  const { rounds, seconds, warmupSeconds } = options.size;
  const results: Results["echo"] = [];
  for (const workload of options.size.echo) {
    if (!options.workloads.includes(workload.name)) continue;
    const here = arms.filter((arm) => workload.arms.includes(arm));
    const samples = await measureRounds(workload, here, {
      rounds,
      seconds,
      warmupSeconds,
      wasmtime,
      onSample: (s) => {
        const leak = s.filesLeft > 0 ? `, ${s.filesLeft} FILES LEFT OPEN` : "";
        const rate = Math.round(s.msgPerSecond);
        console.error(`${workload.name} round ${s.round + 1}/${rounds} ${s.arm}: ${rate} msg/s${leak}`);
      },
    });
    const result = { workload: workload.name, samples };
    results.push(result);
    console.log(`\n${echoTable(result, here)}`);
  }
  return results;
}

/** All that were chosen, but for those that want a nameserver where none can be had. */
async function runOperations(
  options: Options, arms: readonly ArmName[], wasmtime: () => string,
): Promise<Results["operations"]> {
  const chosen = options.size.operations.filter(({ name }) => options.workloads.includes(name));
  const server = chosen.some(asksNameserver) ? await startBenchNameserver() : undefined;
  const usable = server === undefined ? chosen.filter((workload) => !asksNameserver(workload)) : chosen;
  if (usable.length < chosen.length) console.log("DNS workloads are left out: there is no named");
  try {
    return await runEachOperation(options, usable, arms, wasmtime, server?.words ?? []);
  } finally {
    await server?.stop();
  }
}

async function runEachOperation(
  options: Options, workloads: readonly OperationWorkload[], arms: readonly ArmName[], wasmtime: () => string,
  words: readonly string[],
): Promise<Results["operations"]> {
  const { rounds } = options.size;
  const results: Results["operations"] = [];
  for (const workload of workloads) {
    const here = arms.filter((arm) => workload.arms.includes(arm));
    const samples = await measureOperations(workload, here, {
      rounds,
      wasmtime,
      words: asksNameserver(workload) ? words : [],
      onSample: ({ round, arm, ns }) => {
        const figures = Object.entries(ns).map(([name, value]) => `${name} ${value.toFixed(1)}`);
        console.error(`${workload.name} round ${round + 1}/${rounds} ${arm}: ${figures.join(", ")} ns`);
      },
    });
    const result = { workload: workload.name, samples };
    results.push(result);
    console.log(`\n${operationTables(result)}`);
  }
  return results;
}

async function runSpecial(
  options: Options, arms: readonly EchoArm[], wasmtime: () => string, results: Results,
): Promise<void> {
  const wanted = (name: SpecialWorkload): boolean => options.workloads.includes(name);
  if (wanted("start-up")) {
    results.startUp = await measureStartUp(arms, options.size.startUpRounds, wasmtime);
    console.log(`\n${startUpTable(results.startUp, arms)}`);
  }
  if (wanted("memory") && arms.includes("engine-node")) {
    results.memory = await measureMemory(options.size.memoryConnections);
    results.memoryBytesPerIdleConnection = results.memory.bytesPerConnection;
    const { connections, bytesBefore, bytesAfter, bytesPerConnection } = results.memory;
    const growth = `wasm memory ${bytesBefore} -> ${bytesAfter} bytes, ${bytesPerConnection.toFixed(1)} each`;
    console.log(`\nmemory: ${connections} idle connections: ${growth}`);
  }
  if (wanted("idle")) {
    results.idle = await measureIdle(
      IDLE_ARMS.filter((arm) => arms.some((other) => other === arm)), options.size.idleSeconds, wasmtime,
    );
    console.log(`\n${idleTable(results.idle)}`);
  }
  if (wanted("slack-wake-ups") && arms.includes("engine-typescript")) {
    const { connections, seconds } = options.size.slack;
    results.slack = await measureSlack(connections, seconds, ({ mix, slackMs, timerWakeUps }) => {
      console.error(`slack-wake-ups, ${mix}, ${slackMs} ms: ${timerWakeUps} timer wake-ups`);
    });
    console.log(`\n${slackTable(results.slack)}`);
  }
  if (wanted("size")) {
    results.artifactBytes = statSync(artifactPath()).size;
    console.log(`\nsize: ${results.artifactBytes} bytes, SHA-256 ${sha256OfFile(artifactPath())}`);
  }
}

async function runAll(options: Options): Promise<Results> {
  const wasmtime = lazily(() => findWasmtime());
  if (options.arms.includes("engine-wasmtime")) wasmtime();
  const echoArms = usableArms("echo", options.arms.filter(isEchoArm), options, missingFile);
  const operationArms = usableArms("operations", options.arms, options, missingOperationFile);
  const results: Results = {
    echo: await runEcho(options, echoArms, wasmtime),
    operations: await runOperations(options, operationArms, wasmtime),
  };
  if (options.workloads.includes("flat-memory")) {
    const here = FLAT_ARMS.filter((arm) => operationArms.includes(arm));
    results.flatMemory = await measureFlatMemory(here, options.size.flatOperations, wasmtime);
    console.log(`\n${flatTable(results.flatMemory)}`);
  }
  results.pages = await runPages(options);
  await runSpecial(options, echoArms, wasmtime, results);
  return results;
}

function save(options: Options, results: Results): string {
  mkdirSync(RESULTS, { recursive: true });
  const stamp = new Date().toISOString().replace(/[:.]/g, "-");
  const path = `${RESULTS}${options.size.name}-${stamp}.json`;
  const { name: size, rounds, seconds } = options.size;
  const about = { size, rounds, seconds, date: new Date().toISOString(), machine: machine() };
  writeFileSync(path, `${JSON.stringify({ ...about, ...results, bars: judge(results) }, undefined, 1)}\n`);
  return path;
}

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) return console.log(USAGE);
  endChildrenOnExit();
  execFileSync(`${ROOT}bench/setup.sh`, ["--native"], { stdio: ["ignore", "inherit", "inherit"] });
  const results = await runAll(options);
  if (options.size.name === "large") console.log(`\n${barTable(judge(results))}`);
  console.log(`\nwritten to ${save(options, results)}`);
  const leaks = results.echo.flatMap((result) => result.samples.filter((sample) => sample.filesLeft > 0));
  const ours = leaks.filter((sample) => sample.arm.startsWith("engine-"));
  if (ours.length > 0) throw new Error(`${ours.length} rounds left files open in the engine's process`);
}

main().catch((error: unknown) => {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
});
