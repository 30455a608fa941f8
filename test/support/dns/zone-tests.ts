// One real server: what its zones say, what c-ares reads of them, and what the engine does.
import { suite } from "uvu";
import { provide } from "../debian-tool.js";
import { leaveOut } from "../verdict.js";
import { type Case, expectedAt, oracleAt, type ServerName, titleOf } from "./cases.js";
import { asFaceReads, Face } from "./face.js";
import { type NameServer, type ServerKind, startNameServer } from "./name-server.js";
import { ask } from "./oracle.js";
import { same } from "./outcome.js";

/** Starts these servers one after the other; undefined, and said so, where one of them cannot be had. */
export async function startAll<T extends readonly ServerKind[]>(
  ...kinds: T
): Promise<{ [Index in keyof T]: NameServer } | undefined> {
  const paths = kinds.map(({ command }) => provide(command));
  const missing = kinds.filter((_, index) => paths[index] === undefined).map(({ command }) => command);
  if (missing.length > 0) {
    leaveOut(`there is no ${missing.join(", no ")}; test/tools/debian-tool.sh says how to get it`);
    return undefined;
  }
  const servers: NameServer[] = [];
  for (const [index, kind] of kinds.entries()) servers.push(await startNameServer(paths[index] ?? "", kind));
  return servers as { [Index in keyof T]: NameServer };
}

/** Every case with c-ares and with the engine, over IPv4 and IPv6. */
export function zoneTests(label: ServerName, server: NameServer, cases: Case[], others: NameServer[] = []): void {
  const zone = suite(`${label}, every name of its zones`);
  let face: Face;

  zone.before(async () => {
    face = await Face.create();
  });
  zone.after(async () => {
    await face.close();
    for (const each of [server, ...others]) await each.stop();
  });

  /** What the server wrote tells more about a failure than the answer does. */
  async function withLog(body: () => Promise<void>): Promise<void> {
    try {
      await body();
    } catch (error) {
      if (error instanceof Error) error.message += `\nthe end of its log: ${server.log().slice(-1500)}`;
      throw error;
    }
  }

  for (const each of cases) {
    const { kind, name, oracle } = each;
    const expected = oracleAt(label, each);
    const note = oracle === undefined ? "" : ` (${oracle.why})`;
    if (expected !== undefined) {
      zone(`should tell c-ares about ${titleOf(each)}${note}`, () => withLog(async () => {
        same(await ask([server.v4], kind, name), expected, "c-ares");
      }));
    }
    zone(`should tell the engine about ${titleOf(each)}`, () => withLog(async () => {
      const wanted = asFaceReads(kind, expectedAt(label, each));
      for (const address of [server.v4, server.v6]) {
        if (address === undefined) continue;
        same((await face.ask([address], kind, name)).outcome, wanted, `the engine, asking ${address}`);
      }
    }));
  }

  zone("should leave nothing behind", () => face.nothingIsLeft());
  zone.run();
}
