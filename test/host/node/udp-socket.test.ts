// Datagrams of the Node transport on real sockets: on the handles of libuv and on node:dgram as it is documented; and,
// in a process of its own, where libuv takes no datagram at once.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { NodeTransport } from "#host/node/tcp-transport.js";
import { udpInsides } from "#host/node/udp-handle.js";
import { datagramCases } from "../support/datagram-cases.js";

/** An option of Node that is meant for this. */
const NEVER_AT_ONCE = "--test-udp-no-try-send";
const isQueueing = process.execArgv.includes(NEVER_AT_ONCE);

datagramCases("with short cuts", () => new NodeTransport(), !isQueueing);
datagramCases("without short cuts", () => new NodeTransport({ useHandles: false }), false);

const ways = suite("both ways");

ways("should be there in this Node", () => {
  assert.ok(udpInsides() !== null, "the insides of node:dgram have changed");
});

if (!isQueueing) {
  ways("should be the same where every datagram is queued first", async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [NEVER_AT_ONCE, fileURLToPath(import.meta.url)]);
    assert.match(stdout, /Passed/);
  });
}

ways.run();
