// A server that sends whatever frames it likes, well formed and about ids that exist: the client must not throw, tell
// nothing twice, and leave nothing.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as frames from "#host/gateway/frames.js";
import type { Binding, Connection } from "#host/wasi/transport.js";
import type { DatagramSocket } from "#host/wasi/datagram-transport.js";
import { Random, SEED } from "../../support/bytes.js";
import { sampleFrames } from "./frame-samples.js";
import { accepted, HERE, openGateway, S, type ScriptedGateway, THERE, Told, write } from "./scripted-gateway.js";

console.log(`seed ${SEED}`);

const IDS = [1, 2, 3, 4, 5, 6, S, S + 1, S + 2];
const WORLDS = 1000;

/** Things of every kind, some asked for and some there, and how to give all of it back. */
class Holdings {
  answers = 0;
  readonly told: Told[] = [];
  private readonly connections: Connection[] = [];
  private readonly others: (Binding | DatagramSocket)[] = [];

  constructor(private readonly gateway: ScriptedGateway) {
    const { transport } = gateway;
    const bindings = gateway.listener();
    this.others.push(bindings.binding);
    bindings.arrived.push = (...arrived) => this.keep(...arrived);
    this.keep(gateway.connection().connection);
    gateway.tell(accepted(bindings.id, S), accepted(bindings.id, S + 1));
    const kept = (result: unknown): void => {
      this.answers++;
      if (typeof result === "object" && result !== null && "attach" in result) this.keep(result as Connection);
      else if (typeof result === "object" && !Array.isArray(result)) this.others.push(result as Binding);
    };
    transport.connect({ remote: THERE, local: null }, kept);
    transport.lookup("example.com", kept);
    transport.bindDatagrams(HERE, { datagramArrived: () => {}, failed: () => {}, roomMade: () => {} }, kept);
  }

  private keep(...connections: Connection[]): number {
    for (const connection of connections) {
      const told = new Told();
      this.told.push(told);
      connection.attach(told);
      write(connection, "x".repeat(3000));
      this.connections.push(connection);
    }
    return this.connections.length;
  }

  giveBack(): void {
    for (const connection of this.connections) connection.abort();
    for (const other of this.others) other.close();
    this.gateway.transport.close();
  }

  /** An end comes once, a failure once and last. */
  isSound(): boolean {
    return this.told.every(({ log }) => {
      const ends = log.filter((entry) => entry === "end").length;
      const failures = log.filter((entry) => /^[a-z]+(-[a-z]+)+$/.test(entry) || entry === "timeout").length;
      return ends <= 1 && failures <= 1;
    });
  }
}

/** What ids such frames may be about: 2 listens, 3 is a connection, 4 to 6 are asked for, S and more were accepted. */
const LIKELY = new Map<number, readonly number[]>([
  [frames.DATA, [3, S, S + 1]], [frames.CREDIT, [3, S, S + 1]], [frames.END, [3, S, S + 1]],
  [frames.RESET, [3, S, S + 1]], [frames.OPENED, [4]], [frames.RESOLVED, [5]], [frames.BOUND, [6]],
  [frames.DATAGRAM, [6]], [frames.UDP_FAILED, [6]], [frames.ACCEPTED, [2]], [frames.FAIL, [4, 5, 6]],
  [frames.PING, [0]], [frames.PONG, [0]],
]);

/** A frame whose contents are random: mostly one that may come, about something that may exist. */
function frameFor(random: Random): Uint8Array {
  const isLikely = random.below(20) > 0;
  const samples = sampleFrames(random).filter(({ frame }) => !isLikely || LIKELY.has(frame.type));
  const { written, frame } = samples[random.below(samples.length)]!;
  if (frame.id === 0) return written;
  const ids = isLikely ? LIKELY.get(frame.type) as readonly number[] : IDS;
  const id = ids[random.below(ids.length)] as number;
  written.set([id, id >>> 8, id >>> 16, id >>> 24], 1);
  if (frame.type === frames.ACCEPTED) written.set([random.below(250), 0, 0, 0x80], 5);
  if (frame.type === frames.CREDIT) written.set([0, 1, 0, 0], 5);
  return written;
}

const hostile = suite("a hostile server");

hostile("should end sessions and nothing else", () => {
  const random = new Random();
  let survived = 0;
  for (let world = 0; world < WORLDS; world++) {
    const gateway = openGateway();
    const holdings = new Holdings(gateway);
    for (let count = 0; count < 60 && gateway.states.length === 0; count++) {
      gateway.tell(frameFor(random));
      if (random.below(4) === 0) gateway.pass();
      survived++;
      if (!holdings.isSound()) assert.unreachable(`seed ${SEED}, world ${world}: something was told twice`);
    }
    holdings.giveBack();
    gateway.pass();
    assert.is(holdings.answers, 3, `seed ${SEED}, world ${world}: answers`);
    assert.ok(holdings.isSound(), `seed ${SEED}, world ${world}`);
    gateway.nothingIsLeft();
  }
  assert.ok(survived > 4 * WORLDS, `sessions end so soon that nothing is tried: ${survived} frames`);
});

hostile.run();
