// One who uses a network of pages: an engine that listens, asks and holds connections, at the word of a test.
import {
  connect, type EndpointStream, EventEngine, type GatewayTransport, type PageNetwork, pagePlatform, StatusError,
} from "#host/index.browser.js";
import { Random } from "../../support/bytes.js";
import { isSame } from "../../suite/face/body.js";
import { ask, EchoServer } from "./echo.js";

const ANY = "127.0.0.1:0";
/** More than windows and pipes hold. */
const LARGE_BYTES = (3 << 20) + 1;

export class Peer {
  private servers: EchoServer[] = [];
  private held: EndpointStream | null = null;

  private constructor(private readonly network: PageNetwork | GatewayTransport, private readonly engine: EventEngine) {}

  static async on(network: PageNetwork | GatewayTransport): Promise<Peer> {
    return new Peer(network, await EventEngine.create({ platform: pagePlatform({ network }) }));
  }

  /** Starts an echo server; gives its address. */
  async listen(address = ANY): Promise<string> {
    const own = "reserve" in this.network ? (await this.network.reserve(address)).address : address;
    const server = new EchoServer(this.engine, own);
    this.servers.push(server);
    return server.address;
  }

  /** Whether a few megabytes come back from an echo server as they were. */
  async ask(address: string): Promise<boolean> {
    const random = new Random();
    const question = new Uint8Array(LARGE_BYTES).map(() => random.next());
    return isSame(await ask(this.engine, address, question), question);
  }

  /** Connects to an echo server and has one answer. */
  async hold(address: string): Promise<string> {
    this.held = await connect(this.engine, address);
    await this.held.write("held");
    return new TextDecoder().decode(await this.held.read() ?? new Uint8Array());
  }

  /** How the connection ends that is held. */
  async heldUntil(): Promise<string> {
    try {
      return await this.held!.read() === null ? "end" : "bytes";
    } catch (error) {
      return error instanceof StatusError ? error.status.reason : String(error);
    } finally {
      this.held?.destroy();
    }
  }

  /** Why a connect fails; "connected" if it does not. */
  async tryConnect(address: string): Promise<string> {
    try {
      (await connect(this.engine, address)).destroy();
      return "connected";
    } catch (error) {
      return error instanceof StatusError ? error.status.reason : String(error);
    }
  }

  /** Why an address cannot be had; "free" if it can. */
  async tryListen(address: string): Promise<string> {
    try {
      await this.listen(address);
      return "free";
    } catch (error) {
      return String(error);
    }
  }

  /** Closes everything, and gives the number of what is open on its network when there was time for all of it. */
  async close(): Promise<number> {
    await Promise.all(this.servers.map((server) => server.close()));
    await this.engine.close();
    for (let waits = 0; this.network.openCount > 0 && waits < 200; waits++) {
      await new Promise<void>((resolve) => { setTimeout(resolve, 5); });
    }
    return this.network.openCount;
  }
}
