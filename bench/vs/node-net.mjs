// Rival: the echo server that a Node programmer writes, on plain node:net.
//
// It shows the speed of the runtime itself, so it is the yardstick of every ratio: 'data' in, write out,
// half-open sockets so that a client's FIN is answered after its last byte.
import { createServer } from "node:net";

const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
  socket.on("data", (chunk) => {
    socket.write(chunk);
  });
  socket.on("end", () => socket.end());
  socket.on("error", () => socket.destroy());
});

server.listen({ host: "127.0.0.1", port: Number(process.argv[2] ?? 0), backlog: 1024 }, () => {
  console.log(`listening 127.0.0.1:${server.address().port}`);
});
