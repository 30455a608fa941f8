// A network in a page whose time stands still, and connections on it with a record of what each end is told.
import * as assert from "uvu/assert";
import { PageNetwork } from "#host/browser/network/network.js";
import { type ErrorCode, errorCodeName, OK } from "#host/wasi/error-code.js";
import { LOCALHOST, type SocketAddress, withPort } from "#host/wasi/ip-address.js";
import type { Binding, Connection, Request } from "#host/wasi/transport.js";
import { FakeClock } from "../support/fake-platform.js";
import { Record } from "../support/node-transport.js";

export const [HERE, HERE6] = LOCALHOST as [SocketAddress, SocketAddress];
/** Bytes of a direction that do not count as queued (host/browser/network/connection.ts). */
export const PIPE_BYTES = 256 * 1024;

export interface End {
  readonly connection: Connection;
  readonly record: Record;
}

export interface Ends {
  readonly client: End;
  readonly server: End;
}

export class PageWorld {
  readonly clock = new FakeClock();
  readonly network = new PageNetwork(this.clock);

  /** Lets everything happen that is due now. */
  settle(): void {
    for (let step = 0; this.clock.runSoon() > 0; step++) assert.ok(step < 1_000_000, "it comes to rest");
  }

  bind(address: SocketAddress = HERE, backlog = 16): Binding | ErrorCode {
    let outcome: Binding | ErrorCode | undefined;
    this.network.bind({ address, backlog }, (result) => { outcome = result; });
    if (outcome === undefined) throw new Error("the bind did not end within the call");
    return outcome;
  }

  mustBind(address: SocketAddress = HERE): Binding {
    const result = this.bind(address);
    if (typeof result === "number") throw new Error(errorCodeName(result));
    return result;
  }

  /** Binds and listens; who came is in `arrived`. */
  listen(backlog = 16, address: SocketAddress = HERE): { binding: Binding; arrived: Connection[] } {
    const binding = this.mustBind(address);
    const arrived: Connection[] = [];
    let outcome: number | undefined;
    binding.listen({ connectionArrived: (each) => arrived.push(each) }, backlog, (result) => { outcome = result; });
    assert.is(outcome, OK);
    return { binding, arrived };
  }

  /** The results come into `results`, nothing before the call returned. */
  connect(
    remote: SocketAddress, results: (Connection | ErrorCode)[], local: SocketAddress | null = null,
  ): Request {
    const before = results.length;
    const request = this.network.connect({ remote, local }, (result) => results.push(result));
    assert.is(results.length, before, "not inside the call");
    return request;
  }

  /** How a connect ends that ends now. */
  connectNow(remote: SocketAddress, local: SocketAddress | null = null): Connection | ErrorCode {
    const results: (Connection | ErrorCode)[] = [];
    this.connect(remote, results, local);
    this.settle();
    assert.is(results.length, 1, "the connect has ended");
    return results[0] as Connection | ErrorCode;
  }

  mustConnect(remote: SocketAddress, local: SocketAddress | null = null): Connection {
    const result = this.connectNow(remote, local);
    if (typeof result === "number") throw new Error(errorCodeName(result));
    return result;
  }

  /** A connection with both ends attached, through a listener that is gone again. */
  joined(): Ends {
    const { binding, arrived } = this.listen();
    const client = this.mustConnect(binding.localAddress);
    binding.close();
    const [server] = arrived;
    if (server === undefined) throw new Error("nobody was accepted");
    return { client: attached(client), server: attached(server) };
  }

  nothingIsLeft(): void {
    this.settle();
    assert.is(this.network.openCount, 0, "connections, bindings or datagram sockets are left");
    assert.is(this.clock.timers.size, 0, "timers are left");
    assert.is(this.clock.soonCount, 0);
    // Every port is free again: all of them can be taken once more.
    for (const port of [32_768, 60_999]) this.mustBind(withPort(HERE, port)).close();
  }
}

export function attached(connection: Connection): End {
  const record = new Record();
  connection.attach(record);
  return { connection, record };
}

export function send({ connection }: End, text: string): void {
  const bytes = Buffer.from(text);
  connection.write(bytes, 0, bytes.length);
}

export function sendBytes({ connection }: End, count: number): void {
  connection.write(new Uint8Array(count).fill(count), 0, count);
}

/** Runs `body` in a world of its own, of which nothing is left at its end. */
export function inPage(body: (world: PageWorld) => void | Promise<void>): () => Promise<void> {
  return async () => {
    const world = new PageWorld();
    await body(world);
    world.nothingIsLeft();
  };
}
