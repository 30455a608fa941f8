// What slack saves: a server with 10,000 connections, each with an idle timer of 30 s that its traffic restarts, is
// woken how often by nothing but a timer? The same traffic comes with slack and without.
//
// The real component runs on virtual time and a virtual network (host/sim), so 10 minutes take seconds, the figures
// are exact and the same on every machine. Each run checks that every silence of 30 s was noticed in time, no other.
import { readFileSync } from "node:fs";
import { EventEngine, EventManager, Priority } from "#host/index.js";
import type { AlarmKey, Endpoint, SliceBuffer } from "#host/index.js";
import { type Range, type SimHost, Simulation } from "#host/sim/index.js";
import type { Clock } from "#host/wasi/clock.js";
import type { Platform } from "#host/wasi/wasi-host.js";
import { verify } from "./operation-kit.js";
import { artifactPath } from "./runtimes.js";
import { MIXES, startTraffic, type Mix } from "./slack-traffic.js";

export interface SlackResult {
  mix: string;
  slackMs: number;
  connections: number;
  /** Virtual, of the time that counts. */
  seconds: number;
  messages: number;
  /** Silences of 30 s that the server was told of. */
  noticed: number;
  /** Wake-ups by the platform's timer. */
  timerWakeUps: number;
  /** Of them, those at which no alarm was due: what it was set for had moved on. */
  vainWakeUps: number;
  /** How long after the 30 s the server was told, at most. */
  latestMs: number;
}

const SLACKS_MS = [0, 100, 1_000, 5_000];
const SEED = 20_200_601;
const IDLE_MS = 30_000;
const MILLISECOND_NS = 1e6;
/** Timers of platforms have whole milliseconds. */
const GRAIN_NS = MILLISECOND_NS;
/** By then all are connected, and those that never spoke were noticed. */
const COUNTED_FROM_MS = 120_000;
const ADDRESS = "10.0.0.1";
const PORT = 7000;
const EVENTS_MAX = 1e9;
/** One way over the internet, so that nothing happens in step with a clock of whole milliseconds. */
const LATENCY_NS: Range = [5 * MILLISECOND_NS, 50 * MILLISECOND_NS];

/** What the server does, and the laws that it watches while it does. */
class IdleServer {
  messages = 0;
  noticed = 0;
  latestNs = 0;
  /** Of all arrivals: connection and time. */
  digest = 0;
  private readonly connections: Watched[] = [];

  constructor(readonly sim: Simulation, readonly manager: EventManager, readonly slackMs: number) {}

  get nowNs(): number {
    return Math.round(this.sim.nowMs * MILLISECOND_NS);
  }

  readonly accept = (endpoint: Endpoint): void => {
    this.connections.push(new Watched(this, endpoint, this.connections.length));
  };

  took(index: number, nowNs: number): void {
    this.messages++;
    for (const word of [index, nowNs % 2 ** 32, nowNs / 2 ** 32]) {
      this.digest = Math.imul(this.digest ^ word, 0x0100_0193);
    }
  }

  /** Every connection that has been silent for long enough was noticed. */
  check(wanted: number): void {
    verify(this.connections.length === wanted, "a connection is missing");
    for (const connection of this.connections) connection.checkSilence(this.nowNs);
  }
}

class Watched {
  private lastNs: number;
  private isNoticed = false;
  private alarm: AlarmKey;
  private readonly buffer: SliceBuffer;

  constructor(
    private readonly server: IdleServer, private readonly endpoint: Endpoint, private readonly index: number,
  ) {
    this.buffer = server.manager.engine.createSliceBuffer();
    this.lastNs = server.nowNs;
    this.alarm = this.schedule();
    endpoint.read(this.onRead, this.buffer);
  }

  checkSilence(nowNs: number): void {
    const silenceNs = nowNs - this.lastNs - IDLE_MS * MILLISECOND_NS;
    if (silenceNs < 0) verify(!this.isNoticed, "a connection that spoke was taken for idle");
    const isOverdue = silenceNs > this.server.slackMs * MILLISECOND_NS + GRAIN_NS;
    verify(this.isNoticed || !isOverdue, "an idle connection was not noticed");
  }

  private readonly onRead = (status: { ok: boolean }): void => {
    if (!status.ok) {
      this.buffer.destroy();
      return this.endpoint.destroy();
    }
    const { nowNs } = this.server;
    this.checkSilence(nowNs);
    this.server.took(this.index, nowNs);
    const wasNoticed = this.isNoticed;
    const isCancelled = this.server.manager.consistentCancel(this.alarm);
    verify(isCancelled === !wasNoticed, "an alarm is neither pending nor has it come");
    this.lastNs = nowNs;
    this.isNoticed = false;
    this.alarm = this.schedule();
    this.endpoint.read(this.onRead, this.buffer);
  };

