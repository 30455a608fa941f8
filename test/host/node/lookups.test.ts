// The system's look-ups, with the system played: how many at once, who waits, and what becomes of its errors.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ErrorCode, errorCodeName } from "#host/wasi/error-code.js";
import { addressText, type SocketAddress } from "#host/wasi/ip-address.js";
import { Lookups, type SystemLookup } from "#host/node/lookups.js";
import { Random, SEED } from "../../support/bytes.js";

type Found = Parameters<SystemLookup>[1];

/** Answers when the test says so. */
class System {
  readonly asked: { name: string; found: Found }[] = [];
  readonly lookups = new Lookups((name, found) => { this.asked.push({ name, found }); });

  /** Ends the oldest one that runs. */
  answer(...addresses: string[]): string {
    const { name, found } = this.asked.shift() as { name: string; found: Found };
    found(null, addresses.map((address) => ({ address })));
    return name;
  }
}

const AT_ONCE = 8;
const texts = (result: SocketAddress[] | ErrorCode): string =>
  typeof result === "number" ? errorCodeName(result) : result.map(addressText).join(" ");

const lookups = suite("look-ups of the system");

lookups("should tell the addresses of both families", () => {
  const system = new System();
  let told = "";
  system.lookups.begin("a.test", (result) => { told = texts(result); });
  system.answer("192.0.2.1", "2001:db8::1");
  assert.is(told, "192.0.2.1:0 [2001:db8:0:0:0:0:0:1]:0");
});

lookups("should be a few at once, in the order in which they began", () => {
  const system = new System();
  const ended: number[] = [];
  for (let index = 0; index < 20; index++) system.lookups.begin(`${index}`, () => { ended.push(index); });
  assert.is(system.asked.length, AT_ONCE);
  for (let index = 0; index < 20; index++) {
    assert.is(system.answer(), `${index}`);
    assert.is(system.asked.length, Math.min(AT_ONCE, 19 - index));
  }
  assert.equal(ended, Array.from({ length: 20 }, (_, index) => index));
});

lookups("should cost nothing when they are dropped as fast as they begin, and keep nobody from a turn", () => {
  const system = new System();
  const never = (): void => assert.unreachable("a cancelled look-up was told");
  for (let times = 0; times < 100_000; times++) system.lookups.begin("x.test", never).cancel();
  assert.is(system.asked.length, AT_ONCE, "those that run cannot be stopped");
  let told = 0;
  system.lookups.begin("mine.test", () => { told++; });
  for (let times = 0; times < AT_ONCE; times++) assert.is(system.answer(), "x.test");
  assert.is(system.answer(), "mine.test");
  assert.equal([told, system.asked.length], [1, 0]);
});

const codes: Record<string, string[]> = {
  "name-unresolvable": ["ENOTFOUND", "ENODATA"],
  "temporary-resolver-failure": ["EAI_AGAIN", "ESERVFAIL"],
  "permanent-resolver-failure": ["EAI_FAIL", "EREFUSED"],
  "out-of-memory": ["EAI_MEMORY"],
  "invalid-argument": ["EBADNAME"],
  "unknown": ["EWHATEVER"],
};

for (const [name, systemCodes] of Object.entries(codes)) {
  lookups(`should tell ${systemCodes.join(", ")} as ${name}`, () => {
    for (const code of systemCodes) {
      const system = new System();
      let told = "";
      system.lookups.begin("a.test", (result) => { told = texts(result); });
      system.asked[0]?.found(Object.assign(new Error(code), { code }), []);
      assert.is(told, name, code);
    }
  });
}

lookups("should tell what the system throws, later", async () => {
  const denied = new Lookups(() => { throw Object.assign(new Error("no"), { code: "ERR_ACCESS_DENIED" }); });
  const told: string[] = [];
  denied.begin("a.test", (result) => { told.push(texts(result)); });
  denied.begin("b.test", () => { told.push("cancelled"); }).cancel();
  assert.equal(told, [], "not from inside the call");
  await new Promise(setImmediate);
  assert.equal(told, ["access-denied"]);
});

lookups("should end each exactly once, unless it was cancelled, whatever the order", () => {
  console.log(`seed ${SEED}`);
  const random = new Random(SEED);
  const system = new System();
  const told: number[] = [];
  const live = new Map<number, () => void>();
  const isCancelled: boolean[] = [];
  for (let step = 0; step < 5000; step++) {
    const dice = random.below(3);
    if (dice === 0) {
      const index = told.push(0) - 1;
      isCancelled.push(false);
      live.set(index, system.lookups.begin(`${index}`, () => {
        (told[index] as number)++;
        live.delete(index);
      }).cancel);
    } else if (dice === 1 && system.asked.length > 0) {
      const [picked] = system.asked.splice(random.below(system.asked.length), 1);
      picked?.found(null, []);
    } else if (live.size > 0) {
      const [index, cancel] = [...live][random.below(live.size)] as [number, () => void];
      cancel();
      live.delete(index);
      isCancelled[index] = true;
    }
    assert.ok(system.asked.length <= AT_ONCE);
    assert.ok(live.size < AT_ONCE || system.asked.length === AT_ONCE, "somebody waits while there is room");
  }
  while (system.asked.length > 0) system.answer();
  assert.equal(told, isCancelled.map((cancelled) => (cancelled ? 0 : 1)));
});

lookups.run();
