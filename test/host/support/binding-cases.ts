// What every transport on real sockets must show of addresses that it binds: the real port, what is in use, who comes
// too early, and what is given back.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import net from "node:net";
import { ErrorCode } from "#host/wasi/error-code.js";
import { Family, makeAddress } from "#host/wasi/ip-address.js";
import type { Binding, Transport } from "#host/wasi/transport.js";
import { within } from "../../support/guard.js";
import { bind, closed, firstArrival, gone, listen, loopback, mustBind } from "./node-transport.js";

/** `canWaitToListen`: an address that is only bound refuses whoever comes. */
export function bindingCases(how: string, transport: Transport, canWaitToListen: boolean): void {
  const accepting = suite(`bind and accept, ${how}`);
  addressCases(accepting, transport, canWaitToListen);
  placeCases(accepting, transport);
  accepting.run();
}

type Suite = ReturnType<typeof suite>;

function addressCases(accepting: Suite, transport: Transport, canWaitToListen: boolean): void {
  accepting("should take a real port at once and give it back", async () => {
    const binding = await mustBind(transport);
    assert.ok(binding.localAddress.port > 0);
    assert.is(await bind(transport, binding.localAddress), ErrorCode.AddressInUse);
    await within("release", new Promise<void>((resolve) => binding.close(resolve)));
    const again = await bind(transport, binding.localAddress);
    assert.type(again, "object");
    (again as Binding).close();
    await gone(transport);
  });

  accepting("should give its address back while somebody whom it let in stays", async () => {
    const binding = await mustBind(transport);
    const { arrival } = await firstArrival(binding);
    const peer = net.connect(binding.localAddress.port, "127.0.0.1");
    const connection = await within("a connection", arrival);
    const bytes = new Promise<void>((resolve) => {
      const heard = (): boolean => (resolve(), true);
      connection.attach({
        bytesArrived: heard, bytesGiven: heard, endArrived: () => {}, roomMade: () => {}, failed: () => {},
      });
    });
    await within("release", new Promise<void>((resolve) => binding.close(resolve)));
    const again = await bind(transport, binding.localAddress);
    assert.type(again, "object");
    (again as Binding).close();
    peer.write("still here");
    await within("bytes", bytes);
    connection.abort();
    peer.on("error", () => {});
    await within("the reset", closed(peer));
    await gone(transport);
  });

  accepting("should say when an address is not this machine's", async () => {
    const foreign = makeAddress(Family.Ipv4, [192, 0, 2, 1], 0);
    assert.is(await bind(transport, foreign), ErrorCode.AddressNotBindable);
  });

  accepting("should refuse or reset whoever comes before it listens, and serve whoever comes then", async () => {
    const binding = await mustBind(transport);
    const early = net.connect(binding.localAddress.port, "127.0.0.1");
    let trouble = "";
    early.on("error", (error: NodeJS.ErrnoException) => { trouble = error.code ?? ""; });
    await within("the end", closed(early));
    assert.is(trouble, canWaitToListen ? "ECONNREFUSED" : "ECONNRESET");
    const { arrival } = await firstArrival(binding);
    const peer = net.connect(binding.localAddress.port, "127.0.0.1");
    peer.on("error", () => {});
    (await within("a connection", arrival)).abort();
    await within("the reset", closed(peer));
    binding.close();
    await gone(transport);
  });
}

function placeCases(accepting: Suite, transport: Transport): void {
  accepting("should refuse an address that is bound and not listened on yet", async () => {
    const binding = await mustBind(transport);
    const { port } = binding.localAddress;
    assert.is(await bind(transport, loopback(port)), ErrorCode.AddressInUse);
    assert.is(await bind(transport, makeAddress(Family.Ipv4, [0, 0, 0, 0], port)), ErrorCode.AddressInUse);
    binding.close();
    await gone(transport);
  });

  accepting("should keep IPv6 to itself, so that IPv4 may have the same port", async () => {
    const six = await bind(transport, makeAddress(Family.Ipv6, [0, 0, 0, 0, 0, 0, 0, 0], 0)) as Binding;
    const four = await bind(transport, makeAddress(Family.Ipv4, [0, 0, 0, 0], six.localAddress.port)) as Binding;
    assert.is(four.localAddress.port, six.localAddress.port);
    let arrivals = 0;
    for (const binding of [six, four]) await listen(binding, (connection) => (arrivals++, connection.abort()));
    for (const host of ["127.0.0.1", "::1"]) {
      const peer = net.connect(six.localAddress.port, host);
      peer.on("error", () => {});
      await within("the reset", closed(peer));
    }
    assert.is(arrivals, 2);
    six.close();
    four.close();
    await gone(transport);
  });

  accepting("should release connections that nobody took", async () => {
    for (const way of ["close", "abort"] as const) {
      const binding = await mustBind(transport);
      const { arrival } = await firstArrival(binding);
      const peer = net.connect(binding.localAddress.port, "127.0.0.1");
      peer.on("error", () => {});
      const connection = await arrival;
      connection[way](1000);
      peer.resume();
      await within("the end", closed(peer));
      binding.close();
      await gone(transport);
    }
  });
}
