// The client of the main job: it runs in its own process, sends real bytes through proxy and echo, and checks
// that each connection got back exactly what it sent.
//
// Sent and received bytes are hashed apart (SHA-256, per connection), so a lost, doubled, swapped or changed
// byte gives another hash. What came back is kept in memory until the clock has stopped, then hashed: at most
// as much as was asked to be sent. It talks to its parent over the process channel.
import { createHash } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { SeededRandom } from "./seeded-random.js";
import { percentile } from "./statistics.js";

export interface TrafficRequest {
  host: string;
  port: number;
  connections: number;
  bulkBytes: number;
  messages: number;
  messageBytes: number;
  seed: number;
}

export interface TrafficResult {
  bulkBytes: number;
  bulkSeconds: number;
  messages: number;
  messageSeconds: number;
  p50us: number;
  p99us: number;
}

export type TrafficReport =
  | { kind: "progress"; text: string }
  | { kind: "result"; result: TrafficResult }
  | { kind: "failure"; message: string };

const BLOCK_MAX_BYTES = 64 * 1024;
const TABLE_BYTES = 4 * 1024 * 1024;
const CONNECTION_SILENCE_MS = 30_000;
const PROGRESS_MS = 1_000;
const MIB = 1024 * 1024;

/** What one connection is going to send: random slices of one random table, in this order. */
type Plan = readonly Buffer[];

function makePlan(table: Buffer, seed: number, bytes: number, sizeMin: number, sizeMax: number): Plan {
  const random = new SeededRandom(seed);
  const plan: Buffer[] = [];
  for (let left = bytes; left > 0; ) {
    const length = Math.min(left, random.nextBetween(sizeMin, sizeMax));
    const offset = random.nextBetween(0, table.length - length);
    plan.push(table.subarray(offset, offset + length));
    left -= length;
  }
  return plan;
}

function hashOf(blocks: readonly Buffer[]): string {
  const hash = createHash("sha256");
  for (const block of blocks) hash.update(block);
  return hash.digest("hex");
}

async function open(request: TrafficRequest): Promise<Socket> {
  const socket = connect({ host: request.host, port: request.port, allowHalfOpen: true, noDelay: true });
  await once(socket, "connect");
  socket.setTimeout(CONNECTION_SILENCE_MS, () => {
    socket.destroy(new Error(`no byte moved for ${CONNECTION_SILENCE_MS / 1000} s`));
  });
  return socket;
}

/** Sends all blocks, then FIN; resolves with all chunks when everything is back and the other FIN came. */
async function sendBulk(
  socket: Socket,
  index: number,
  plan: Plan,
  onBytes: (count: number) => void,
): Promise<Buffer[]> {
  const chunks: Buffer[] = [];
  let goOn = (): void => {};
  for (const event of ["drain", "end", "close"]) socket.on(event, () => goOn());
  const ended = new Promise<void>((resolve, reject) => {
    socket.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      onBytes(chunk.length);
    });
    socket.once("end", resolve);
    socket.once("error", (error) => reject(new Error(`connection ${index}: ${error.message}`)));
    socket.once("close", () => reject(new Error(`connection ${index}: closed too early`)));
  });
  const send = async (): Promise<void> => {
    for (const block of plan) {
      if (socket.readableEnded) throw new Error(`connection ${index}: the end came before everything was sent`);
      if (!socket.write(block)) await new Promise<void>((resolve) => (goOn = resolve));
    }
    socket.end();
  };
  await Promise.all([send(), ended]);
  socket.destroy();
  return chunks;
}

/** Sends one message at a time and waits until all of it is back. */
async function sendMessages(
  socket: Socket,
  index: number,
  plan: Plan,
  onLatency: (us: number) => void,
): Promise<Buffer[]> {
  const chunks: Buffer[] = [];
  let next = 0;
  let waitingFor = 0;
  let startedAt = 0;
  const sendNext = (): void => {
    const message = plan[next++];
    if (message === undefined) return void socket.end();
    waitingFor += message.length;
    startedAt = performance.now();
    socket.write(message);
  };
  await new Promise<void>((resolve, reject) => {
    socket.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      waitingFor -= chunk.length;
      if (waitingFor > 0) return;
      onLatency((performance.now() - startedAt) * 1000);
      sendNext();
    });
    socket.once("end", resolve);
    socket.once("error", (error) => reject(new Error(`connection ${index}: ${error.message}`)));
    socket.once("close", () => reject(new Error(`connection ${index}: closed at message ${next}`)));
    sendNext();
  });
  socket.destroy();
  return chunks;
}

