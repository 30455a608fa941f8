// UDP over a gateway that does what the test says.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as frames from "#host/gateway/frames.js";
import type { DatagramSocket } from "#host/wasi/datagram-transport.js";
import { ErrorCode, errorCodeName, OK } from "#host/wasi/error-code.js";
import { addressText, Family, makeAddress, type SocketAddress } from "#host/wasi/ip-address.js";
import { HERE, openGateway, type ScriptedGateway, THERE } from "./scripted-gateway.js";

const OTHER = makeAddress(Family.Ipv4, [192, 0, 2, 9], 99);

interface Bound {
  readonly gateway: ScriptedGateway;
  readonly socket: DatagramSocket;
  readonly id: number;
  readonly log: string[];
}

function bindTo(gateway: ScriptedGateway): Omit<Bound, "gateway" | "id"> & { results: (DatagramSocket | ErrorCode)[] } {
  const log: string[] = [];
  const results: (DatagramSocket | ErrorCode)[] = [];
  gateway.transport.bindDatagrams({ ...HERE, port: 0 }, {
    datagramArrived: (bytes, remote) => log.push(`${Buffer.from(bytes)} from ${addressText(remote)}`),
    failed: (code) => log.push(errorCodeName(code)),
    roomMade: () => log.push("room"),
  }, (result) => results.push(result));
  return { results, log, get socket() { return results[0] as DatagramSocket; } };
}

function bound(): Bound {
  const gateway = openGateway();
  const pending = bindTo(gateway);
  gateway.tell(frames.addressFrame(frames.BOUND, 2, HERE));
  gateway.channel.take();
  return { gateway, socket: pending.socket, id: 2, log: pending.log };
}

function close({ gateway, socket, id }: Bound): void {
  gateway.channel.take();
  socket.close();
  socket.close();
  assert.equal(gateway.channel.take(), [{ type: frames.CLOSE, id }]);
  gateway.nothingIsLeft();
}

const datagram = (id: number, remote: SocketAddress | null, text: string): Uint8Array =>
  frames.datagramFrame(id, remote, Buffer.from(text), 0, text.length);

const sent = ({ gateway }: Bound): string[] => gateway.channel.take().map((frame) => {
  if (frame.type !== frames.DATAGRAM) return `type ${frame.type}`;
  const to = frame.remote === null ? "the peer" : addressText(frame.remote);
  return `${Buffer.from(frame.bytes.subarray(frame.start))} to ${to}`;
});

const sockets = suite("a UDP socket");

sockets("should be bound where the server says", () => {
  const gateway = openGateway();
  const { results } = bindTo(gateway);
  assert.equal(gateway.channel.take(), [{ type: frames.BIND_UDP, id: 2, address: { ...HERE, port: 0 } }]);
  gateway.tell(frames.addressFrame(frames.BOUND, 2, HERE));
  const [socket] = results as [DatagramSocket];
  assert.equal([socket.localAddress, socket.queuedCount, gateway.transport.openCount], [HERE, 0, 1]);
  close({ gateway, socket, id: 2, log: [] });
});

sockets("should not be there when it is refused", () => {
  const gateway = openGateway();
  const { results } = bindTo(gateway);
  gateway.tell(frames.codeFrame(frames.FAIL, 2, ErrorCode.NotSupported));
  assert.equal(results, [ErrorCode.NotSupported]);
  gateway.nothingIsLeft();
});

sockets("should send whole or a part, and hear from anybody", () => {
  const all = bound();
  const { gateway, socket, id, log } = all;
  socket.send(Buffer.from("whole"), THERE);
  socket.send(Buffer.from("a part of"), OTHER, 2, 6);
  socket.send(Buffer.from(""), OTHER);
  assert.equal(sent(all), ["whole to 192.0.2.7:80", "part to 192.0.2.9:99", " to 192.0.2.9:99"]);
  gateway.tell(datagram(id, THERE, "one"), datagram(id, OTHER, ""));
  assert.equal(log, ["one from 192.0.2.7:80", " from 192.0.2.9:99"]);
  close(all);
});

sockets("should hear its peer only once it is connected, and have the address that the peer sees", () => {
  const all = bound();
  const { gateway, socket, id, log } = all;
  assert.is(socket.connect(THERE), OK);
  assert.equal(gateway.channel.take(), [{ type: frames.CONNECT_UDP, id, remote: THERE }]);
  socket.send(Buffer.from("hi"), null);
  assert.equal(sent(all), ["hi to the peer"]);
  gateway.tell(datagram(id, OTHER, "crossed"), frames.addressFrame(frames.BOUND, id, OTHER), datagram(id, THERE, "x"));
  assert.equal(log, ["x from 192.0.2.7:80"]);
  assert.equal(socket.localAddress, OTHER);
  assert.is(socket.connect(null), OK);
  gateway.tell(datagram(id, OTHER, "anybody"));
  assert.is(log.length, 2);
  close(all);
});

sockets("should tell what the server tells, and go on", () => {
  const all = bound();
  const { gateway, id, log } = all;
  all.socket.connect(THERE);
  gateway.tell(frames.codeFrame(frames.FAIL, id, ErrorCode.RemoteUnreachable));
  gateway.tell(frames.codeFrame(frames.UDP_FAILED, id, ErrorCode.ConnectionRefused), datagram(id, THERE, "x"));
  assert.equal(log, ["remote-unreachable", "connection-refused", "x from 192.0.2.7:80"]);
  close(all);
});

sockets("should drop what finds the channel full", () => {
  const all = bound();
  all.gateway.channel.bufferedBytes = 1024 * 1024 + 1;
  all.socket.send(Buffer.from("dropped"), THERE);
  all.gateway.channel.bufferedBytes = 0;
  all.socket.send(Buffer.from("sent"), THERE);
  assert.equal(sent(all), ["sent to 192.0.2.7:80"]);
  close(all);
});

sockets("should fail when the session is lost, and again with each send, later than the call", () => {
  const all = bound();
  const { gateway, socket, log } = all;
  gateway.lose();
  assert.equal(log.splice(0), ["remote-unreachable"]);
  socket.send(Buffer.from("x"), THERE);
  assert.equal(log, []);
  gateway.pass();
  assert.equal(log.splice(0), ["remote-unreachable"]);
  assert.is(socket.connect(THERE), ErrorCode.RemoteUnreachable);
  socket.send(Buffer.from("x"), THERE);
  socket.close();
  gateway.pass();
  assert.equal(log, []);
  gateway.nothingIsLeft();
});

sockets("should end the session when a datagram has no sender, or a frame is none of its own", () => {
  for (const frame of [datagram(2, null, "x"), frames.plainFrame(frames.END, 2)]) {
    const { gateway, socket, log } = bound();
    gateway.tell(frame);
    assert.is(gateway.states.length, 1);
    assert.equal(log, ["remote-unreachable"]);
    socket.close();
    gateway.nothingIsLeft();
  }
});

sockets("should hear nothing after close", () => {
  const all = bound();
  close(all);
  all.gateway.tell(datagram(2, THERE, "late"), frames.codeFrame(frames.UDP_FAILED, 2, 15));
  assert.equal([all.log, all.gateway.states], [[], []]);
});

sockets.run();
