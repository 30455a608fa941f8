// A scripted host for tests of the network layer: the lowered imports over fake sockets and streams. Every misuse
// that a host traps for throws here, so a test that merely passes has shown that there was none. The test plays the
// network: it sets what the next operations answer, and moves time.
import { type Address, flatten, storeIpAddress, storeSocketAddress, unflatten } from "./canonical-abi.js";
import { FakeResources } from "./fake-resources.js";
import { CLOSED, FakeInput, FakeOutput, type Trouble } from "./fake-streams.js";
import type { Imports, Probe } from "./probe.js";

export const WOULD_BLOCK = 8;
const OPTIONS = [
  "keep-alive-enabled", "keep-alive-idle-time", "keep-alive-interval", "keep-alive-count",
  "receive-buffer-size", "send-buffer-size", "hop-limit",
];
/** An error code as the WIT numbers them, or what the operation gives. */
type Answer = number | "ok";

export class FakeSocket {
  state: "new" | "bound" | "listening" | "connecting" | "connected" = "new";
  /** Set when an operation in progress has its result. */
  settled = false;
  /** Connections that wait to be accepted. */
  readonly backlog: FakeConnection[] = [];
  readonly shutdowns: number[] = [];
  connection: FakeConnection | undefined;
  /** Where it is bound; the remote address is always the same. */
  address: Address | undefined;
}

/** Where every peer is. */
export const PEER: Address = { family: 0, port: 50_505, parts: [192, 0, 2, 9] };

/** One connection, seen from the core: it reads `input` and writes `output`. */
export class FakeConnection {
  readonly input = new FakeInput();
  readonly output = new FakeOutput();
}

export class FakeHost {
  readonly resources = new FakeResources();
  nowNs = 1_000_000_000n;
  /** Calls with a result, in order, as labels. */
  readonly calls: string[] = [];
  /** Flattened addresses that start-bind and start-connect received. */
  readonly targets: number[][] = [];
  /** What a bind to port 0 gets; every such bind gets the next one. */
  nextPort = 4321;
  /** The latest set-listen-backlog-size. */
  backlog = 0n;
  /** What resolve-next-address gives: addresses, then the end. Undefined: it would block. */
  resolved: (Address | undefined)[] = [];
  readonly #answers = new Map<string, Answer[]>();
  /** The latest permit: a pump must not read more than it may write. Readers know no permits. */
  latestPermit = Infinity;
  readsFollowPermits = true;
  /** How lists of bytes are allocated, and where the latest came to be. */
  listAlign = 1;
  listAddress = 0;
  #probe!: Probe;

  attach(probe: Probe): void {
    this.#probe = probe;
  }

  /** The next calls of `label` answer so; afterwards it answers as it would by itself. */
  script(label: string, ...answers: Answer[]): void {
    this.#answers.set(label, [...(this.#answers.get(label) ?? []), ...answers]);
  }

