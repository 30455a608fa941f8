// UDP for the fake host: sockets that a test plays the network for. Every misuse that a host traps for throws here.
import { type Address, storeSocketAddress, unflatten } from "../canonical-abi.js";
import type { FakeResources } from "../fake-resources.js";
import type { Imports, Probe } from "../probe.js";

const WOULD_BLOCK = 8;
const OUTGOING_BYTES = 44;
const INCOMING_BYTES = 40;

export class FakeUdpSocket {
  state: "new" | "binding" | "bound" | "connected" = "new";
  bindSettled = true;
  port = 0;
  peer: Address | undefined;
  readonly inbox: { bytes: Uint8Array; from: Address }[] = [];
  /** Told once, by whichever operation comes first. */
  failure: number | undefined;
  /** What the next check-sends permit, one after the other, then 16 each time. */
  readonly permits: number[] = [];
  permit = 0;
  /** The next sends take nothing, so many times. */
  refusals = 0;
  /** Nothing is taken at all: no permit, and the stream is not ready. */
  isFull = false;
  dropped = false;

  constructor(readonly family: number) {}
}

export interface Sent {
  socket: FakeUdpSocket;
  bytes: Buffer;
}

/** What the next call of a step answers: an error code as the WIT numbers them, or "ok". */
type Answer = number | "ok";

export class FakeDatagrams {
  readonly sockets: FakeUdpSocket[] = [];
  readonly sent: Sent[] = [];
  /** Every port that was asked for, 0 included. */
  readonly boundPorts: number[] = [];
  /** Binds take their time. */
  bindsLater = false;
  received = 0;
  /** What happens to every new socket. */
  onSocket: (socket: FakeUdpSocket) => void = () => {};
  readonly #answers = new Map<string, Answer[]>();
  readonly #resources: FakeResources;
  readonly #probe: () => Probe;

  constructor(resources: FakeResources, probe: () => Probe) {
    this.#resources = resources;
    this.#probe = probe;
  }

  script(step: string, ...answers: Answer[]): void {
    this.#answers.set(step, [...(this.#answers.get(step) ?? []), ...answers]);
  }

  /** Sockets that are not dropped. */
  open(): FakeUdpSocket[] {
    return this.sockets.filter(({ dropped }) => !dropped);
  }

