// The gateway's client as a transport, on real sockets behind a real channel: all that the other arms show.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import dgram from "node:dgram";
import { once } from "node:events";
import type { DatagramSocket } from "#host/wasi/datagram-transport.js";
import { type ErrorCode, errorCodeName, OK } from "#host/wasi/error-code.js";
import { until, within } from "../../support/guard.js";
import { bindingCases } from "../support/binding-cases.js";
import { gone, loopback } from "../support/node-transport.js";
import { connectCases, endCases, lookupCases } from "../support/transport-cases.js";
import { GatewayArm } from "./gateway-arm.js";

const how = "by a gateway";
const arm = new GatewayArm();
bindingCases(how, arm, true);
endCases(how, arm);
connectCases(how, arm, false);
lookupCases(how, arm);

const datagrams = suite("datagrams, by a gateway");

/** A bound socket, and what it told. */
async function bindUdp(): Promise<{ socket: DatagramSocket; told: string[] }> {
  const told: string[] = [];
  const socket = await within("bind", new Promise<DatagramSocket | ErrorCode>((resolve) => {
    arm.bindDatagrams(loopback(0), {
      datagramArrived: (bytes, { port }) => told.push(`${bytes.length} ${Buffer.from(bytes.subarray(0, 9))} ${port}`),
      failed: (code) => told.push(errorCodeName(code)),
      roomMade: () => {},
    }, resolve);
  }));
  if (typeof socket === "number") throw new Error(errorCodeName(socket));
  return { socket, told };
}

async function plainSocket(): Promise<dgram.Socket> {
  const socket = dgram.createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  return socket;
}

datagrams("should go there and come back, whole, up to the largest", async () => {
  const peer = await plainSocket();
  peer.on("message", (bytes, { port }) => peer.send(bytes, port, "127.0.0.1"));
  const { port } = peer.address();
  const { socket, told } = await bindUdp();
  for (const length of [0, 1, 1500, 65_507]) {
    socket.send(Buffer.alloc(length, "x"), loopback(port));
    await until(() => `${told}`, () => told.length === 1);
    assert.equal(told.splice(0), [`${length} ${"x".repeat(Math.min(length, 9))} ${port}`]);
  }
  socket.close();
  peer.close();
  await gone(arm);
});

datagrams("should hear the connected peer only, and hear when it is gone", async () => {
  const [peer, other] = [await plainSocket(), await plainSocket()];
  const { socket, told } = await bindUdp();
  const mine = socket.localAddress.port;
  assert.is(socket.connect(loopback(peer.address().port)), OK);
  socket.send(Buffer.from("hello"), null);
  await within("it", once(peer, "message"));
  const { port } = peer.address();
  other.send("not you", mine, "127.0.0.1");
  peer.send("you", mine, "127.0.0.1");
  await until(() => `${told}`, () => told.length === 1);
  assert.equal(told.splice(0), [`3 you ${port}`]);
  peer.close();
  await within("the end", once(peer, "close"));
  await until(() => `${told}`, () => {
    socket.send(Buffer.from("anybody?"), null);
    return told.length > 0;
  });
  assert.is(told[0], "connection-refused");
  other.close();
  socket.close();
  await gone(arm);
});

datagrams.run();
