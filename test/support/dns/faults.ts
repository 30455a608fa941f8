// What can go wrong between a resolver and its server, as things that a FaultProxy does.
import { Random } from "../bytes.js";
import { type AskedByDatagram, type Fault, framed, honest, reset } from "./fault-proxy.js";
import { answerTo, hasOpt, HEADER, questionEnd, RCODES, type ResourceRecord, TYPES } from "./wire.js";

type Mutation = (answer: Buffer, asked: Buffer) => Buffer;

/** A fault of datagrams; streams are honest. */
const onDatagrams = (datagram: Fault["datagram"]): Fault => ({ ...honest, datagram });

/** Something else before the true answer, or instead of it. */
function changing(mutate: Mutation, thenTruth: boolean): Fault {
  return onDatagrams(async (asked) => {
    const truth = await asked.truth();
    asked.reply(mutate(truth, asked.bytes));
    if (thenTruth) asked.reply(truth);
  });
}

const copyOf = (bytes: Buffer): Buffer => Buffer.from(bytes);

export const wrongId: Mutation = (answer) => {
  const copy = copyOf(answer);
  copy.writeUInt16BE(copy.readUInt16BE(0) ^ 0x5555, 0);
  return poisoned(copy);
};
/** The id is right, the name is another one of the same length. */
export const wrongQuestion: Mutation = (answer) => {
  const copy = copyOf(answer);
  const at = HEADER + 1;
  copy[at] = copy[at] === 0x7a ? 0x79 : 0x7a;
  return poisoned(copy);
};
export const wrongType: Mutation = (answer) => {
  const copy = copyOf(answer);
  copy.writeUInt16BE(TYPES.NS, questionEnd(copy) - 4);
  return copy;
};
export const wrongClass: Mutation = (answer) => {
  const copy = copyOf(answer);
  copy.writeUInt16BE(3, questionEnd(copy) - 2);
  return copy;
};
/** The query itself, sent back. */
export const echo: Mutation = (_answer, asked) => asked;
export const noQuestion: Mutation = (_answer, asked) => {
  const header = copyOf(asked.subarray(0, HEADER));
  header[2] = 0x85;
  header.fill(0, 4);
  return header;
};
export const otherOpcode: Mutation = (answer) => {
  const copy = copyOf(answer);
  copy[2] = (copy[2] ?? 0) | 0x28;
  return copy;
};

/** Changes addresses at the end of an answer, so that believing it shows. */
function poisoned(answer: Buffer): Buffer {
  const type = answer.readUInt16BE(questionEnd(answer) - 4);
  if (type !== TYPES.A || answer.readUInt16BE(6) === 0) return answer;
  const forged = answerTo(answer, { answers: [{ type, data: Buffer.from([6, 6, 6, 6]) }] });
  answer.copy(forged, 0, 0, 2);
  return forged;
}

/** All that is to be ignored until the true answer comes. */
export const IGNORED: Record<string, Mutation> = {
  wrongId, wrongQuestion, wrongType, wrongClass, echo, otherOpcode,
  empty: () => Buffer.alloc(0),
  oneByte: () => Buffer.from([1]),
  elevenBytes: (answer) => copyOf(answer.subarray(0, HEADER - 1)),
};

export const before = (mutate: Mutation): Fault => changing(mutate, true);
export const instead = (mutate: Mutation): Fault => changing(mutate, false);

export const fromElsewhere: Fault = onDatagrams(async (asked) => {
  const truth = await asked.truth();
  asked.replyFromElsewhere(poisoned(copyOf(truth)));
  asked.reply(truth);
});

/** Answers with every wrong id near the right one, and then the right one. */
export function spoofFlood(count: number): Fault {
  return onDatagrams(async (asked) => {
    const truth = await asked.truth();
    const forged = poisoned(copyOf(truth));
    const id = truth.readUInt16BE(0);
    for (let step = 1; step <= count; step++) {
      const copy = copyOf(forged);
      copy.writeUInt16BE((id + step) & 0xffff, 0);
      asked.reply(copy);
      // A flood that the kernel drops is none, and the true answer would be dropped with it.
      if (step % 20 === 0) await new Promise(setImmediate);
    }
    asked.reply(truth);
  });
}

export const garbage = (seed: number, count: number): Fault => {
  const random = new Random(seed);
  return onDatagrams(async (asked) => {
    for (let done = 0; done < count; done++) {
      const bytes = Buffer.alloc(random.below(600));
      for (let at = 0; at < bytes.length; at++) bytes[at] = random.next();
      asked.reply(bytes);
    }
    asked.reply(await asked.truth());
  });
};

export const silent: Fault = { datagram: () => {}, stream: () => {} };

