// A thread that serves Node's platform over a channel: the main thread's part, for tests that play the worker's.
import { parentPort, workerData } from "node:worker_threads";
import { nodePlatform } from "#host/node/platform.js";
import type { SharedChannel } from "#host/node/worker/channel.js";
import { PlatformServer } from "#host/node/worker/platform-server.js";

const port = parentPort;
if (port === null) throw new Error("this is a thread's program");
const platform = nodePlatform();
const server = new PlatformServer(platform, workerData as SharedChannel, (error) => { throw error; });
port.on("message", (message: "poke" | "count" | "cut") => {
  if (message === "poke") server.pump();
  if (message === "cut") server.cut();
  if (message === "count") port.postMessage(platform.transport.openCount);
});
