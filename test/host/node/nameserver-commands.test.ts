// The virtual nameserver from end to end: programs that look up TXT records, which only it can tell them, in each way
// to run them. The system's nameserver is the test's own; over UDP it says that the answer does not fit.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { execFile } from "node:child_process";
import dgram from "node:dgram";
import { once } from "node:events";
import net from "node:net";
import { CLI, COMPONENT } from "../../support/arms.js";
import { freePort } from "../../support/dns/free-port.js";
import { jspiNode } from "../../support/run-arm.js";

const RESPONSE_BITS = 0x8180;
const TRUNCATED = 0x0200;
const TEXT = "over TCP";

/** The header and the question as they came, and one TXT record, or the bit that it is left out. */
function answerTo(query: Buffer, isWhole: boolean): Buffer {
  let end = 12;
  while (query[end] !== 0) end += (query[end] as number) + 1;
  const message = Buffer.from(query.subarray(0, end + 5));
  message.writeUInt16BE(RESPONSE_BITS | (isWhole ? 0 : TRUNCATED), 2);
  [1, isWhole ? 1 : 0, 0, 0].forEach((count, index) => message.writeUInt16BE(count, 4 + 2 * index));
  if (!isWhole) return message;
  const data = Buffer.from([TEXT.length, ...Buffer.from(TEXT)]);
  return Buffer.concat([message, Buffer.from([0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60, 0, data.length]), data]);
}

interface System {
  readonly port: number;
  readonly asked: string[];
  close(): void;
}

async function system(): Promise<System> {
  const asked: string[] = [];
  const udp = dgram.createSocket("udp4").on("message", (query, { port, address }) => {
    asked.push("udp");
    udp.send(answerTo(query, false), port, address);
  });
  const tcp = net.createServer((socket) => {
    let bytes = Buffer.alloc(0);
    socket.on("error", () => {});
    socket.on("data", (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      while (bytes.length >= 2 && bytes.length >= 2 + bytes.readUInt16BE(0)) {
        const length = bytes.readUInt16BE(0);
        asked.push("tcp");
        const answer = answerTo(bytes.subarray(2, 2 + length), true);
        socket.write(Buffer.concat([Buffer.from([answer.length >> 8, answer.length & 255]), answer]));
        bytes = bytes.subarray(2 + length);
      }
    });
  });
  const port = await listen(udp, tcp);
  return { port, asked, close: () => { udp.close(); tcp.close(); } };
}

/** Both on one port; on another one when somebody takes it meanwhile. */
async function listen(udp: dgram.Socket, tcp: net.Server): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    try {
      await once(tcp.listen(port, "127.0.0.1"), "listening");
      await once(udp.bind(port, "127.0.0.1"), "listening");
      return port;
    } catch (error) {
      if (tcp.listening) await once(tcp.close(), "close");
      if (attempt === 5) throw error;
    }
  }
}

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs our command in a Node whose system has that nameserver. */
function run(node: string, port: number, args: string[]): Promise<Ended> {
  const setUp = `import dns from "node:dns"; dns.setServers(["127.0.0.1:${port}"]);`;
  const words = ["--import", `data:text/javascript,${encodeURIComponent(setUp)}`, CLI, ...args];
  return new Promise((resolve) => {
    execFile(node, words, { timeout: 60_000 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

const lookUp = ["resolve", "name.test", "--txt"];
const guest = (...grants: string[]): string[] => ["run", ...grants, COMPONENT, ...lookUp];
const here = (): string => process.execPath;

const commands = suite("commands and the system's nameserver");

for (const [how, node, args] of [
  ["the command", here, lookUp],
  ["event-engine run in this Node", here, guest("--network")],
  ["event-engine run, suspended", jspiNode, guest("--network")],
] as const) {
  commands(`should ask it by UDP and TCP: ${how}`, async () => {
    const { port, asked, close } = await system();
    const { code, stdout, stderr } = await run(node(), port, [...args]);
    assert.equal([code, stderr], [0, ""]);
    assert.match(stdout, TEXT);
    assert.equal([...new Set(asked)], ["udp", "tcp"]); // a slow machine asks again
    close();
  });
}

commands("should ask nobody without the grants for it", async () => {
  const { port, asked, close } = await system();
  for (const grants of [[], ["--tcp", "--udp"], ["--tcp", "--name-lookup"]]) {
    const { code, stderr } = await run(process.execPath, port, guest(...grants));
    assert.is(code, 1, grants.join());
    assert.match(stderr, "EVENT_ENGINE_DNS_SERVERS");
  }
  const named = ["--tcp", "--udp", "--env", "EVENT_ENGINE_DNS_SERVERS=192.0.2.53"];
  const { code, stderr } = await run(process.execPath, port, guest(...named));
  assert.is(code, 1);
  assert.match(stderr, "denied", "who may not look names up, but knows the address");
  assert.equal(asked, []);
  close();
});

commands.run();
