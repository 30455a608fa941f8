// Tidy: the rules of the house that a machine can check, over every text file of the project.
//
//   node build/test/tidy.js      prints one line per finding and fails if there is any
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { importRules } from "./tidy/import-rules.js";
import { markdownRules } from "./tidy/markdown-rules.js";
import { type Finding, readProject, type SourceFile } from "./tidy/source-file.js";
import { textRules } from "./tidy/text-rules.js";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

export function tidy(files: SourceFile[], exists: (path: string) => boolean): Finding[] {
  const rules = [...textRules, ...importRules, ...markdownRules(exists)];
  return rules.flatMap((rule) => rule(files));
}

export function tidyProject(): string[] {
  const findings = tidy(readProject(ROOT), (path) => existsSync(`${ROOT}${path}`));
  return findings.map(({ path, line, message }) => `${path}${line > 0 ? `:${line}` : ""}: ${message}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const lines = tidyProject();
  for (const line of lines) console.log(line);
  console.log(lines.length === 0 ? "tidy: nothing found" : `tidy: ${lines.length} findings`);
  process.exitCode = lines.length === 0 ? 0 : 1;
}
