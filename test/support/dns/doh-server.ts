// A server of DNS over HTTPS before a real nameserver, on loopback and without TLS: what a fault does with a question
// is what happens. Pages of other origins may ask it, as browsers want to be told (CORS).
//
//   page --POST--> this --TCP--> nameserver
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { within } from "../guard.js";
import { framed, onFrames } from "./fault-proxy.js";

export interface AskedByPost {
  readonly bytes: Buffer;
  /** Counts the questions, from 0. */
  readonly index: number;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** What the nameserver answers to these bytes. */
  truth(): Promise<Buffer>;
  /** Answers with a message. */
  reply(bytes: Uint8Array): void;
}

export type DohFault = (asked: AskedByPost) => Promise<void> | void;

/** No fault at all. */
export const honestly: DohFault = async (asked) => asked.reply(await asked.truth());

const PATH = "/dns-query";
const TYPE = "application/dns-message";
const ALLOWED = { "access-control-allow-methods": "POST", "access-control-allow-headers": "content-type" };

export class DohServer {
  /** Every question, in the order of arrival. */
  readonly asked: Buffer[] = [];
  /** The headers that came with them. */
  readonly headers: IncomingMessage["headers"][] = [];
  /** How often a browser asked whether it may ask. */
  preflights = 0;
  /** Questions that were broken off by who asked. */
  brokenOff = 0;
  /** Questions that are neither answered nor broken off; and the most of them that there were. */
  pending = 0;
  peak = 0;
  /** Whether pages of other origins may read the answers. */
  isOpenToPages = true;
  fault: DohFault = honestly;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #errors: unknown[] = [];

  /** Before the nameserver that has this port on 127.0.0.1. */
  private constructor(private readonly behind: number) {
    this.#server = createServer((request, response) => this.#take(request, response));
    this.#server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
  }

  static async start(behind: number): Promise<DohServer> {
    const server = new DohServer(behind);
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${PATH}`;
  }

  /** Ends all connections. Throws what went wrong in a fault, so that no test passes with a broken one. */
  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await within("the DoH server to end", new Promise((resolve) => this.#server.close(resolve)));
    if (this.#errors.length > 0) throw this.#errors[0];
  }

  #take(request: IncomingMessage, response: ServerResponse): void {
    if (this.isOpenToPages) response.setHeader("access-control-allow-origin", request.headers.origin ?? "*");
    if (request.method === "OPTIONS") {
      this.preflights++;
      response.writeHead(204, this.isOpenToPages ? ALLOWED : {}).end();
      return;
    }
    const { method, url, headers } = request;
    if (method !== "POST" || url !== PATH || headers["content-type"] !== TYPE) {
      response.writeHead(404).end();
      return;
    }
    this.peak = Math.max(this.peak, ++this.pending);
    response.once("close", () => {
      this.pending--;
      if (!response.writableFinished) this.brokenOff++;
    });
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.once("end", () => {
      const bytes = Buffer.concat(chunks);
      const index = this.asked.push(bytes) - 1;
      this.headers.push(headers);
      const reply = (answer: Uint8Array): void => void response.writeHead(200, { "content-type": TYPE }).end(answer);
      void (async () => this.fault({ bytes, index, request, response, truth: () => this.#ask(bytes), reply }))()
        .catch((error: unknown) => this.#errors.push(error));
    });
  }

  async #ask(bytes: Buffer): Promise<Buffer> {
    const socket = connect({ port: this.behind, host: "127.0.0.1" });
    try {
      return await within("the nameserver's answer", new Promise((resolve, reject) => {
        socket.once("error", reject).once("close", () => reject(new Error("the nameserver hung up")));
        onFrames(socket, resolve);
        socket.write(framed(bytes));
      }));
    } finally {
      socket.destroy();
    }
  }
}
