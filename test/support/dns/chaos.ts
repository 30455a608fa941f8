// A fault that is another one for each query, by a seed: everything that faults.ts knows, mixed.
import { Random } from "../bytes.js";
import { BROKEN, BROKEN_SERVICES, BROKEN_TEXTS } from "./bombs.js";
import { type AskedByDatagram, type AskedByStream, type Fault, framed, reset } from "./fault-proxy.js";
import { IGNORED, spelled, wrongId } from "./faults.js";
import { answerTo, questionType, RCODES, TYPES } from "./wire.js";

const CODES = [RCODES.SERVFAIL, RCODES.REFUSED, RCODES.FORMERR, RCODES.NOTIMP];
const ignored = Object.values(IGNORED);
/** By the type of the question: what is broken in a record of another type is no matter. */
const BOMBS: Record<number, ((asked: Buffer) => Buffer)[]> = {
  [TYPES.A]: Object.values(BROKEN), [TYPES.TXT]: Object.values(BROKEN_TEXTS),
  [TYPES.SRV]: Object.values(BROKEN_SERVICES),
};

/** Of 100 queries so many are answered as they should be; the others meet with something. */
export function chaos(seed: number, honestPercent: number): Fault {
  const random = new Random(seed);
  const pick = <T>(list: readonly T[]): T => list[random.below(list.length)] as T;
  const bomb = (asked: Buffer): Buffer => {
    const bombs = BOMBS[questionType(asked)];
    return bombs === undefined ? answerTo(asked, { rcode: RCODES.SERVFAIL }) : pick(bombs)(asked);
  };
  const pause = (): Promise<void> => {
    const milliseconds = random.below(120);
    return new Promise((resolve) => setTimeout(resolve, milliseconds));
  };

  const datagramFates: ((asked: AskedByDatagram, truth: Buffer) => Promise<void> | void)[] = [
    () => {},
    (asked, truth) => pause().then(() => asked.reply(truth)),
    (asked, truth) => [1, 2, 3].forEach(() => asked.reply(truth)),
    (asked) => asked.reply(answerTo(asked.bytes, { truncated: true })),
    (asked) => asked.reply(answerTo(asked.bytes, { rcode: pick(CODES) })),
    (asked, truth) => asked.reply(truth.subarray(0, random.below(truth.length))),
    (asked) => asked.reply(bomb(asked.bytes)),
    (asked, truth) => asked.reply(spelled(true)(truth, asked.bytes)),
    (asked, truth) => {
      for (let times = random.below(30); times > 0; times--) asked.reply(pick(ignored)(truth, asked.bytes));
      asked.reply(truth);
    },
    (asked, truth) => {
      asked.replyFromElsewhere(truth);
      return pause().then(() => asked.reply(truth));
    },
  ];
  const streamFates: ((asked: AskedByStream, truth: Buffer) => Promise<void> | void)[] = [
    () => {},
    (asked, truth) => pause().then(() => asked.reply(truth)),
    (asked) => void reset(asked.socket),
    (asked, truth) => {
      asked.socket.write(framed(truth).subarray(0, random.below(truth.length)), () => reset(asked.socket));
    },
    (asked, truth) => void asked.socket.end(framed(truth).subarray(0, random.below(truth.length))),
    (asked) => asked.reply(answerTo(asked.bytes, { rcode: pick(CODES) })),
    (asked) => asked.reply(bomb(asked.bytes)),
    (asked, truth) => {
      asked.reply(wrongId(truth, asked.bytes));
      asked.reply(truth);
    },
    async (asked, truth) => {
      for (const byte of framed(truth)) {
        await new Promise<void>((resolve) => void asked.socket.write(Buffer.from([byte]), () => resolve()));
      }
    },
  ];

  return {
    datagram: async (asked) => {
      const fate = random.below(100) < honestPercent ? undefined : pick(datagramFates);
      const truth = await asked.truth();
      await (fate === undefined ? asked.reply(truth) : fate(asked, truth));
    },
    stream: async (asked) => {
      const fate = random.below(100) < honestPercent ? undefined : pick(streamFates);
      const truth = await asked.truth();
      await (fate === undefined ? asked.reply(truth) : fate(asked, truth));
    },
  };
}
