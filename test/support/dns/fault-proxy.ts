// A stand-in between a resolver and a real nameserver, on loopback: what a Fault does with a query is what happens.
//
//   resolver --query--> proxy --truth()--> nameserver
//            <--whatever the fault sends--
import { createSocket, type RemoteInfo, type Socket as UdpSocket } from "node:dgram";
import { connect, createServer, type Server, type Socket } from "node:net";
import { GUARD_MS, within } from "../guard.js";
import { authority, freePort } from "./free-port.js";
import { questionName, questionType } from "./wire.js";

export interface Asked {
  bytes: Buffer;
  /** Counts the queries of this transport, from 0. */
  index: number;
  /** What the real server answers to these bytes over this transport. */
  truth(): Promise<Buffer>;
}

export interface AskedByDatagram extends Asked {
  reply(bytes: Uint8Array): void;
  /** Sends from another port than the one that was asked. */
  replyFromElsewhere(bytes: Uint8Array): void;
}

export interface AskedByStream extends Asked {
  /** Counts connections, from 0. */
  connection: number;
  /** Sends an answer with its length before it. */
  reply(bytes: Uint8Array): void;
  /** For bytes that are no whole answer. */
  socket: Socket;
}

export interface Fault {
  datagram(asked: AskedByDatagram): Promise<void> | void;
  stream(asked: AskedByStream): Promise<void> | void;
}

/** No fault at all. */
export const honest: Fault = {
  datagram: async (asked) => asked.reply(await asked.truth()),
  stream: async (asked) => asked.reply(await asked.truth()),
};

/** What a query came with. */
export interface Seen {
  id: number;
  /** The name as it was spelled. */
  name: string;
  fromPort: number;
  bytes: Buffer;
}

export class FaultProxy {
  readonly address: string;
  /** Every query by datagram, in the order of arrival. */
  readonly datagrams: Seen[] = [];
  /** Every query by stream. */
  readonly streams: Seen[] = [];
  connections = 0;
  /** Connections that are open now. */
  readonly open = new Set<Socket>();
  fault: Fault;

  #udp: UdpSocket;
  #elsewhere: UdpSocket;
  #tcp: Server;
  #behind: number;
  #host: string;
  /** Ends what waits for the real server. */
  #asking = new Set<() => void>();
  #errors: unknown[] = [];
  #stopped = false;

  private constructor(host: string, port: number, behind: number, fault: Fault) {
    this.#host = host;
    this.#behind = behind;
    this.fault = fault;
    this.address = authority(host, port);
    this.#udp = createSocket(this.#family);
    this.#elsewhere = createSocket(this.#family);
    this.#udp.on("message", (bytes, from) => this.#onDatagram(bytes, from));
    this.#udp.on("error", () => {}); // The asker may be gone: its port answers with an error.
    this.#elsewhere.on("error", () => {});
    this.#tcp = createServer((socket) => this.#onConnection(socket));
  }

  /** Before the server that has this port on the same loopback address. */
  static async start(behind: number, fault: Fault = honest, host = "127.0.0.1"): Promise<FaultProxy> {
    for (let attempt = 1; ; attempt++) {
      const port = await freePort();
      const proxy = new FaultProxy(host, port, behind, fault);
      try {
        await proxy.#listen(port);
        return proxy;
      } catch (error) {
        await proxy.stop();
        if (attempt === 5) throw error; // Somebody else took the port, five times.
      }
    }
  }

  /** Ends everything that it opened. Throws what went wrong in a fault, so that no test passes with a broken one. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    for (const socket of this.open) socket.destroy();
    for (const giveUp of this.#asking) giveUp();
    const tcpEnds = new Promise<void>((resolve) => void this.#tcp.close(() => resolve()));
    const udpEnd = [this.#udp, this.#elsewhere].map((each) => new Promise<void>((resolve) => each.close(resolve)));
    await within("the proxy to end", Promise.all([tcpEnds, ...udpEnd]));
    if (this.#errors.length > 0) throw this.#errors[0];
  }

  get #family(): "udp4" | "udp6" {
    return this.#host.includes(":") ? "udp6" : "udp4";
  }

  async #listen(port: number): Promise<void> {
    const bound = (socket: UdpSocket, at: number): Promise<void> => new Promise((resolve, reject) => {
      socket.once("error", reject);
      socket.bind(at, this.#host, () => {
        socket.off("error", reject);
        resolve();
      });
    });
    await Promise.all([bound(this.#udp, port), bound(this.#elsewhere, 0)]);
    await new Promise<void>((resolve, reject) => {
      this.#tcp.once("error", reject);
      this.#tcp.listen(port, this.#host, () => resolve());
    });
  }

  /** Runs one handler; what it throws is told by stop(). */
  #run(handle: () => Promise<void> | void): void {
    void (async () => handle())().catch((error: unknown) => {
      if (!this.#stopped) this.#errors.push(error);
    });
  }

