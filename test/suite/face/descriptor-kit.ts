// Programs on descriptors only, as an application would write them: an echo server and its client in either flavour.
import * as assert from "uvu/assert";
import type { Descriptor, ReadStatus, WriteStatus } from "#host/engine/event-manager/descriptor-interfaces.js";
import type { EventEngine } from "#host/engine/event-engine.js";
import type { EventManager } from "#host/engine/event-manager/event-manager.js";
import type { Endpoint, SliceBuffer, Status } from "#host/engine/interfaces.js";
import { Random } from "../../support/bytes.js";
import type { World } from "./body.js";
import { managed } from "./managed.js";
import { pair } from "./network.js";

export interface Descriptors {
  engine: EventEngine;
  manager: EventManager;
  client: Descriptor;
  server: Descriptor;
  /** What they were made of. */
  endpoints: { client: Endpoint; server: Endpoint };
}

/** Both ends of a connection as descriptors. */
export async function descriptors(world: World): Promise<Descriptors> {
  const { engine, manager } = await managed(world);
  const endpoints = await pair(engine);
  return {
    engine, manager, endpoints,
    client: manager.registerFileDescriptor(endpoints.client),
    server: manager.registerFileDescriptor(endpoints.server),
  };
}

/** Byte `position` of what clients send. */
export const byteAt = (position: number): number => (position * 31 + (position >>> 8)) & 0xff;

export function bytesAt(position: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index++) bytes[index] = byteAt(position + index);
  return bytes;
}

/** FNV-1a, over any number of pieces. */
export class Hash {
  length = 0;
  value = 0x811c9dc5;

  add(bytes: Uint8Array): void {
    let { value } = this;
    for (let index = 0; index < bytes.length; index++) value = Math.imul(value ^ (bytes[index] as number), 0x01000193);
    this.length += bytes.length;
    this.value = value >>> 0;
  }
}

export function hashOf(length: number): number {
  const hash = new Hash();
  for (let at = 0; at < length; at += 4096) hash.add(bytesAt(at, Math.min(4096, length - at)));
  return hash.value;
}

const reason = (outcome: number | Status): string => typeof outcome === "number" ? "" : outcome.reason;

/** Sends back what comes, one read at a time, until the other side has ended; then closes. */
export class EchoSession {
  private readonly buffer: SliceBuffer;
  isOver = false;

  constructor(
    private readonly descriptor: Descriptor,
    engine: EventEngine,
  ) {
    this.buffer = engine.createSliceBuffer();
    descriptor.notifyWhenReadable(this.go);
  }

  private readonly go = (): void => {
    const { descriptor, buffer } = this;
    if (descriptor.isClosed) return this.end();
    for (;;) {
      while (buffer.length > 0) {
        const taken = descriptor.write(buffer);
        if (typeof taken !== "number") return this.end();
        if (taken > 0) continue;
        descriptor.clearWritable();
        return descriptor.notifyWhenWritable(this.go);
      }
      const count = descriptor.read(buffer, 10_000);
      if (typeof count !== "number") return this.end();
      if (count > 0) continue;
      descriptor.clearReadable();
      return descriptor.notifyWhenReadable(this.go);
    }
  };

  private end(): void {
    this.isOver = true;
    this.buffer.destroy();
    this.descriptor.close();
  }
}

/** Sends `total` bytes and then ends its direction; hears as many back, and hashes them. */
export class EchoClient {
  readonly hash = new Hash();
  /** With the reason why the stream ended. */
  readonly done: Promise<string>;
  private resolve: (reason: string) => void = () => {};
  private sent = 0;
  private readonly output: SliceBuffer;
  private readonly input: SliceBuffer;

  constructor(
    private readonly descriptor: Descriptor,
    engine: EventEngine,
    private readonly total: number,
    private readonly random: Random,
    /** Rests between two reads now and then. */
    private readonly rest: () => Promise<void>,
  ) {
    this.done = new Promise((resolve) => { this.resolve = resolve; });
    this.output = engine.createSliceBuffer();
    this.input = engine.createSliceBuffer();
    descriptor.notifyWhenWritable(this.send);
    descriptor.notifyWhenReadable(this.receive);
  }