  /** A connected socket with its streams, as accept or finish-connect would give it. */
  connect(connection = new FakeConnection()): { connection: FakeConnection; handles: [number, number, number] } {
    const socket = new FakeSocket();
    socket.state = "connected";
    socket.connection = connection;
    const handle = this.resources.add("tcp-socket", 0, socket);
    return { connection, handles: [handle, ...this.#streams(handle, connection)] };
  }

  /** Streams without a socket, as stdin and stdout are. */
  standardStreams(): { connection: FakeConnection; handles: [number, number, number] } {
    const connection = new FakeConnection();
    return { connection, handles: [0, ...this.#streams(0, connection)] };
  }

  #streams(socket: number, { input, output }: FakeConnection): [number, number] {
    return [this.resources.add("input-stream", socket, input), this.resources.add("output-stream", socket, output)];
  }

  #socket(handle: number): FakeSocket {
    return this.resources.get<FakeSocket>(handle, "tcp-socket");
  }

  /** Writes `result<T, error-code>`: the scripted error, or ok and the payload. */
  #result(label: string, at: number, payload: number, ok: (view: DataView, at: number) => number | void): void {
    this.calls.push(label);
    const scripted = this.#answers.get(label)?.shift() ?? "ok";
    const error = scripted === "ok" ? ok(this.#probe.view(), at + payload) : scripted;
    this.#probe.view().setUint8(at, error === undefined ? 0 : 1);
    if (error !== undefined) this.#probe.view().setUint8(at + payload, error as number);
    this.resources.refresh();
  }

  #streamResult(at: number, payload: number, trouble: Trouble | undefined): void {
    const view = this.#probe.view();
    view.setUint8(at, trouble === undefined ? 0 : 1);
    if (trouble !== undefined) {
      view.setUint8(at + payload, trouble === CLOSED ? 1 : 0);
      if (trouble !== CLOSED) view.setUint32(at + payload + 4, this.resources.add("error", 0, undefined), true);
    }
    this.resources.refresh();
  }

  imports(): Imports {
    const drops = ["tcp-socket", "input-stream", "pollable", "error", "network", "resolve-address-stream"];
    const homes: Record<string, string> = {
      "tcp-socket": "tcp", "input-stream": "streams", "resolve-address-stream": "ip-name-lookup", "pollable": "poll",
    };
    const dropImports = drops.map((kind): [string, (handle: number) => void] => {
      return [`${homes[kind] ?? kind}/drop ${kind}`, (handle) => this.resources.drop(handle, kind)];
    });
    return {
      ...Object.fromEntries(dropImports), ...this.#streamImports(), ...this.#socketImports(),
      ...this.#openingImports(), ...this.#lookupImports(),
      "monotonic-clock/now": () => this.nowNs,
      "poll/pollable.block": (handle: number) => {
        this.resources.get(handle, "pollable");
        this.calls.push("block");
      },
      "instance-network/instance-network": () => this.resources.add("network", 0, undefined),
    };
  }

  /** For a core that asks what is ready by list, and never waits. */
  pollImports(): Imports {
    return {
      "poll/poll": (list: number, length: number, at: number) => {
        const handles = this.#probe.words(list, length);
        const ready = handles.flatMap((handle, index) => this.resources.isReady(handle) ? [index] : []);
        if (ready.length === 0) throw new Error(`a wait for ${handles}`);
        const address = this.#probe.call.cabi_realloc!(0, 0, 4, 4 * ready.length);
        this.#probe.write(address, new Uint8Array(new Uint32Array(ready).buffer));
        this.#probe.view().setUint32(at, address, true);
        this.#probe.view().setUint32(at + 4, ready.length, true);
      },
      "monotonic-clock/subscribe-duration": (durationNs: bigint) => {
        const dueNs = this.nowNs + durationNs;
        return this.resources.watch(0, () => this.nowNs >= dueNs);
      },
    };
  }

  #streamImports(): Imports {
    const input = (handle: number): FakeInput => this.resources.get(handle, "input-stream");
    const output = (handle: number): FakeOutput => this.resources.get(handle, "output-stream");
    return {
      "streams/input-stream.read": (self: number, length: bigint, at: number) => {
        const most = this.readsFollowPermits ? this.latestPermit : Infinity;
        if (Number(length) > most) throw new Error(`a read of ${length} past ${this.latestPermit}`);
        const stream = input(self);
        const bytes = stream.read(Number(length));
        if (typeof bytes === "string") return this.#streamResult(at, 4, bytes);
        const address = this.#probe.call.cabi_realloc!(0, 0, this.listAlign, bytes.length);
        this.listAddress = address;
        this.#probe.write(address, bytes);
        this.#probe.view().setUint32(at + 4, address, true);
        this.#probe.view().setUint32(at + 8, bytes.length, true);
        this.#streamResult(at, 4, undefined);
        if (stream.length === 0 && stream.ready) this.resources.wake(self);
      },
      "streams/input-stream.subscribe": (self: number) => this.resources.watch(self, () => input(self).ready),
      "streams/output-stream.check-write": (self: number, at: number) => {
        const permit = output(self).checkWrite();
        this.latestPermit = typeof permit === "number" ? permit : 0;
        if (typeof permit === "number") this.#probe.view().setBigUint64(at + 8, BigInt(permit), true);
        this.#streamResult(at, 8, typeof permit === "number" ? undefined : permit);
      },
      "streams/output-stream.write": (self: number, address: number, length: number, at: number) => {
        this.#streamResult(at, 4, output(self).write(this.#probe.bytes(address, length)));
      },
      "streams/output-stream.flush": (self: number, at: number) => {
        output(self).leave("flush");
        this.#streamResult(at, 4, undefined);
      },
      "streams/output-stream.subscribe": (self: number) => this.resources.watch(self, () => output(self).ready),
      "streams/drop output-stream": (self: number) => {
        const { onTheirWay, failed, closed } = output(self);
        if (onTheirWay > 0 && !failed && !closed) throw new Error(`an output was dropped before ${onTheirWay} bytes`);
        this.resources.drop(self, "output-stream");
      },
    };
  }

