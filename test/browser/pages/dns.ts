// In a page (and in Node, where the same code runs): an engine that looks names up by DNS over HTTPS or by a gateway.
import {
  DohNameserver, EventEngine, gateway, type LookupHandle, PageNetwork, pagePlatform, type Status, type WebSocketOptions,
} from "#host/index.browser.js";
import { runProgram } from "#host/components.browser.js";
import type { Kind } from "../../support/dns/outcome.js";

export interface DnsPageOptions {
  /** Where a server of DNS over HTTPS is. */
  doh?: string;
  /** Milliseconds that it has for an answer. */
  dohTimeoutMs?: number;
  /** Where a gateway is. */
  gateway?: string;
  /** The engine is told of no nameserver for addresses: they are looked up by ip-name-lookup. */
  bySystem?: boolean;
}

/** What Node has in another place. */
export interface Platform {
  wasm?: Uint8Array;
  WebSocket?: WebSocketOptions["WebSocket"];
}

export interface AskOptions {
  /** Whom to ask; the engine's own choice when left out. */
  servers?: string[];
  timeoutMs?: number;
  attemptTimeoutMs?: number;
}

export interface Asked {
  status: Pick<Status, "code" | "reason" | "message">;
  /** Addresses, services or texts; null when it failed. */
  list: string[] | null;
  /** What went wrong last with HTTP. */
  lastFailure: string | null;
}

interface Begun {
  end: Promise<Asked>;
  cancel(): boolean;
  /** Ends its resolver. */
  destroy(): void;
}

/** A first try waits so long that none is repeated because the machine is busy. */
const PATIENCE_MS = 20_000;

export class DnsPage {
  private begun: Begun | null = null;
  private readonly kept: Record<string, number>;

  private constructor(
    private readonly engine: EventEngine,
    private readonly platform: ReturnType<typeof pagePlatform>,
    private readonly network: PageNetwork,
    private readonly nameserver: DohNameserver | undefined,
    private readonly wasm: Uint8Array | undefined,
  ) {
    engine.getDNSResolver().destroy();
    this.kept = engine.live();
  }

  static async open(options: DnsPageOptions, { wasm, WebSocket }: Platform = {}): Promise<DnsPage> {
    const network = new PageNetwork();
    const nameserver = options.doh === undefined ? undefined
      : new DohNameserver({ url: options.doh, ...(options.dohTimeoutMs && { timeoutMs: options.dohTimeoutMs }) });
    const full = pagePlatform({
      network, ...(nameserver && { nameserver }),
      ...(options.gateway && { gateway: gateway(options.gateway, WebSocket && { WebSocket }) }),
    });
    const platform = options.bySystem ? { ...full, environment: {} } : full;
    const engine = await EventEngine.create({ ...(wasm && { wasm }), platform });
    return new DnsPage(engine, platform, network, nameserver, wasm);
  }

  /** What the program `resolve` prints and how it ends. */
  async runResolve(words: string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> {
    const { wasm, platform } = this;
    const said = { stdout: "", stderr: "" };
    const { exitCode } = runProgram(["resolve", ...words], {
      ...(wasm && { wasm }), platform,
      stdout: (text) => { said.stdout += text; }, stderr: (text) => { said.stderr += text; },
    });
    return { exitCode: await exitCode, ...said };
  }

  /** Looks up once, with a resolver of its own that keeps nothing. */
  async lookUp(kind: Kind, name: string, options: AskOptions = {}): Promise<Asked> {
    const { end, destroy } = this.ask(kind, name, options);
    const asked = await end;
    destroy();
    return asked;
  }

  begin(kind: Kind, name: string): void {
    this.begun = this.ask(kind, name, {});
  }

  /** Cancels what was begun; false when it had ended. */
  cancel(): boolean {
    if (this.begun === null) throw new Error("nothing was begun");
    const { cancel, destroy } = this.begun;
    this.begun = null;
    const wasCancelled = cancel();
    destroy();
    return wasCancelled;
  }

  /** What is left of look-ups: nothing. Sockets close in turns of their own, so it waits for a moment. */
  async left(): Promise<Record<string, number>> {
    const left = (): [string, number][] => [
      ...Object.entries(this.engine.live()).filter(([kind, count]) => count !== this.kept[kind]),
      ...Object.entries({ open: this.platform.transport.openCount, inPage: this.network.openCount })
        .filter(([, count]) => count > 0),
    ];
    for (let turn = 0; turn < 200 && left().length > 0; turn++) await new Promise((resolve) => setTimeout(resolve, 5));
    return Object.fromEntries(left());
  }

  async close(): Promise<void> {
    await this.engine.close();
  }

  private ask(
    kind: Kind, name: string, { servers, timeoutMs, attemptTimeoutMs = PATIENCE_MS }: AskOptions,
  ): Begun {
    const resolver = this.engine.getDNSResolver({
      cacheSizeBytes: 0, attemptTimeoutMs, ...(servers && { dnsServer: servers }),
    });
    const more = timeoutMs === undefined ? {} : { timeoutMs };
    let handle!: LookupHandle;
    const end = new Promise<Asked>((resolve) => {
      const over = <T>(
        { code, reason, message }: Status, list: readonly T[] | null, text: (each: T) => string,
      ): void => {
        const lastFailure = this.nameserver?.lastFailure ?? null;
        resolve({ status: { code, reason, message }, list: list?.map(text) ?? null, lastFailure });
      };
      if (kind === "host") {
        handle = resolver.lookupHostname((status, all) => over(status, all, ({ address }) => address), name, 443, more);
      } else if (kind === "srv") {
        handle = resolver.lookupSRV((status, all) => over(status, all, (each) => {
          return `${each.priority} ${each.weight} ${each.port} ${each.host}`;
        }), name, more);
      } else {
        handle = resolver.lookupTXT((status, all) => over(status, all, (text) => text), name, more);
      }
    });
    return { end, cancel: () => resolver.cancelLookup(handle), destroy: () => resolver.destroy() };
  }
}

Object.assign(globalThis, { DnsPage });
