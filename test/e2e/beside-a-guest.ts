// Runs a guest that never waits, in a process that has sockets of its own: node beside-a-guest.js GUEST.wasm
// A helper of hostile.test.ts, to be run by a Node that has JavaScript Promise Integration. It prints how many times
// its own sockets were served before a peer ended the guest, and the guest's exit code.
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { blocksByJspi } from "#host/component/blocking-way.js";
import { runComponent } from "#host/component/run.js";
import { nodePlatform } from "#host/node/platform.js";
import { WasiHost } from "#host/wasi/wasi-host.js";
import { capturedStreams } from "../conformance/captured-streams.js";
import { SPINNING } from "./hostile-cases.js";

const ROUND_TRIPS = 200;

async function connected(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  return socket.setNoDelay(true);
}

async function portOf(server: Server): Promise<number> {
  await once(server.listen(0, "127.0.0.1"), "listening");
  return (server.address() as AddressInfo).port;
}

const [file = ""] = process.argv.slice(2);
let heardPort: (port: number) => void;
const guestPort = new Promise<number>((resolve) => { heardPort = resolve; });
const streams = capturedStreams((text) => {
  const port = /^port (\d+)$/m.exec(text)?.[1];
  if (port !== undefined) heardPort(Number(port));
});
const host = new WasiHost({ ...nodePlatform(), streams }, { tcp: true, args: ["hostile", SPINNING] });
const blocking = blocksByJspi(host);
if (blocking === null) throw new Error("this Node has no JavaScript Promise Integration");
const ended = runComponent(await readFile(file), host, blocking);

const port = await guestPort;
const server = createServer((socket) => { socket.pipe(socket); });
const socket = await connected(await portOf(server));
let served = 0;
while (served < ROUND_TRIPS) {
  socket.write("ping");
  await once(socket, "data");
  served++;
}
socket.destroy();
server.close();
const peer = await connected(port);
console.log(`served ${served}, exit code ${await ended}`);
peer.destroy();