  #socketImports(): Imports {
    const isReady = ({ state, backlog, settled }: FakeSocket): boolean => {
      if (state === "listening") return backlog.length > 0;
      return state !== "connecting" || settled;
    };
    return {
      "tcp-create-socket/create-tcp-socket": (_family: number, at: number) => {
        this.#result("create", at, 4, (view, payload) => {
          view.setUint32(payload, this.resources.add("tcp-socket", 0, new FakeSocket()), true);
        });
      },
      "tcp/tcp-socket.subscribe": (self: number) => this.resources.watch(self, () => isReady(this.#socket(self))),
      "tcp/tcp-socket.shutdown": (self: number, how: number, at: number) => {
        const socket = this.#socket(self);
        this.#result("shutdown", at, 1, () => {
          socket.shutdowns.push(how);
          if (how !== 0) socket.connection?.output.leave("shutdown");
        });
      },
      "tcp/tcp-socket.accept": (self: number, at: number) => {
        this.#result("accept", at, 4, (view, payload) => {
          const connection = this.#socket(self).backlog.shift();
          if (connection === undefined) return WOULD_BLOCK;
          this.connect(connection).handles.forEach((handle, index) => {
            view.setUint32(payload + 4 * index, handle, true);
          });
          return undefined;
        });
      },
      "tcp/tcp-socket.finish-connect": (self: number, at: number) => {
        this.#result("finish-connect", at, 4, (view, payload) => {
          const socket = this.#socket(self);
          if (!socket.settled) return WOULD_BLOCK;
          socket.connection = new FakeConnection();
          this.#streams(self, socket.connection).forEach((handle, index) => {
            view.setUint32(payload + 4 * index, handle, true);
          });
          return undefined;
        });
      },
    };
  }

  #bound(address: Address): Address {
    return address.port === 0 ? { ...address, port: this.nextPort++ } : address;
  }

  /** The steps of opening a socket: they answer as scripted and otherwise succeed at once. */
  #openingImports(): Imports {
    const step = (label: string, state: FakeSocket["state"]) => (self: number, ...rest: number[]): void => {
      const socket = this.#socket(self);
      const at = rest.at(-1)!;
      const target = rest.slice(1, -1).map((slot) => slot >>> 0);
      if (rest.length > 2) {
        this.resources.get(rest[0]!, "network");
        this.targets.push(target);
      }
      this.#result(label, at, 1, () => {
        socket.state = state;
        if (label === "start-bind") socket.address = this.#bound(unflatten(target));
      });
    };
    return {
      "tcp/tcp-socket.start-bind": step("start-bind", "new"),
      "tcp/tcp-socket.finish-bind": step("finish-bind", "bound"),
      "tcp/tcp-socket.start-listen": step("start-listen", "bound"),
      "tcp/tcp-socket.finish-listen": step("finish-listen", "listening"),
      "tcp/tcp-socket.start-connect": step("start-connect", "connecting"),
      "tcp/tcp-socket.set-listen-backlog-size": (_self: number, size: bigint, at: number) => {
        this.#result("set-listen-backlog-size", at, 1, () => void (this.backlog = size));
      },
      "tcp/tcp-socket.local-address": (self: number, at: number) => {
        const { address } = this.#socket(self);
        this.#result("local-address", at, 4, (view, payload) => {
          storeSocketAddress(view, payload, address ?? { family: 0, port: 4321, parts: [127, 0, 0, 1] });
        });
      },
      "tcp/tcp-socket.remote-address": (_self: number, at: number) => {
        this.#result("remote-address", at, 4, (view, payload) => storeSocketAddress(view, payload, PEER));
      },
      ...Object.fromEntries(OPTIONS.map((option) => [
        `tcp/tcp-socket.set-${option}`,
        (_self: number, value: number | bigint, at: number) => {
          this.#result(`set-${option} ${value}`, at, 1, () => {});
        },
      ])),
    };
  }

  #lookupImports(): Imports {
    return {
      "ip-name-lookup/resolve-addresses": (network: number, _name: number, _length: number, at: number) => {
        this.resources.get(network, "network");
        this.#result("resolve-addresses", at, 4, (view, payload) => {
          view.setUint32(payload, this.resources.add("resolve-address-stream", 0, undefined), true);
        });
      },
      "ip-name-lookup/resolve-address-stream.resolve-next-address": (_self: number, at: number) => {
        this.#result("resolve-next-address", at, 2, (view, payload) => {
          if (this.resolved.length === 0) return void view.setUint8(payload, 0);
          if (this.resolved[0] === undefined) return WOULD_BLOCK;
          view.setUint8(payload, 1);
          storeIpAddress(view, payload + 2, this.resolved.shift()!);
          return undefined;
        });
      },
      "ip-name-lookup/resolve-address-stream.subscribe": (self: number) => {
        return this.resources.watch(self, () => this.resolved.length === 0 || this.resolved[0] !== undefined);
      },
    };
  }
}

export { flatten };