/** Of every `every` queries by datagram only one is answered. */
export const dropped = (every: number): Fault => onDatagrams(async (asked) => {
  if (asked.index % every === every - 1) asked.reply(await asked.truth());
});

/** Each query is dropped with this chance. */
export function droppedByChance(seed: number, percent: number): Fault {
  const random = new Random(seed);
  return onDatagrams(async (asked) => {
    if (random.below(100) >= percent) asked.reply(await asked.truth());
  });
}

export const duplicated = (times: number): Fault => onDatagrams(async (asked) => {
  const truth = await asked.truth();
  for (let done = 0; done < times; done++) asked.reply(truth);
});

/** Keeps `group` answers back and sends them last first. Whoever asks must have so many in flight. */
export function reordered(group: number): Fault {
  const kept: [AskedByDatagram, Buffer][] = [];
  return onDatagrams(async (asked) => {
    kept.push([asked, await asked.truth()]);
    if (kept.length < group) return;
    for (const [each, truth] of kept.splice(0).reverse()) each.reply(truth);
  });
}

/** Answers that late, if the test goes on so long; a query that is repeated meanwhile is answered twice. */
export const delayed = (milliseconds: number): Fault => onDatagrams(async (asked) => {
  const truth = await asked.truth();
  await new Promise((resolve) => setTimeout(resolve, milliseconds).unref());
  asked.reply(truth);
});

/** Answers once `moment` has come. */
export const after = (moment: Promise<void>): Fault => onDatagrams(async (asked) => {
  const truth = await asked.truth();
  await moment;
  asked.reply(truth);
});

/** Every datagram says that it is not all, as a server does that keeps nothing in it. */
export const truncated: Fault = onDatagrams((asked) => asked.reply(answerTo(asked.bytes, { truncated: true })));

/** Says that it is not all, with false addresses in what there is. */
export const truncatedAndFalse: Fault = onDatagrams((asked) => asked.reply(answerTo(asked.bytes, {
  truncated: true, answers: [{ type: TYPES.A, data: Buffer.from([6, 6, 6, 6]) }],
})));

/** The OPT record that ends a server's answer, which nobody has to read. */
const OPT_BYTES = 11;

/** The answer without the last bytes of its last record. */
export const cut = (bytes: number): Mutation => (answer) => {
  const end = hasOpt(answer) ? answer.length - OPT_BYTES : answer.length;
  return copyOf(answer.subarray(0, end - bytes));
};

export const rcode = (code: number): Fault => ({
  datagram: (asked) => asked.reply(answerTo(asked.bytes, { rcode: code })),
  stream: (asked) => asked.reply(answerTo(asked.bytes, { rcode: code })),
});

/** A server from before EDNS. */
export const withoutEdns = (code: number): Fault => onDatagrams(async (asked) => {
  asked.reply(hasOpt(asked.bytes) ? answerTo(asked.bytes, { rcode: code }) : await asked.truth());
});

/** FORMERR as the oldest servers say it: a header and nothing else. */
export const bareFormerr: Fault = onDatagrams(async (asked) => {
  if (!hasOpt(asked.bytes)) return asked.reply(await asked.truth());
  const header = noQuestion(asked.bytes, asked.bytes);
  header[3] = RCODES.FORMERR;
  asked.reply(header);
});

/** The question in capital letters, or in small ones, whatever was asked. */
export const spelled = (upper: boolean): Mutation => (answer) => {
  const copy = copyOf(answer);
  const end = questionEnd(copy) - 4;
  const text = copy.toString("latin1", HEADER, end);
  copy.write(upper ? text.toUpperCase() : text.toLowerCase(), HEADER, "latin1");
  return copy;
};

/** Records in an answer of their own instead of the server's. */
export const scripted = (make: (asked: Buffer) => ResourceRecord[]): Fault => ({
  datagram: (asked) => asked.reply(answerTo(asked.bytes, { answers: make(asked.bytes) })),
  stream: (asked) => asked.reply(answerTo(asked.bytes, { answers: make(asked.bytes) })),
});

/** Takes queries by stream in this way, after every datagram told to come again so. */
export const onStreams = (stream: Fault["stream"]): Fault => ({ datagram: truncated.datagram, stream });

export const resetInMessage = (after: number): Fault => onStreams(async (asked) => {
  const frame = framed(await asked.truth());
  asked.socket.write(frame.subarray(0, after), () => reset(asked.socket));
});

export const endInMessage = (after: number): Fault => onStreams(async (asked) => {
  asked.socket.end(framed(await asked.truth()).subarray(0, after));
});

/** Every byte in a segment of its own, as far as the kernel leaves them apart. */
export const byteByByte: Fault = onStreams(async (asked) => {
  for (const byte of framed(await asked.truth())) {
    await new Promise<void>((resolve) => void asked.socket.write(Buffer.from([byte]), () => resolve()));
  }
});
