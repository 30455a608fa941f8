// The behaviours with their bodies and arms, as docs/conformance.md shows them.
//
//   node build/test/conformance/table.js      writes the table of the document anew
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { BEHAVIOURS } from "../suite/behaviours.js";
import { ROOT } from "../support/arms.js";
import { canPlay, CLOSED, CORE_ARMS, FACE_ARMS } from "./arms.js";
import { type CoreBody, coreBodies } from "./core-tests.js";
import { faceBodies } from "./face-bodies.js";

export const DOCUMENT = `${ROOT}docs/conformance.md`;
const BEGIN = "<!-- table -->\n";
const END = "<!-- end of table -->\n";

/** All bodies by the names that the table of behaviours uses, with the arms that each runs on. */
export async function bodiesWithArms(): Promise<Map<string, readonly string[]>> {
  const core = (await coreBodies()).map((body: CoreBody): [string, readonly string[]] => {
    return [`core/${body.name}`, CORE_ARMS.filter((arm) => canPlay(arm, body.peer))];
  });
  const face = faceBodies.map((body): [string, readonly string[]] => [`face/${body.name}`, FACE_ARMS]);
  return new Map([...core, ...face]);
}

/** The arms of its kind that a body does not run on. */
function exceptions(name: string, arms: readonly string[]): string {
  const all: readonly string[] = name.startsWith("core/") ? CORE_ARMS : FACE_ARMS;
  const missing = all.filter((arm) => !arms.includes(arm));
  if (missing.length === 0) return "";
  return missing.join() === CLOSED.join() ? " (where there is an outside)" : ` (not ${missing.join(", ")})`;
}

async function tableText(): Promise<string> {
  const arms = await bodiesWithArms();
  const rows = BEHAVIOURS.map(({ number, what, bodies }) => {
    const texts = bodies.map((name) => `\`${name}\`${exceptions(name, arms.get(name) ?? [])}`);
    return `| ${number} | ${what} | ${texts.join("<br>")} |\n`;
  });
  return `| Number | Behaviour | Bodies |\n|---|---|---|\n${rows.join("")}`;
}

/** The document with a fresh table. */
export async function documentText(): Promise<string> {
  const text = readFileSync(DOCUMENT, "utf8");
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`${DOCUMENT} has no place for the table`);
  return `${text.slice(0, begin + BEGIN.length)}\n${await tableText()}\n${text.slice(end)}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(DOCUMENT, await documentText());
