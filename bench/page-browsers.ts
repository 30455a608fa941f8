// The browsers of the benchmarks: those of the tests, but Chromium without Playwright. That watches the network of its
// pages, so each frame of a WebSocket goes through three more processes, and bulk is three times as slow. Here nothing
// is asked of DevTools but to open a page and to evaluate an expression.
import { WebSocket } from "ws";
import { openBrowser } from "../test/support/browser/browser.js";
import { startChromium } from "../test/support/browser/chromium.js";
import { guarded, valueOf } from "../test/support/browser/evaluation.js";
import type { Family } from "../test/support/browser/family.js";
import { provide } from "../test/support/debian-tool.js";
import type { BrowserName } from "./page-workloads.js";

export interface BenchPage {
  /** As that of the tests' browsers. */
  evaluate<T>(expression: string): Promise<T>;
  close(): Promise<void>;
}

export interface BenchBrowser {
  open(url: string): Promise<BenchPage>;
  close(): Promise<void>;
}

interface Answer {
  readonly id?: number;
  readonly method?: string;
  readonly sessionId?: string;
  readonly error?: { readonly message: string };
  readonly result?: Record<string, unknown>;
}

/** As much of the DevTools protocol as a call and one event. */
class DevTools {
  private readonly calls = new Map<number, (answer: Answer) => void>();
  private readonly listeners = new Set<(event: Answer) => void>();
  private latest = 0;

  private constructor(private readonly socket: WebSocket) {
    socket.on("message", (data: Buffer) => {
      const answer = JSON.parse(data.toString()) as Answer;
      if (answer.id !== undefined) this.calls.get(answer.id)?.(answer);
      else for (const listener of this.listeners) listener(answer);
    });
    socket.on("close", () => {
      for (const end of this.calls.values()) end({ error: { message: "Chromium has ended" } });
    });
  }

  static async connect(address: string): Promise<DevTools> {
    const socket = new WebSocket(address, { perMessageDeflate: false });
    await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
    return new DevTools(socket);
  }

  call<T>(method: string, params: object, sessionId?: string): Promise<T> {
    const id = ++this.latest;
    return new Promise<T>((resolve, reject) => {
      this.calls.set(id, ({ error, result }) => {
        this.calls.delete(id);
        if (error === undefined) resolve(result as T);
        else reject(new Error(`${method}: ${error.message}`));
      });
      this.socket.send(JSON.stringify({ id, method, params, sessionId }));
    });
  }

  /** Resolves with the next event of that name in that session. */
  next(method: string, sessionId: string): Promise<void> {
    return new Promise((resolve) => {
      const listener = (event: Answer): void => {
        if (event.method !== method || event.sessionId !== sessionId) return;
        this.listeners.delete(listener);
        resolve();
      };
      this.listeners.add(listener);
    });
  }

  close(): void {
    this.socket.close();
  }
}

class ChromiumPage implements BenchPage {
  private constructor(
    private readonly devTools: DevTools,
    private readonly targetId: string,
    private readonly sessionId: string,
  ) {}

  static async open(devTools: DevTools, url: string): Promise<ChromiumPage> {
    const { targetId } = await devTools.call<{ targetId: string }>("Target.createTarget", { url: "about:blank" });
    const attach = { targetId, flatten: true };
    const { sessionId } = await devTools.call<{ sessionId: string }>("Target.attachToTarget", attach);
    await devTools.call("Page.enable", {}, sessionId);
    const loaded = devTools.next("Page.loadEventFired", sessionId);
    await devTools.call("Page.navigate", { url }, sessionId);
    await loaded;
    await devTools.call("Page.disable", {}, sessionId);
    return new ChromiumPage(devTools, targetId, sessionId);
  }

  async evaluate<T>(expression: string): Promise<T> {
    const params = { expression: guarded(expression), awaitPromise: true, returnByValue: true };
    const { result } = await this.devTools.call<{ result: { value: string } }>(
      "Runtime.evaluate", params, this.sessionId,
    );
    return valueOf<T>(result.value);
  }

  async close(): Promise<void> {
    await this.devTools.call("Target.closeTarget", { targetId: this.targetId });
  }
}

class Chromium implements BenchBrowser {
  constructor(
    private readonly family: Family,
    private readonly devTools: DevTools,
  ) {}

  open(url: string): Promise<BenchPage> {
    return ChromiumPage.open(this.devTools, url);
  }

  async close(): Promise<void> {
    this.devTools.close();
    await this.family.end();
  }
}

/** Throws where the browser is not and cannot be had. */
export async function openBenchBrowser(name: BrowserName): Promise<BenchBrowser> {
  if (name !== "chromium") return openBrowser(name);
  const path = provide(name);
  if (path === undefined) throw new Error(`there is no ${name}`);
  return startChromium(path, async (family, address) => new Chromium(family, await DevTools.connect(address)));
}
