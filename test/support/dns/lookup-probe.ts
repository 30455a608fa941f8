// The probe of look-ups on a fake host: the test plays the nameservers and the system's look-up. It sees every query by
// UDP, answers as it likes, moves time, and checks the leak law at the end.
import * as assert from "uvu/assert";
import { Random } from "../bytes.js";
import { type Address, storeSocketAddress } from "../canonical-abi.js";
import { answerTo, type MessageWriter } from "../dns-message.js";
import { FakeHost } from "../fake-host.js";
import { HostTurns } from "../host-turns.js";
import { compileProbe, type Imports, labelOf, Probe } from "../probe.js";
import { wasm } from "../webassembly.js";
import { FakeDatagrams, type FakeUdpSocket } from "./fake-datagrams.js";
import { questionName, questionType } from "./wire.js";

const module = await compileProbe("dns-lookup");
const RECORDS = [
  "resolvers", "look-ups", "results", "questions", "exchanges", "channels", "ports", "streams", "cache entries",
  "charged records", "sources", "timers", "schedules", "endpoints", "connects", "arena bytes", "tasks", "reclaimers",
  "quotas", "allocators",
];
const KINDS = ["failure", "addresses", "srv", "txt"];
const TYPE_NAMES: Record<number, "A" | "AAAA" | "SRV" | "TXT"> = { 1: "A", 28: "AAAA", 33: "SRV", 16: "TXT" };
/** Reasons by number: net/reason.ts. */
export const REASONS: Record<number, string> = {
  0: "ok", 2: "access denied", 3: "not supported", 4: "invalid argument", 5: "out of memory", 6: "timeout",
  19: "name unresolvable", 20: "temporary", 21: "permanent", 33: "cancelled", 34: "deadline exceeded",
  37: "no records", 38: "alias loop",
};
export const NEVER = -1n;
export const UNLIMITED = 2n ** 63n - 1n;
export const DEFAULT_CACHE = 0xffff_ffff;
export const SECOND = 1_000_000_000n;

export interface Handle {
  slot: number;
  generation: number;
}

export interface Query {
  id: number;
  /** In small letters, whatever the case it was sent in. */
  name: string;
  spelt: string;
  type: "A" | "AAAA" | "SRV" | "TXT";
  socket: FakeUdpSocket;
  bytes: Buffer;
}

export interface Outcome {
  owner: number;
  kind: string;
  reason: string;
  /** Addresses as text, `PRIORITY WEIGHT PORT HOST`, texts; of a failure its text alone. */
  values: string[];
}

export interface ResolverSettings {
  servers?: string;
  search?: string;
  timeoutMs?: number;
  tries?: number;
  cacheBytes?: number;
}

export class LookupProbe extends HostTurns {
  readonly host = new FakeHost();
  readonly datagrams = new FakeDatagrams(this.host.resources, () => this.probe);
  readonly random = new Random(11);
  readonly outcomes: Outcome[] = [];
  /** Names that the system was asked for. */
  readonly systemNames: string[] = [];
  /** Variables of the environment. */
  environment: Record<string, string> = {};
  /** The local address of a socket that is connected to a peer; an error code when it has none. */
  sourceOf: (peer: Address) => Address | number = (peer) => peer;
  /** Runs inside of the core's call, as an owner would. */
  onEnded: (outcome: Outcome) => void = () => {};
  probe!: Probe;
  quota = 0;
  allocator = 0;
  resolver = 0;
  #taken = 0;

  get call(): Probe["call"] {
    return this.probe.call;
  }

  /** A probe with a resolver that asks one server, or as the settings say. */
  static async create(settings: ResolverSettings = { servers: "192.0.2.53" }, bytes = UNLIMITED): Promise<LookupProbe> {
    const made = await LookupProbe.bare(bytes);
    made.resolver = made.makeResolver(settings);
    assert.ok(made.resolver, "a resolver");
    return made;
  }

