// A WASI 0.2 host for one guest: its resources, its grants and the platform's seams. The faces (canonical ABI and
// jco) translate calls into what is here and hold no state of their own.

import type { Clock } from "./clock.js";
import { ErrorCode } from "./error-code.js";
import { type InputStream } from "./input-stream.js";
import { Family } from "./ip-address.js";
import { ResolveAddressStream } from "./ip-name-lookup.js";
import { deadlineAfter, DeadlineWatch } from "./monotonic-clock.js";
import type { OutputStream } from "./output-stream.js";
import { Pollable } from "./pollable.js";
import { ReadyQueue } from "./ready-queue.js";
import type { Watchable } from "./resource.js";
import { clearTables, ResourceTable } from "./resource-table.js";
import { type AddressCheck, SocketContext } from "./socket-context.js";
import { SharedInput, SharedOutput, type StandardStreams } from "./standard-streams.js";
import { TcpSocket } from "./tcp-socket.js";
import type { Transport } from "./transport.js";
import { UdpSocket } from "./udp-socket.js";
import { isNameserver, NAMESERVER_VARIABLE } from "./virtual-nameserver.js";

/** What a guest is given. Whatever is left out is denied. */
export interface Grants {
  /** Allows TCP: every address (true), or those that the check allows. */
  readonly tcp?: boolean | AddressCheck;
  /** Allows UDP, in the same way. */
  readonly udp?: boolean | AddressCheck;
  /** Allows ip-name-lookup. */
  readonly nameLookup?: boolean;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Of both protocols together. */
  readonly socketsMax?: number;
}

/** What a platform brings. */
export interface Platform {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly streams: StandardStreams;
  fillRandom(target: Uint8Array): void;
  /** What guests on it should read, unless whoever starts them says otherwise. */
  readonly environment?: Readonly<Record<string, string>>;
}

export class WasiHost {
  /** The handles of the guest. */
  readonly table = new ResourceTable();
  readonly ready = new ReadyQueue();
  readonly sockets: SocketContext;
  readonly args: readonly string[];
  readonly env: readonly (readonly [string, string])[];
  /** Told whenever the guest asks for stderr, before it gets it. */
  onStderr?: () => void;
  private readonly tables = [this.table];
  private readonly stdin: SharedInput;
  private readonly stdout: SharedOutput;
  private readonly stderr: SharedOutput;
  private readonly isTcpGranted: boolean;
  /** Null: no UDP. */
  private readonly udpCheck: AddressCheck | null;
  private readonly isLookupGranted: boolean;

  constructor(
    readonly platform: Platform,
    grants: Grants = {},
  ) {
    this.isLookupGranted = grants.nameLookup === true;
    const tcpCheck = this.checkOf(grants.tcp);
    this.sockets = new SocketContext(platform.transport, this.ready, tcpCheck ?? (() => false), grants.socketsMax);
    this.isTcpGranted = tcpCheck !== null;
    this.udpCheck = this.checkOf(grants.udp);
    this.args = grants.args ?? [];
    const env = Object.entries(grants.env ?? {});
    const [variable] = NAMESERVER_VARIABLE;
    const isTold = env.some(([name]) => name === variable);
    if (this.isLookupGranted && this.udpCheck !== null && platform.transport.hasNameserver === true && !isTold) {
      env.push([...NAMESERVER_VARIABLE]);
    }
    this.env = env;
    this.stdin = new SharedInput(platform.streams.stdin, this.sockets.bytePool, this.ready);
    this.stdout = new SharedOutput(platform.streams.stdout);
    this.stderr = new SharedOutput(platform.streams.stderr);
  }

  /** A table of its own for one more instance within the guest, whose handles mean nothing elsewhere. */
  newTable(): ResourceTable {
    const table = new ResourceTable();
    this.tables.push(table);
    return table;
  }

  /** A pollable that watches `source`; queued at once when that is ready already. */
  subscribe(source: Watchable): Pollable {
    const pollable = new Pollable(source, this.ready);
    if (source.isReady()) pollable.wake();
    return pollable;
  }

  subscribeInstant(deadlineNs: bigint): Pollable {
    const watch = new DeadlineWatch(deadlineNs, this.platform.clock);
    const pollable = new Pollable(watch, this.ready);
    watch.arm();
    return pollable;
  }

  subscribeDuration(durationNs: bigint): Pollable {
    return this.subscribeInstant(deadlineAfter(this.platform.clock.monotonicNowNs(), durationNs));
  }

  createTcpSocket(family: Family): TcpSocket | ErrorCode {
    if (!this.isTcpGranted) return ErrorCode.AccessDenied;
    if (!this.sockets.hasRoomForSocket()) return ErrorCode.NewSocketLimit;
    return new TcpSocket(family, this.sockets);
  }

  createUdpSocket(family: Family): UdpSocket | ErrorCode {
    if (this.udpCheck === null) return ErrorCode.AccessDenied;
    if (!this.sockets.hasRoomForSocket()) return ErrorCode.NewSocketLimit;
    return new UdpSocket(family, this.sockets, this.udpCheck);
  }

  resolveAddresses(name: string): ResolveAddressStream | ErrorCode {
    if (!this.isLookupGranted) return ErrorCode.PermanentResolverFailure;
    return ResolveAddressStream.open(name, this.sockets);
  }

  newStdin(): InputStream {
    return this.stdin.newStream();
  }

  newStdout(): OutputStream {
    return this.stdout.newStream();
  }

  newStderr(): OutputStream {
    this.onStderr?.();
    return this.stderr.newStream();
  }

  /** Releases everything that the guest still holds; connections among it are cut, since nobody will end them. */
  close(): void {
    this.sockets.isOver = true;
    clearTables(this.tables);
    this.stdin.close();
  }

  /** Null where nothing is granted. The virtual nameserver is there for those who may look names up. */
  private checkOf(grant: boolean | AddressCheck | undefined): AddressCheck | null {
    const check = grant === true ? () => true : grant;
    if (typeof check !== "function") return null;
    if (this.isLookupGranted || this.platform.transport.hasNameserver !== true) return check;
    return (use, address) => !isNameserver(address) && check(use, address);
  }
}
