// A client of the gateway over a real WebSocket, which sends whatever frames a test wants.
import { WebSocket } from "ws";
import { once } from "node:events";
import { parseFrame } from "#host/gateway/frame-parser.js";
import {
  creditFrame, DATA, FAIL, type Frame, GOODBYE, type Goodbye, helloFrame, OPENED, openFrame, WELCOME,
} from "#host/gateway/frames.js";
import { Family, makeAddress, type SocketAddress } from "#host/wasi/ip-address.js";
import { until } from "./guard.js";

export const ORIGIN = "http://page.test";

export const at = (port: number): SocketAddress => makeAddress(Family.Ipv4, [127, 0, 0, 1], port);

export interface ClientOptions {
  readonly origin?: string | undefined;
  readonly path?: string;
  readonly headers?: Record<string, string>;
}

/** What refused a WebSocket. */
export type Refusal = { readonly status: number; readonly body: string };

type FrameOf<T extends Frame["type"], F = Frame> = F extends { type: infer U } ? (T extends U ? F : never) : never;

export class GatewayClient {
  readonly frames: Frame[] = [];
  /** Bytes of streams, by id; frames of DATA are not kept. */
  readonly received = new Map<number, Buffer[]>();
  closeCode: number | null = null;
  /** Gives credit for everything at once. */
  givesCredit = true;

  private constructor(readonly socket: WebSocket) {
    socket.on("message", (message: Buffer) => {
      const frame = parseFrame(message);
      if (frame === null) throw new Error("the gateway sends frames only");
      if (frame.type !== DATA) {
        this.frames.push(frame);
        return;
      }
      const parts = this.received.get(frame.id) ?? [];
      parts.push(Buffer.from(frame.bytes.subarray(frame.start)));
      this.received.set(frame.id, parts);
      if (this.givesCredit) this.send(creditFrame(frame.id, frame.bytes.length - frame.start));
    });
    socket.on("close", (code) => { this.closeCode = code; });
    socket.on("error", () => {});
  }

  /** Opens a WebSocket, and says nothing yet. */
  static async connect(port: number, options: ClientOptions = {}): Promise<GatewayClient | Refusal> {
    const { path = "/", headers = {} } = options;
    const origin = "origin" in options ? options.origin : ORIGIN;
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, {
      perMessageDeflate: true, headers, ...(origin === undefined ? {} : { origin }),
    });
    const client = new GatewayClient(socket);
    return new Promise((resolve, reject) => {
      socket.once("open", () => resolve(client));
      socket.once("error", reject);
      socket.once("unexpected-response", (_request, response) => {
        let body = "";
        response.setEncoding("utf8").on("data", (text: string) => { body += text; });
        response.on("end", () => {
          resolve({ status: response.statusCode ?? 0, body: body.trim() });
          socket.terminate();
        });
      });
    });
  }

  /** A session that is open, or the goodbye that was said instead. */
  static async greet(port: number, token = "", options: ClientOptions = {}, window = 1 << 20): Promise<GatewayClient> {
    const client = await GatewayClient.connect(port, options);
    if (!(client instanceof GatewayClient)) throw new Error(`refused: ${client.status} ${client.body}`);
    client.send(helloFrame(window, token));
    await client.until(() => client.of(WELCOME).length > 0 || client.goodbye !== null, "an answer to HELLO");
    return client;
  }

  send(frame: Uint8Array): void {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(frame);
  }

  of<T extends Frame["type"]>(type: T, id?: number): FrameOf<T>[] {
    return this.frames.filter((frame): frame is FrameOf<T> =>
      frame.type === type && (id === undefined || frame.id === id));
  }

  async next<T extends Frame["type"]>(type: T, id?: number): Promise<FrameOf<T>> {
    await this.until(() => this.of(type, id).length > 0, `a frame of type ${type}`);
    return this.of(type, id)[0] as FrameOf<T>;
  }

  /** Connects a stream; what it is answered. */
  async open(id: number, remote: SocketAddress): Promise<FrameOf<typeof OPENED> | FrameOf<typeof FAIL>> {
    this.send(openFrame(id, remote, null));
    await this.until(() => this.of(OPENED, id).length + this.of(FAIL, id).length > 0, "an answer to OPEN");
    return this.of(OPENED, id)[0] ?? this.of(FAIL, id)[0] as FrameOf<typeof FAIL>;
  }

  bytes(id: number): Buffer {
    return Buffer.concat(this.received.get(id) ?? []);
  }

  get goodbye(): Goodbye | null {
    return this.of(GOODBYE)[0]?.reason ?? null;
  }

  until(condition: () => boolean, what: string): Promise<void> {
    return until(() => `still waiting for ${what}: ${this.frames.map(({ type }) => type).join(" ")}`, condition);
  }

  async close(): Promise<void> {
    if (this.closeCode !== null) return;
    const closed = once(this.socket, "close");
    this.socket.close();
    await closed;
  }
}
