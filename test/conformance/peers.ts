// Peers outside of the engine, on the platform's own sockets: what the engine says is checked by somebody else.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import net from "node:net";
import { until, within } from "../support/guard.js";
import type { Peer } from "./arms.js";
import { loopbackNameserver } from "./nameservers.js";

/** What Linux keeps for a listener with a backlog of 1, and connections that are enough for it. */
const QUEUE = 2;
const FILLERS = 4;

/** Once it has said where it listens, it does nothing for ever. */
const DEAF_LISTENER = `
  const server = require("node:net").createServer();
  server.listen({ host: "127.0.0.1", port: 0, backlog: 1 }, () => {
    require("node:fs").writeSync(1, String(server.address().port));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
`;

export interface BlackHole {
  /** Neither accepts nor refuses: whoever connects there waits. */
  readonly address: string;
  end(): void;
}

/** Connections that wait to be accepted: Linux shows them as what the listener has to read. */
function waitingAt(port: number): number {
  const at = port.toString(16).toUpperCase().padStart(4, "0");
  const line = new RegExp(`:${at} [0-9A-F]+:0000 0A [0-9A-F]+:([0-9A-F]+)`).exec(readFileSync("/proc/net/tcp", "utf8"));
  return parseInt(line?.[1] ?? "0", 16);
}

/** A process that listens and accepts nobody, whose short queue is full. */
export async function openBlackHole(): Promise<BlackHole> {
  const child = spawn(process.execPath, ["-e", DEAF_LISTENER], { stdio: ["ignore", "pipe", "inherit"] });
  const kill = (): boolean => child.kill("SIGKILL");
  process.once("exit", kill);
  const fillers: net.Socket[] = [];
  const end = (): void => {
    for (const filler of fillers) filler.destroy();
    process.removeListener("exit", kill);
    kill();
  };
  try {
    const [text] = await within("a black hole", once(child.stdout, "data")) as [Buffer];
    const port = Number(text.toString());
    while (fillers.length < FILLERS) fillers.push(net.connect(port, "127.0.0.1").on("error", () => {}));
    // Until then somebody else might still be let in: a busy machine takes the fillers one after the other.
    await until(() => `${waitingAt(port)} wait`, () => waitingAt(port) >= QUEUE);
    return { address: `127.0.0.1:${port}`, end };
  } catch (error) {
    end();
    throw error;
  }
}

const blackHole: Peer = async (run) => {
  const hole = await openBlackHole();
  try {
    return await run([hole.address]);
  } finally {
    hole.end();
  }
};

/** A server that sends back what it gets, and ends when the other side did. */
const echoServer: Peer = async (run) => {
  const sockets = new Set<net.Socket>();
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).pipe(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    return await run([`127.0.0.1:${(server.address() as net.AddressInfo).port}`]);
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
};

/** Clients that connect where the body's first line says; they send, expect it back, and end. */
const echoClients: Peer = async (run) => {
  let clients: Promise<void>[] = [];
  const ending = await run([], (text) => {
    const port = /^listening 127\.0\.0\.1:(\d+)\n/.exec(text)?.[1];
    if (port === undefined || clients.length > 0) return;
    clients = [1, 65_537, 1_000_003].map((length) => echoThrough(Number(port), length));
  });
  await Promise.all(clients);
  return clients.length > 0 ? ending : { ...ending, code: -1, stderr: `${ending.stderr}it never listened` };
};

async function echoThrough(port: number, length: number): Promise<void> {
  const sent = Buffer.alloc(length, "conformance ");
  const socket = net.connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  const received: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => received.push(chunk));
  socket.end(sent);
  await once(socket, "end");
  socket.destroy();
  if (!Buffer.concat(received).equals(sent)) throw new Error(`${length} bytes came back differently`);
}

/** A client that sends a little and then cuts the connection with a reset. */
const resetter: Peer = async (run) => run([], (text) => {
  const port = /^listening 127\.0\.0\.1:(\d+)\n$/.exec(text)?.[1];
  if (port === undefined) return;
  const socket = net.connect(Number(port), "127.0.0.1", () => {
    socket.write("cut", () => setTimeout(() => socket.resetAndDestroy(), 20));
  });
});

/** A client that cuts the connection with a reset and has sent nothing. */
const idleResetter: Peer = async (run) => run([], (text) => {
  const port = /^listening 127\.0\.0\.1:(\d+)\n$/.exec(text)?.[1];
  if (port === undefined) return;
  const socket = net.connect(Number(port), "127.0.0.1", () => {
    setTimeout(() => socket.resetAndDestroy(), 50);
  });
});

/** Has the names of test/suite/face/names.ts. */
const nameserver: Peer = async (run) => {
  const server = await loopbackNameserver();
  try {
    return await run([server.address]);
  } finally {
    server.end();
  }
};

/** By the name that bodies give with `with(...)`. */
export const PEERS: Readonly<Record<string, Peer>> = {
  "black-hole": blackHole, "echo-server": echoServer, "echo-clients": echoClients, resetter,
  "idle-resetter": idleResetter,
  nameserver,
};
