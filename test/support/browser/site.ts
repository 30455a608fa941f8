// A web server on loopback for pages of tests: folders, files, and what a test puts there.
//
// Every site has `/`, an empty page; `/dist/…`, the compiled host; and `/build/event-engine.wasm`. A bundle put at
// `/bundle/page/….js` finds the artifact by itself, as `../../build/event-engine.wasm`.
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { ROOT } from "../arms.js";

const EMPTY_PAGE = "<!doctype html><html lang=en><meta charset=utf-8><title>test</title><body></body></html>";

const TYPES: Record<string, string> = {
  ".css": "text/css; charset=utf-8", ".html": "text/html; charset=utf-8", ".ico": "image/x-icon",
  ".js": "text/javascript; charset=utf-8", ".json": "application/json", ".mjs": "text/javascript; charset=utf-8",
  ".png": "image/png", ".svg": "image/svg+xml", ".wasm": "application/wasm",
};

export interface SiteOptions {
  /** Folders of this machine by the paths that they are served at, such as `/assets/`. */
  folders?: Record<string, string>;
  /** Files by their paths; the type is that of the ending, HTML where there is none. */
  files?: Record<string, string | Uint8Array>;
  /** Whether pages are isolated by COOP and COEP, and so may share memory. */
  isolated?: boolean;
}

export interface Site {
  /** Such as `http://127.0.0.1:40123`. */
  readonly origin: string;
  url(path: string): string;
  /** Adds or replaces a file; gives its address. */
  put(path: string, content: string | Uint8Array): string;
  /** A page at `path` that runs the module at `script`, which is served too when its text is given. */
  putPage(path: string, script: string, text?: string): string;
  /** The paths that were asked for, in their order. */
  readonly requests: readonly string[];
  close(): Promise<void>;
}

export async function openSite({ folders = {}, files = {}, isolated = false }: SiteOptions = {}): Promise<Site> {
  const own = new Map<string, string | Uint8Array>(Object.entries({ "/": EMPTY_PAGE, ...files }));
  const all = { "/dist/": join(ROOT, "dist"), "/build/": join(ROOT, "build"), ...folders };
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? "/", "http://site").pathname);
    requests.push(path);
    void contentOf(path, own, all).then((content) => {
      const isolation = {
        "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp",
      };
      response.writeHead(content === undefined ? 404 : 200, {
        "content-type": TYPES[extname(path)] ?? "text/html; charset=utf-8", "cache-control": "no-store",
        ...(isolated ? isolation : {}),
      });
      response.end(content ?? `there is no ${path}`);
    });
  });
  const origin = await listen(server);
  const url = (path: string): string => `${origin}${path}`;
  const put = (path: string, content: string | Uint8Array): string => {
    own.set(path, content);
    return url(path);
  };
  return {
    origin, url, put, requests,
    putPage: (path, script, text) => {
      if (text !== undefined) put(script, text);
      return put(path, EMPTY_PAGE.replace("</body>", `<script type=module src="${script}"></script></body>`));
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function contentOf(
  path: string, files: ReadonlyMap<string, string | Uint8Array>, folders: Record<string, string>,
): Promise<string | Uint8Array | undefined> {
  const file = files.get(path);
  if (file !== undefined) return file;
  const prefix = Object.keys(folders).find((each) => path.startsWith(each));
  if (prefix === undefined) return undefined;
  const rest = normalize(path.slice(prefix.length));
  if (rest.startsWith("..")) return undefined;
  return readFile(join(folders[prefix] ?? "", rest)).catch(() => undefined);
}
