// What tidy reads: the text files of the project, and what its rules say about them.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface SourceFile {
  /** Relative to the project's root, with forward slashes. */
  path: string;
  text: string;
}

export interface Finding {
  path: string;
  /** Counted from 1; 0 when the finding is about the file as a whole. */
  line: number;
  message: string;
}

/** A rule sees all files, because some rules are about how files fit together. */
export type Rule = (files: SourceFile[]) => Finding[];

const SKIPPED_FOLDERS = new Set([".git", "node_modules", "build", "dist"]);
const READ = /\.(ts|mjs|js|c|h|sh|wit|md|json|html)$|^(Makefile|run)$/;
/** Written by tools, so nobody can keep them tidy by hand. */
const GENERATED = /(^|\/)package-lock\.json$|^sdk\/c\/generated\//;

export function readProject(root: string): SourceFile[] {
  const files: SourceFile[] = [];
  const walk = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory() && !SKIPPED_FOLDERS.has(entry.name)) walk(path);
      if (!entry.isFile() || !READ.test(entry.name) || GENERATED.test(path)) continue;
      files.push({ path, text: readFileSync(join(root, path), "utf8") });
    }
  };
  walk("");
  return files.sort((one, other) => (one.path < other.path ? -1 : 1));
}

export const linesOf = (file: SourceFile): string[] => file.text.split("\n");

/** Blanks comments and literals out, so that rules about code do not trip over prose. Lines stay put. */
export function codeOf(file: SourceFile): string {
  const tokens = /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;
  return file.text.replace(tokens, (token) => token.replace(/[^\n]/g, " "));
}

/** A rule that looks at one line of one file at a time. */
export function lineRule(
  applies: (path: string) => boolean, check: (line: string) => string | undefined,
): Rule {
  return (files) => files.filter((file) => applies(file.path)).flatMap((file) => {
    return linesOf(file).flatMap((text, index) => {
      const message = check(text);
      return message === undefined ? [] : [{ path: file.path, line: index + 1, message }];
    });
  });
}
