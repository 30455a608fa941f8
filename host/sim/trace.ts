// What happened, as one number: every event of a simulation is mixed into the trace, bytes that were delivered
// among it. Two runs are the same exactly when their hashes are.
//
// The trace can be told line by line too, to find where two runs part.

const KINDS = [
  "soon", "timer", "script", "connect", "syn-arrived", "syn-lost", "refused", "established", "timeout", "accept",
  "segment", "credit", "fin", "reset", "deliver", "end-told", "failed", "linger", "released", "lookup", "input",
  "output", "drained", "binding", "note", "datagram-sent", "datagram",
] as const;

export type TraceKind = (typeof KINDS)[number];

const kindNumbers = new Map<TraceKind, number>(KINDS.map((kind, index) => [kind, index]));

export class Trace {
  private first = 0x243f_6a88;
  private second = 0x85a3_08d3;
  private latestNs = 0;

  /** `onLine` hears of each entry: time in nanoseconds, kind, whom it is about, a value. */
  constructor(private readonly onLine?: (line: string) => void) {}

  /** `subject` is the number of a host or connection; `value` a count of bytes, a port, a code. */
  add(nowNs: number, kind: TraceKind, subject: number, value: number): void {
    if (nowNs !== this.latestNs) {
      this.latestNs = nowNs;
      this.mix(nowNs | 0);
      this.mix(Math.floor(nowNs / 0x1_0000_0000));
    }
    this.mix(kindNumbers.get(kind) as number);
    this.mix(subject);
    this.mix(value);
    this.onLine?.(`${nowNs} ${kind} ${subject} ${value}`);
  }

  addBytes(bytes: Uint8Array, start: number, end: number): void {
    let hash = 0x811c9dc5;
    for (let index = start; index < end; index++) hash = Math.imul(hash ^ (bytes[index] as number), 0x0100_0193);
    this.mix(hash);
  }

  addText(text: string): void {
    for (let index = 0; index < text.length; index++) this.mix(text.charCodeAt(index));
  }

  /** 16 hexadecimal digits over everything so far. */
  get hash(): string {
    return hex(this.first) + hex(this.second);
  }

  private mix(word: number): void {
    const first = Math.imul(this.first ^ word, 0x85eb_ca6b);
    this.first = first ^ (first >>> 15);
    const second = Math.imul(this.second + word | 0, 0xc2b2_ae35);
    this.second = ((second << 13) | (second >>> 19)) ^ this.first;
  }
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, "0");
}
