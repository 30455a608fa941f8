// A primary of node:cluster whose one worker listens with the Node transport, tells its port, serves one connection and
// ends. Exit code 0 when all of that came to be.
import cluster from "node:cluster";
import { OK } from "#host/wasi/error-code.js";
import { Family, makeAddress } from "#host/wasi/ip-address.js";
import { NodeTransport } from "#host/node/tcp-transport.js";

if (cluster.isPrimary) {
  const worker = cluster.fork();
  worker.on("message", (port: number) => process.send?.(port));
  worker.on("exit", (code) => process.exit(code ?? 1));
} else {
  const transport = new NodeTransport();
  const address = makeAddress(Family.Ipv4, [127, 0, 0, 1], 0);
  transport.bind({ address, backlog: 16 }, (binding) => {
    if (typeof binding === "number") process.exit(1);
    const connectionArrived = (connection: { close(lingerMs: number): void }): void => {
      connection.close(1000);
      binding.close(() => process.exit(0));
    };
    binding.listen({ connectionArrived }, 16, (outcome) => {
      if (outcome !== OK) process.exit(1);
      process.send?.(binding.localAddress.port);
    });
  });
}
