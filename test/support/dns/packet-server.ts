// A nameserver of a few lines on loopback, whose messages dns-packet makes: what guests look names up with.
import { createSocket, type RemoteInfo, type Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import * as packets from "dns-packet";
import { freePort } from "./free-port.js";

/** The records by `TYPE name`, in small letters. A name without any record at all does not exist. */
export type Records = Readonly<Record<string, packets.Answer[]>>;

export interface PacketServer {
  /** As the engine wants it. */
  readonly address: string;
  /** `TYPE name` of every question that came, in small letters; behind TCP ones stands ` (TCP)`. */
  readonly questions: string[];
  close(): void;
}

const UDP_BYTES_MAX = 1232;
const NAME_ERROR = 3;

function answerTo(query: Buffer, records: Records, hear: (question: string) => void): Buffer {
  const { id = 0, questions: [question] = [] } = packets.decode(query);
  if (question === undefined) throw new Error("a query without a question");
  const name = question.name.toLowerCase();
  hear(`${question.type} ${name}`);
  const exists = Object.keys(records).some((key) => key.endsWith(` ${name}`));
  const flags = packets.AUTHORITATIVE_ANSWER | packets.RECURSION_DESIRED | packets.RECURSION_AVAILABLE;
  return packets.encode({
    id, type: "response", flags: exists ? flags : flags | NAME_ERROR, questions: [question],
    answers: records[`${question.type} ${name}`] ?? [],
  });
}

/** Takes messages with their lengths off a stream, and writes answers. */
function serveStream(socket: Socket, answer: (query: Buffer) => Buffer): void {
  let got = Buffer.alloc(0);
  socket.on("error", () => {});
  socket.on("data", (bytes) => {
    got = Buffer.concat([got, bytes]);
    while (got.length >= 2 && got.length >= 2 + got.readUInt16BE(0)) {
      const end = 2 + got.readUInt16BE(0);
      const reply = answer(got.subarray(2, end));
      socket.write(Buffer.concat([Buffer.of(reply.length >> 8, reply.length & 255), reply]));
      got = got.subarray(end);
    }
  });
}

/** What fits a datagram, or else an answer that says that it does not. */
function fitting(answer: Buffer): Buffer {
  if (answer.length <= UDP_BYTES_MAX) return answer;
  const { id = 0, flags = 0, questions = [] } = packets.decode(answer);
  return packets.encode({ id, type: "response", flags: flags | packets.TRUNCATED_RESPONSE, questions });
}

/** Both on one port; null when somebody else was faster. */
async function listen(udp: UdpSocket, tcp: Server): Promise<number | null> {
  const port = await freePort();
  try {
    await once(tcp.listen(port, "127.0.0.1"), "listening");
    udp.bind(port, "127.0.0.1");
    await once(udp, "listening");
    return port;
  } catch {
    udp.close();
    tcp.close();
    return null;
  }
}

/** Serves on UDP, and on the same port of TCP. Names that begin with `silent` are not answered by UDP. */
export async function packetServer(records: Records): Promise<PacketServer> {
  const questions: string[] = [];
  const sockets = new Set<Socket>();
  const udp = createSocket("udp4", (query: Buffer, { address, port: from }: RemoteInfo) => {
    const answer = answerTo(query, records, (question) => questions.push(question));
    if (questions.at(-1)?.includes(" silent") !== true) udp.send(fitting(answer), from, address);
  });
  const tcp = createServer((socket) => {
    sockets.add(socket);
    serveStream(socket, (query) => answerTo(query, records, (question) => questions.push(`${question} (TCP)`)));
  });
  const port = await listen(udp, tcp);
  if (port === null) return packetServer(records);
  return {
    address: `127.0.0.1:${port}`,
    questions,
    close: () => {
      udp.close();
      for (const socket of sockets) socket.destroy();
      tcp.close();
    },
  };
}
