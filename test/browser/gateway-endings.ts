// What becomes of a page's connections when the page goes, when the gateway goes, and when it does not let the page in.
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import * as assert from "uvu/assert";
import { type AuditLine, createGateway, type Gateway, signToken } from "#host/index.js";
import { openBlackHole } from "../conformance/peers.js";
import { type BrowserName, type BrowserWorld, inBrowser, type Page } from "../support/browser/browser.js";
import { type Address, listen } from "../support/client.js";
import { nodeArm } from "../support/arms.js";
import { until } from "../support/guard.js";
import { startServer } from "../support/process.js";
import { callOf, openGateway, openPage, RULES } from "./gateway.js";
import { openPeers, type Peers } from "./gateway-peers.js";

const SECRET = "a secret of the tests, long enough";
/** How reads and writes end: streams of WASI 0.2 do not say more. */
const BROKEN = "UNAVAILABLE stream-failed";

interface EndingsWorld {
  readonly browsers: BrowserWorld;
  readonly page: Page;
  readonly peers: Peers;
  readonly origins: string[];
}

interface Door {
  readonly gateway: Gateway;
  readonly url: string;
  /** Cuts whoever is in it. Who comes later is let through. */
  slam(): void;
  close(): Promise<void>;
}

/** A gateway behind a door. */
async function openDoor(origins: string[]): Promise<Door> {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.on("error", () => {}).on("close", () => sockets.delete(socket));
  };
  const server = await listen((socket) => {
    const far = keep(connect(port, "127.0.0.1"));
    keep(socket).pipe(far).pipe(socket);
  });
  const gateway = await createGateway({ rules: RULES, origins, hosts: [`127.0.0.1:${server.port}`] });
  const { port } = await gateway.listen("127.0.0.1", 0);
  const slam = (): void => { for (const socket of sockets) socket.resetAndDestroy(); };
  return {
    gateway, url: `ws://127.0.0.1:${server.port}/`, slam,
    close: async () => {
      slam();
      server.close();
      await gateway.close();
    },
  };
}

const nothingAt = (gateway: Gateway): Promise<void> => until(
  () => `${gateway.sessionCount} sessions, ${gateway.openCount} sockets`,
  () => gateway.sessionCount + gateway.openCount === 0,
);

type Body = (world: EndingsWorld) => Promise<void>;

