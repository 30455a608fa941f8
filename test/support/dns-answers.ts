// What the tests of answers share: one name, messages about it, and what the core reads in them.
import { answerTo, type MessageWriter, type QuestionType } from "./dns-message.js";
import { type Answer, DnsProbe } from "./dns-probe.js";

export const dns = await DnsProbe.create();
export const NAME = "www.example.test";

export const read = (message: MessageWriter | Uint8Array, type: QuestionType = "A", name = NAME): Answer =>
  dns.read(message, type, name);
export const asked = (name = NAME, type: QuestionType = "A", header = {}): MessageWriter =>
  answerTo(name, type, header);

/** A record of the answer section with its data byte by byte. */
export function raw(message: MessageWriter, type: number, data: Iterable<number>, options = {}): MessageWriter {
  return message.record(1, () => message.name(NAME), type, 300, () => message.bytes(data), options);
}