  /** A probe with a quota and an allocator, and no resolver. */
  static async bare(bytes = UNLIMITED): Promise<LookupProbe> {
    const made = new LookupProbe();
    const wanted = new Set(wasm.Module.imports(module).map((each) => labelOf(each.module, each.name)));
    const all = { ...made.host.imports(), ...made.datagrams.imports(), ...made.#imports() };
    const imports: Imports = Object.fromEntries(Object.entries(all).filter(([label]) => wanted.has(label)));
    type Resolve = (network: number, name: number, length: number, at: number) => unknown;
    const resolve = imports["ip-name-lookup/resolve-addresses"] as Resolve;
    imports["ip-name-lookup/resolve-addresses"] = (network: number, name: number, length: number, at: number) => {
      made.systemNames.push(Buffer.from(made.probe.bytes(name, length)).toString());
      return resolve(network, name, length, at);
    };
    made.probe = await Probe.create(module, imports);
    made.host.attach(made.probe);
    made.host.readsFollowPermits = false;
    made.call.begin!();
    made.quota = made.call.createQuota!(bytes);
    made.allocator = made.call.createAllocator!(made.quota);
    return made;
  }

  #imports(): Imports {
    return {
      "random/get-random-bytes": (length: bigint, at: number): void => {
        this.#putList(at, Uint8Array.from({ length: Number(length) }, () => this.random.next()), Number(length));
      },
      "random/get-random-u64": () => BigInt(this.random.next()) << 32n | BigInt(this.random.next()),
      "environment/get-environment": (at: number): void => {
        const pairs = Object.entries(this.environment);
        const list = Buffer.alloc(16 * pairs.length);
        pairs.flat().forEach((text, index) => this.#putText(list, 8 * index, text));
        this.#putList(at, list, pairs.length, 4);
      },
      "udp/udp-socket.local-address": (self: number, at: number): void => {
        const { peer } = this.host.resources.get<FakeUdpSocket>(self, "udp-socket");
        const source = this.sourceOf(peer!);
        const view = this.probe.view();
        view.setUint8(at, typeof source === "number" ? 1 : 0);
        if (typeof source === "number") view.setUint8(at + 4, source);
        else storeSocketAddress(view, at + 4, source);
      },
      "test/ended": (owner: number): void => this.#hasEnded(owner),
    };
  }

  #putText(list: Buffer, at: number, text: string): void {
    const bytes = Buffer.from(text);
    const address = this.call.cabi_realloc!(0, 0, 1, bytes.length);
    this.probe.write(address, bytes);
    list.writeUInt32LE(address, at);
    list.writeUInt32LE(bytes.length, at + 4);
  }

