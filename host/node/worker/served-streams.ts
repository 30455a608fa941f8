// The standard streams of the process, for a worker's guest.

import type { ErrorCode } from "../../wasi/error-code.js";
import type { InputEvents, OutputEvents, StandardInput, StandardOutput } from "../../wasi/standard-streams.js";
import { Command, Event } from "./messages.js";
import { ServedIncoming, ServedOutgoing } from "./served-flow.js";
import { type ServedObject, unexpected } from "./served-object.js";
import type { ServerLink } from "./server-link.js";

export class ServedInput implements ServedObject, InputEvents {
  private readonly incoming: ServedIncoming;
  private isOpen = false;

  constructor(private readonly link: ServerLink, private readonly id: number, private readonly input: StandardInput) {
    this.incoming = new ServedIncoming(link, id, input);
  }

  command(kind: Command, value: number): void {
    switch (kind) {
      case Command.Attach:
        this.isOpen = true;
        return this.input.open(this);
      case Command.Credit: return this.incoming.credit(value);
      case Command.Close: return this.cut();
      default: return unexpected("standard input", kind);
    }
  }

  cut(): void {
    this.incoming.close();
    if (this.isOpen) this.input.close();
    this.isOpen = false;
  }

  bytesArrived(bytes: Uint8Array, start: number, end: number): boolean {
    return this.incoming.arrived(bytes, start, end);
  }

  bytesGiven(bytes: Uint8Array, start: number, end: number): boolean {
    return this.incoming.arrived(bytes, start, end);
  }

  endArrived(): void {
    this.link.tell(Event.Ended, this.id);
  }

  failed(code: ErrorCode): void {
    this.link.tell(Event.Failed, this.id, code);
  }
}

export class ServedOutput implements ServedObject, OutputEvents {
  private readonly outgoing: ServedOutgoing;
  private hasFailed = false;

  constructor(private readonly link: ServerLink, private readonly id: number, private readonly output: StandardOutput) {
    this.outgoing = new ServedOutgoing(link, id, output);
  }

  command(kind: Command, _value: number, bytes: Uint8Array, start: number, end: number): void {
    switch (kind) {
      case Command.Attach: return this.output.listen(this);
      case Command.Write: return this.outgoing.write(bytes, start, end);
      case Command.WantRoom: return this.outgoing.wantRoom();
      default: return unexpected("standard output", kind);
    }
  }

  /** What was written before still leaves: the pipe belongs to the process. */
  cut(): void {
    this.outgoing.close();
  }

  roomMade(): void {
    this.outgoing.roomMade();
  }

  failed(code: ErrorCode): void {
    if (this.hasFailed) return;
    this.hasFailed = true;
    this.outgoing.close();
    this.link.tell(Event.Failed, this.id, code);
  }
}
