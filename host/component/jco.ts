// The jco face: the import object for what `jco transpile --instantiation` makes of a component, over the same
// state machines as the direct face. Any WASI 0.2 networking component can run on it.
//
// poll, pollable.block and the blocking-* stream calls return promises, so the component is transpiled with
// --async-mode jspi and these among its async imports (jcoAsyncImports).

import { LoopWaiter } from "../abi/loop-waiter.js";
import { RANDOM_BYTES_MAX } from "../wasi/limits.js";
import { trap } from "../wasi/trap.js";
import type { WasiHost } from "../wasi/wasi-host.js";
import { cli } from "./jco-cli.js";
import {
  JcoError, JcoInputStream, type JcoIo, JcoOutputStream, JcoPollable, poll,
} from "./jco-io.js";
import {
  createTcpSocket, JcoNetwork, JcoResolveAddressStream, JcoTcpSocket, resolveAddresses,
} from "./jco-sockets.js";
import { createUdpSocket, JcoIncomingDatagramStream, JcoOutgoingDatagramStream, JcoUdpSocket } from "./jco-udp.js";

export type JcoImports = Record<string, Record<string, unknown>>;
export type { JcoSocketAddress } from "./jco-addresses.js";

const SECOND_NS = 1_000_000_000n;

/** For jco's --async-imports: the calls that wait. The version is the one that the component imports. */
export function jcoAsyncImports(version: string): string[] {
  const streams = [
    "[method]input-stream.blocking-read", "[method]input-stream.blocking-skip",
    "[method]output-stream.blocking-write-and-flush", "[method]output-stream.blocking-flush",
    "[method]output-stream.blocking-write-zeroes-and-flush", "[method]output-stream.blocking-splice",
  ];
  return [
    `wasi:io/poll@${version}#poll`, `wasi:io/poll@${version}#[method]pollable.block`,
    ...streams.map((name) => `wasi:io/streams@${version}#${name}`),
  ];
}

/** Keys carry no version, as jco's glue looks them up. */
export function createJcoImports(host: WasiHost): JcoImports {
  const io: JcoIo = { host, waiter: new LoopWaiter(host) };
  return {
    "wasi:io/error": { Error: JcoError },
    "wasi:io/poll": { Pollable: JcoPollable, poll: (list: readonly JcoPollable[]) => poll(io, list) },
    "wasi:io/streams": { InputStream: JcoInputStream, OutputStream: JcoOutputStream },
    ...clocks(io),
    ...random(host),
    ...cli(io),
    ...sockets(io),
  };
}

function clocks({ host, waiter }: JcoIo): JcoImports {
  const { clock } = host.platform;
  const datetime = (nanoseconds: bigint): { seconds: bigint; nanoseconds: number } =>
    ({ seconds: nanoseconds / SECOND_NS, nanoseconds: Number(nanoseconds % SECOND_NS) });
  return {
    "wasi:clocks/monotonic-clock": {
      now: () => clock.monotonicNowNs(),
      resolution: () => clock.resolutionNs,
      subscribeInstant: (when: bigint) => new JcoPollable(host, waiter, host.subscribeInstant(when), null),
      subscribeDuration: (when: bigint) => new JcoPollable(host, waiter, host.subscribeDuration(when), null),
    },
    "wasi:clocks/wall-clock": {
      now: () => datetime(clock.wallNowNs()),
      resolution: () => datetime(clock.wallResolutionNs),
    },
  };
}

function random({ platform }: WasiHost): JcoImports {
  const bytes = (len: bigint): Uint8Array => {
    if (len > BigInt(RANDOM_BYTES_MAX)) trap(`random bytes: ${len} asked for, at most ${RANDOM_BYTES_MAX} are given`);
    const list = new Uint8Array(Number(len));
    platform.fillRandom(list);
    return list;
  };
  const u64 = (): bigint => new DataView(bytes(8n).buffer).getBigUint64(0);
  return {
    "wasi:random/random": { getRandomBytes: bytes, getRandomU64: u64 },
    "wasi:random/insecure": { getInsecureRandomBytes: bytes, getInsecureRandomU64: u64 },
    "wasi:random/insecure-seed": { insecureSeed: () => [u64(), u64()] },
  };
}

function sockets(io: JcoIo): JcoImports {
  return {
    "wasi:sockets/network": { Network: JcoNetwork },
    "wasi:sockets/instance-network": { instanceNetwork: () => new JcoNetwork(io.host) },
    "wasi:sockets/ip-name-lookup": {
      ResolveAddressStream: JcoResolveAddressStream,
      resolveAddresses: (network: JcoNetwork, name: string) => resolveAddresses(io, network, name),
    },
    "wasi:sockets/tcp": { TcpSocket: JcoTcpSocket },
    "wasi:sockets/tcp-create-socket": { createTcpSocket: (family: "ipv4" | "ipv6") => createTcpSocket(io, family) },
    "wasi:sockets/udp": {
      UdpSocket: JcoUdpSocket, IncomingDatagramStream: JcoIncomingDatagramStream,
      OutgoingDatagramStream: JcoOutgoingDatagramStream,
    },
    "wasi:sockets/udp-create-socket": { createUdpSocket: (family: "ipv4" | "ipv6") => createUdpSocket(io, family) },
  };
}