  #socket(handle: number): FakeUdpSocket {
    return this.#resources.get<FakeUdpSocket>(handle, "udp-socket");
  }

  #result(step: string, at: number, payload: number, ok: (view: DataView, at: number) => number | void): void {
    const scripted = this.#answers.get(step)?.shift() ?? "ok";
    const error = scripted === "ok" ? ok(this.#probe().view(), at + payload) : scripted;
    this.#probe().view().setUint8(at, error === undefined ? 0 : 1);
    if (error !== undefined) this.#probe().view().setUint8(at + payload, error as number);
    this.#resources.refresh();
  }

  #takeFailure(socket: FakeUdpSocket): number | undefined {
    const { failure } = socket;
    socket.failure = undefined;
    return failure;
  }

  imports(): Imports {
    return { ...this.#openingImports(), ...this.#streamImports() };
  }

  #openingImports(): Imports {
    const resources = this.#resources;
    return {
      "udp-create-socket/create-udp-socket": (family: number, at: number) => {
        this.#result("create", at, 4, (view, payload) => {
          const socket = new FakeUdpSocket(family);
          this.sockets.push(socket);
          this.onSocket(socket);
          view.setUint32(payload, resources.add("udp-socket", 0, socket), true);
        });
      },
      "udp/udp-socket.start-bind": (self: number, network: number, ...rest: number[]) => {
        resources.get(network, "network");
        const address = unflatten(rest.slice(0, -1).map((slot) => slot >>> 0));
        this.#result("start-bind", rest.at(-1)!, 1, () => {
          const socket = this.#socket(self);
          if (socket.state !== "new") throw new Error(`start-bind of a ${socket.state} socket`);
          if (address.family !== socket.family || address.parts.some((part) => part !== 0)) {
            throw new Error("a bind that is not to the wildcard of the family");
          }
          this.boundPorts.push(address.port);
          socket.port = address.port === 0 ? 40_000 + this.boundPorts.length : address.port;
          socket.state = "binding";
          socket.bindSettled = !this.bindsLater;
        });
      },
      "udp/udp-socket.finish-bind": (self: number, at: number) => {
        const socket = this.#socket(self);
        if (socket.state !== "binding") throw new Error(`finish-bind of a ${socket.state} socket`);
        if (!socket.bindSettled) {
          this.#probe().view().setUint8(at, 1);
          this.#probe().view().setUint8(at + 1, WOULD_BLOCK);
          return;
        }
        socket.state = "new";
        this.#result("finish-bind", at, 1, () => void (socket.state = "bound"));
      },
      "udp/udp-socket.stream": (self: number, some: number, ...rest: number[]) => {
        this.#result("stream", rest.at(-1)!, 4, (view, payload) => {
          const socket = this.#socket(self);
          if (socket.state !== "bound" || some !== 1) throw new Error("a socket that is not bound, or without a peer");
          socket.state = "connected";
          socket.peer = unflatten(rest.slice(0, -1).map((slot) => slot >>> 0));
          view.setUint32(payload, resources.add("incoming-datagram-stream", self, socket), true);
          view.setUint32(payload + 4, resources.add("outgoing-datagram-stream", self, socket), true);
        });
      },
      "udp/udp-socket.subscribe": (self: number) => {
        const socket = this.#socket(self);
        return resources.watch(self, () => socket.bindSettled);
      },
      "udp/drop udp-socket": (self: number) => {
        this.#socket(self).dropped = true;
        resources.drop(self, "udp-socket");
      },
    };
  }

  #streamImports(): Imports {
    const resources = this.#resources;
    const incoming = (self: number): FakeUdpSocket => resources.get(self, "incoming-datagram-stream");
    const outgoing = (self: number): FakeUdpSocket => resources.get(self, "outgoing-datagram-stream");
    return {
      "udp/incoming-datagram-stream.receive": (self: number, max: bigint, at: number) => {
        if (max > 2n) throw new Error("more datagrams than the arena holds");
        const socket = incoming(self);
        if (socket.inbox.length === 0 && socket.failure !== undefined) {
          return this.#result("receive", at, 4, () => this.#takeFailure(socket));
        }
        this.#result("receive", at, 4, (_, payload) => this.#lower(socket.inbox.splice(0, Number(max)), payload));
        if (socket.inbox.length > 0 || socket.failure !== undefined) resources.wake(self);
      },
      "udp/incoming-datagram-stream.subscribe": (self: number) => {
        const socket = incoming(self);
        return resources.watch(self, () => socket.inbox.length > 0 || socket.failure !== undefined);
      },
      "udp/drop incoming-datagram-stream": (self: number) => resources.drop(self, "incoming-datagram-stream"),
      "udp/outgoing-datagram-stream.check-send": (self: number, at: number) => {
        const socket = outgoing(self);
        this.#result("check-send", at, 8, (view, payload) => {
          if (socket.failure !== undefined) return this.#takeFailure(socket);
          socket.permit = socket.isFull ? 0 : socket.permits.shift() ?? 16;
          view.setBigUint64(payload, BigInt(socket.permit), true);
          return undefined;
        });
      },
      "udp/outgoing-datagram-stream.send": (self: number, list: number, length: number, at: number) => {
        const socket = outgoing(self);
        if (length > socket.permit) throw new Error(`a send of ${length} past the permit of ${socket.permit}`);
        socket.permit = 0;
        this.#result("send", at, 8, (view, payload) => {
          const taken = socket.refusals > 0 ? 0 : length;
          if (socket.refusals > 0) socket.refusals--;
          for (let index = 0; index < taken; index++) this.#take(socket, list + index * OUTGOING_BYTES);
          view.setBigUint64(payload, BigInt(taken), true);
        });
      },
      "udp/outgoing-datagram-stream.subscribe": (self: number) => {
        const socket = outgoing(self);
        return resources.watch(self, () => !socket.isFull);
      },
      "udp/drop outgoing-datagram-stream": (self: number) => resources.drop(self, "outgoing-datagram-stream"),
    };
  }

  #take(socket: FakeUdpSocket, record: number): void {
    const probe = this.#probe();
    if (probe.u8(record + 8) !== 0) throw new Error("a datagram of a connected socket names a peer");
    this.sent.push({ socket, bytes: Buffer.from(probe.bytes(probe.u32(record), probe.u32(record + 4))) });
  }

  #lower(datagrams: { bytes: Uint8Array; from: Address }[], payload: number): void {
    const probe = this.#probe();
    this.received += datagrams.length;
    const list = probe.call.cabi_realloc!(0, 0, 4, INCOMING_BYTES * datagrams.length);
    datagrams.forEach(({ bytes, from }, index) => {
      const record = list + index * INCOMING_BYTES;
      const data = probe.call.cabi_realloc!(0, 0, 1, bytes.length);
      probe.write(data, bytes);
      probe.view().setUint32(record, data, true);
      probe.view().setUint32(record + 4, bytes.length, true);
      storeSocketAddress(probe.view(), record + 8, from);
    });
    probe.view().setUint32(payload, list, true);
    probe.view().setUint32(payload + 4, datagrams.length, true);
  }
}
