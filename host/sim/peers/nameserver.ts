// A scripted nameserver on a simulated host: answers from zones over UDP and TCP, and treats each question as its
// script, or chance, wants it.
//
//   question --> log --> treatment --> forgeries, at once
//                                 \--> delay --> answer | SERVFAIL ... | damaged answer | nothing

import type { Clock } from "../../wasi/clock.js";
import type { DatagramSocket } from "../../wasi/datagram-transport.js";
import type { ErrorCode } from "../../wasi/error-code.js";
import { addressText, type SocketAddress } from "../../wasi/ip-address.js";
import type { Binding, Transport } from "../../wasi/transport.js";
import { parseAddress, type SimHost } from "../host.js";
import type { SimRandom } from "../random.js";
import { listenAt } from "./meeting.js";
import { damaged, forge, type Forgery } from "./nameserver-forgeries.js";
import {
  IS_AUTHORITATIVE, IS_RESPONSE, IS_TRUNCATED, MessageWriter, type Query, readQuery, ResponseCode,
  writeAnswer,
} from "./nameserver-message.js";
import { NameserverStream } from "./nameserver-stream.js";
import { type Carrier, type Fate, type Treatment, TREATED_WELL } from "./nameserver-treatment.js";
import type { Zone } from "./nameserver-zone.js";

export interface NameserverOptions {
  /** An address of the host. */
  readonly address: string;
  /** Default: 53. */
  readonly port?: number;
  readonly zones: readonly Zone[];
  /** Decides about each question. Default: all are answered at once. */
  readonly treat?: (query: Query, carrier: Carrier) => Partial<Treatment>;
  /** Who sends the forgeries with a wrong address; without it they are not sent. */
  readonly stranger?: { readonly host: SimHost; readonly address: string };
  /** Default: true. Without it a question with EDNS is a format error, as RFC 6891 has it for old servers. */
  readonly knowsEdns?: boolean;
  /** Repeats the question in small letters. */
  readonly lowersCase?: boolean;
  /** Default: true. Without it connections are refused. */
  readonly hasTcp?: boolean;
}

export interface LoggedQuery extends Query {
  readonly carrier: Carrier;
  /** Address and port that it came from; by TCP the port is not told. */
  readonly from: string;
  readonly atMs: number;
}

const NAMES_OF_FATES: Partial<Record<Fate, ResponseCode>> = {
  servfail: ResponseCode.ServerFailure, refused: ResponseCode.Refused, notimp: ResponseCode.NotImplemented,
};

/** What it stands on: a simulated host, or any other platform. */
export interface NameserverHost {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: SimRandom;
}

export class Nameserver {
  /** All that was asked, in order. */
  readonly queries: LoggedQuery[] = [];
  /** Messages that were no question. */
  unreadable = 0;
  forgeriesSent = 0;
  private readonly socket: DatagramSocket;
  private readonly sockets: DatagramSocket[] = [];
  private readonly otherPort: DatagramSocket;
  private readonly otherAddress: DatagramSocket | null;
  private readonly binding: Binding | null;
  private readonly streams = new Set<NameserverStream>();
  private isClosed = false;

  constructor(
    private readonly host: NameserverHost,
    private readonly options: NameserverOptions,
  ) {
    const { address, port = 53, stranger, hasTcp = true } = options;
    this.socket = this.bind(host, { ...parseAddress(address), port }, (bytes, from) => this.heard(bytes, from));
    this.otherPort = this.bind(host, parseAddress(address));
    // On the same port, so that only the address is wrong.
    this.otherAddress = stranger === undefined ? null
      : this.bind(stranger.host, { ...parseAddress(stranger.address), port });
    this.binding = hasTcp ? listenAt(host, address, port, (connection) => {
      this.streams.add(new NameserverStream(
        connection, (message, stream) => this.heardBy(stream, message), (stream) => this.streams.delete(stream),
      ));
    }) : null;
  }

  /** Connections of resolvers that are open. */
  get streamCount(): number {
    return this.streams.size;
  }

  /** Ends without a word: sockets are given back, connections reset. */
  close(): void {
    this.isClosed = true;
    for (const socket of this.sockets) socket.close();
    for (const stream of [...this.streams]) stream.reset();
    this.binding?.close();
  }

