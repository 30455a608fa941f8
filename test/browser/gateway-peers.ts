// What stands behind the gateway in its tests: TCP and UDP peers, each with a manner of its own.
import { createSocket } from "node:dgram";
import { once } from "node:events";
import type { Socket } from "node:net";
import { listen, unusedPort } from "../support/client.js";

export interface Peers {
  /** Sends back what it gets, and ends when the other side did. */
  readonly echo: string;
  /** Sends so many bytes as fast as it can, and ends. */
  readonly spring: string;
  /** Reads nothing until `hear`; then it says how many bytes there were. */
  readonly deaf: string;
  /** Answers when the other side has ended. */
  readonly late: string;
  /** Says something, ends its own side and listens on; `heard` has what came. */
  readonly early: string;
  readonly udpEcho: string;
  /** Nobody is there. */
  readonly nobody: string;
  readonly heard: string[];
  hear(): void;
  /** Connections that are open. */
  readonly openCount: number;
  close(): void;
}

export const SPRING_BYTES = 24 << 20;

export async function openPeers(): Promise<Peers> {
  const sockets = new Set<Socket>();
  const silent = new Set<() => void>();
  const heard: string[] = [];
  const behaving = async (behave: (socket: Socket) => void) => listen((socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).on("close", () => sockets.delete(socket));
    behave(socket);
  });
  const servers = {
    echo: await behaving((socket) => socket.pipe(socket)),
    spring: await behaving((socket) => {
      socket.resume().end(Buffer.alloc(SPRING_BYTES, "water"));
    }),
    deaf: await behaving((socket) => {
      silent.add(() => {
        let count = 0;
        socket.on("data", (chunk: Buffer) => { count += chunk.length; });
        socket.on("end", () => socket.end(`${count} bytes`));
      });
    }),
    late: await behaving((socket) => {
      let text = "";
      socket.on("data", (chunk: Buffer) => { text += chunk.toString(); });
      socket.on("end", () => socket.end(`you said: ${text}`));
    }),
    early: await behaving((socket) => {
      socket.end("hello and goodbye");
      socket.on("data", (chunk: Buffer) => heard.push(chunk.toString()));
    }),
  };
  const udp = createSocket("udp4", (message, { address, port }) => udp.send(message, port, address));
  udp.bind(0, "127.0.0.1");
  await once(udp, "listening");
  const addresses = Object.fromEntries(Object.entries(servers).map(([name, { port }]) => [name, `127.0.0.1:${port}`]));
  return {
    ...addresses as Record<keyof typeof servers, string>,
    udpEcho: `127.0.0.1:${udp.address().port}`,
    nobody: `127.0.0.1:${await unusedPort()}`,
    heard,
    hear: () => {
      for (const listenNow of silent) listenNow();
      silent.clear();
    },
    get openCount() { return sockets.size; },
    close: () => {
      for (const socket of sockets) socket.destroy();
      for (const server of Object.values(servers)) server.close();
      udp.close();
    },
  };
}
