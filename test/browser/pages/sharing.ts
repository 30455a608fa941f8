// In a page: users of its network, some of them in workers, and users of a network that tabs share.
import { PageNetwork, serveNetwork, shareWithTabs, type TabNetwork } from "#host/index.browser.js";
import { Peer } from "./peer.js";

export interface Order {
  readonly id: number;
  readonly method: keyof Peer;
  readonly words: readonly string[];
}

interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

/** What is used of a dedicated worker. */
interface DedicatedWorker {
  onmessage: (event: { data: Answer }) => void;
  postMessage(message: unknown, transfer?: unknown[]): void;
  terminate(): void;
}

const { Worker } = globalThis as unknown as { Worker: new (url: string, options: object) => DedicatedWorker };

class PeerInWorker {
  private readonly worker = new Worker("/bundle/page/sharing-worker.js", { type: "module" });
  private readonly waiting: ((answer: Answer) => void)[] = [];
  private readonly stop: () => void;

  constructor() {
    const { port1, port2 } = new MessageChannel();
    this.stop = serveNetwork(port1 as never);
    this.worker.postMessage({ port: port2 }, [port2]);
    this.worker.onmessage = ({ data }) => this.waiting[data.id]?.(data);
  }

  async call(method: keyof Peer, words: readonly string[]): Promise<unknown> {
    const { value, error } = await new Promise<Answer>((resolve) => {
      this.worker.postMessage({ id: this.waiting.push(resolve) - 1, method, words });
    });
    if (error !== undefined) throw new Error(error);
    return value;
  }

  end(): void {
    this.worker.terminate();
    this.stop();
  }
}

const workers = new Map<string, PeerInWorker>();
let own: Promise<Peer>;
let tab: TabNetwork | undefined;

Object.assign(globalThis, {
  beOnPage: async () => void await (own = Peer.on(PageNetwork.shared())),
  startWorker: (name: string) => void workers.set(name, new PeerInWorker()),
  endWorker: (name: string) => workers.get(name)?.end(),
  /** Has a user of the network do something: "page" is the one of this page itself. */
  call: async (name: string, method: keyof Peer, ...words: string[]) => {
    if (name !== "page") return workers.get(name)?.call(method, words);
    return ((await own)[method] as (...all: string[]) => unknown).call(await own, ...words);
  },
  openCount: () => PageNetwork.shared().openCount,
  joinTabs: async (name: string) => {
    tab = shareWithTabs(name);
    own = Peer.on(tab.network);
    await own;
  },
  isHolder: () => tab?.isHolder,
  leaveTabs: () => tab?.leave(),
});
