// The program `resolve` on an arm: what it prints, as an outcome.
import * as assert from "uvu/assert";
import type { Arm } from "../arms.js";
import { runCommand } from "../process.js";
import { type Failure, failure, type Kind, type Outcome, records } from "./outcome.js";

/** What it says on standard error, and what that means. */
const FAILURES: [RegExp, Failure][] = [
  [/: no such name /, "no name"],
  [/: no records of this type /, "no records"],
  [/: aliases in a circle/, "alias loop"],
  [/: temporary resolver failure /, "server failed"],
  [/: permanent resolver failure /, "server refused"],
  [/: no answer from /, "no answer"],
  [/: not a name/, "bad name"],
  [/: the deadline passed/, "past its deadline"],
];

export interface Printed {
  outcome: Outcome;
  lines: string[];
  complaint: string;
}

export async function resolve(arm: Arm, kind: Kind, name: string, options: string[] = []): Promise<Printed> {
  const flags = kind === "host" ? [] : [`--${kind}`];
  const { code, stdout, stderr } = await runCommand(arm, ["resolve", name, ...flags, ...options]);
  const text = stdout.toString("latin1");
  const lines = text.split("\n").slice(0, -1);
  if (code === 0) {
    assert.is(stderr, "");
    assert.ok(text === "" || text.endsWith("\n"), "whole lines");
    return { outcome: records(...lines.map((line) => read(kind, line))), lines, complaint: "" };
  }
  assert.is(code, 1, stderr);
  assert.is(text, "");
  const found = FAILURES.find(([pattern]) => pattern.test(stderr));
  if (found === undefined) throw new Error(`the program says: ${stderr}`);
  return { outcome: failure(found[1]), lines, complaint: stderr };
}

function read(kind: Kind, line: string): string {
  if (kind === "srv") return line.replace(/ \.$/, " ");
  if (kind === "host") return line;
  return line.replace(/\\(?:\\|x([0-9a-f]{2}))/g, (_, hex?: string) => {
    return hex === undefined ? "\\" : String.fromCharCode(parseInt(hex, 16));
  });
}
