// The bodies about DNS over HTTPS, for every place that a page's code runs in: Node and browsers.
import * as assert from "uvu/assert";
import type { Asked, AskOptions, DnsPageOptions } from "../../browser/pages/dns.js";
import { until } from "../guard.js";
import { type Case, expectedAt, type ServerName } from "./cases.js";
import { DOH_FAULTS } from "./doh-faults.js";
import { DohServer } from "./doh-server.js";
import { asFaceReads, failureOf } from "./face.js";
import { freePort } from "./free-port.js";
import { failure, type Kind, type Outcome, records, same } from "./outcome.js";
import { LONG_TEXTS } from "./zones.js";

/** A page that looks names up, wherever it is. */
export interface RemotePage {
  lookUp(kind: Kind, name: string, options?: AskOptions): Promise<Asked>;
  /** So many at once. */
  lookUpAll(kind: Kind, names: string[]): Promise<Asked[]>;
  /** What the program `resolve` prints and how it ends. */
  runResolve(words: string[]): Promise<{ exitCode: number; stdout: string; stderr: string }>;
  begin(kind: Kind, name: string): Promise<void>;
  cancel(): Promise<boolean>;
  left(): Promise<Record<string, number>>;
  close(): Promise<void>;
}

export interface DohArm {
  /** Whether it is a browser, with its rules about other origins. */
  isBrowser: boolean;
  open(options: DnsPageOptions): Promise<RemotePage>;
}

export function outcomeOf({ status, list }: Asked): Outcome {
  return list === null ? failureOf(status) : records(...list);
}

/** Runs `body` with a page and a server before the nameserver with that port; nothing may be left of either. */
export async function withDoh(
  arm: DohArm, behind: number, body: (page: RemotePage, server: DohServer) => Promise<void>,
  options: Partial<DnsPageOptions> = {},
): Promise<void> {
  const server = await DohServer.start(behind);
  try {
    const page = await arm.open({ doh: server.url, ...options });
    try {
      await body(page, server);
      assert.equal(await page.left(), {}, "what is left");
      await until(() => `${server.pending} questions are pending`, () => server.pending === 0);
    } finally {
      await page.close();
    }
  } finally {
    await server.stop();
  }
}

export type DohBody = (arm: DohArm, behind: number) => Promise<void>;

/** Every name of the zones at that server. */
export function zoneBody(label: ServerName, cases: Case[]): DohBody {
  return (arm, behind) => withDoh(arm, behind, async (page) => {
    for (const each of cases) {
      const asked = await page.lookUp(each.kind, each.name);
      const what = `${each.kind} ${each.name}: ${asked.status.message} ${asked.lastFailure}`;
      same(outcomeOf(asked), asFaceReads(each.kind, expectedAt(label, each)), what);
      assert.is(asked.lastFailure, null);
    }
  });
}

const bodies: Record<string, DohBody> = {};

for (const { title, fault, kind, name, expected, asked, isRepeated = false, lastFailure } of DOH_FAULTS) {
  const end = "records" in expected ? "its records" : expected.failure;
  bodies[`should come to ${end} behind ${title}`] = (arm, behind) =>
    withDoh(arm, behind, async (page, server) => {
      server.fault = fault;
      const got = await page.lookUp(kind, name);
      same(outcomeOf(got), expected, `${got.status.message} ${got.lastFailure}`);
      const isRight = isRepeated && arm.isBrowser ? server.asked.length >= asked : server.asked.length === asked;
      assert.ok(isRight, `it was asked ${server.asked.length} times`);
      assert.ok(server.asked.every((bytes) => bytes.readUInt16BE(0) === 0), "with the identifier 0");
      if (lastFailure !== undefined) assert.match(got.lastFailure ?? "", lastFailure);
      if ("failure" in expected && expected.failure !== "not reached") return;
      assert.is(got.lastFailure === null, "records" in expected, "whether HTTP failed");
    });
}

