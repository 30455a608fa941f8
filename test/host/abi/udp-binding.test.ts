// The core's own UDP binding over the whole host: on real loopback and in the simulated network.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { CoreMemory } from "#host/abi/core-memory.js";
import { turnFace } from "#host/abi/face.js";
import { importsFor } from "#host/abi/imports.js";
import { wasm, type WasmMemory } from "#host/abi/webassembly.js";
import { nodePlatform } from "#host/node/platform.js";
import { Simulation } from "#host/sim/index.js";
import { ErrorCode } from "#host/wasi/error-code.js";
import type { Watchable } from "#host/wasi/resource.js";
import { Kind } from "#host/wasi/kind.js";
import { type Platform, WasiHost } from "#host/wasi/wasi-host.js";
import { Pattern, SEED } from "../../support/bytes.js";
import { until } from "../../support/guard.js";
import { compileProbe } from "../../support/probe.js";

console.log(`seed ${SEED}`);

type Call = Readonly<Record<string, (...args: (number | bigint)[]) => number>>;

const module = await compileProbe("wasi");
const OUTGOING_BYTES = 44;
const INCOMING_BYTES = 40;

/** What a status of the core is for an error code: one more, since 0 is ok. */
const statusOf = (code: ErrorCode): number => code + 1;

class Guest {
  readonly host: WasiHost;
  call!: Call;
  private memory!: WasmMemory;

  constructor(platform: Platform) {
    this.host = new WasiHost(platform, { udp: true });
  }

  async start(): Promise<this> {
    const memory = new CoreMemory();
    const imports = importsFor(module, turnFace(this.host, memory));
    const { exports } = await wasm.instantiate(module, imports);
    this.call = exports as Call;
    this.memory = exports.memory as WasmMemory;
    memory.bind(this.memory, exports.cabi_realloc as never);
    this.call._initialize!();
    return this;
  }

  view(): DataView {
    return new DataView(this.memory.buffer);
  }

  /** Fills the address record of the core. */
  address(port: number): number {
    const at = this.call.socketAddress!();
    const view = this.view();
    for (let byte = 0; byte < 28; byte++) view.setUint8(at + byte, 0);
    view.setUint16(at + 2, port, true);
    [127, 0, 0, 1].forEach((part, index) => view.setUint16(at + 12 + 2 * index, part, true));
    return at;
  }

  /** A socket on an ephemeral loopback port. */
  bound(): { socket: number; port: number } {
    const { call } = this;
    assert.is(call.udpCreate!(0), 0);
    const socket = call.udpSocket!();
    const network = call.instanceNetwork!();
    assert.is(call.udpStartBind!(socket, network, this.address(0)), 0);
    assert.is(call.udpFinishBind!(socket), 0);
    call.dropInstanceNetwork!(network);
    assert.is(call.udpLocalAddress!(socket, call.socketAddress!()), 0);
    return { socket, port: this.view().getUint16(call.socketAddress!() + 2, true) };
  }

  stream(socket: number, port: number | null): { incoming: number; outgoing: number } {
    assert.is(this.call.udpStream!(socket, port === null ? 0 : this.address(port)), 0);
    return { incoming: this.call.udpIncoming!(), outgoing: this.call.udpOutgoing!() };
  }

  /** Sends each of the payloads; the answer is the core's status. */
  send(outgoing: number, payloads: Uint8Array[], port: number | null): number {
    const { call } = this;
    assert.is(call.checkSend!(outgoing), 0);
    const mark = call.mark!();
    const list = call.cabi_realloc!(0, 0, 4, payloads.length * OUTGOING_BYTES);
    for (const [index, bytes] of payloads.entries()) {
      const data = call.cabi_realloc!(0, 0, 1, bytes.length);
      new Uint8Array(this.memory.buffer).set(bytes, data);
      const record = list + index * OUTGOING_BYTES;
      const view = this.view();
      for (let byte = 0; byte < OUTGOING_BYTES; byte++) view.setUint8(record + byte, 0);
      view.setUint32(record, data, true);
      view.setUint32(record + 4, bytes.length, true);
      if (port === null) continue;
      view.setUint8(record + 8, 1);
      view.setUint16(record + 16, port, true);
      [127, 0, 0, 1].forEach((part, octet) => view.setUint8(record + 18 + octet, part));
    }
    const status = call.send!(outgoing, list, payloads.length);
    call.release!(mark);
    return status;
  }