  #onDatagram(bytes: Buffer, from: RemoteInfo): void {
    const index = this.datagrams.length;
    this.datagrams.push(seen(bytes, from.port));
    const sendFrom = (socket: UdpSocket) => (answer: Uint8Array): void => {
      if (!this.#stopped) socket.send(answer, from.port, from.address);
    };
    const truth = (): Promise<Buffer> => this.#askByDatagram(bytes);
    this.#run(() => this.fault.datagram({
      bytes, index, truth, reply: sendFrom(this.#udp), replyFromElsewhere: sendFrom(this.#elsewhere),
    }));
  }

  #askByDatagram(bytes: Buffer): Promise<Buffer> {
    const socket = createSocket(this.#family);
    return this.#asked(() => socket.close(), (resolve, reject) => {
      socket.once("message", resolve).once("error", reject);
      socket.connect(this.#behind, this.#host, () => socket.send(bytes));
    });
  }

  async #asked(
    close: () => void, ask: (resolve: (answer: Buffer) => void, reject: (error: Error) => void) => void,
  ): Promise<Buffer> {
    let giveUp = (): void => {};
    const answer = new Promise<Buffer>((resolve, reject) => {
      giveUp = () => reject(new Error("the proxy was stopped"));
      ask(resolve, reject);
    });
    this.#asking.add(giveUp);
    try {
      return await within("the real server's answer", answer, GUARD_MS);
    } finally {
      this.#asking.delete(giveUp);
      close();
    }
  }

  #onConnection(socket: Socket): void {
    const connection = this.connections++;
    this.open.add(socket);
    socket.setNoDelay(true).on("error", () => {}).once("close", () => this.open.delete(socket));
    const fromPort = socket.remotePort ?? 0;
    const reply = (answer: Uint8Array): void => void socket.write(framed(answer));
    onFrames(socket, (bytes) => {
      const index = this.streams.length;
      this.streams.push(seen(bytes, fromPort));
      const truth = (): Promise<Buffer> => this.#askByStream(bytes);
      this.#run(() => this.fault.stream({ bytes, index, connection, truth, reply, socket }));
    });
  }

  #askByStream(bytes: Buffer): Promise<Buffer> {
    const socket = connect({ port: this.#behind, host: this.#host });
    return this.#asked(() => void socket.destroy(), (resolve, reject) => {
      socket.once("error", reject).once("close", () => reject(new Error("the real server hung up")));
      onFrames(socket, resolve);
      socket.write(framed(bytes));
    });
  }
}

/** Different questions among queries: a busy machine may make a resolver repeat one. */
export function questionsOf(queries: readonly Seen[]): string[] {
  return [...new Set(queries.map(({ bytes, name }) => `${questionType(bytes)} ${name.toLowerCase()}`))].sort();
}

function seen(bytes: Buffer, fromPort: number): Seen {
  return { id: bytes.readUInt16BE(0), name: questionName(bytes), fromPort, bytes };
}

/** Breaks a connection off. Node keeps one open for ever that is reset after its end. */
export function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}

/** A message as streams carry it. */
export function framed(bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
}

/** Cuts what arrives into messages. */
export function onFrames(socket: Socket, onMessage: (bytes: Buffer) => void): void {
  let arrived = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => {
    arrived = Buffer.concat([arrived, chunk]);
    while (arrived.length >= 2 && arrived.length >= 2 + arrived.readUInt16BE(0)) {
      const end = 2 + arrived.readUInt16BE(0);
      const message = Buffer.from(arrived.subarray(2, end));
      arrived = arrived.subarray(end);
      onMessage(message);
    }
  });
}
