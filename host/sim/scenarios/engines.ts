// Event engines of the TypeScript face, one per host, that connect to each other: on a ragged network everything
// completes but for one connection, which is reset; on a hostile one everything ends. Either way each callback runs
// exactly once and nothing is left.

import { HOSTILE, RAGGED } from "../conditions.js";
import { EventEngine } from "../../engine/event-engine.js";
import type { WasiHost } from "../../wasi/wasi-host.js";
import { EngineClient, EngineEcho } from "../peers/engine-peers.js";
import type { SimHost } from "../host.js";
import type { Scenario, Stage } from "./scenario.js";

const HOSTS = 3;
const PORT = 7000;
const BYTES_MAX = 60_000;
const CONNECTS_MAX = 15;
const TIMERS_MAX = 40;
const QUOTA_BYTES = [20 * 1024, 1024 * 1024] as const;
/** Timers that are late by conditions, rounding to milliseconds, a turn. */
const LATE_MS_MAX = 10;
const CALM_DOWN_MS = 300_000;

interface Node {
  readonly host: SimHost;
  readonly engine: EventEngine;
  readonly address: string;
}

export const engines: Scenario = {
  name: "engines",
  summary: "event engines on a ragged network exchange every byte; tasks and timers keep their laws",
  conditions: RAGGED,
  run: (stage) => new Exchange(stage, false).run(),
};

export const enginesHostile: Scenario = {
  name: "engines-hostile",
  summary: "event engines on a hostile network, with cancels and destroys at any moment: all ends, nothing is left",
  conditions: { ...HOSTILE, reset: 0.005 },
  run: (stage) => new Exchange(stage, true).run(),
};

class Exchange {
  private readonly nodes: Node[] = [];
  private readonly clients: EngineClient[] = [];
  private readonly echoes: EngineEcho[] = [];
  private readonly laws: string[] = [];
  private shutdowns = 0;
  private cancelled = 0;

  constructor(
    private readonly stage: Stage,
    private readonly isHostile: boolean,
  ) {}

  async run(): Promise<void> {
    const { stage, isHostile, clients, laws } = this;
    const { sim } = stage;
    for (let index = 1; index <= HOSTS; index++) await this.addNode(`10.0.0.${index}`);
    for (const node of this.nodes) this.listen(node);
    await sim.settle();
    const atRest = this.nodes.map(({ engine }) => engine.live());
    for (const node of this.nodes) this.scheduleTasks(node);
    const count = sim.random.between([2, CONNECTS_MAX]);
    if (!isHostile) sim.addRule({ fate: "reset", connection: sim.random.between([0, count - 1]), afterBytes: 1 });
    for (let stream = 0; stream < count; stream++) {
      sim.at(sim.random.between([1, 3000]), () => this.connect(stream));
    }
    if (isHostile && sim.random.chance(0.3)) {
      sim.at(sim.random.between([1, 4000]), () => { void this.nodes[0]?.engine.close(); });
    }
    await sim.settle(CALM_DOWN_MS);
    for (const [index, { engine, address }] of this.nodes.entries()) {
      if (!engine.isClosed) stage.same(engine.live(), atRest[index], `what ${address} holds when all is over`);
    }
    await this.closeAll();
    stage.check(laws.length === 0, laws.join("; "));
    stage.same(clients.length + this.cancelled, count, "clients and cancelled connects");
    for (const [index, { outcome, sent, received }] of clients.entries()) {
      stage.check(outcome !== null, `client ${index} waits for ever: sent ${sent}, received ${received}`);
    }
    if (!isHostile) {
      const wanted = [...Array.from({ length: count - 1 }, () => "complete"), "stream-failed"];
      stage.same(clients.map(({ outcome }) => outcome).sort(), wanted, "how clients ended");
    }
    stage.check(this.echoes.every(({ outcome }) => outcome !== null), "an accepted endpoint waits for ever");
  }

  private async addNode(address: string): Promise<void> {
    const host = this.stage.sim.host(address);
    const onUncaught = (error: unknown): void => { this.broken(`uncaught: ${String(error)}`); };
    // Too small for all that may be asked for at once, but not for one after the other.
    const quota = host.random.chance(0.5) ? host.random.sizeBetween(QUOTA_BYTES) : Infinity;
    this.nodes.push({ host, address, engine: await this.stage.engine(host, onUncaught, quota) });
  }

  private readonly broken = (law: string): void => { this.laws.push(law); };

