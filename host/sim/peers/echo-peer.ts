// A scripted echo: sends back what comes, holds its peer back while too much is queued, and ends when its peer does.

import { ErrorCode } from "../../wasi/error-code.js";
import type { Connection, ConnectionEvents } from "../../wasi/transport.js";

const QUEUED_MAX = 64 * 1024;
const LINGER_MS = 30_000;

export class EchoPeer implements ConnectionEvents {
  echoed = 0;
  outcome: "complete" | ErrorCode | null = null;
  private isWaiting = false;

  constructor(private readonly connection: Connection) {
    connection.attach(this);
  }

  bytesArrived(bytes: Uint8Array, start: number, end: number): boolean {
    this.connection.write(bytes, start, end);
    this.echoed += end - start;
    this.isWaiting = this.connection.queuedBytes > QUEUED_MAX;
    return !this.isWaiting;
  }

  bytesGiven(bytes: Uint8Array, start: number, end: number): boolean {
    return this.bytesArrived(bytes, start, end);
  }

  endArrived(): void {
    this.finish("complete");
  }

  roomMade(): void {
    if (!this.isWaiting || this.connection.queuedBytes > QUEUED_MAX) return;
    this.isWaiting = false;
    this.connection.resume();
  }

  failed(code: ErrorCode): void {
    this.finish(code);
  }

  private finish(outcome: "complete" | ErrorCode): void {
    this.outcome = outcome;
    this.connection.close(LINGER_MS);
  }
}