  /** What is there now: payloads and the ports that they came from. */
  receive(incoming: number): { bytes: Uint8Array; port: number }[] {
    const { call } = this;
    const mark = call.mark!();
    assert.is(call.receive!(incoming, 16n), 0);
    const count = Number((call as unknown as Record<string, () => bigint>).udpValue!());
    const view = this.view();
    const list = Array.from({ length: count }, (_, index) => {
      const record = call.udpDatagrams!() + index * INCOMING_BYTES;
      const start = view.getUint32(record, true);
      return {
        bytes: new Uint8Array(this.memory.buffer.slice(start, start + view.getUint32(record + 4, true))),
        port: view.getUint16(record + 12, true),
      };
    });
    call.release!(mark);
    return list;
  }

  isReadable(incoming: number): boolean {
    return this.host.table.get<Watchable>(incoming, Kind.IncomingDatagramStream).isReady();
  }

  dropAll(socket: number, ...streams: { incoming: number; outgoing: number }[]): void {
    for (const { incoming, outgoing } of streams) {
      this.call.dropIncoming!(incoming);
      this.call.dropOutgoing!(outgoing);
    }
    this.call.udpDrop!(socket);
    assert.is(this.host.table.liveCount, 0);
    assert.is(this.host.platform.transport.openCount, 0);
  }
}

interface Arm {
  name: string;
  platform: Platform;
  /** Lets the network do its work until the condition holds. */
  wait(describe: () => string, condition: () => boolean): Promise<void>;
}

const sim = new Simulation({ seed: SEED });
const arms: Arm[] = [
  { name: "Node", platform: nodePlatform(), wait: until },
  {
    name: "the simulation", platform: sim.host("10.0.0.1"),
    wait: async (describe, condition) => {
      sim.run();
      assert.ok(condition(), describe());
    },
  },
];

const overHost = suite("the core's UDP binding over the host");

for (const { name, platform, wait } of arms) {
  overHost(`should send and receive on ${name}, unconnected and connected`, async () => {
    const guest = await new Guest(platform).start();
    const { socket, port } = guest.bound();
    const pattern = new Pattern();
    const sizes = [0, 1, 1200, 9000];
    const payloads = sizes.map((size) => Uint8Array.from(pattern.at(size, size)));
    const pairs = [guest.stream(socket, null), guest.stream(socket, port)];
    for (const [pair, to] of [[pairs[1]!, null], [pairs[1]!, port]] as const) {
      assert.is(guest.send(pair.outgoing, payloads, to), 0);
      const heard: { bytes: Uint8Array; port: number }[] = [];
      while (heard.length < sizes.length) {
        await wait(() => `${heard.length} datagrams came`, () => guest.isReadable(pair.incoming));
        heard.push(...guest.receive(pair.incoming));
      }
      assert.equal(heard.map(({ bytes }) => [...bytes]), payloads.map((bytes) => [...bytes]));
      assert.ok(heard.every((datagram) => datagram.port === port));
    }
    guest.dropAll(socket, ...pairs);
  });

  overHost(`should be told on ${name} what is wrong with a destination`, async () => {
    const guest = await new Guest(platform).start();
    const { socket, port } = guest.bound();
    const pair = guest.stream(socket, null);
    assert.is(guest.send(pair.outgoing, [Uint8Array.of(1)], null), statusOf(ErrorCode.InvalidArgument));
    assert.is(guest.send(pair.outgoing, [Uint8Array.of(1)], 0), statusOf(ErrorCode.InvalidArgument));
    assert.is(guest.send(pair.outgoing, [new Uint8Array(65_508)], port), statusOf(ErrorCode.DatagramTooLarge));
    guest.dropAll(socket, pair);
  });
}

overHost.run();