bodies["should come to no answer behind a server that says nothing, and break off each try"] = (arm, behind) =>
  withDoh(arm, behind, async (page, server) => {
    server.fault = () => {};
    const asked = await page.lookUp("txt", "text.example.test", { attemptTimeoutMs: 50 });
    same(outcomeOf(asked), failure("no answer"), asked.status.message);
    assert.match(asked.status.message, /no answer from 192\.0\.2\.53:53 \(3 tries/);
    // Browsers may not have sent all of them by then.
    await until(() => "it goes on", () => server.asked.length > 0 && server.brokenOff === server.asked.length);
  });

bodies["should end with its deadline, and break off what is asked"] = (arm, behind) =>
  withDoh(arm, behind, async (page, server) => {
    server.fault = () => {};
    const asked = await page.lookUp("txt", "text.example.test", { timeoutMs: 200 });
    same(outcomeOf(asked), failure("past its deadline"), asked.status.message);
    await until(() => "it goes on", () => server.brokenOff === server.asked.length);
  });

bodies["should break off what nobody answers in time, long before tries end"] = (arm, behind) =>
  withDoh(arm, behind, async (page, server) => {
    server.fault = () => {};
    await page.begin("txt", "text.example.test");
    await until(() => "it goes on", () => server.brokenOff === 1);
    assert.is(await page.cancel(), true);
  }, { dohTimeoutMs: 100 });

bodies["should be broken off when the look-up is cancelled, as the server sees"] = (arm, behind) =>
  withDoh(arm, behind, async (page, server) => {
    server.fault = () => {};
    await page.begin("host", "a.example.test");
    await until(() => `${server.pending} of 2 asked`, () => server.pending === 2 && server.asked.length === 2);
    assert.is(server.brokenOff, 0);
    assert.is(await page.cancel(), true);
    await until(() => `${server.brokenOff} of 2 broken off`, () => server.brokenOff === 2);
  });

bodies["should be told soon that nobody listens there"] = async (arm) => {
  const page = await arm.open({ doh: `http://127.0.0.1:${await freePort()}/dns-query` });
  try {
    const asked = await page.lookUp("txt", "text.example.test");
    same(outcomeOf(asked), failure("not reached"), asked.status.message);
    assert.match(asked.status.message, /on the way to 192\.0\.2\.53:53, 3 tries/);
    assert.equal(await page.left(), {}, "what is left");
  } finally {
    await page.close();
  }
};

bodies["should answer hundreds at once, in bounds"] = (arm, behind) => withDoh(arm, behind, async (page, server) => {
  const all = await page.lookUpAll("txt", Array.from({ length: 200 }, () => "large.example.test"));
  for (const asked of all) same(outcomeOf(asked), records(LONG_TEXTS.join("")), asked.status.message);
  assert.ok(server.peak <= 64, `${server.peak} at once`);
});

bodies["should look addresses up for those who ask the system, and localhost nowhere"] = (arm, behind) =>
  withDoh(arm, behind, async (page, server) => {
    const expected: [string, Outcome][] = [
      ["a", records("192.0.2.1", "192.0.2.11")], ["both", records("192.0.2.2", "2001:db8::2", "2001:db8::22")],
      ["aaaa", records("2001:db8::1")], ["chain-8", records("192.0.2.1", "192.0.2.11")],
      ["MIXED.Case", records("192.0.2.5")], ["nowhere", failure("no name")], ["text", failure("no name")],
    ];
    for (const [name, outcome] of expected) {
      same(outcomeOf(await page.lookUp("host", `${name}.example.test`)), outcome, name);
    }
    same(outcomeOf(await page.lookUp("txt", "text.example.test")), records("one string", "a second record"), "TXT");
    server.fault = ({ response }) => void response.writeHead(500).end();
    same(outcomeOf(await page.lookUp("host", "a.example.test")), failure("server failed"), "status 500");
    const { length } = server.asked;
    same(outcomeOf(await page.lookUp("host", "a.localhost")), records("127.0.0.1", "::1"), "localhost");
    assert.is(server.asked.length, length);
  }, { bySystem: true });

bodies["should serve the program `resolve`"] = (arm, behind) => withDoh(arm, behind, async (page) => {
  const said = await page.runResolve(["_one._tcp.example.test", "--srv"]);
  assert.equal(said, { exitCode: 0, stdout: "0 0 443 a.example.test\n", stderr: "" });
  const addresses = await page.runResolve(["both.example.test"]);
  assert.equal(addresses.stdout.split("\n").sort(), ["", "192.0.2.2", "2001:db8::2", "2001:db8::22"]);
  const none = await page.runResolve(["nowhere.example.test"]);
  assert.is(none.exitCode, 1);
  assert.match(none.stderr, /no such name/);
});

export const DOH_BODIES: Readonly<Record<string, DohBody>> = bodies;
