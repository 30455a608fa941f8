// Serves a platform (sockets, standard streams) to a guest in a worker: the main thread's half of the worker arm.
//
//   pump, once per turn of the event loop in which something happened, and when the worker pokes:
//     carry its commands out  -->  send what was kept  -->  wake the worker for events  -->  come again, or sleep
//
// To wake a thread costs more than to serve a message. So the worker is woken once for all events of a turn, and this
// side sleeps only after a few turns without commands: while traffic flows, batches grow by themselves.

import type { DatagramSocket } from "../../wasi/datagram-transport.js";
import type { ErrorCode } from "../../wasi/error-code.js";
import type { Binding, Connection, Request } from "../../wasi/transport.js";
import type { SocketAddress } from "../../wasi/ip-address.js";
import type { Platform } from "../../wasi/wasi-host.js";
import { MainEnd, type SharedChannel } from "./channel.js";
import {
  ADDRESS_BYTES, Command, decodeAddress, decodeText, encodeAddresses, Event, mustDecodeAddress,
  STDERR, STDIN, STDOUT,
} from "./messages.js";
import { PAYLOAD_BYTES_MAX } from "./ring.js";
import { ServerLink } from "./server-link.js";
import { ServedBinding } from "./served-binding.js";
import { ServedConnection } from "./served-connection.js";
import { ServedDatagrams } from "./served-datagrams.js";
import type { ServedObject, ServedObjects } from "./served-object.js";
import { ServedInput, ServedOutput } from "./served-streams.js";

/** Turns without commands after which this side sleeps. A few of them cost less than to be woken. */
const QUIET_TURNS = 5;
/** Bytes of commands after which their room is given back. */
const RELEASE_BYTES = 128 * 1024;
/** Addresses of one answer: what fits into a frame. */
const FOUND_MAX = Math.floor(PAYLOAD_BYTES_MAX / ADDRESS_BYTES);

/** How the guest ended: with an exit code, or else with a message of why not. */
export type GuestEnd = { readonly exitCode: number } | { readonly message: string; readonly wasRun: boolean };

export class PlatformServer implements ServedObjects {
  readonly link: ServerLink;
  /** How the guest said that it ended; null before. */
  guestEnd: GuestEnd | null = null;
  private readonly end: MainEnd;
  private readonly objects: (ServedObject | null)[];
  private readonly freeIds: number[] = [];
  private readonly requests = new Map<number, Request>();
  private isScheduled = false;
  /** Turns in a row that found no commands. */
  private quietTurns = 0;
  private isOver = false;

  /** `failed` hears of commands that make no sense; everything was cut then. */
  constructor(
    private readonly platform: Platform,
    channel: SharedChannel,
    private readonly failed: (error: unknown) => void,
  ) {
    this.end = new MainEnd(channel);
    this.link = new ServerLink(this.end, () => this.schedule());
    this.objects = [];
    this.objects[STDIN] = new ServedInput(this.link, STDIN, platform.streams.stdin);
    this.objects[STDOUT] = new ServedOutput(this.link, STDOUT, platform.streams.stdout);
    this.objects[STDERR] = new ServedOutput(this.link, STDERR, platform.streams.stderr);
    this.schedule();
  }

  /** Does what there is to do. To be called when the worker pokes. */
  readonly pump = (): void => {
    this.isScheduled = false;
    if (this.isOver) return;
    const { hasMore } = this.end.commands;
    this.quietTurns = hasMore ? 0 : this.quietTurns + 1;
    if (hasMore) this.runCommands();
    this.link.flush();
    this.end.wakeWorker();
    if (this.quietTurns < QUIET_TURNS || !this.end.fallAsleep(this.link.isCrowded)) this.schedule();
  };

  /** Cuts everything that the guest still holds; nothing is told to it any more. */
  cut(): void {
    if (this.isOver) return;
    this.isOver = true;
    for (const request of this.requests.values()) request.cancel();
    this.requests.clear();
    for (const object of this.objects) object?.cut();
  }

  add(make: (id: number) => ServedObject): number {
    const id = this.freeIds.pop() ?? this.objects.length;
    this.objects[id] = make(id);
    return id;
  }

  free(id: number): void {
    this.objects[id] = null;
    this.freeIds.push(id);
  }

  private schedule(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    this.platform.clock.soon(this.pump);
  }

  private runCommands(): void {
    const { commands } = this.end;
    try {
      while (!this.isOver && commands.next()) {
        this.run(commands.kind, commands.id, commands.value, commands.bytes, commands.start, commands.end);
        if (commands.heldBytes >= RELEASE_BYTES) this.end.release();
      }
    } catch (error) {
      this.cut();
      this.failed(error);
    }
    this.end.release();
  }

  private run(kind: Command, id: number, value: number, bytes: Uint8Array, start: number, end: number): void {
    switch (kind) {
      case Command.Bind: return this.bind(id, mustDecodeAddress(bytes, start), value);
      case Command.Connect:
        return this.connect(id, mustDecodeAddress(bytes, start), decodeAddress(bytes, start + ADDRESS_BYTES));
      case Command.Lookup: return this.lookup(id, decodeText(bytes, start, end));
      case Command.BindDatagrams: return this.bindDatagrams(id, mustDecodeAddress(bytes, start));
      case Command.Cancel: return this.cancel(id);
      case Command.Finish: return this.finish({ exitCode: value });
      case Command.Trap: return this.finish({ message: decodeText(bytes, start, end), wasRun: value === 0 });
      default: this.objects[id]?.command(kind, value, bytes, start, end);
    }
  }

  private bind(id: number, address: SocketAddress, backlog: number): void {
    this.begin<Binding>(id, (done) => this.platform.transport.bind({ address, backlog }, done), (binding) => {
      ServedBinding.announce(this, binding, id);
    });
  }

  private bindDatagrams(id: number, address: SocketAddress): void {
    const served = new ServedDatagrams(this);
    const start = (done: (result: DatagramSocket | ErrorCode) => void): Request =>
      this.platform.transport.bindDatagrams(address, served, done);
    this.begin<DatagramSocket>(id, start, (socket) => served.announce(socket, id));
  }

  private connect(id: number, remote: SocketAddress, local: SocketAddress | null): void {
    this.begin<Connection>(id, (done) => this.platform.transport.connect({ remote, local }, done), (connection) => {
      ServedConnection.announce(this, connection, Event.Connected, id);
    });
  }

  private lookup(id: number, name: string): void {
    this.begin<SocketAddress[]>(id, (done) => this.platform.transport.lookup(name, done), (found) => {
      const addresses = encodeAddresses(found.slice(0, FOUND_MAX));
      this.link.send(Event.Found, id, 0, addresses, 0, addresses.length);
    });
  }

  /** A request of the transport, whose answer may come at once. */
  private begin<T extends object>(
    id: number, start: (done: (result: T | ErrorCode) => void) => Request, announce: (result: T) => void,
  ): void {
    let isDone = false;
    const request = start((result) => {
      isDone = true;
      this.requests.delete(id);
      if (typeof result === "number") this.link.tell(Event.Refused, id, result);
      else announce(result as T);
    });
    if (!isDone) this.requests.set(id, request);
  }

  private cancel(id: number): void {
    const request = this.requests.get(id);
    if (request === undefined) return; // its answer is under way
    this.requests.delete(id);
    request.cancel();
    this.link.tell(Event.Cancelled, id);
  }

  private finish(end: GuestEnd): void {
    this.guestEnd = end;
    this.cut();
  }
}
