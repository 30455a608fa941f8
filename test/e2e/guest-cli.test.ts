// What an ordinary program of wasi-libc does (test/guests/check-cli.c), on every host alike: arguments, environment,
// standard streams, clocks, random numbers, files (nobody gets any) and the ways to end.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Pattern } from "../support/bytes.js";
import { guestArms } from "../support/guests.js";
import { runCommand } from "../support/process.js";

const WORDS = ["plain", "two words", "üñï", "", "--network"];
const ENDS: [what: string[], code: number][] = [
  [["return", "0"], 0], [["return", "3"], 1], [["exit", "0"], 0], [["exit", "255"], 1], [[], 1],
];

for (const { label, arm } of guestArms("check-cli")) {
  const cli = suite(`check-cli on ${label}`);
  const outputOf = async (args: string[], input: string | Buffer = ""): Promise<string> => {
    const { code, stdout, stderr } = await runCommand(arm, args, input);
    assert.is(code, 0, stderr);
    assert.is(stderr, "");
    return stdout.toString();
  };

  cli("should be given its arguments, whatever is in them", async () => {
    const lines = WORDS.map((word) => `[${word}]\n`).join("");
    assert.is(await outputOf(["arguments", ...WORDS]), `${WORDS.length}\n${lines}`);
  });

  cli("should not see the environment of the host", async () => {
    assert.is(await outputOf(["variable", "PATH"]), "PATH=(unset)\n");
  });

  cli("should read its input to the end and write it all", async () => {
    const bytes = Buffer.from(new Pattern().at(0, 700_001));
    for (const input of [bytes, Buffer.alloc(0), bytes.subarray(0, 1)]) {
      const { code, stdout } = await runCommand(arm, ["cat"], input);
      assert.is(code, 0);
      assert.ok(stdout.equals(input), `${stdout.length} of ${input.length} bytes`);
    }
  });

  cli("should have written everything before it ends", async () => {
    const output = await outputOf(["flood", "1000000"]);
    assert.is(output.length, 1_000_000);
    assert.is(output.slice(999_998), "mn");
    assert.is((await runCommand(arm, ["exit", "7"])).stdout.toString(), "not flushed before exit");
  });

  cli("should have clocks and random numbers", async () => {
    assert.is(await outputOf(["time"]), "slept as long as asked: 1\nthe year is one of ours: 1\n");
    assert.is(await outputOf(["random"]), "two are different: 1\n");
  });

  cli("should find no files", async () => {
    const [ENOTCAPABLE, EBADF] = [76, 8];
    assert.is(await outputOf(["files"]), `open: ${ENOTCAPABLE}\ncreate: ${ENOTCAPABLE}\nclose of nothing: ${EBADF}\n`);
  });

  cli("should complain on stderr", async () => {
    const { code, stdout, stderr } = await runCommand(arm, ["complain", "it hurts"]);
    assert.equal([code, stdout.toString(), stderr], [0, "", "it hurts\n"]);
  });

  cli("should end with success or failure", async () => {
    for (const [what, wanted] of ENDS) assert.is((await runCommand(arm, what)).code, wanted, what.join(" "));
  });

  cli("should end like an aborted program after a trap", async () => {
    const { code, stderr } = await runCommand(arm, ["abort"]);
    assert.is(code, 134);
    assert.match(stderr, /unreachable/);
  });

  cli.run();
}
