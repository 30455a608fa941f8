// Runs a component in a worker thread of its own, where it may block, with the sockets of this thread: for a Node that
// cannot suspend WebAssembly.
//
//   started --Finish or Trap, and the thread ends--> resolved or rejected, nothing of the guest is open
//      |
//      +-- stop(), or the thread dies: everything is cut, rejected

import { Worker } from "node:worker_threads";
import { ComponentError } from "../../component/binary/component-error.js";
import type { Grants, Platform } from "../../wasi/wasi-host.js";
import { makeChannel, type SharedChannel } from "./channel.js";
import { PlatformServer } from "./platform-server.js";

/** Grants that can be told to another thread. */
export type WorkerGrants = Omit<Grants, "tcp" | "udp"> & { readonly tcp?: boolean; readonly udp?: boolean };

/** What the worker is given. */
export interface GuestOrder {
  readonly channel: SharedChannel;
  readonly component: Uint8Array;
  readonly grants: WorkerGrants;
}

export interface RunningGuest {
  /** Rejects with a ComponentError when the file cannot be run, and otherwise with what ended the guest. */
  readonly exitCode: Promise<number>;
  /** Cuts everything that the guest holds and ends it, wherever it is. */
  stop(): void;
}

export function runInWorker(component: Uint8Array, grants: WorkerGrants, platform: Platform): RunningGuest {
  const order: GuestOrder = { channel: makeChannel(), component, grants };
  const worker = new Worker(new URL("./guest-worker.js", import.meta.url), { workerData: order });
  let failure: unknown = null;
  const server = new PlatformServer(platform, order.channel, (error) => {
    failure = error;
    void worker.terminate();
  });
  worker.on("message", server.pump);
  worker.on("error", (error) => { failure = error; });
  const exitCode = new Promise<number>((resolve, reject) => {
    worker.on("exit", () => {
      server.pump(); // for what it said last
      server.cut();
      const end = server.guestEnd;
      if (end === null) reject(failure ?? new Error("the guest's thread ended before the guest did"));
      else if ("exitCode" in end) resolve(end.exitCode);
      else reject(end.wasRun ? new Error(end.message) : new ComponentError(end.message));
    });
  });
  const stop = (): void => {
    server.cut();
    void worker.terminate();
  };
  return { exitCode, stop };
}
