// The workloads of pages: what goes back and forth how, and which arms can do it.
//
// An arm is a browser and a way. In the page: the engine's in-page network beside a bare MessageChannel, cloning or
// transferring. Out of the page: the engine through the gateway to a TCP echo server, beside a bare WebSocket.
export const BROWSERS = ["chromium", "firefox"] as const;
export type BrowserName = (typeof BROWSERS)[number];

const WAYS_IN_PAGE = ["engine", "channel", "transfer"] as const;
const WAYS_OUT = ["gateway", "web-socket"] as const;
export type PageWay = (typeof WAYS_IN_PAGE)[number] | (typeof WAYS_OUT)[number];
export type PageArm = `${BrowserName}-${PageWay}`;

const armsOf = (ways: readonly PageWay[]): PageArm[] =>
  BROWSERS.flatMap((browser) => ways.map((way): PageArm => `${browser}-${way}`));
export const PAGE_ARMS: readonly PageArm[] = armsOf([...WAYS_IN_PAGE, ...WAYS_OUT]);

export function isPageArm(arm: string): arm is PageArm {
  return (PAGE_ARMS as readonly string[]).includes(arm);
}

export function browserOf(arm: PageArm): BrowserName {
  return BROWSERS.find((name) => arm.startsWith(`${name}-`)) ?? "chromium";
}

export function wayOf(arm: PageArm): PageWay {
  return arm.slice(browserOf(arm).length + 1) as PageWay;
}

/** One figure of a workload. */
export interface PageCase {
  /** What its column is called. */
  readonly name: string;
  readonly links: number;
  /** Messages under way on each link. */
  readonly depth: number;
  readonly messageBytes: number;
  /** It ends after so long or after so many messages; a part of it before that warms up. */
  readonly milliseconds: number;
  readonly messagesMax: number;
}

export interface PageWorkload {
  readonly name: string;
  readonly arms: readonly PageArm[];
  readonly cases: readonly PageCase[];
}

const KIB = 1024;
/** For what ends by its messages alone: only a machine that stands still needs so long. */
const NO_LIMIT_MS = 60_000;

/** One link and 32 links, with one message under way on each. */
function pingPong(messageBytes: number, milliseconds: number, messagesMax: number): PageCase[] {
  return [1, 32].map((links) => {
    return { name: `${links} under way`, links, depth: 1, messageBytes, milliseconds, messagesMax };
  });
}

function inPage(name: string, messageBytes: number, milliseconds: number): PageWorkload {
  return { name, arms: armsOf(WAYS_IN_PAGE), cases: pingPong(messageBytes, milliseconds, Number.MAX_SAFE_INTEGER) };
}

/** One link with 1 MiB under way: the same bytes in the same messages for all. */
function bulk(mebibytes: number): PageWorkload {
  const messagesMax = 16 * mebibytes;
  const one = { name: "64 KiB", links: 1, depth: 16, messageBytes: 64 * KIB, milliseconds: NO_LIMIT_MS, messagesMax };
  return { name: "gateway-bulk", arms: armsOf(WAYS_OUT), cases: [one] };
}

function gatewayPingPong(messagesMax: number): PageWorkload {
  return { name: "gateway-ping-pong", arms: armsOf(WAYS_OUT), cases: pingPong(64, NO_LIMIT_MS, messagesMax) };
}

export const LARGE_PAGES: readonly PageWorkload[] = [
  inPage("page-echo-64", 64, 1_000), inPage("page-echo-64k", 64 * KIB, 1_000), bulk(256), gatewayPingPong(10_000),
];

export const SMALL_PAGES: readonly PageWorkload[] = [
  inPage("page-echo-64", 64, 50), inPage("page-echo-64k", 64 * KIB, 50), bulk(2), gatewayPingPong(200),
];
