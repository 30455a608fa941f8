// The audit log of a gateway as a file: one JSON object per line, appended.

import { closeSync, openSync, writeSync } from "node:fs";
import type { AuditLine } from "./gateway.js";

export class AuditFile {
  private readonly file: number;
  private lines: string[] = [];

  /** Readable for its owner only, when it is new: it tells who talked to whom. */
  constructor(path: string) {
    this.file = openSync(path, "a", 0o600);
  }

  /** Lines of one turn of the event loop are written together. */
  readonly write = (line: AuditLine): void => {
    if (this.lines.length === 0) setImmediate(this.flush);
    this.lines.push(`${JSON.stringify(line)}\n`);
  };

  close(): void {
    this.flush();
    closeSync(this.file);
  }

  private readonly flush = (): void => {
    const text = this.lines.join("");
    this.lines = [];
    if (text !== "") writeSync(this.file, text);
  };
}
