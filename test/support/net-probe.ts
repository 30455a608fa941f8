// The network probe on a fake host: turns it as a host does, records what it says, and checks the leak law at the end.
import * as assert from "uvu/assert";
import { FakeHost } from "./fake-host.js";
import { HostTurns, type Telling } from "./host-turns.js";
import { compileProbe, Probe } from "./probe.js";

const module = await compileProbe("net");
const KINDS = [
  "reader", "writer", "pump done", "relay done", "opened", "accepted", "connected", "resolved", "closed",
  "shut down",
];
const RECORDS = [
  "sources", "timers", "endpoints", "pumps", "relays", "connects", "arena bytes", "listeners", "acceptors", "tasks",
];
const IO_RECORDS = [
  "readers", "writers", "buffers", "blocks", "quotas", "allocators", "descriptors", "registrations",
];
const CONDITIONS = ["readable", "writable", "error", "task"];
const REASONS: Record<number, string> = {
  0: "ok", 10: "invalid state", 32: "end of stream", 35: "stream failed", 36: "endpoint closed",
};

export class NetProbe extends HostTurns {
  readonly host: FakeHost;
  readonly probe: Probe;
  readonly call: Probe["call"];
  /** How often the core has asked for one pollable whether it is ready. */
  asked = 0;
  /** What happened, as `kind owner`. */
  readonly events: string[] = [];
  /** Runs inside of the core's call, as an owner would. */
  onEvent: (event: string) => void = () => {};

  private constructor(host: FakeHost, probe: Probe, telling: Telling) {
    super(telling);
    this.host = host;
    this.probe = probe;
    this.call = probe.call;
  }

  static async create(telling: Telling = "by handle"): Promise<NetProbe> {
    const host = new FakeHost();
    let net: NetProbe | undefined;
    const probe = await Probe.create(module, {
      ...host.imports(),
      ...host.pollImports(),
      "poll/pollable.ready": (handle: number) => {
        net!.asked++;
        return host.resources.isReady(handle) ? 1 : 0;
      },
      "test/told": (owner: number, condition: number, outcome: number) => {
        const event = `${CONDITIONS[condition]} ${owner}: ${["ready", "timed out"][outcome] ?? outcome}`;
        net!.events.push(event);
        net!.onEvent(event);
      },
      "test/ended": (kind: number, owner: number, reason: number) => {
        const event = `${["read", "write"][kind]} ${owner}: ${REASONS[reason] ?? reason}`;
        net!.events.push(event);
        net!.onEvent(event);
      },
      "test/happened": (kind: number, owner: number) => {
        const event = `${KINDS[kind]} ${owner}`;
        net!.events.push(event);
        net!.onEvent(event);
      },
    });
    net = new NetProbe(host, probe, telling);
    host.attach(probe);
    probe.call.begin!(telling === "by list" ? 1 : 0);
    return net;
  }

  advance(ns: bigint): number {
    this.host.nowNs += ns;
    return this.settle();
  }

  takeEvents(): string[] {
    return this.events.splice(0);
  }

  put(text: string): number {
    this.probe.write(this.call.inputAddress!(), new Uint8Array(Buffer.from(text, "utf16le")));
    return text.length;
  }

  /** The leak law: no record of any kind and no handle of the host is left. */
  checkNothingLeft(): void {
    this.settle();
    const left = RECORDS.map((record, kind) => `${record}: ${this.call.live!(kind)}`);
    assert.equal(left, RECORDS.map((record) => `${record}: 0`));
    const leftOfIo = IO_RECORDS.map((record, kind) => `${record}: ${this.call.liveIo!(kind)}`);
    assert.equal(leftOfIo, IO_RECORDS.map((record) => `${record}: 0`));
    this.call.dropInstanceNetwork!();
    assert.equal(this.host.resources.left(), []);
  }
}
