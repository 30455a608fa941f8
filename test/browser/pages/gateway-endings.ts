// In a page: an engine that stays open while tests do something to its gateway: serving, datagrams, endings.
import {
  type AcceptQueue, connect, type DatagramSocket, type EndpointStream, errorCodeName, Family, listen, makeAddress,
  type SocketAddress,
} from "#host/index.browser.js";
import { close, open, type Opened, outcomeOf, readText, type Way } from "./gateway.js";
import { until } from "./observed.js";

const BLOCKED_BYTES = 8 << 20;

let held: Opened | null = null;
let server: AcceptQueue | null = null;
let streams: EndpointStream[] = [];
let sockets: DatagramSocket[] = [];
let pending: Promise<string>[] = [];

function theOpened(): Opened {
  if (held === null) throw new Error("hold comes first");
  return held;
}

async function hold(way: Way): Promise<void> {
  held = await open(way);
}

/** Closes all that the orders below opened, and the engine; nothing may be left. */
async function release(): Promise<void> {
  const opened = theOpened();
  held = null;
  for (const stream of streams.splice(0)) stream.destroy();
  for (const socket of sockets.splice(0)) socket.close();
  await server?.close();
  server = null;
  await close(opened);
}

const states = (): string[] => theOpened().states;

async function talk(stream: EndpointStream): Promise<void> {
  await stream.write("a page serves you\n");
  for await (const chunk of stream) await stream.write(chunk);
  await stream.close();
}

/** Serves at an address of the gateway, and says which it got, or why it got none. */
async function serve(address: string): Promise<string> {
  const { engine, transport } = theOpened();
  const reservation = await transport.reserve(address).catch(String);
  if (typeof reservation === "string") return reservation;
  const accepting = listen(engine, reservation.address);
  server = accepting;
  void (async () => {
    for await (const stream of accepting) talk(stream).catch(() => stream.destroy());
  })();
  return reservation.address;
}

function address(text: string): SocketAddress {
  const [, host = "", port] = /^(.*):(\d+)$/.exec(text) ?? [];
  return makeAddress(Family.Ipv4, host.split(".").map(Number), Number(port));
}

interface Heard {
  texts: string[];
  failures: string[];
}

/** A UDP socket at the gateway, and what it hears. */
function bindDatagrams(): Promise<{ socket: DatagramSocket; heard: Heard }> {
  const heard: Heard = { texts: [], failures: [] };
  return new Promise((resolve, reject) => {
    theOpened().transport.bindDatagrams(address("0.0.0.0:0"), {
      datagramArrived: (bytes) => heard.texts.push(new TextDecoder().decode(bytes)),
      failed: (code) => heard.failures.push(errorCodeName(code)),
      roomMade: () => {},
    }, (socket) => {
      if (typeof socket === "number") return reject(new Error(errorCodeName(socket)));
      sockets.push(socket);
      resolve({ socket, heard });
    });
  });
}

/** Sends the texts, one datagram each, and gives the answers. */
async function datagrams(to: string, texts: readonly string[]): Promise<string[]> {
  const { socket, heard } = await bindDatagrams();
  for (const text of texts) socket.send(new TextEncoder().encode(text), address(to));
  await until(() => `only ${heard.texts.length} answers`, () => heard.texts.length === texts.length);
  return heard.texts;
}

/** Many echoes in full swing, one peer that is not read, a UDP socket. */
async function bustle(echo: string, spring: string, count: number): Promise<void> {
  const { engine } = theOpened();
  streams = await Promise.all(Array.from({ length: count }, () => connect(engine, echo)));
  for (const stream of streams) talk(stream).catch(() => {});
  streams.push(await connect(engine, spring));
  await bindDatagrams();
}

async function endOf({ heard }: { heard: Heard }): Promise<string> {
  await until(() => "no failure", () => heard.failures.length > 0);
  return heard.failures[0] as string;
}

/** Leaves a read, a write, a connect and a UDP socket waiting. */
async function wait(echo: string, deaf: string, hole: string): Promise<void> {
  const { engine } = theOpened();
  streams = await Promise.all([connect(engine, echo), connect(engine, deaf)]);
  const [idle, blocked] = streams as [EndpointStream, EndpointStream];
  await idle.write("x");
  await idle.read();
  pending = [
    outcomeOf(idle.read()), outcomeOf(blocked.write(new Uint8Array(BLOCKED_BYTES))), outcomeOf(connect(engine, hole)),
    endOf(await bindDatagrams()),
  ];
}

/** How all of that ended. */
const endings = (): Promise<string[]> => Promise.all(pending);

async function say(to: string, text: string): Promise<string> {
  const stream = await connect(theOpened().engine, to);
  await stream.write(text);
  await stream.end();
  const answer = await readText(stream);
  await stream.close();
  return answer;
}

Object.assign(globalThis, { hold, release, states, serve, datagrams, bustle, wait, endings, say });
