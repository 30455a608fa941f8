// The worker arm of the transport seam, for tests: this thread plays the worker, another one has the sockets. Events
// come in between, every millisecond, where a guest would wait for them.
import { Worker } from "node:worker_threads";
import type { DatagramEvents, DatagramSocket } from "#host/wasi/datagram-transport.js";
import type { ErrorCode } from "#host/wasi/error-code.js";
import type { SocketAddress } from "#host/wasi/ip-address.js";
import type {
  Binding, BindOptions, Connection, ConnectOptions, Request, Transport,
} from "#host/wasi/transport.js";
import { makeChannel } from "#host/node/worker/channel.js";
import { RemotePlatform } from "#host/node/worker/remote-platform.js";
import { RING_BYTES_MIN } from "#host/node/worker/ring.js";

export class RemoteArm implements Transport {
  readonly platform: RemotePlatform;
  /** While true nothing is delivered here, as if the guest computed. */
  isBusy = false;
  private readonly thread: Worker;
  private readonly timer: NodeJS.Timeout;
  /** What the other thread said last that is open there; Infinity when that is old. */
  servedCount = 0;

  constructor(ringBytes = RING_BYTES_MIN) {
    const channel = makeChannel(ringBytes);
    this.thread = new Worker(new URL("./serving-thread.js", import.meta.url), { workerData: channel });
    this.platform = new RemotePlatform(channel, () => this.thread.postMessage("poke"));
    this.thread.on("message", (count: number) => { this.servedCount = count; });
    let ticks = 0;
    this.timer = setInterval(() => {
      if (!this.isBusy) this.platform.runPending();
      if (++ticks % 16 === 0) this.thread.postMessage("count");
    }, 1);
    // Whoever waits for something holds the process; the arm does not.
    this.timer.unref();
    this.thread.unref();
  }

  /** In both threads. */
  get openCount(): number {
    return this.platform.transport.openCount + this.servedCount;
  }

  bind(options: BindOptions, done: (result: Binding | ErrorCode) => void): Request {
    this.servedCount = Infinity; // until it is asked for again
    return this.platform.transport.bind(options, done);
  }

  connect(options: ConnectOptions, done: (result: Connection | ErrorCode) => void): Request {
    this.servedCount = Infinity;
    return this.platform.transport.connect(options, done);
  }

  bindDatagrams(
    address: SocketAddress, events: DatagramEvents, done: (result: DatagramSocket | ErrorCode) => void,
  ): Request {
    this.servedCount = Infinity;
    return this.platform.transport.bindDatagrams(address, events, done);
  }

  lookup(name: string, done: (result: SocketAddress[] | ErrorCode) => void): Request {
    return this.platform.transport.lookup(name, done);
  }

  /** The guest died: the other thread is told to cut what it left open. */
  cut(): void {
    this.servedCount = Infinity;
    this.thread.postMessage("cut");
  }
}
