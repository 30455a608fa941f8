// An echo over an engine, as promises: what pages do with engines when it is about something else.
import { type AcceptQueue, connect, type EndpointStream, type EventEngine, listen } from "#host/index.browser.js";

export class EchoServer {
  readonly address: string;
  private readonly listener: AcceptQueue;
  private readonly serving: Promise<void>;

  constructor(engine: EventEngine, address = "127.0.0.1:0") {
    this.listener = listen(engine, address);
    this.address = this.listener.boundAddresses[0]!.toString();
    this.serving = this.serve();
  }

  async close(): Promise<void> {
    await this.listener.close();
    await this.serving;
  }

  private async serve(): Promise<void> {
    const streams: Promise<void>[] = [];
    for await (const stream of this.listener) {
      streams.push(echo(stream).catch(() => stream.destroy())); // The other end may break.
    }
    await Promise.all(streams);
  }
}

async function echo(stream: EndpointStream): Promise<void> {
  for await (const chunk of stream) await stream.write(chunk);
  await stream.close();
}

/** What an echo server answers to the bytes, to its end. */
export async function ask(engine: EventEngine, address: string, question: Uint8Array | string): Promise<Uint8Array> {
  const stream = await connect(engine, address);
  const chunks: Uint8Array[] = [];
  const written = stream.write(question).then(() => stream.end());
  for await (const chunk of stream) chunks.push(chunk);
  await written;
  await stream.close();
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

export async function askText(engine: EventEngine, address: string, question: string): Promise<string> {
  return new TextDecoder().decode(await ask(engine, address, question));
}
