// The load of every echo in a page, the same for all arms: each link has so many messages under way, and when one came
// back, whole and right in every byte, the next one leaves, until it is time.
//
// A message is doubles, none of them zero or no number, so that equal doubles are equal bytes: that is the fastest
// comparison that a page has. The first one is the message's number, so nothing old can pass for something new.

export interface EchoLoad {
  readonly links: number;
  /** Messages under way on each link. */
  readonly depth: number;
  /** A multiple of 8. */
  readonly messageBytes: number;
  /** First what is not measured, then on the same links what is. */
  readonly warmUp: EchoAmount;
  readonly measured: EchoAmount;
}

/** It is over after so many milliseconds, or so many messages: whatever comes first. */
export interface EchoAmount {
  readonly milliseconds: number;
  readonly messagesMax: number;
}

export interface EchoFigures {
  readonly messages: number;
  readonly milliseconds: number;
}

/** One way to have bytes echoed. Takes the bytes before `send` returns; they come back by `Link.arrived`. */
export interface EchoLink {
  send(bytes: Uint8Array): void;
  close(): void;
}

/** Opens a link that tells `talk` of each message that came back. */
export type OpenLink = (talk: Talk, load: EchoLoad) => Promise<EchoLink>;

const DOUBLE_BYTES = 8;
/** Messages between two looks at the clock. */
const LOOK_MESSAGES = 16;

class Message {
  readonly bytes: Uint8Array;
  private readonly doubles: Float64Array;

  constructor(byteLength: number, link: number) {
    this.doubles = new Float64Array(byteLength / DOUBLE_BYTES);
    for (let i = 0; i < this.doubles.length; i++) this.doubles[i] = (link + 1) * 1000.25 + i;
    this.bytes = new Uint8Array(this.doubles.buffer);
  }

  numbered(number: number): Uint8Array {
    this.doubles[0] = number;
    return this.bytes;
  }

  /** Throws unless these are exactly the bytes of the message with that number. */
  check(number: number, bytes: Uint8Array): void {
    this.doubles[0] = number;
    const { doubles } = this;
    const others = new Float64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / DOUBLE_BYTES);
    if (bytes.byteLength !== this.bytes.byteLength) throw new Error(`${bytes.byteLength} bytes came back`);
    for (let i = 0; i < doubles.length; i++) {
      if (others[i] !== doubles[i]) throw new Error(`message ${number} came back changed, at byte ${i * DOUBLE_BYTES}`);
    }
  }
}

/** When all of it ends: shared by the talks of one phase. */
class Schedule {
  private sent = 0;
  private received = 0;
  private isTime = false;
  private readonly startedAt = performance.now();

  constructor(
    private readonly amount: EchoAmount,
    private readonly over: (figures: EchoFigures) => void,
  ) {}

  /** Whether one more message may leave; counts it. */
  takeTurn(): boolean {
    if (this.isTime || this.sent >= this.amount.messagesMax) return false;
    this.sent++;
    return true;
  }

  messageReceived(): void {
    this.received++;
    if (this.received % LOOK_MESSAGES === 0) {
      this.isTime ||= performance.now() - this.startedAt >= this.amount.milliseconds;
    }
  }

  endIfQuiet(): void {
    if (this.received !== this.sent) return;
    this.over({ messages: this.received, milliseconds: performance.now() - this.startedAt });
  }
}

/** What is said on one link. */
export class Talk {
  private readonly message: Message;
  private nextSent = 1;
  private nextReceived = 1;
  private link: EchoLink | null = null;
  private schedule: Schedule | null = null;

  constructor(
    private readonly load: EchoLoad,
    index: number,
    /** The link broke, or a byte was wrong: the run has no figures. */
    readonly failed: (error: unknown) => void,
  ) {
    this.message = new Message(load.messageBytes, index);
  }

  begin(link: EchoLink, schedule: Schedule): void {
    this.link = link;
    this.schedule = schedule;
    for (let i = 0; i < this.load.depth; i++) this.sendNext();
  }

  /** One whole message came back; the bytes begin at a multiple of 8. */
  arrived(bytes: Uint8Array): void {
    try {
      this.message.check(this.nextReceived++, bytes);
    } catch (error) {
      this.failed(error);
      return;
    }
    this.schedule?.messageReceived();
    this.sendNext();
    this.schedule?.endIfQuiet();
  }

  private sendNext(): void {
    if (this.schedule?.takeTurn() === true) this.link?.send(this.message.numbered(this.nextSent++));
  }
}

/** Opens the links, runs the load on them, closes them. */
export async function converse(load: EchoLoad, open: OpenLink): Promise<EchoFigures> {
  let fail: (error: unknown) => void = () => {};
  const failure = new Promise<never>((_, reject) => { fail = reject; });
  failure.catch(() => {}); // nobody may be waiting any more
  const talks = Array.from({ length: load.links }, (_, index) => new Talk(load, index, fail));
  let links: EchoLink[] = [];
  const phase = (amount: EchoAmount): Promise<EchoFigures> => new Promise((resolve) => {
    const schedule = new Schedule(amount, resolve);
    links.forEach((link, index) => talks[index]?.begin(link, schedule));
  });
  try {
    links = await Promise.race([failure, Promise.all(talks.map((talk) => open(talk, load)))]);
    await Promise.race([failure, phase(load.warmUp)]);
    return await Promise.race([failure, phase(load.measured)]);
  } finally {
    for (const link of links) link.close();
  }
}
