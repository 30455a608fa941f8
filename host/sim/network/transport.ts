// The transport seam on the simulated network, one per host.

import type { DatagramEvents, DatagramSocket } from "../../wasi/datagram-transport.js";
import { ErrorCode } from "../../wasi/error-code.js";
import { isUnspecified, type SocketAddress, withPort } from "../../wasi/ip-address.js";
import type { Binding, BindOptions, Connection, ConnectOptions, Request, Transport } from "../../wasi/transport.js";
import type { TraceKind } from "../trace.js";
import { Attempt } from "./attempt.js";
import { SimBinding } from "./binding.js";
import { SimDatagramSocket } from "./datagram-socket.js";
import type { Station } from "./station.js";

const nothingToCancel: Request = { cancel: () => {} };

export class SimTransport implements Transport {
  constructor(private readonly station: Station) {}

  get openCount(): number {
    return this.station.openCount;
  }

  /** Answers before it returns. */
  bind({ address }: BindOptions, done: (result: Binding | ErrorCode) => void): Request {
    done(this.bindNow(address));
    return nothingToCancel;
  }

  connect({ remote, local }: ConnectOptions, done: (result: Connection | ErrorCode) => void): Request {
    const { station } = this;
    if (!station.hasRoomForSocket()) return this.answer("refused", 0, () => done(ErrorCode.NewSocketLimit));
    const from = this.takeLocal(remote, local);
    if (typeof from === "number") return this.answer("refused", 0, () => done(from));
    return new Attempt({ station, remote, local: from, done });
  }

  /** Answers before it returns. */
  bindDatagrams(
    wanted: SocketAddress, events: DatagramEvents, done: (result: DatagramSocket | ErrorCode) => void,
  ): Request {
    done(this.bindDatagramsNow(wanted, events));
    return nothingToCancel;
  }

  lookup(name: string, done: (result: SocketAddress[] | ErrorCode) => void): Request {
    const { network, random, conditions } = this.station;
    const record = network.names.get(name);
    const { result = ErrorCode.NameUnresolvable, delayMs } = record ?? {};
    const delayNs = delayMs === undefined ? random.between(conditions.lookupNs) : delayMs * 1e6;
    if (delayNs === Infinity) return nothingToCancel;
    const isFailing = random.chance(conditions.lookupFailure);
    return this.answer("lookup", delayNs, () => {
      if (isFailing) done(ErrorCode.TemporaryResolverFailure);
      else if (typeof result === "number") done(result);
      else done(result.map((address) => ({ ...address })));
    });
  }

  private bindNow(wanted: SocketAddress): Binding | ErrorCode {
    const { station } = this;
    if (!station.hasRoomForSocket()) return ErrorCode.NewSocketLimit;
    const port = wanted.port === 0 ? station.freePort() : wanted.port;
    if (port === null) return ErrorCode.AddressInUse;
    const address: SocketAddress = { ...wanted, port };
    const refusal = station.refusal(address);
    if (refusal !== null) return refusal;
    station.network.trace.add(station.network.queue.nowNs, "binding", station.number, port);
    return new SimBinding(station, address);
  }

  private bindDatagramsNow(wanted: SocketAddress, events: DatagramEvents): DatagramSocket | ErrorCode {
    const { station } = this;
    if (!station.hasRoomForSocket()) return ErrorCode.NewSocketLimit;
    const port = wanted.port === 0 ? station.datagramPorts.findEphemeral() : wanted.port;
    if (port === null) return ErrorCode.AddressInUse;
    const address: SocketAddress = { ...wanted, port };
    const refusal = station.datagramRefusal(address);
    if (refusal !== null) return refusal;
    station.network.trace.add(station.network.queue.nowNs, "binding", station.number, port);
    return new SimDatagramSocket(station, address, events);
  }

  /** The address to connect from, its port taken. */
  private takeLocal(remote: SocketAddress, wanted: SocketAddress | null): SocketAddress | ErrorCode {
    const { station } = this;
    const source = wanted === null || isUnspecified(wanted) ? station.sourceFor(remote) : wanted;
    if (source === null) return ErrorCode.RemoteUnreachable;
    if (!station.owns(source)) return ErrorCode.AddressNotBindable;
    const port = wanted === null || wanted.port === 0 ? station.freePort() : wanted.port;
    if (port === null) return ErrorCode.AddressNotBindable; // as systems call it when all ports are taken
    if (station.ports.isTaken(port)) return ErrorCode.AddressInUse;
    station.ports.take(port);
    return withPort(source, port);
  }

  private answer(kind: TraceKind, delayNs: number, run: () => void): Request {
    const { queue } = this.station.network;
    const event = queue.after(delayNs, kind, this.station.number, run);
    return { cancel: () => queue.cancel(event) };
  }
}
