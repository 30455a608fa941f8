// Rules about Markdown: one title per file, and relative links that lead somewhere.
import { posix } from "node:path";
import { type Finding, linesOf, type Rule, type SourceFile } from "./source-file.js";

/** Lines outside of code fences, the others blank. */
function proseOf(file: SourceFile): string[] {
  let fenced = false;
  return linesOf(file).map((line) => {
    const fence = /^\s*(```|~~~)/.test(line);
    if (fence) fenced = !fenced;
    return fence || fenced ? "" : line;
  });
}

/** The anchor that a heading gets where Markdown is shown. */
function anchorOf(heading: string): string {
  return heading.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "").trim().replace(/\s/g, "-");
}

const isMarkdown = (file: SourceFile): boolean => file.path.endsWith(".md");

const oneTitle: Rule = (files) => files.filter(isMarkdown).flatMap((file): Finding[] => {
  const titles = proseOf(file).filter((line) => /^# /.test(line)).length;
  if (titles === 1) return [];
  return [{ path: file.path, line: 0, message: `has ${titles} titles; exactly one "# " is wanted` }];
});

/** `exists` answers for whatever is no Markdown file: folders, sources, pictures. */
export function linksResolve(exists: (path: string) => boolean): Rule {
  return (files) => {
    const anchors = new Map(files.filter(isMarkdown).map((file) => {
      const headings = proseOf(file).flatMap((line) => /^#+ (.*)$/.exec(line)?.[1] ?? []);
      return [file.path, new Set(headings.map(anchorOf))];
    }));
    const problem = (file: SourceFile, link: string): string | undefined => {
      const [path = "", anchor] = link.split("#");
      const target = path === "" ? file.path : posix.join(posix.dirname(file.path), decodeURI(path));
      if (target.startsWith("../")) return `links to ${link}, outside of the project`;
      if (!anchors.has(target) && !exists(target)) return `links to ${link}, which does not exist`;
      if (anchor === undefined || !target.endsWith(".md")) return undefined;
      return anchors.get(target)?.has(anchor) ? undefined : `links to ${link}, and there is no such heading`;
    };
    return files.filter(isMarkdown).flatMap((file) => proseOf(file).flatMap((line, index) => {
      const matches = line.replace(/`[^`]*`/g, "").matchAll(/\]\(([^)\s]+)\)/g);
      const links = [...matches].map((match) => match[1] ?? "");
      return links.filter((link) => !/^[a-z]+:/.test(link)).flatMap((link): Finding[] => {
        const message = problem(file, link);
        return message === undefined ? [] : [{ path: file.path, line: index + 1, message }];
      });
    }));
  };
}

export const markdownRules = (exists: (path: string) => boolean): Rule[] => [oneTitle, linksResolve(exists)];