  private bind(
    host: NameserverHost, address: SocketAddress, heard: (bytes: Uint8Array, from: SocketAddress) => void = () => {},
  ): DatagramSocket {
    let outcome: DatagramSocket | ErrorCode | undefined;
    const events = { datagramArrived: heard, failed: () => {}, roomMade: () => {} };
    host.transport.bindDatagrams(address, events, (result) => { outcome = result; });
    if (outcome === undefined || typeof outcome === "number") {
      throw new Error(`cannot bind ${addressText(address)}: ${outcome}`);
    }
    this.sockets.push(outcome);
    return outcome;
  }

  private heard(bytes: Uint8Array, from: SocketAddress): void {
    const query = this.log(bytes, "udp", addressText(from));
    if (query === null) return;
    const treatment = this.treatmentOf(query, "udp");
    for (const kind of treatment.forgeries) {
      const socket = this.socketFor(kind);
      if (socket === null) continue;
      this.forgeriesSent++;
      socket.send(forge(kind, query, this.host.random), from);
    }
    this.later(treatment.delayMs, () => {
      const answer = this.answerTo(query, treatment, "udp");
      if (answer !== null) this.socket.send(answer, from);
    });
  }

  private socketFor(kind: Forgery): DatagramSocket | null {
    if (kind === "wrong-address") return this.otherAddress;
    return kind === "wrong-port" ? this.otherPort : this.socket;
  }

  private heardBy(stream: NameserverStream, message: Uint8Array): void {
    const query = this.log(message, "tcp", this.options.address);
    if (query === null) return stream.end();
    const treatment = this.treatmentOf(query, "tcp");
    this.later(treatment.delayMs, () => {
      const answer = this.answerTo(query, treatment, "tcp");
      const { fate } = treatment;
      if (answer === null) return;
      if (fate === "reset" || fate === "end") stream.breakOff(answer, fate);
      else stream.answer(answer);
    });
  }

  private log(message: Uint8Array, carrier: Carrier, from: string): Query | null {
    const query = readQuery(message);
    if (query === null) this.unreadable++;
    else this.queries.push({ ...query, carrier, from, atMs: this.host.clock.monotonicNow() / 1e6 });
    return query;
  }

  private treatmentOf(query: Query, carrier: Carrier): Treatment {
    return { ...TREATED_WELL, ...this.options.treat?.(query, carrier) };
  }

  private later(delayMs: number, run: () => void): void {
    if (delayMs === 0) return run();
    this.host.clock.setTimer(delayMs, () => { if (!this.isClosed) run(); });
  }

  /** Null is silence. */
  private answerTo(query: Query, { fate, damage }: Treatment, carrier: Carrier): Uint8Array | null {
    const { knowsEdns = true, lowersCase = false } = this.options;
    if (fate === "silence") return null;
    if (query.hasEdns && !knowsEdns) return formatError(query);
    const asked = lowersCase ? { ...query, name: query.name.toLowerCase() } : query;
    const rcode = NAMES_OF_FATES[fate];
    if (rcode !== undefined) return writeAnswer(asked, { flags: 0, rcode, answers: [], authority: [] });
    const answer = this.zoneAnswer(asked);
    if (fate === "damage") return damaged(damage, asked, answer, this.host.random);
    const isTooLong = carrier === "udp" && answer.length > query.datagramBytes;
    return isTooLong || (fate === "truncate" && carrier === "udp") ? truncated(asked) : answer;
  }

  private zoneAnswer(query: Query): Uint8Array {
    const name = query.name.toLowerCase();
    const zone = this.options.zones.find(({ origin }) => name === origin || name.endsWith(`.${origin}`));
    if (zone === undefined) {
      return writeAnswer(query, { flags: 0, rcode: ResponseCode.Refused, answers: [], authority: [] });
    }
    return writeAnswer(query, { flags: IS_AUTHORITATIVE, ...zone.find(name, query.type) });
  }
}

function truncated(query: Query): Uint8Array {
  return writeAnswer(query, { flags: IS_AUTHORITATIVE | IS_TRUNCATED, rcode: 0, answers: [], authority: [] });
}

/** Nothing but a header, as servers without EDNS do it. */
function formatError(query: Query): Uint8Array {
  const writer = new MessageWriter();
  writer.header(query.id, IS_RESPONSE | ResponseCode.FormatError, [0, 0, 0, 0]);
  return writer.toUint8Array();
}
