// Rival of the gateway: a bare WebSocket to an echo server, one message for one message.
import type { OpenLink } from "./conversation.js";
import { web } from "./web.js";

export function openSocket(url: string): OpenLink {
  return (talk) => new Promise((resolve, reject) => {
    const socket = new web.WebSocket(url);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => resolve({
      send: (bytes) => socket.send(bytes),
      close: () => {
        socket.onclose = null;
        socket.close();
      },
    });
    socket.onmessage = ({ data }) => talk.arrived(new Uint8Array(data));
    socket.onclose = () => {
      reject(new Error(`no WebSocket to ${url}`));
      talk.failed(new Error("the WebSocket was closed"));
    };
  });
}