  private readonly send = (): void => {
    const { descriptor, output } = this;
    if (descriptor.isClosed) return;
    for (;;) {
      if (output.length === 0) {
        const length = Math.min(this.total - this.sent, 1 + this.random.below(30_000));
        if (length === 0) return descriptor.shutdownSend();
        output.append(bytesAt(this.sent, length));
        this.sent += length;
      }
      const taken = descriptor.write(output);
      assert.type(taken, "number", reason(taken));
      if (taken !== 0) continue;
      descriptor.clearWritable();
      return descriptor.notifyWhenWritable(this.send);
    }
  };

  private readonly receive = (): void => {
    const { descriptor, input } = this;
    for (let round = 0; ; round++) {
      const count = descriptor.read(input, 1 + this.random.below(20_000));
      if (typeof count !== "number") return this.end(count.reason);
      this.hash.add(input.toUint8Array());
      input.clear();
      if (count === 0) break;
      if (round < 5) continue;
      void this.rest().then(() => descriptor.notifyWhenReadable(this.receive)); // still set: soon
      return;
    }
    descriptor.clearReadable();
    descriptor.notifyWhenReadable(this.receive);
  };

  private end(why: string): void {
    this.descriptor.close();
    this.output.destroy();
    this.input.destroy();
    this.resolve(why);
  }
}

/** The same server in the libuv flavour: what was read is written before more is read. */
export class LibuvEchoSession {
  private readonly room: Uint8Array;

  constructor(
    private readonly descriptor: Descriptor,
    private readonly engine: EventEngine,
    roomBytes: number,
  ) {
    this.room = new Uint8Array(roomBytes);
    this.read();
  }

  private readonly read = (): void => {
    if (this.descriptor.isClosed) return;
    let waiting: Uint8Array[] = []; // while the same upcall goes on
    this.descriptor.notifyAfterRead(({ status, bytes, rearmed }: ReadStatus) => {
      if (!status.ok) {
        if (waiting.length === 0) return this.descriptor.close();
      } else waiting.push(bytes.slice());
      if (rearmed) return;
      const all = waiting;
      waiting = [];
      this.engine.run(() => this.write(all, !status.ok));
    }, () => this.room);
  };

  private write(pieces: Uint8Array[], isLast: boolean): void {
    const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
    for (let at = 0, piece = 0; piece < pieces.length; at += (pieces[piece++] as Uint8Array).length) {
      bytes.set(pieces[piece] as Uint8Array, at);
    }
    this.descriptor.notifyAfterWrite(({ status, rearmed }: WriteStatus) => {
      if (rearmed) return;
      if (isLast || !status.ok) this.descriptor.close();
      else this.engine.run(this.read);
    }, { bytes });
  }
}

/** The same client in the libuv flavour. */
export class LibuvEchoClient {
  readonly hash = new Hash();
  readonly done: Promise<string>;
  private resolve: (reason: string) => void = () => {};
  private sent = 0;
  /** Upcalls of reads that ran again by themselves. */
  rearmed = 0;

  constructor(
    private readonly descriptor: Descriptor,
    private readonly engine: EventEngine,
    private readonly total: number,
    private readonly random: Random,
    private readonly rest: () => Promise<void>,
  ) {
    this.done = new Promise((resolve) => { this.resolve = resolve; });
    this.send();
    this.receive();
  }

  private readonly send = (): void => {
    const { descriptor } = this;
    const length = Math.min(this.total - this.sent, 1 + this.random.below(50_000));
    if (length === 0) return descriptor.shutdownSend();
    descriptor.notifyAfterWrite(({ status, bytesWritten, bytesLeft, rearmed }) => {
      assert.ok(status.ok, status.message);
      assert.is(rearmed, bytesLeft > 0);
      this.sent += bytesWritten;
      if (!rearmed) this.engine.run(this.send); // it is over when this has returned
    }, { bytes: bytesAt(this.sent, length) });
  };

  private readonly receive = (): void => {
    this.descriptor.notifyAfterRead(({ status, bytes, rearmed }) => {
      this.hash.add(bytes);
      if (rearmed) this.rearmed++;
      else if (status.ok) void this.rest().then(this.receive);
      else this.end(status.reason);
    }, () => new Uint8Array(1 + this.random.below(5000)));
  };

  private end(why: string): void {
    this.descriptor.close();
    this.resolve(why);
  }
}
