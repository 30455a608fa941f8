// The life of one real nameserver: its folder, its start without privileges, the wait until it answers, its end.
import { type ChildProcess, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { GUARD_MS, within } from "../guard.js";
import { authority, freePort, LOOPBACKS } from "./free-port.js";
import { query, TYPES } from "./wire.js";

/** uid and gid of `nobody` and `nogroup` on Debian. */
const NOBODY = 65534;
const STARTS_MAX = 5;
const LOG_CHARS_MAX = 1 << 16;

export interface ServerKind {
  /** The command, which test/tools/debian-tool.sh knows. */
  command: string;
  /** The files of its folder: name and text. */
  files(port: number, folder: string): Record<string, string>;
  arguments(port: number, folder: string): string[];
  /** A name that it answers about when it is ready, in whatever way. */
  known: string;
}

export interface NameServer {
  port: number;
  /** Its IPv4 address with the port, as servers are given to resolvers. */
  v4: string;
  /** The same for IPv6; undefined on a machine that has none. */
  v6: string | undefined;
  log(): string;
  /** False when it ended by itself. */
  runs(): boolean;
  stop(): Promise<void>;
}

/** Each with its folder. */
const running = new Map<ChildProcess, string>();
process.on("exit", () => {
  for (const [child, folder] of running) {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }
});

export async function startNameServer(path: string, kind: ServerKind): Promise<NameServer> {
  for (let attempt = 1; ; attempt++) {
    const started = await tryStart(path, kind, await freePort());
    if (typeof started !== "string") return started;
    // Its port may have been taken meanwhile; what else is wrong will be so the next time too.
    if (attempt === STARTS_MAX) throw new Error(`${kind.command} does not start: ${started}`);
  }
}

/** The log, when it ended instead of answering. */
async function tryStart(path: string, kind: ServerKind, port: number): Promise<NameServer | string> {
  const folder = mkdtempSync(join(tmpdir(), `${kind.command}-`));
  for (const [name, text] of Object.entries(kind.files(port, folder))) writeFileSync(join(folder, name), text);
  const asRoot = process.getuid?.() === 0;
  if (asRoot) chownSync(folder, NOBODY, NOBODY);
  chmodSync(folder, 0o755);
  const child = spawn(path, kind.arguments(port, folder), {
    cwd: folder, stdio: ["ignore", "pipe", "pipe"], ...(asRoot ? { uid: NOBODY, gid: NOBODY } : {}),
  });
  let log = "";
  let ended = false;
  running.set(child, folder);
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => (log = (log + text).slice(-LOG_CHARS_MAX)));
  }
  const end = new Promise<void>((resolve) => {
    const over = (): void => {
      ended = true;
      running.delete(child);
      rmSync(folder, { recursive: true, force: true });
      resolve();
    };
    child.once("close", over).once("error", over);
  });
  const server: NameServer = {
    port, v4: authority("127.0.0.1", port), v6: LOOPBACKS.includes("::1") ? authority("::1", port) : undefined,
    log: () => log, runs: () => !ended,
    stop: async () => {
      child.kill("SIGKILL");
      await within(`${kind.command} to end`, end);
    },
  };
  const until = Date.now() + GUARD_MS;
  while (!ended && !(await answers(port, kind.known))) {
    if (Date.now() < until) continue;
    await server.stop();
    throw new Error(`${kind.command} does not answer: ${log}`);
  }
  return ended ? log : server;
}

/** Whether somebody answers there within a moment, on every loopback address and with something else than SERVFAIL. */
async function answers(port: number, name: string): Promise<boolean> {
  const all = await Promise.all(LOOPBACKS.map((host) => new Promise<boolean>((resolve) => {
    const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
    const end = (answered: boolean): void => {
      clearTimeout(timer);
      socket.removeAllListeners().on("error", () => {}).close();
      resolve(answered);
    };
    const timer = setTimeout(end, 100, false);
    socket.once("error", () => end(false));
    socket.once("message", (message) => end(((message[3] ?? 2) & 15) !== 2));
    socket.connect(port, host, () => socket.send(query(1, name, TYPES.A)));
  })));
  if (all.every((each) => each)) return true;
  await sleep(20);
  return false;
}
