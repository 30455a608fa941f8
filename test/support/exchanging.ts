// An endpoint over a fake connection that reads into and writes from slice buffers, for the tests of readers and
// writers. Checks after each step what always holds.
import * as assert from "uvu/assert";
import type { FakeConnection } from "./fake-host.js";
import type { Telling } from "./host-turns.js";
import { NetProbe } from "./net-probe.js";

export const READ = 11;
export const WRITE = 22;

export interface Exchange {
  net: NetProbe;
  connection: FakeConnection;
  endpoint: number;
  /** The buffer of reads, and the one of writes. */
  input: number;
  output: number;
  /** Calls `read`. True: it was completed inline. */
  read(options?: { hint?: number; inline?: boolean }): boolean;
  /** Appends the bytes to `output` and calls `write`. */
  write(bytes: Uint8Array, options?: { frame?: number; inline?: boolean }): boolean;
  /** The bytes that a read brought; the buffer is empty then. */
  take(): Buffer;
  push(text: string): void;
  /** Destroys the endpoint and checks the leak law. Returns what was told meanwhile. */
  end(): string[];
}

export async function exchange(telling?: Telling): Promise<Exchange> {
  const net = await NetProbe.create(telling);
  net.host.readsFollowPermits = false;
  const { connection, handles } = net.host.connect();
  const endpoint = net.call.endpointCreate!(...handles);
  const input = net.call.bufferCreate!();
  const output = net.call.bufferCreate!();
  const each: Exchange = {
    net, connection, endpoint, input, output,
    read: ({ hint = 1, inline = false } = {}) => {
      return net.call.read!(endpoint, input, hint, inline ? 1 : 0, READ) === 1;
    },
    write: (bytes, { frame = 1 << 20, inline = false } = {}) => {
      append(net, output, bytes);
      const done = net.call.write!(endpoint, output, frame, inline ? 1 : 0, WRITE) === 1;
      assert.is(net.call.bufferLength!(output), 0, "write leaves the buffer empty");
      return done;
    },
    take: () => {
      assert.is(net.call.bufferIsValid!(input), 1);
      const length = net.call.bufferTake!(input);
      return Buffer.from(net.probe.bytes(net.call.bytesAddress!(), length));
    },
    push: (text) => connection.input.push(Buffer.from(text)),
    end: () => {
      net.call.destroy!(endpoint);
      for (let round = 0; round < 100 && net.call.live!(2) > 0; round++) {
        connection.output.take(Infinity);
        net.settle();
      }
      net.settle();
      net.call.bufferDestroy!(input);
      net.call.bufferDestroy!(output);
      net.checkNothingLeft();
      return net.takeEvents();
    },
  };
  return each;
}

/** Appends bytes, at most 1 MiB, as one slice. */
export function append(net: NetProbe, buffer: number, bytes: Uint8Array): void {
  net.probe.write(net.call.bytesAddress!(), bytes);
  if (bytes.length > 0) net.call.bufferAppend!(buffer, bytes.length);
}
