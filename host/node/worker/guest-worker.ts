// The thread of a guest that blocks: everything of it runs here, except the sockets (run-in-worker.ts).

import { parentPort, workerData } from "node:worker_threads";
import { ComponentError } from "../../component/binary/component-error.js";
import { blocksThread } from "../../component/blocking-way.js";
import { runComponent } from "../../component/run.js";
import { refusalLine, TellingHost } from "../../component/telling-host.js";
import { encodeText } from "./messages.js";
import { RemotePlatform, WorkerWaiter } from "./remote-platform.js";
import type { GuestOrder } from "./run-in-worker.js";

const { channel, component, grants } = workerData as GuestOrder;
const platform = new RemotePlatform(channel, () => parentPort?.postMessage(null));
const host = new TellingHost(platform, grants, (what, grant) => {
  const line = encodeText(refusalLine(what, grant));
  platform.streams.stderr.write(line, 0, line.length);
});
try {
  platform.finish(await runComponent(component, host, blocksThread(new WorkerWaiter(platform))));
} catch (error) {
  platform.failed(error instanceof Error ? error.message : String(error), !(error instanceof ComponentError));
}
parentPort?.close();