const bodies: Record<string, Body> = {
  "should leave nothing at the gateway of a page that is closed": async ({ browsers, peers, origins }) => {
    const audit: AuditLine[] = [];
    const { gateway, url } = await openGateway({ rules: RULES, origins, audit: (line) => audit.push(line) });
    const page = await openPage(browsers);
    const call = callOf(page);
    await call("hold", { url });
    await call("bustle", peers.echo, peers.spring, 40);
    assert.is(gateway.sessionCount, 1);
    assert.ok(gateway.openCount >= 42, `${gateway.openCount} are open`);
    await page.close();
    await nothingAt(gateway);
    await until(() => `${peers.openCount} are open at the peers`, () => peers.openCount === 0);
    assert.is(audit.filter(({ event }) => event === "connect").length, 41);
    assert.is(audit.filter(({ event }) => event === "end").length, 42, "the end of each, also of the UDP socket");
    await gateway.close();
  },
  "should end everything when the way to the gateway is cut, and find it again": async ({ page, peers, origins }) => {
    const [door, hole] = [await openDoor(origins), await openBlackHole()];
    const { gateway } = door;
    const call = callOf(page);
    await call("hold", { url: door.url });
    await call("wait", peers.echo, peers.deaf, hole.address);
    door.slam();
    assert.equal(await call("endings"), [BROKEN, BROKEN, "UNAVAILABLE remote-unreachable", "remote-unreachable"]);
    await nothingAt(gateway);
    assert.is(await call("say", peers.echo, "again"), "again");
    const states = await call<string[]>("states");
    assert.equal(states.map((state) => state.split(":")[0]), ["opening", "open", "lost", "opening", "open"]);
    await call("release");
    await nothingAt(gateway);
    hole.end();
    await door.close();
  },
  "should end everything when the gateway ends, say why, and find the next one": async ({ page, peers, origins }) => {
    const first = await createGateway({ rules: RULES, origins });
    const { port } = await first.listen("127.0.0.1", 0);
    const hole = await openBlackHole();
    const call = callOf(page);
    await call("hold", { url: `ws://127.0.0.1:${port}/` });
    await call("wait", peers.echo, peers.deaf, hole.address);
    await first.close();
    const ends = await call<string[]>("endings");
    assert.equal(ends, [BROKEN, BROKEN, "UNAVAILABLE remote-unreachable", "remote-unreachable"]);
    assert.is(first.openCount, 0);
    const refused = await call<string>("say", peers.echo, "nobody").catch(String);
    assert.match(refused, /remote unreachable/);
    const second = await createGateway({ rules: RULES, origins });
    await second.listen("127.0.0.1", port);
    assert.is(await call("say", peers.echo, "again"), "again");
    const lost = (await call<string[]>("states")).find((state) => state.startsWith("lost"));
    assert.match(lost ?? "", /shutting down/);
    await call("release");
    await nothingAt(second);
    hole.end();
    await second.close();
  },
  "should end everything when the gateway is killed, and find it started again": async ({ page, peers, origins }) => {
    const options = ["gateway", "--origin", origins.join(), ...RULES.flatMap((rule) => ["--allow", rule]), "--listen"];
    const first = await startServer(nodeArm, [...options, "127.0.0.1:0"]);
    const hole = await openBlackHole();
    const call = callOf(page);
    await call("hold", { url: `ws://127.0.0.1:${first.port}/` });
    await call("wait", peers.echo, peers.deaf, hole.address);
    await first.stop();
    assert.equal(await call("endings"), [BROKEN, BROKEN, "UNAVAILABLE remote-unreachable", "remote-unreachable"]);
    const second = await startServer(nodeArm, [...options, `127.0.0.1:${first.port}`]);
    assert.is(await call("say", peers.echo, "again"), "again");
    await call("release");
    hole.end();
    await second.stop();
  },
  "should serve again at the same address when the way was cut": async ({ page, origins }) => {
    const door = await openDoor(origins);
    const { gateway } = door;
    const call = callOf(page);
    await call("hold", { url: door.url });
    const address = await call<string>("serve", "127.0.0.1:0");
    assert.is(await visit(address), "a page serves you\nhello");
    door.slam();
    await until(() => "a lost session", () => gateway.sessionCount === 0);
    assert.is(await visitWhenOpen(address), "a page serves you\nhello");
    await call("release");
    await nothingAt(gateway);
    await door.close();
  },
  "should tell a page why it is not let in": async ({ page, peers, origins }) => {
    const { gateway, url } = await openGateway({ rules: RULES, origins, secret: SECRET });
    const call = callOf(page);
    const attempt = async (token?: string): Promise<string> => {
      await call("hold", { url, token });
      const said = await call<string>("say", peers.echo, "hello").catch((error: Error) => error.message.split("\n")[0]);
      const states = await call<string[]>("states");
      await call("release");
      return `${said}; ${states.at(-1)}`;
    };
    assert.match(await attempt(), /access denied; lost: .*a token is needed/);
    assert.match(await attempt("nonsense"), /access denied; lost: .*the token is not valid/);
    const expired = signToken(SECRET, 1);
    await until(() => "a second", secondsAfter(2));
    assert.match(await attempt(expired), /access denied; lost: .*the token has expired/);
    assert.is(await attempt(signToken(SECRET, 60)), "hello; open");
    const narrow = signToken(SECRET, 60, ["tcp:127.0.0.1:1"]);
    assert.match(await attempt(narrow), /access denied; open$/);
    await nothingAt(gateway);
    await gateway.close();
  },
};

function secondsAfter(count: number): () => boolean {
  const end = Date.now() + count * 1000;
  return () => Date.now() >= end;
}

async function visit(address: string): Promise<string> {
  const [, host = "", port] = /^(.*):(\d+)$/.exec(address) ?? [];
  const socket = connect({ host, port: Number(port) } as Address);
  let text = "";
  socket.on("data", (chunk: Buffer) => { text += chunk.toString(); });
  socket.end("hello");
  await once(socket, "end");
  return text;
}

/** Refused as long as the page does not listen again. */
async function visitWhenOpen(address: string): Promise<string> {
  let text: string | undefined;
  let isAsking = false;
  const ask = async (): Promise<void> => {
    isAsking = true;
    text = await visit(address).catch(() => undefined);
    isAsking = false;
  };
  await until(() => `${address} does not answer`, () => {
    if (!isAsking && text === undefined) void ask();
    return text !== undefined;
  });
  return text ?? "";
}

export function testEndings(name: BrowserName): void {
  let world: EndingsWorld | undefined;
  inBrowser(name, "the gateway's endings", (tests) => {
    for (const [title, body] of Object.entries(bodies)) tests(title, () => body(world as EndingsWorld));
    tests.after(() => world?.peers.close());
  }, {
    before: async (browsers) => {
      const { origin } = browsers.site;
      world = { browsers, page: await openPage(browsers), peers: await openPeers(), origins: [origin] };
    },
  });
}
