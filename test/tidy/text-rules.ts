// Rules about single files: sizes, spacing, names, and words that must not be there.
import { codeOf, type Finding, lineRule, linesOf, type Rule } from "./source-file.js";

const FILE_LINES_MAX = 400;
const LINE_CHARS_MAX = 120;
const FUNCTION_LINES_MAX = 70;

const isCode = (path: string): boolean => /\.(ts|mjs|js|c|h|rs)$/.test(path);
const isScript = (path: string): boolean => path.endsWith(".sh") || path === ".ci/run" || path === "Makefile";
const isSource = (path: string): boolean => isCode(path) || isScript(path) || path.endsWith(".wit");
const isTypeScript = (path: string): boolean => path.endsWith(".ts");
const everything = (): boolean => true;

const fileSize: Rule = (files) => files.filter((file) => isSource(file.path)).flatMap((file) => {
  const count = linesOf(file).length - 1;
  if (count <= FILE_LINES_MAX) return [];
  return [{ path: file.path, line: 0, message: `has ${count} lines; at most ${FILE_LINES_MAX}` }];
});

const lineSize = lineRule(isSource, (line) => {
  if (line.length <= LINE_CHARS_MAX) return undefined;
  return `has ${line.length} characters; at most ${LINE_CHARS_MAX}`;
});

const spacing = lineRule(everything, (line) => {
  if (/[ \t]$/.test(line)) return "ends with a space";
  if (line.includes("\r")) return "has a carriage return";
  return /[\u0000-\u0008\u000b-\u001f\u007f]/.test(line) ? "has a control character" : undefined;
});

const tabs = lineRule((path) => isSource(path) && path !== "Makefile", (line) => {
  return line.includes("\t") ? "has a tab" : undefined;
});

const lastLine: Rule = (files) => files.flatMap((file) => {
  if (file.text.endsWith("\n") && !file.text.endsWith("\n\n")) return [];
  return [{ path: file.path, line: 0, message: "must end with exactly one line break" }];
});

const isOpened = (path: string): boolean => isCode(path) || isScript(path);

/** Every source file says first what it is. */
const opening: Rule = (files) => files.filter((file) => isOpened(file.path)).flatMap((file) => {
  const lines = linesOf(file);
  const first = lines[0]?.startsWith("#!") ? lines[1] : lines[0];
  if (/^(\/\/|\/\*|#) ?\S/.test(first ?? "")) return [];
  return [{ path: file.path, line: 1, message: "must open with a comment that says what it is and why" }];
});

/** Programs include them under names that C headers have. */
const C_HEADER = /^sdk\/c\/include\/[a-z_]+\.h$/;

const names: Rule = (files) => files.filter((file) => !C_HEADER.test(file.path)).flatMap((file) => {
  const name = file.path.slice(file.path.lastIndexOf("/") + 1);
  const kebab = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9-]+)*$/;
  if (kebab.test(name) || /^([A-Z]+\.md|Makefile|\.[a-z]+)$/.test(name)) return [];
  return [{ path: file.path, line: 0, message: "must have a kebab-case name" }];
});

/** Begins of functions, methods and named arrow functions, as this code base formats them. */
const FUNCTION_START = [
  /^( *)(?:export |default |async |static |private |protected |override |@\w+(?:\(.*\))? )*function\b.*\{$/,
  /^( *)(?:export )?const \w+.* => \{$/,
  /^( +)(?:async |static |private |protected |override |get |set |@inline )*[#\w]+(?:<.*>)?\(.*\).*\{$/,
  /^()\w[\w *]*\(.*\) *\{$/,
];
const NO_FUNCTION = /^ *(?:\} *)?(?:if|for|while|switch|catch|else|return|do|with)\b/;

/** Functions end where their indentation closes, which this code base's formatting makes exact enough. */
const functionSize: Rule = (files) => files.filter((file) => isCode(file.path)).flatMap((file) => {
  const lines = linesOf(file);
  return lines.flatMap((line, index): Finding[] => {
    if (NO_FUNCTION.test(line)) return [];
    const start = FUNCTION_START.map((pattern) => pattern.exec(line)).find((match) => match !== null);
    if (start === undefined) return [];
    const close = `${start[1]}}`;
    const end = lines.findIndex((other, at) => at > index && other.startsWith(close));
    const count = end - index + 1;
    if (count <= FUNCTION_LINES_MAX) return [];
    const message = `a function of ${count} lines; at most ${FUNCTION_LINES_MAX}`;
    return [{ path: file.path, line: index + 1, message }];
  });
});

/** Put together from halves, so that this file does not find itself. */
const MARKERS = new RegExp(`\\b(?:${["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"].join("|")})\\b`);

const markers = lineRule(everything, (line) => {
  return MARKERS.test(line) ? "has a leftover marker: do it, or say in a sentence why not" : undefined;
});

const machinePaths = lineRule(everything, (line) => {
  const found = /(?:^|[\s\x22\x27\x60(=:])(\/(?:home|Users|root|work)\/[\w.-]*|[A-Z]:\\\\?Users)/.exec(line);
  return found === null ? undefined : `names a place on one machine: ${found[1]}`;
});

interface Ban {
  /** A string, not a literal, because tidy reads itself and blanks only strings out. */
  pattern: string;
  message: string;
  applies: (path: string) => boolean;
}

const isTest = (path: string): boolean => path.endsWith(".test.ts");

/**
 * Looked for in code only: comments and literals may speak of them, and are blank here. So a test's name shows
 * as spaces, which tells uvu's `skip` from a method of that name.
 */
const BANS: Ban[] = [
  { pattern: "[:<|&,(] *any\\b(?! *[(:])|\\bas any\\b", message: "`any`: be exact", applies: isTypeScript },
  { pattern: "\\bdebugger\\b", message: "`debugger` is a leftover", applies: isCode },
  { pattern: "^ *\\w+\\.only\\( {2}", message: "`.only` leaves the other tests out", applies: isTest },
  { pattern: "^ *\\w+\\.skip\\( {2}", message: "`.skip` leaves a test out", applies: isTest },
  { pattern: "\\bprocess\\.binding\\b", message: "`process.binding` is not for programs", applies: isCode },
  { pattern: "\\bvar +\\w", message: "`var`: use const or let", applies: isTypeScript },
];

const banned: Rule = (files) => files.filter((file) => isCode(file.path)).flatMap((file) => {
  const lines = codeOf(file).split("\n");
  return BANS.filter((ban) => ban.applies(file.path)).flatMap((ban) => {
    const pattern = new RegExp(ban.pattern);
    return lines.flatMap((line, index) => {
      return pattern.test(line) ? [{ path: file.path, line: index + 1, message: ban.message }] : [];
    });
  });
});

/** Type checking is never switched off; in AssemblyScript each decorator needs its own leave. */
const directives: Rule = (files) => files.filter((file) => isTypeScript(file.path)).flatMap((file) => {
  return linesOf(file).flatMap((line, index): Finding[] => {
    if (!/^\s*(?:\/\/|\/\*) *@ts-(?:nocheck|ignore|expect-error)/.test(line)) return [];
    if (file.path.startsWith("assembly/") && /^\s*\/\/ @ts-ignore: decorator$/.test(line)) return [];
    return [{ path: file.path, line: index + 1, message: "switches the type checker off" }];
  });
});

export const textRules: Rule[] = [
  fileSize, lineSize, functionSize, spacing, tabs, lastLine, opening, names,
  markers, machinePaths, banned, directives,
];
