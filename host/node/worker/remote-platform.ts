// The platform of a guest that runs in a worker and blocks: sockets and standard streams are the main thread's, behind
// the channel; time and randomness are the worker's own.
//
//   guest calls a blocking import --> WorkerWaiter.until():   +-> runPending(): timers, events, callbacks
//                                                             |      the condition holds --> back to the guest
//                                                             +-- sleep(): until an event, or the next timer
//
// Nothing is called back outside of `runPending`.

import { ByteQueuePool } from "../../wasi/byte-queue.js";
import type { Waiter } from "../../abi/blocking.js";
import type { StandardStreams } from "../../wasi/standard-streams.js";
import type { Platform } from "../../wasi/wasi-host.js";
import { fillRandom } from "../platform.js";
import { type SharedChannel, WorkerEnd } from "./channel.js";
import { encodeText, Command } from "./messages.js";
import { RemoteLink } from "./remote-link.js";
import { remoteStreams } from "./remote-streams.js";
import { RemoteTransport } from "./remote-transport.js";
import { WorkerClock } from "./worker-clock.js";

export class RemotePlatform implements Platform {
  readonly transport: RemoteTransport;
  readonly clock = new WorkerClock();
  readonly streams: StandardStreams;
  readonly fillRandom = fillRandom;
  private readonly end: WorkerEnd;
  private readonly link: RemoteLink;

  /** `pokeMain` makes the event loop of the main thread run PlatformServer's `pump`. */
  constructor(channel: SharedChannel, pokeMain: () => void) {
    const pool = new ByteQueuePool();
    this.end = new WorkerEnd(channel, pokeMain);
    this.link = new RemoteLink(this.end, (callback) => this.clock.soon(callback));
    this.transport = new RemoteTransport(this.link, pool);
    this.streams = remoteStreams(this.link, pool);
  }

  /** Delivers what is due, without waiting. */
  runPending(): void {
    this.link.dispatch();
    this.clock.run();
  }

  /** Blocks the thread until there may be something for `runPending`. */
  sleep(): void {
    this.end.sleep(this.clock.delayMs);
  }

  /** The last command: the guest ended. */
  finish(exitCode: number): void {
    this.link.tell(Command.Finish, 0, exitCode);
  }

  /** The last command: the guest trapped, or the file could not be run at all. */
  failed(message: string, wasRun: boolean): void {
    const text = encodeText(message);
    this.link.tellBytes(Command.Trap, 0, wasRun ? 0 : 1, text, 0, text.length);
  }
}

/** Blocks the thread where a guest waits; never gives a promise. */
export class WorkerWaiter implements Waiter {
  readonly canWait = true;

  constructor(private readonly platform: RemotePlatform) {}

  /** The guest asks again and again instead of waiting. */
  notYet(): void {
    this.platform.runPending();
  }

  until<T>(isReady: () => boolean, rest: () => T): T {
    this.platform.runPending(); // also when it is ready: a guest that never waits must not starve its sockets
    while (!isReady()) {
      this.platform.sleep();
      this.platform.runPending();
    }
    return rest();
  }
}
