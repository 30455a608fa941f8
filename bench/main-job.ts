// The main job: one artifact, two runtimes, real bytes. Under Node and under Wasmtime it starts `echo`,
// puts `proxy` before it, sends bulk data and small messages through both, verifies every byte, and prints
// a table.
//
// It needs nothing but Node and Wasmtime. Any failure (a byte, a hash, a server that ended) is exit code 1.
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { TrafficReport, TrafficRequest, TrafficResult } from "./main-job-traffic.js";
import { findWasmtime, nodeRuntime, sha256OfFile, wasmtimeRuntime, type Runtime } from "./runtimes.js";
import { describeExit, endChildrenOnExit, ServerProcess } from "./server-process.js";
import { formatNumber, formatTable } from "./table.js";

const MIB = 1024 * 1024;
const LARGE = { connections: 64, bulkBytes: 256 * MIB, messages: 100_000 };
const SMALL = { connections: 4, bulkBytes: 8 * MIB, messages: 2_000 };
const MESSAGE_BYTES = 64;
const TRAFFIC_LIMIT_MS = 10 * 60_000;

interface Row {
  runtime: Runtime;
  artifactHash: string;
  traffic: TrafficResult;
  echoPeakKib: number;
  proxyPeakKib: number;
}

/** The client is a process of its own, so that it and the servers do not share one event loop. */
function sendTraffic(request: TrafficRequest, onProgress: (text: string) => void): Promise<TrafficResult> {
  return new Promise((resolve, reject) => {
    const client = fork(fileURLToPath(new URL("./main-job-traffic.js", import.meta.url)));
    const end = (): void => void client.kill("SIGKILL");
    process.once("exit", end);
    const timer = setTimeout(() => {
      end();
      reject(new Error(`the traffic took more than ${TRAFFIC_LIMIT_MS / 60_000} minutes`));
    }, TRAFFIC_LIMIT_MS);
    client.on("message", (report: TrafficReport) => {
      if (report.kind === "progress") onProgress(report.text);
      else if (report.kind === "result") resolve(report.result);
      else reject(new Error(report.message));
    });
    client.once("exit", () => {
      clearTimeout(timer);
      process.off("exit", end);
      reject(new Error("the client ended without a result"));
    });
    client.send(request);
  });
}

/** Node ends with exit code 0 when it is asked to; Wasmtime's command line is simply ended by the signal. */
async function stopCleanly(runtime: Runtime, server: ServerProcess): Promise<void> {
  server.assertAlive();
  const exit = await server.stop();
  const clean = exit.code === 0 || (runtime.name === "Wasmtime" && exit.signal === "SIGTERM");
  if (!clean) throw new Error(`${server.name}: did not stop cleanly (${describeExit(exit)})`);
  if (server.stderr !== "") throw new Error(`${server.name}: wrote to stderr: ${server.stderr.trim()}`);
}

async function runOn(runtime: Runtime, sizes: typeof LARGE, seed: number): Promise<Row> {
  const say = (text: string): void => console.log(`${runtime.name.padEnd(8)}  ${text}`);
  const artifactHash = sha256OfFile(runtime.artifact);
  const servers: ServerProcess[] = [];
  const start = async (program: string, ...options: string[]): Promise<ServerProcess> => {
    const command = runtime.command(program, "--listen", "127.0.0.1:0", ...options);
    const server = await ServerProcess.start(`${program} in ${runtime.name}`, command);
    servers.push(server);
    return server;
  };
  try {
    const echo = await start("echo");
    const proxy = await start("proxy", "--to", echo.address);
    say(`echo on ${echo.address}, proxy on ${proxy.address}`);
    const request = { host: proxy.host, port: proxy.port, messageBytes: MESSAGE_BYTES, seed, ...sizes };
    const traffic = await sendTraffic(request, say);
    const echoPeakKib = echo.peakMemoryKib();
    const proxyPeakKib = proxy.peakMemoryKib();
    await stopCleanly(runtime, proxy);
    await stopCleanly(runtime, echo);
    say(`${sizes.bulkBytes / MIB} MiB and ${sizes.messages} messages came back, every hash equal`);
    return { runtime, artifactHash, traffic, echoPeakKib, proxyPeakKib };
  } catch (error) {
    const remarks = servers.map((server) => server.stderr.trim()).filter((text) => text !== "");
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error([`${runtime.name}: ${reason}`, ...remarks].join("; "));
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

function printTable(rows: readonly Row[]): void {
  const figures = ["msg/s", "p50 us", "p99 us", "MiB/s", "peak MiB echo", "peak MiB proxy"];
  const head = ["runtime", "artifact SHA-256", ...figures];
  const cells = rows.map(({ runtime, artifactHash, traffic, echoPeakKib, proxyPeakKib }) => [
    runtime.name,
    artifactHash,
    formatNumber(traffic.messages / traffic.messageSeconds),
    formatNumber(traffic.p50us),
    formatNumber(traffic.p99us),
    formatNumber(traffic.bulkBytes / MIB / traffic.bulkSeconds),
    formatNumber(echoPeakKib / 1024),
    formatNumber(proxyPeakKib / 1024),
  ]);
  console.log(`\n${formatTable(head, cells)}`);
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { small: { type: "boolean", default: false }, seed: { type: "string" } },
  });
  endChildrenOnExit();
  const sizes = values.small ? SMALL : LARGE;
  const seed = values.seed === undefined ? Date.now() % 1_000_000 : Number(values.seed);
  if (!Number.isSafeInteger(seed) || seed < 0) throw new Error(`--seed ${values.seed}: not a whole number`);
  const bulk = sizes.bulkBytes / MIB;
  const work = `${bulk} MiB and ${sizes.messages} messages of ${MESSAGE_BYTES} bytes`;
  console.log(`client -> proxy -> echo and back: ${work}`);
  console.log(`over ${sizes.connections} connections each; seed ${seed}`);
  const rows: Row[] = [];
  for (const runtime of [nodeRuntime(), wasmtimeRuntime(findWasmtime(positionals[0]))]) {
    rows.push(await runOn(runtime, sizes, seed));
  }
  printTable(rows);
  const hashes = new Set(rows.map((row) => row.artifactHash));
  if (hashes.size !== 1) throw new Error("the runtimes got unlike artifacts");
}

main().catch((error: unknown) => {
  console.error(`main-job: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