/** Times the transfer alone: hashing costs more than moving, so it goes before and after the timed part. */
async function runPhase(
  request: TrafficRequest,
  plans: readonly Plan[],
  describe: () => string,
  send: (socket: Socket, index: number, plan: Plan) => Promise<Buffer[]>,
): Promise<number> {
  const sent = plans.map(hashOf);
  const sockets = await Promise.all(plans.map(() => open(request)));
  const startedAt = performance.now();
  const timer = setInterval(() => report({ kind: "progress", text: describe() }), PROGRESS_MS);
  try {
    const received = await Promise.all(
      plans.map((plan, i) => {
        const socket = sockets[i];
        if (socket === undefined) throw new Error(`connection ${i} is missing`);
        return send(socket, i, plan);
      }),
    );
    const seconds = (performance.now() - startedAt) / 1000;
    for (const [i, chunks] of received.entries()) {
      const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
      const wanted = plans[i]?.reduce((sum, block) => sum + block.length, 0);
      if (length !== wanted) throw new Error(`connection ${i}: ${wanted} bytes sent, ${length} received`);
      if (hashOf(chunks) !== sent[i]) throw new Error(`connection ${i}: the hash of what came back differs`);
    }
    return seconds;
  } finally {
    clearInterval(timer);
    for (const socket of sockets) socket.destroy();
  }
}

function share(total: number, parts: number, index: number): number {
  return Math.floor((total * (index + 1)) / parts) - Math.floor((total * index) / parts);
}

async function runTraffic(request: TrafficRequest): Promise<TrafficResult> {
  const table = new SeededRandom(request.seed).nextBytes(TABLE_BYTES);
  const plansFor = (salt: number, total: number, unit: number, low: number, high: number): Plan[] =>
    Array.from({ length: request.connections }, (_, i) => {
      const bytes = share(total, request.connections, i) * unit;
      return makePlan(table, request.seed * salt + i, bytes, low, high);
    });

  let bytesBack = 0;
  const total = Math.round(request.bulkBytes / MIB);
  const bulkSeconds = await runPhase(
    request,
    plansFor(65_537, request.bulkBytes, 1, 1, BLOCK_MAX_BYTES),
    () => `${Math.round(bytesBack / MIB)} of ${total} MiB came back`,
    (socket, index, plan) => sendBulk(socket, index, plan, (n) => (bytesBack += n)),
  );

  const latencies = new Float64Array(request.messages);
  let count = 0;
  const messageSeconds = await runPhase(
    request,
    plansFor(131_071, request.messages, request.messageBytes, request.messageBytes, request.messageBytes),
    () => `${count} of ${request.messages} messages came back`,
    (socket, index, plan) => sendMessages(socket, index, plan, (us) => (latencies[count++] = us)),
  );
  const complete = bytesBack === request.bulkBytes && count === request.messages;
  if (!complete) throw new Error("the sums do not add up");
  latencies.sort();
  return {
    bulkBytes: bytesBack,
    bulkSeconds,
    messages: count,
    messageSeconds,
    p50us: percentile(latencies, 0.5),
    p99us: percentile(latencies, 0.99),
  };
}

function report(message: TrafficReport): void {
  process.send?.(message);
}

process.once("message", (request: TrafficRequest) => {
  runTraffic(request)
    .then((result) => report({ kind: "result", result }))
    .catch((error: unknown) => {
      report({ kind: "failure", message: error instanceof Error ? error.message : String(error) });
    })
    .finally(() => process.disconnect());
});
process.once("disconnect", () => process.exit(0));
