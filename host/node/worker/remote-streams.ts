// The standard streams of a guest in a worker: those of the process, behind the channel.

import type { ByteQueuePool } from "../../wasi/byte-queue.js";
import type { ErrorCode } from "../../wasi/error-code.js";
import type { InputEvents, OutputEvents, StandardInput, StandardOutput, StandardStreams }
  from "../../wasi/standard-streams.js";
import { Command, Event, STDERR, STDIN, STDOUT } from "./messages.js";
import { RemoteIncoming, RemoteOutgoing } from "./remote-flow.js";
import type { RemoteLink, RemoteObject } from "./remote-link.js";

class RemoteInput implements StandardInput, RemoteObject {
  private events: InputEvents | null = null;
  private readonly incoming: RemoteIncoming;

  constructor(private readonly link: RemoteLink, pool: ByteQueuePool) {
    this.incoming = new RemoteIncoming(link, STDIN, pool);
    link.add(STDIN, this);
  }

  open(events: InputEvents): void {
    this.events = events;
    this.incoming.open(events);
  }

  resume(): void {
    this.incoming.resume();
  }

  pause(): void {
    this.incoming.pause();
  }

  close(): void {
    this.events = null;
    this.incoming.close();
    this.link.tell(Command.Close, STDIN);
  }

  event(kind: Event, value: number, bytes: Uint8Array, start: number, end: number): void {
    if (kind === Event.Data) this.incoming.arrived(bytes, start, end);
    else if (kind === Event.Ended) this.incoming.ended();
    else if (kind === Event.Failed) {
      this.incoming.flush();
      this.events?.failed(value as ErrorCode);
    } else throw new Error(`channel: standard input hears of ${Event[kind] ?? kind}`);
  }
}

class RemoteOutput implements StandardOutput, RemoteObject {
  private events: OutputEvents | null = null;
  private failure: ErrorCode | null = null;
  private readonly outgoing: RemoteOutgoing;

  constructor(private readonly link: RemoteLink, private readonly id: number) {
    this.outgoing = new RemoteOutgoing(link, id);
    link.add(id, this);
  }

  get queuedBytes(): number {
    return this.outgoing.queuedBytes;
  }

  listen(events: OutputEvents): void {
    if (this.events === null) this.link.tell(Command.Attach, this.id);
    this.events = events;
  }

  write(source: Uint8Array, start: number, end: number): void {
    if (this.failure === null) this.outgoing.write(source, start, end);
    else this.events?.failed(this.failure);
  }

  wantRoom(): void {
    this.outgoing.wantRoom();
  }

  end(): void {}

  event(kind: Event, value: number): void {
    if (kind === Event.Taken) {
      this.outgoing.taken(value);
      this.events?.roomMade();
    } else if (kind === Event.Failed) {
      this.outgoing.broke();
      this.failure = value as ErrorCode;
      this.events?.failed(this.failure);
    } else throw new Error(`channel: standard output hears of ${Event[kind] ?? kind}`);
  }
}

export function remoteStreams(link: RemoteLink, pool: ByteQueuePool): StandardStreams {
  return {
    stdin: new RemoteInput(link, pool),
    stdout: new RemoteOutput(link, STDOUT),
    stderr: new RemoteOutput(link, STDERR),
  };
}