  private listen({ engine, host, address }: Node): void {
    const { random } = host;
    let isShutDown = false;
    const listener = engine.createListener((endpoint) => {
      if (isShutDown) this.broken("accept after shutdown");
      const echo = new EngineEcho({ engine, random, broken: this.broken }, endpoint);
      this.echoes.push(echo);
      if (this.isHostile && random.chance(0.1)) this.stage.sim.after(random.between([0, 2000]), () => echo.destroy());
    }, () => {
      if (isShutDown) this.broken("shutdown told twice");
      isShutDown = true;
      this.shutdowns++;
    });
    listener.bind(`${address}:${PORT}`);
    listener.start();
  }

  private connect(stream: number): void {
    const { isHostile, stage: { sim } } = this;
    const { engine, host: { random } } = this.pick();
    if (engine.isClosed) {
      this.cancelled++;
      return;
    }
    const sends = random.sizeBetween([1, BYTES_MAX]);
    const client = new EngineClient({ engine, random, broken: this.broken }, stream, sends);
    const timeoutMs = isHostile ? random.between([1000, 40_000]) : 100_000;
    const dueMs = sim.nowMs + timeoutMs;
    let isCancelled = false;
    let isInside = true;
    const handle = engine.connect((status, endpoint) => {
      if (status.reason === "deadline-exceeded" && sim.nowMs < dueMs) this.broken("connect: gave up too early");
      if (sim.nowMs > dueMs + LATE_MS_MAX) this.broken(`connect: ${sim.nowMs - dueMs} ms behind its deadline`);
      if (isInside) this.broken("connect: its callback ran inside the call");
      if (isCancelled) this.broken("connect: its callback ran though it was cancelled");
      client.connected(status, endpoint);
    }, `${this.pick().address}:${PORT}`, { timeoutMs });
    isInside = false;
    this.clients.push(client);
    if (!isHostile) return;
    if (random.chance(0.2)) {
      sim.after(random.sizeBetween([0, 3000]), () => {
        if (!engine.cancelConnect(handle)) return;
        isCancelled = true;
        this.cancelled++;
        this.clients.splice(this.clients.indexOf(client), 1);
      });
    }
    if (random.chance(0.2)) sim.after(random.sizeBetween([0, 5000]), () => client.destroy());
  }

  private pick(): Node {
    return this.nodes[this.stage.sim.random.between([0, HOSTS - 1])] as Node;
  }

  /** Tasks in order, timers never early, and what is cancelled never. */
  private scheduleTasks({ engine, host: { random } }: Node): void {
    const { stage: { sim }, broken } = this;
    let next = 0;
    for (let index = 0; index < TIMERS_MAX; index++) {
      engine.run(() => {
        if (index !== next) broken(`run: closure ${index} ran in the place of ${next}`);
        next++;
      });
      const delayMs = random.sizeBetween([0, 60_000]);
      const dueMs = sim.nowMs + delayMs;
      let fate: "waits" | "ran" | "cancelled" = "waits";
      const handle = engine.runAfter(delayMs, () => {
        if (fate !== "waits") broken(`runAfter: ran though it ${fate}`);
        if (sim.nowMs < dueMs) broken(`runAfter: ran ${dueMs - sim.nowMs} ms early`);
        fate = "ran";
      });
      if (random.chance(0.4)) {
        sim.after(random.sizeBetween([0, 60_000]), () => {
          const wasWaiting = fate === "waits";
          const answer = engine.cancel(handle);
          if (answer && !wasWaiting) broken(`cancel: answered true, though the task ${fate}`);
          if (answer) fate = "cancelled";
          else if (wasWaiting && !engine.isClosed) broken("cancel: answered false, though the task had not run");
        });
      }
    }
  }

  private async closeAll(): Promise<void> {
    const { stage, nodes } = this;
    const { sim } = stage;
    for (const { engine, address } of nodes) {
      await sim.runUntil(engine.close());
      const left = Object.entries(engine.live()).filter(([, count]) => count !== 0);
      stage.same(left, [], `what ${address} left`);
      const { table, sockets } = engine.queryExtension("event-engine.host") as WasiHost;
      stage.same([table.liveCount, sockets.socketCount], [0, 0], `handles and sockets that ${address} left`);
    }
    await sim.settle();
    stage.same(this.shutdowns, HOSTS, "listeners that told of their shutdown");
    stage.same(nodes.map(({ host }) => host.transport.openCount), nodes.map(() => 0), "open connections");
  }
}
