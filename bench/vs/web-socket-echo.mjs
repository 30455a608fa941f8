// Rival: the echo server that a Node programmer writes for pages, on `ws`: every message comes back as it is.
//
// With a bound and without compression, as the gateway has it; nothing is buffered beyond what the page has under way.
import { WebSocketServer } from "ws";

const MESSAGE_BYTES_MAX = 1 << 20;

const server = new WebSocketServer({
  host: "127.0.0.1", port: Number(process.argv[2] ?? 0), perMessageDeflate: false, maxPayload: MESSAGE_BYTES_MAX,
});
server.on("connection", (socket) => {
  socket.on("message", (bytes) => socket.send(bytes));
  socket.on("error", () => socket.terminate());
});
server.on("listening", () => console.log(`listening 127.0.0.1:${server.address().port}`));
