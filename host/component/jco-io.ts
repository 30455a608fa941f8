// wasi:io for jco's glue. Calls that wait return promises, for a transpilation with --async-mode jspi.

import { flushed, type Waiter, whenAll, whenReady, writeAndFlush } from "../abi/blocking.js";
import { copyOf } from "../wasi/byte-queue.js";
import { IoError } from "../wasi/io-error.js";
import type { InputStream } from "../wasi/input-stream.js";
import { Kind } from "../wasi/kind.js";
import { BLOCKING_WRITE_BYTES_MAX } from "../wasi/limits.js";
import type { OutputStream } from "../wasi/output-stream.js";
import type { Pollable } from "../wasi/pollable.js";
import type { Resource, Watchable } from "../wasi/resource.js";
import { moveBytes } from "../wasi/splice.js";
import { FAILED } from "../wasi/stream-status.js";
import { trap } from "../wasi/trap.js";
import type { WasiHost } from "../wasi/wasi-host.js";
import { JcoResource, ResultError } from "./jco-resource.js";

export class JcoError extends JcoResource<IoError> {
  constructor(host: WasiHost, error: IoError) {
    super(host, Kind.IoError, error, null);
  }

  toDebugString(): string {
    return this.resource.toDebugString();
  }
}

export class JcoPollable extends JcoResource<Pollable> {
  constructor(
    host: WasiHost,
    private readonly waiter: Waiter,
    pollable: Pollable,
    parent: Resource | null,
  ) {
    super(host, Kind.Pollable, pollable, parent);
  }

  ready(): boolean {
    return this.resource.isReady();
  }

  block(): void | Promise<void> {
    const { resource } = this;
    return this.waiter.until(() => resource.isReady(), () => {});
  }
}

/** What the io classes share. */
export interface JcoIo {
  readonly host: WasiHost;
  readonly waiter: Waiter;
}

export function subscribeTo({ host, waiter }: JcoIo, source: Watchable): JcoPollable {
  return new JcoPollable(host, waiter, host.subscribe(source), source);
}

function throwStatus({ host }: JcoIo, status: number, stream: InputStream | OutputStream): never {
  if (status !== FAILED) throw new ResultError({ tag: "closed" });
  const error = new JcoError(host, new IoError(stream.takeFailure()));
  throw new ResultError({ tag: "last-operation-failed", val: error });
}

export class JcoInputStream extends JcoResource<InputStream> {
  constructor(
    private readonly io: JcoIo,
    stream: InputStream,
    parent: Resource | null,
  ) {
    super(io.host, Kind.InputStream, stream, parent);
  }

  read(len: bigint): Uint8Array {
    const { resource } = this;
    const count = this.count(len);
    const bytes = new Uint8Array(count);
    resource.takeInto(bytes, 0, count);
    return bytes;
  }

  skip(len: bigint): bigint {
    const count = this.count(len);
    this.resource.skip(count);
    return BigInt(count);
  }

  blockingRead(len: bigint): Uint8Array | Promise<Uint8Array> {
    return whenReady(this.io, this.resource, () => this.read(len));
  }

  blockingSkip(len: bigint): bigint | Promise<bigint> {
    return whenReady(this.io, this.resource, () => this.skip(len));
  }

  subscribe(): JcoPollable {
    return subscribeTo(this.io, this.resource);
  }

  /** How many bytes `len` may take now; a status is thrown. */
  count(len: bigint): number {
    const count = this.resource.available(Number(len));
    if (count < 0) throwStatus(this.io, count, this.resource);
    return count;
  }
}

export class JcoOutputStream extends JcoResource<OutputStream> {
  constructor(
    private readonly io: JcoIo,
    stream: OutputStream,
    parent: Resource | null,
  ) {
    super(io.host, Kind.OutputStream, stream, parent);
  }

  checkWrite(): bigint {
    return BigInt(this.done(this.resource.checkWrite()));
  }

  write(contents: Uint8Array): void {
    this.done(this.resource.write(contents, 0, contents.length));
  }

  blockingWriteAndFlush(contents: Uint8Array): void | Promise<void> {
    const { resource } = this;
    if (contents.length > BLOCKING_WRITE_BYTES_MAX) {
      trap(`blocking write of ${contents.length} bytes: at most ${BLOCKING_WRITE_BYTES_MAX} are allowed`);
    }
    // The glue may hand out a view of guest memory, which is not to be relied on across a wait.
    const copy = copyOf(contents, 0, contents.length);
    return writeAndFlush(this.io, resource, () => resource.blockingWrite(copy, 0, copy.length), this.end);
  }

  flush(): void {
    this.done(this.resource.flush());
  }

  blockingFlush(): void | Promise<void> {
    return flushed(this.io, this.resource, this.end);
  }

  writeZeroes(len: bigint): void {
    this.done(this.resource.writeZeroes(Number(len)));
  }

  blockingWriteZeroesAndFlush(len: bigint): void | Promise<void> {
    if (len > BigInt(BLOCKING_WRITE_BYTES_MAX)) trap("blocking write of zeroes: too many bytes");
    return this.blockingWriteAndFlush(new Uint8Array(Number(len)));
  }

  splice(source: JcoInputStream, len: bigint): bigint {
    const permit = this.checkWrite();
    const count = source.count(len < permit ? len : permit);
    this.done(moveBytes(source.resource, this.resource, count));
    return BigInt(count);
  }

  blockingSplice(source: JcoInputStream, len: bigint): bigint | Promise<bigint> {
    const target = this.resource;
    const from = source.resource;
    const isReady = (): boolean => target.isReady() && (from.isReady() || !target.isOpen);
    return whenAll(this.io, [target, from], isReady, () => this.splice(source, len));
  }

  subscribe(): JcoPollable {
    return subscribeTo(this.io, this.resource);
  }

  private readonly end = (status: number): void => { this.done(status); };

  private done(status: number): number {
    if (status < 0) throwStatus(this.io, status, this.resource);
    return status;
  }
}

export function poll({ waiter }: JcoIo, list: readonly JcoPollable[]): Uint32Array | Promise<Uint32Array> {
  if (list.length === 0) trap("poll of an empty list");
  const pollables = list.map((entry) => entry.resource);
  let ready: number[] = [];
  return waiter.until(
    () => {
      ready = [...pollables.keys()].filter((index) => pollables[index]?.isReady() === true);
      return ready.length > 0;
    },
    () => Uint32Array.from(ready),
  );
}
