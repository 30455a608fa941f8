// The nameserver of the bodies about look-ups on loopback: the same zone and the same answers as seam-nameserver.ts.
import { createSocket, type Socket as DatagramSocket } from "node:dgram";
import { once } from "node:events";
import net from "node:net";
import {
  IS_AUTHORITATIVE, IS_TRUNCATED, type Query, readQuery, ResponseCode, writeAnswer,
} from "#host/sim/peers/nameserver-message.js";
import { treat, ZONE } from "../suite/face/names.js";
import { type OpenNameserver, questionText } from "./seam-nameserver.js";

/** Answers by UDP and TCP on one port of 127.0.0.1. */
export async function loopbackNameserver(): Promise<OpenNameserver> {
  const queries: Query[] = [];
  const streams = new Set<net.Socket>();
  const tcp = net.createServer((socket) => {
    streams.add(socket);
    socket.on("close", () => streams.delete(socket));
    serveStream(socket, queries);
  });
  const udp = await bothOnOnePort(tcp);
  udp.on("message", (message, { port, address }) => {
    const answer = answerTo(message, queries, true);
    if (answer !== null) udp.send(answer, port, address);
  });
  return {
    address: `127.0.0.1:${udp.address().port}`,
    asked: () => queries.map(questionText).sort(),
    end: () => {
      udp.close();
      tcp.close();
      for (const socket of streams) socket.destroy();
    },
  };
}

async function bothOnOnePort(tcp: net.Server): Promise<DatagramSocket> {
  for (;;) {
    const udp = createSocket("udp4").bind(0, "127.0.0.1");
    await once(udp, "listening");
    tcp.listen(udp.address().port, "127.0.0.1");
    try {
      await once(tcp, "listening");
      return udp;
    } catch { // somebody has the port for TCP
      udp.close();
    }
  }
}

function serveStream(socket: net.Socket, queries: Query[]): void {
  let pending = Buffer.alloc(0);
  socket.on("error", () => {}).on("data", (bytes: Buffer) => {
    pending = Buffer.concat([pending, bytes]);
    while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
      const end = 2 + pending.readUInt16BE(0);
      const answer = answerTo(pending.subarray(2, end), queries, false);
      pending = pending.subarray(end);
      if (answer !== null) socket.write(Buffer.concat([Buffer.from([answer.length >> 8, answer.length]), answer]));
    }
  });
}

/** Null is silence. */
function answerTo(message: Uint8Array, queries: Query[], isDatagram: boolean): Uint8Array | null {
  const query = readQuery(message);
  if (query === null) return null;
  queries.push(query);
  const { fate } = treat(query);
  if (fate === "silence") return null;
  const { rcode, answers, authority } = fate === "servfail" ? none(ResponseCode.ServerFailure)
    : fate === "refused" ? none(ResponseCode.Refused) : ZONE.find(query.name.toLowerCase(), query.type);
  const answer = writeAnswer(query, { flags: IS_AUTHORITATIVE, rcode, answers, authority });
  if (!isDatagram || answer.length <= query.datagramBytes) return answer;
  return writeAnswer(query, { flags: IS_AUTHORITATIVE | IS_TRUNCATED, ...none(ResponseCode.NoError) });
}

function none(rcode: ResponseCode): { rcode: ResponseCode; answers: []; authority: [] } {
  return { rcode, answers: [], authority: [] };
}
