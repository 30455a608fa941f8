// Addresses that the Node transport binds, with the handle of node:net and without it; and what the handle alone gives:
// the answer within the call.
import { fork } from "node:child_process";
import { once } from "node:events";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import net from "node:net";
import { ErrorCode, type Outcome } from "#host/wasi/error-code.js";
import { Family, makeAddress, type SocketAddress } from "#host/wasi/ip-address.js";
import type { Binding } from "#host/wasi/transport.js";
import { NodeTransport } from "#host/node/tcp-transport.js";
import { within } from "../../support/guard.js";
import { bindingCases } from "../support/binding-cases.js";
import { closed, listen, loopback } from "../support/node-transport.js";

for (const useHandles of [true, false]) {
  const how = useHandles ? "with short cuts" : "without short cuts";
  bindingCases(how, new NodeTransport({ useHandles }), useHandles);
}

const atOnce = suite("bind with a handle");

/** Binds with a transport that has the short cut, and insists that the answer came within the call. */
function bindAtOnce(transport: NodeTransport, address: SocketAddress): Binding | ErrorCode {
  let answer: Binding | ErrorCode | undefined;
  transport.bind({ address, backlog: 16 }, (result) => { answer = result; }).cancel();
  assert.ok(answer !== undefined, "the answer comes before bind returns");
  return answer as Binding | ErrorCode;
}

atOnce("should know the real port, and what is in use, within the call", async () => {
  const transport = new NodeTransport();
  const binding = bindAtOnce(transport, loopback(0)) as Binding;
  assert.ok(binding.localAddress.port > 0);
  void listen(binding, () => {});
  assert.is(bindAtOnce(transport, binding.localAddress), ErrorCode.AddressInUse);
  const foreign = makeAddress(Family.Ipv4, [192, 0, 2, 1], 0);
  assert.is(bindAtOnce(transport, foreign), ErrorCode.AddressNotBindable);
  assert.is(transport.openCount, 1);
  binding.close();
  assert.is(transport.openCount, 0);
});

atOnce("should say at listen when another transport listened first", async () => {
  const first = new NodeTransport();
  const second = new NodeTransport();
  const one = bindAtOnce(first, loopback(0)) as Binding;
  const two = bindAtOnce(second, one.localAddress);
  if (typeof two === "number") {
    assert.is(two, ErrorCode.AddressInUse); // a kernel that tells at once
    one.close();
    return;
  }
  void listen(two, () => {});
  const outcome = new Promise<Outcome>((resolve) => { one.listen({ connectionArrived: () => {} }, 16, resolve); });
  assert.is(await within("the refusal", outcome), ErrorCode.AddressInUse);
  one.close();
  two.close();
  assert.is(first.openCount + second.openCount, 0);
});

atOnce("should leave the address free when it is closed before it listened", async () => {
  const transport = new NodeTransport();
  const binding = bindAtOnce(transport, loopback(0)) as Binding;
  await within("release", new Promise<void>((resolve) => binding.close(resolve)));
  const again = bindAtOnce(transport, binding.localAddress) as Binding;
  assert.is(again.localAddress.port, binding.localAddress.port);
  again.close();
  assert.is(transport.openCount, 0);
});

atOnce("should listen by itself in a worker of node:cluster", async () => {
  const worker = fork(new URL("../support/cluster-server.js", import.meta.url).pathname);
  const exit = once(worker, "exit"); // it may come before the peer's end is told
  try {
    const [port] = await within("the worker's port", once(worker, "message")) as [number];
    const peer = net.connect(port, "127.0.0.1");
    peer.resume();
    await within("the worker's end", closed(peer));
    const [code] = await within("the worker's exit", exit) as [number | null];
    assert.is(code, 0);
  } finally {
    worker.kill();
  }
});

atOnce.run();