  private schedule(): AlarmKey {
    const { manager, slackMs } = this.server;
    return manager.scheduleAlarmInWithSlack(IDLE_MS, this.onAlarm, Priority.MED, slackMs);
  }

  private readonly onAlarm = (fired: boolean): void => {
    if (!fired) return;
    const { server } = this;
    const lateNs = server.nowNs - this.lastNs - IDLE_MS * MILLISECOND_NS;
    verify(lateNs >= 0, "a connection was taken for idle too early");
    verify(lateNs <= server.slackMs * MILLISECOND_NS + GRAIN_NS, "an idle connection was noticed too late");
    this.isNoticed = true;
    server.noticed++;
    server.latestNs = Math.max(server.latestNs, lateNs);
  };
}

/** The host with a clock that tells of its timers. */
function watched(host: SimHost, timerFired: (turn: () => void) => void): Platform {
  const { clock, transport, streams } = host;
  const watchedClock: Clock = {
    resolutionNs: clock.resolutionNs,
    wallResolutionNs: clock.wallResolutionNs,
    monotonicNowNs: () => clock.monotonicNowNs(),
    monotonicNow: () => clock.monotonicNow(),
    wallNowNs: () => clock.wallNowNs(),
    soon: (callback) => clock.soon(callback),
    setTimer: (delayMs, callback) => clock.setTimer(delayMs, () => timerFired(callback)),
    clearTimer: (timer) => clock.clearTimer(timer),
  };
  return { transport, streams, clock: watchedClock, fillRandom: (target) => host.fillRandom(target) };
}

async function measure(
  wasm: Uint8Array, mix: Mix, slackMs: number, connections: number, seconds: number,
): Promise<SlackResult & { digest: number }> {
  const conditions = { latencyNs: LATENCY_NS };
  const sim = new Simulation({ seed: SEED, name: "slack-wake-ups", conditions, eventsMax: EVENTS_MAX });
  let server: IdleServer | undefined;
  let timerWakeUps = 0, vainWakeUps = 0;
  const platform = watched(sim.host(ADDRESS), (turn) => {
    const { noticed } = server ?? { noticed: 0 };
    turn();
    if (sim.nowMs < COUNTED_FROM_MS) return;
    timerWakeUps++;
    if (server?.noticed === noticed) vainWakeUps++;
  });
  const failures: unknown[] = [];
  const engine = await EventEngine.create({ wasm, platform, onUncaught: (error) => void failures.push(error) });
  server = new IdleServer(sim, new EventManager(engine), slackMs);
  const listener = engine.createListener(server.accept, () => {});
  listener.bind(`${ADDRESS}:${PORT}`);
  listener.start();
  const untilMs = COUNTED_FROM_MS + seconds * 1000;
  startTraffic({ sim, mix, connections, address: ADDRESS, port: PORT, untilMs });
  sim.run(COUNTED_FROM_MS);
  const before = { messages: server.messages, noticed: server.noticed };
  sim.run(untilMs);
  if (failures.length > 0) throw failures[0];
  server.check(connections);
  const result = {
    mix: mix.name, slackMs, connections, seconds,
    messages: server.messages - before.messages,
    noticed: server.noticed - before.noticed,
    timerWakeUps, vainWakeUps, latestMs: server.latestNs / MILLISECOND_NS, digest: server.digest,
  };
  listener.close();
  await sim.runUntil(engine.close());
  if (failures.length > 0) throw failures[0];
  const left = Object.entries(engine.live()).filter(([, count]) => count !== 0);
  verify(left.length === 0, `something is left: ${JSON.stringify(left)}`);
  return result;
}

/** Every mix of traffic with every slack; the first of each is without. */
export async function measureSlack(
  connections: number, seconds: number, onResult: (result: SlackResult) => void,
): Promise<SlackResult[]> {
  const wasm = readFileSync(artifactPath());
  const results: SlackResult[] = [];
  for (const mix of MIXES) {
    let sameTraffic: number | undefined;
    for (const slackMs of SLACKS_MS) {
      const { digest, ...result } = await measure(wasm, mix, slackMs, connections, seconds);
      verify((sameTraffic ??= digest) === digest, "the traffic was not the same");
      results.push(result);
      onResult(result);
    }
  }
  return results;
}
