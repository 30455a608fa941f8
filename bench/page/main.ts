// What the benchmarks call in a page: one run of one arm.
import { EventEngine, gateway, pagePlatform } from "#host/index.browser.js";
import { openClonedChannel, openTransferringChannel } from "./channel-echo.js";
import { converse, type EchoFigures, type EchoLoad } from "./conversation.js";
import { closeClean, openConnection, serveEcho } from "./engine-echo.js";
import { openSocket } from "./socket-echo.js";
import type { PageWay } from "../page-workloads.js";

export interface PageRun {
  readonly way: PageWay;
  readonly load: EchoLoad;
  /** Of the WebSocket that leads out of the page. */
  readonly url: string;
  /** The TCP echo server behind the gateway. */
  readonly target: string;
}

async function inPage(load: EchoLoad): Promise<EchoFigures> {
  const engine = await EventEngine.create();
  const service = serveEcho(engine);
  try {
    return await converse(load, openConnection(engine, service.address));
  } finally {
    service.close();
    await closeClean(engine);
  }
}

async function throughGateway(load: EchoLoad, url: string, target: string): Promise<EchoFigures> {
  const outside = gateway(url);
  // The server is on loopback, which would otherwise be the page's own.
  const engine = await EventEngine.create({ platform: pagePlatform({ gateway: outside, route: () => outside }) });
  try {
    return await converse(load, openConnection(engine, target));
  } finally {
    await closeClean(engine);
  }
}

function run({ way, load, url, target }: PageRun): Promise<EchoFigures> {
  switch (way) {
    case "engine":
      return inPage(load);
    case "channel":
      return converse(load, openClonedChannel);
    case "transfer":
      return converse(load, openTransferringChannel);
    case "gateway":
      return throughGateway(load, url, target);
    case "web-socket":
      return converse(load, openSocket(url));
  }
}

(globalThis as { pageBench?: typeof run }).pageBench = run;
