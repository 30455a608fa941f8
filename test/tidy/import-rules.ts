// Rules about who may know whom. The tables are the architecture: imports go down only.
import { posix } from "node:path";
import { codeOf, type Finding, linesOf, type Rule, type SourceFile } from "./source-file.js";

/** The layers of the core, lowest first. Folders of one layer do not know each other, unless `together`. */
const CORE_LAYERS: { folders: string[]; together?: boolean }[] = [
  { folders: ["base"] },
  { folders: ["abi", "data"] },
  { folders: ["wasi", "quota"] },
  { folders: ["poll", "time"] },
  { folders: ["exec"] },
  { folders: ["net"] },
  { folders: ["dns"] },
  { folders: ["engine", "cq", "programs"], together: true },
  { folders: ["exports", "component", "."], together: true },
];

/** What the folders of the host must not import. "node:" stands for every module of Node's own. */
const HOST_BANS: Record<string, string[]> = {
  wasi: ["abi", "component", "engine", "gateway", "node", "browser", "sim", ".", "node:"],
  abi: ["component", "engine", "gateway", "node", "browser", "sim", ".", "node:"],
  component: ["engine", "gateway", "node", "browser", "sim", ".", "node:"],
  engine: ["gateway", "node", "browser", "sim", ".", "node:"],
  gateway: ["abi", "component", "engine", "node", "browser", "sim", ".", "node:"],
  node: ["browser", "sim", "."],
  browser: ["node", "sim", ".", "node:"],
  sim: ["gateway", "node", "browser", ".", "node:"],
  bundle: ["gateway", "node", "browser", "sim", ".", "node:"],
};

/** Where programs begin: every other source file must be reachable from one of these. */
const ENTRIES: Record<string, string[]> = {
  assembly: ["assembly/index.ts"],
  host: ["host/index.ts", "host/index.browser.ts", "host/components.ts", "host/components.browser.ts", "host/cli.ts",
    "host/node/worker/guest-worker.ts", "host/bundle/no-completion-queues.ts",
    "host/bundle/no-core-kinds.ts", "host/bundle/no-kind-name.ts", "host/bundle/no-stats.ts"],
};
/** Bindings and quotas are kept whole, needed yet or not; and abort is named to the compiler by asconfig.json. */
const REACHED_OTHERWISE = /^assembly\/(wasi|quota)\//;

interface Import {
  line: number;
  /** A path of this project without its extension, or the specifier of something else. */
  target: string;
}

function importsOf(file: SourceFile): Import[] {
  // A clause may go over several lines; where it ends, `from` and the specifier stand on one line.
  const pattern = /^(?:import|export)\s[^;"']*?from\s*["']([^"']+)["']|\bimport\s*\(?["']([^"']+)["']/gm;
  return [...file.text.matchAll(pattern)].map((match) => {
    const specifier = match[1] ?? match[2] ?? "";
    const line = file.text.slice(0, match.index).split("\n").length;
    const own = specifier.startsWith(".");
    const path = posix.join(posix.dirname(file.path), specifier).replace(/\.(js|ts)$/, "");
    return { line, target: own ? path : specifier };
  });
}

/** The folder directly below the root, or "." for a file in the root itself. */
function folderOf(path: string, root: string): string {
  const [first = "", second] = path.slice(root.length + 1).split("/");
  return second === undefined ? "." : first;
}

const layerOf = (folder: string): number => CORE_LAYERS.findIndex((layer) => layer.folders.includes(folder));

export const coreLayers: Rule = (files) => inside(files, "assembly").flatMap((file) => {
  const from = folderOf(file.path, "assembly");
  const level = layerOf(from);
  if (level < 0) return [{ path: file.path, line: 0, message: `assembly/${from} is not in tidy's table` }];
  return importsOf(file).flatMap(({ line, target }): Finding[] => {
    if (!target.startsWith("assembly/")) {
      return [{ path: file.path, line, message: `imports ${target} from outside the core` }];
    }
    const to = folderOf(target, "assembly");
    const below = layerOf(to) < level || from === to;
    const beside = layerOf(to) === level && CORE_LAYERS[level]?.together === true;
    if (below || beside) return [];
    return [{ path: file.path, line, message: `${from} must not import ${to}: imports only go down` }];
  });
});

/** The one dependency: Node has no WebSocket server of its own. */
const isAllowedPackage = (path: string, target: string): boolean =>
  target === "ws" && path === "host/node/gateway/gateway.ts";

export const hostFolders: Rule = (files) => inside(files, "host").flatMap((file) => {
  const from = folderOf(file.path, "host");
  if (from === ".") return [];
  const bans = HOST_BANS[from];
  if (bans === undefined) return [{ path: file.path, line: 0, message: `host/${from} is in no table` }];
  return importsOf(file).flatMap(({ line, target }): Finding[] => {
    const own = target.startsWith("host/");
    if (!own && !target.startsWith("node:") && !isAllowedPackage(file.path, target)) {
      return [{ path: file.path, line, message: `imports ${target}: the host has no dependencies` }];
    }
    const to = own ? folderOf(target, "host") : "node:";
    if (!bans.includes(to)) return [];
    return [{ path: file.path, line, message: `host/${from} must not import ${target}` }];
  });
});

/** The handles of our own resources come from the runtime, not from WASI. */
const OWN_INTRINSICS = "assembly/component/resources.ts";

/** What the core takes from outside is in one folder, so that one look shows all of it. */
export const externals: Rule = (files) => inside(files, "assembly").flatMap((file) => {
  if (file.path.startsWith("assembly/wasi/") || file.path === OWN_INTRINSICS) return [];
  return codeOf(file).split("\n").flatMap((line, index): Finding[] => {
    if (!/@external\b/.test(line)) return [];
    return [{ path: file.path, line: index + 1, message: "`@external` belongs into assembly/wasi" }];
  });
});

export const deadFiles: Rule = (files) => Object.entries(ENTRIES).flatMap(([root, entries]) => {
  const sources = new Map(inside(files, root).map((file) => [file.path.replace(/\.ts$/, ""), file]));
  const reached = new Set<string>();
  const visit = (name: string): void => {
    const file = sources.get(name) ?? sources.get(`${name}/index`);
    if (file === undefined || reached.has(file.path)) return;
    reached.add(file.path);
    for (const { target } of importsOf(file)) visit(target);
  };
  for (const entry of entries) visit(entry.replace(/\.ts$/, ""));
  return [...sources.values()]
    .filter((file) => !reached.has(file.path) && !REACHED_OTHERWISE.test(file.path))
    .map((file) => ({ path: file.path, line: 0, message: `is never imported from ${entries.join(", ")}` }));
});

function inside(files: SourceFile[], root: string): SourceFile[] {
  return files.filter((file) => file.path.startsWith(`${root}/`) && file.path.endsWith(".ts"));
}

/** A compiled test sees the host only by its public import name. */
export const testImports: Rule = (files) => files
  .filter((file) => /^(test|bench)\/.*\.ts$/.test(file.path))
  .flatMap((file) => linesOf(file).flatMap((line, index): Finding[] => {
    if (!/^(?:import|export|\}).* from "(?:\.\.\/)+(?:host|dist)\//.test(line)) return [];
    return [{ path: file.path, line: index + 1, message: "import the host as #host/..." }];
  }));

export const importRules: Rule[] = [coreLayers, hostFolders, externals, deadFiles, testImports];