  #putList(at: number, bytes: Uint8Array, count: number, align = 1): void {
    const address = this.call.cabi_realloc!(0, 0, align, bytes.length);
    this.probe.write(address, bytes);
    this.probe.view().setUint32(at, address, true);
    this.probe.view().setUint32(at + 4, count, true);
  }

  #hasEnded(owner: number): void {
    const outcome = { owner, ...this.takeResult(this.call.lastResult!()) };
    this.outcomes.push(outcome);
    this.onEnded(outcome);
  }

  /** Reads a result and releases it. */
  takeResult(address: number): Omit<Outcome, "owner"> {
    const { probe } = this;
    const kind = KINDS[probe.u8(address + 4)]!;
    const reason = REASONS[probe.u8(address + 5)] ?? `reason ${probe.u8(address + 5)}`;
    const count = probe.u32(address + 8);
    const payload = Buffer.from(probe.bytes(address + 20, probe.u32(address + 12)));
    this.call.releaseResult!(address);
    if (kind === "failure") return { kind, reason, values: [payload.toString()] };
    return { kind, reason, values: READERS[kind]!(payload, count) };
  }

  put(text: string | Uint8Array, second: string | Uint8Array = ""): [number, number] {
    const [first, other] = [Buffer.from(text as string), Buffer.from(second as string)];
    this.probe.write(this.call.firstText!(), first);
    this.probe.write(this.call.secondText!(), other);
    return [first.length, other.length];
  }

  /** The address of a resolver, 0 when there is none. */
  makeResolver(settings: ResolverSettings = {}): number {
    const { servers = "", search = "", timeoutMs = 0, tries = 0, cacheBytes = DEFAULT_CACHE } = settings;
    const lengths = this.put(servers, search);
    return this.call.createResolver!(...lengths, timeoutMs, tries, cacheBytes, this.allocator);
  }

  hostname(
    name: string | Uint8Array, owner = 1, { port = "443", deadlineNs = NEVER, resolver = this.resolver } = {},
  ): Handle {
    const [length, portLength] = this.put(name, port);
    const slot = this.call.hostname!(resolver, length, portLength, deadlineNs, owner);
    this.#scribble();
    return this.#handle(slot);
  }

  records(
    kind: "srv" | "txt", name: string, owner = 1, { deadlineNs = NEVER, resolver = this.resolver } = {},
  ): Handle {
    const [length] = this.put(name);
    const slot = this.call[kind]!(resolver, length, deadlineNs, owner);
    this.#scribble();
    return this.#handle(slot);
  }

  /** The texts need not outlive the call. */
  #scribble(): void {
    this.put("?".repeat(300), "?".repeat(300));
  }

  #handle(slot: number): Handle {
    return { slot, generation: this.call.lastGeneration!() };
  }

  cancel({ slot, generation }: Handle): boolean {
    return this.call.cancel!(slot, generation) === 1;
  }

  tryCancel({ slot, generation }: Handle): void {
    this.call.tryCancel!(slot, generation);
  }

  /** The queries that left since the latest call. */
  queries(): Query[] {
    this.settle();
    const fresh = this.datagrams.sent.slice(this.#taken);
    this.#taken = this.datagrams.sent.length;
    return fresh.map(({ socket, bytes }) => {
      const spelt = questionName(bytes);
      return {
        id: bytes.readUInt16BE(0), spelt, name: spelt.toLowerCase(), type: TYPE_NAMES[questionType(bytes)]!, socket,
        bytes,
      };
    });
  }

  /** The one query of this type that left since the latest call. */
  query(type: Query["type"]): Query {
    const queries = this.queries();
    assert.equal(queries.map((query) => query.type), [type]);
    return queries[0]!;
  }

  /** Answers with what `write` writes behind the question. */
  answer(query: Query, write: (message: MessageWriter) => unknown = () => {}, flags = 0x8180): void {
    const message = answerTo(query.spelt, query.type, { id: query.id, flags });
    write(message);
    query.socket.inbox.push({ bytes: message.finish(), from: query.socket.peer! });
  }

  /** Answers both queries of a host name: `ipv4` and `ipv6` write their records. */
  answerHost(ipv4: (message: MessageWriter) => unknown, ipv6: (message: MessageWriter) => unknown): void {
    for (const query of this.queries()) this.answer(query, query.type === "A" ? ipv4 : ipv6);
    this.settle();
  }

  take(): Outcome[] {
    this.settle();
    return this.outcomes.splice(0);
  }

  /** The one outcome since the latest call. */
  outcome(): Outcome {
    const outcomes = this.take();
    assert.is(outcomes.length, 1, `one outcome, not ${JSON.stringify(outcomes)}`);
    return outcomes[0]!;
  }

  live(record: string): number {
    return this.call.live!(RECORDS.indexOf(record));
  }

  /** The leak law, once the resolver and the quota are given up: no record and no handle of the host is left. */
  end(): void {
    this.settle();
    if (this.resolver !== 0) this.call.destroyResolver!(this.resolver);
    this.resolver = 0;
    this.settle();
    assert.is(this.call.outstanding!(this.allocator), 0, "bytes are charged");
    this.call.shutDownAllocator!(this.allocator);
    this.call.destroyQuota!(this.quota);
    this.settle();
    const left = RECORDS.map((record, kind) => `${record}: ${this.call.live!(kind)}`);
    assert.equal(left, RECORDS.map((record) => `${record}: 0`));
    this.call.dropInstanceNetwork!();
    assert.equal(this.host.resources.left(), []);
  }
}

const READERS: Record<string, (payload: Buffer, count: number) => string[]> = {
  addresses: (payload, count) => Array.from({ length: count }, (_, index) => readAddress(payload, 28 * index)),
  srv: (payload, count) => {
    let at = 0;
    return Array.from({ length: count }, () => {
      const [priority, weight, port, length] = [0, 2, 4, 6].map((offset) => payload.readUInt16LE(at + offset));
      const host = payload.toString("latin1", at + 8, at + 8 + length!);
      at += 8 + length! + (length! & 1);
      return `${priority} ${weight} ${port} ${host}`;
    });
  },
  txt: (payload, count) => {
    let at = 0;
    return Array.from({ length: count }, () => {
      const length = payload.readUInt32LE(at);
      const text = payload.toString("latin1", at + 4, at + 4 + length);
      at += 4 + (length + 3 & ~3);
      return text;
    });
  },
};

function readAddress(payload: Buffer, at: number): string {
  const port = payload.readUInt16LE(at + 2);
  const parts = Array.from({ length: 8 }, (_, index) => payload.readUInt16LE(at + 12 + 2 * index));
  if (payload[at] === 0) return `${parts.slice(0, 4).join(".")}:${port}`;
  return `[${parts.map((part) => part.toString(16)).join(":")}]:${port}`;
}
