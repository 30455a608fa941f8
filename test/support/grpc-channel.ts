// How a grpc-js client gets its connections from an engine.
//
// grpc-js makes its TCP connections itself, with net.connect, and lets credentials turn each into what HTTP/2 then runs
// over. So the channel's target is a "doorstep" of our own, a server that only answers the bell; the credentials let
// that connection go and bring an engine's in its place. Everything after it is grpc-js as it is.
import { once } from "node:events";
import net from "node:net";
import { type CallCredentials, ChannelCredentials, type ChannelOptions, type experimental } from "@grpc/grpc-js";
import type { EventEngine } from "#host/engine/interfaces.js";
import { connectSocket, type EndpointSocket } from "#host/node/duplex.js";

export class EngineCredentials extends ChannelCredentials {
  /** Connections made so far. */
  readonly sockets: EndpointSocket[] = [];

  constructor(
    private readonly engine: EventEngine, private readonly port: number, private readonly inner: ChannelCredentials,
  ) {
    super();
  }

  override _isSecure(): boolean {
    return this.inner._isSecure();
  }

  override _equals(other: ChannelCredentials): boolean {
    return other === this;
  }

  override _createSecureConnector(
    target: experimental.GrpcUri, options: ChannelOptions, callCredentials?: CallCredentials,
  ): experimental.SecureConnector {
    const connector = this.inner._createSecureConnector(target, options, callCredentials);
    return {
      waitForReady: () => connector.waitForReady(),
      getCallCredentials: () => connector.getCallCredentials(),
      destroy: () => connector.destroy(),
      connect: async (bell) => {
        bell.destroy();
        const socket = connectSocket(this.engine, { port: this.port, host: "127.0.0.1", allowHalfOpen: true });
        this.sockets.push(socket);
        await once(socket, "connect");
        return connector.connect(socket as unknown as net.Socket);
      },
    };
  }
}

/** The doorstep: its address is the target of channels. */
export async function openDoorstep(): Promise<{ target: string; close(): Promise<void> }> {
  const server = net.createServer((socket) => socket.on("error", () => {}).resume());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  return {
    target: `127.0.0.1:${port}`,
    close: () => new Promise((resolve) => { server.close(() => resolve()); }),
  };
}
