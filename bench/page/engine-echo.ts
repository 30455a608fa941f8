// The engine in a page: echo over the in-page network, with server and clients on one engine, or clients to a server
// behind a gateway. Written as one writes it on the TypeScript face: callbacks, one slice buffer for each direction.
import type { Endpoint, EventEngine, SliceBuffer, Status } from "#host/engine/interfaces.js";
import type { EchoLink, EchoLoad, OpenLink, Talk } from "./conversation.js";

const INLINE = { mayCompleteInline: true };
/** Of the first byte of a message. */
const ALIGNMENT = 8;

/** Sends back whatever comes, in the slices in which it came. */
class Session {
  constructor(
    private readonly endpoint: Endpoint,
    private readonly buffer: SliceBuffer,
  ) {
    this.read();
  }

  private readonly onRead = (status: Status): void => {
    if (!status.ok) this.end();
    else if (this.endpoint.write(this.onWritable, this.buffer, INLINE)) this.read();
  };

  private readonly onWritable = (status: Status): void => {
    if (!status.ok) this.end();
    else this.read();
  };

  private read(): void {
    this.endpoint.read(this.onRead, this.buffer);
  }

  private end(): void {
    this.endpoint.destroy();
    this.buffer.destroy();
  }
}

export interface EchoService {
  readonly address: string;
  close(): void;
}

export function serveEcho(engine: EventEngine): EchoService {
  const serve = (endpoint: Endpoint): void => void new Session(endpoint, engine.createSliceBuffer());
  const listener = engine.createListener(serve, () => {});
  const port = listener.bind("127.0.0.1:0");
  listener.start();
  return { address: `127.0.0.1:${port}`, close: () => listener.close() };
}

class EngineLink implements EchoLink {
  private readonly outgoing: SliceBuffer;
  private readonly incoming: SliceBuffer;
  private readonly message: Uint8Array;
  private filled = 0;
  private isWriting = false;
  private isClosed = false;

  constructor(
    engine: EventEngine,
    private readonly endpoint: Endpoint,
    private readonly talk: Talk,
    { messageBytes }: EchoLoad,
  ) {
    this.outgoing = engine.createSliceBuffer();
    this.incoming = engine.createSliceBuffer();
    this.message = new Uint8Array(messageBytes);
    this.read();
  }

  send(bytes: Uint8Array): void {
    this.outgoing.append(bytes);
    if (!this.isWriting) this.write();
  }

  close(): void {
    this.isClosed = true;
    this.endpoint.destroy();
    this.outgoing.destroy();
  }

  private write(): void {
    this.isWriting = !this.endpoint.write(this.onWritable, this.outgoing, INLINE);
  }

  private readonly onWritable = (status: Status): void => {
    this.isWriting = false;
    if (this.isClosed) return;
    if (!status.ok) this.talk.failed(new Error(`write: ${status.message}`));
    else if (this.outgoing.length > 0) this.write();
  };

  private read(): void {
    this.endpoint.read(this.onRead, this.incoming);
  }

  private readonly onRead = (status: Status): void => {
    if (this.isClosed) {
      this.incoming.destroy();
      return;
    }
    if (!status.ok) {
      this.talk.failed(new Error(`read: ${status.message}`));
      return;
    }
    for (let index = 0; index < this.incoming.count; index++) this.takeSlice(index);
    this.read();
  };

  /** A message that lies in one piece is looked at in place. What `arrived` does may move or detach the view. */
  private takeSlice(index: number): void {
    const { incoming, message } = this;
    for (let at = 0; ;) {
      const rest = incoming.at(index).subarray(at);
      if (rest.length === 0) return;
      const isInPlace = this.filled === 0 && rest.length >= message.length && rest.byteOffset % ALIGNMENT === 0;
      const part = rest.subarray(0, message.length - this.filled);
      at += part.length;
      if (isInPlace) {
        this.talk.arrived(part);
        continue;
      }
      message.set(part, this.filled);
      this.filled += part.length;
      if (this.filled < message.length) continue;
      this.filled = 0;
      this.talk.arrived(message);
    }
  }
}

export function openConnection(engine: EventEngine, address: string): OpenLink {
  return (talk, load) => new Promise((resolve, reject) => {
    engine.connect((status, endpoint) => {
      if (endpoint === null) reject(new Error(`no connection to ${address}: ${status.message}`));
      else resolve(new EngineLink(engine, endpoint, talk, load));
    }, address);
  });
}

/** Every engine ends with nothing left, or the run was wrong. */
export async function closeClean(engine: EventEngine): Promise<void> {
  await engine.close();
  const left = Object.entries(engine.live()).filter(([, count]) => count !== 0);
  if (left.length > 0) throw new Error(`left in the engine: ${JSON.stringify(left)}`);
}
