// The streams of a page: input from text and from what can be iterated, output to functions.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { pageStreams, type StreamOptions } from "#host/browser/standard-streams.js";
import { ErrorCode } from "#host/wasi/error-code.js";

/** What the seam tells, as a list; `wants` says whether more is wanted after each piece. */
function told(stdin: StreamOptions["stdin"], wants: () => boolean = () => true) {
  const events: string[] = [];
  const input = pageStreams({ stdin }).stdin;
  input.open({
    bytesArrived: () => { throw new Error("bytes are given, not lent"); },
    bytesGiven: (bytes, start, end) => {
      events.push(`${end - start}: ${Buffer.from(bytes).toString("latin1", start, Math.min(end, start + 3))}`);
      return wants();
    },
    endArrived: () => events.push("end"),
    failed: (code) => events.push(ErrorCode[code]),
  });
  return { input, events };
}

const settled = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve); });

const input = suite("standard input of a page");

input("should be empty by default", async () => {
  const { events } = told(undefined);
  assert.equal(events, [], "nothing from inside open");
  await settled();
  assert.equal(events, ["end"]);
});

for (const [what, stdin] of [["text", "häy"], ["bytes", new TextEncoder().encode("häy")]] as const) {
  input(`should give ${what}, then the end`, async () => {
    const { events } = told(stdin);
    await settled();
    assert.equal(events, ["4: h\u00c3\u00a4", "end"]);
  });
}

input("should give much in pieces, and wait in between when there is enough", async () => {
  const { input: source, events } = told(new Uint8Array(150_000).fill(97), () => false);
  await settled();
  assert.equal(events, ["65536: aaa"]);
  source.resume();
  await settled();
  source.resume();
  await settled();
  assert.equal(events, ["65536: aaa", "65536: aaa", "18928: aaa"]);
  source.resume();
  await settled();
  assert.is(events.at(-1), "end");
  source.resume();
  await settled();
  assert.is(events.length, 4, "the end is told once");
});

input("should ask what can be iterated only for what is wanted, and tell of its failure", async () => {
  let asked = 0;
  const pieces = async function* () {
    for (asked = 1; asked < 4; asked++) yield ["", "one", "two", "three"][asked] as string;
    throw new Error("the wire is cut");
  };
  const { input: source, events } = told(pieces(), () => events.length !== 2);
  await settled();
  assert.equal([asked, events], [2, ["3: one", "3: two"]]);
  source.resume();
  await settled();
  assert.equal(events, ["3: one", "3: two", "5: thr", "Unknown"]);
});

input("should give nothing while it is paused", async () => {
  const { input: source, events } = told((async function* () { yield "one"; yield "two"; })(), () => {
    source.pause();
    return true;
  });
  await settled();
  assert.equal(events, ["3: one"]);
  source.resume();
  await settled();
  assert.equal(events, ["3: one", "3: two"]);
  source.resume();
  await settled();
  assert.equal(events, ["3: one", "3: two", "end"]);
});

input("should tell nothing after close, and say so to what it reads", async () => {
  let isLeft = false;
  const pieces = async function* () {
    try {
      for (;;) yield "more";
    } finally {
      isLeft = true;
    }
  };
  const { input: source, events } = told(pieces(), () => events.length < 3);
  await settled();
  source.close();
  source.resume();
  await settled();
  assert.equal([isLeft, events.length], [true, 3]);
});

input.run();

const output = suite("standard output of a page");

output("should tell a function of text, however its bytes are cut", () => {
  const texts: string[] = [];
  const { stdout } = pageStreams({ stdout: (text) => texts.push(text) });
  const bytes = new TextEncoder().encode("zwölf\n");
  stdout.write(bytes, 0, 3);
  stdout.write(bytes, 3, bytes.length);
  assert.equal([texts.join(""), stdout.queuedBytes], ["zwölf\n", 0]);
});

output("should write whole lines to the console by default", () => {
  const lines: string[] = [];
  const { log, error } = console;
  console.log = (line: string) => lines.push(`out ${line}`);
  console.error = (line: string) => lines.push(`error ${line}`);
  try {
    const streams = pageStreams();
    const write = (name: "stdout" | "stderr", text: string): void =>
      streams[name].write(new TextEncoder().encode(text), 0, text.length);
    write("stdout", "one\ntw");
    write("stderr", "bad\n");
    write("stdout", "o\n\nthree");
  } finally {
    Object.assign(console, { log, error });
  }
  assert.equal(lines, ["out one", "error bad", "out two", "out "]);
});

output("should take a seam in place of a function", () => {
  const { stderr } = pageStreams();
  assert.is(pageStreams({ stdout: stderr }).stdout, stderr);
});

output.run();
