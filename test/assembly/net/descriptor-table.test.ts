// The state machine of a descriptor as a table: every operation in every state, for each of the three conditions. An
// entry is the state afterwards and what closures are told, by the number of their registration.
import * as assert from "uvu/assert";
import {
  CONDITIONS, type Describing, describing, HAS_ERROR, READABLE, suiteOfBoth, WRITABLE,
} from "../../support/describing.js";
import type { Telling } from "../../support/host-turns.js";

const NAMES = ["readable", "writable", "error"];
const SECOND = 1_000_000_000n;

const CLEAR = "CLEAR";
const REGISTERED = "CLEAR, registered";
const SET = "SET";
const CLOSED = "closed";
const GONE = "gone";
type State = typeof CLEAR | typeof REGISTERED | typeof SET | typeof CLOSED | typeof GONE;
type Outcome = "traps" | readonly [State, ...string[]];

/** Registration 1 has a deadline in a second, registration 2 none. */
const STATES: Record<string, (each: Describing, condition: number) => void> = {
  "CLEAR": () => {},
  "CLEAR, registered": (each, condition) => each.notify(condition, 1, each.net.host.nowNs + SECOND),
  "SET": (each, condition) => each.force(condition),
  "SET, a closure is queued": (each, condition) => {
    each.notify(condition, 1, each.net.host.nowNs + SECOND);
    each.force(condition);
  },
  "CLEAR, a closure is queued": (each, condition) => {
    STATES["SET, a closure is queued"]!(each, condition);
    each.clear(condition);
  },
  "CLEAR, a closure is queued, one is registered": (each, condition) => {
    STATES["CLEAR, a closure is queued"]!(each, condition);
    each.notify(condition, 2);
  },
  "closed": (each) => each.close(),
  "released": (each) => each.release(),
};

const OPERATIONS: Record<string, (each: Describing, condition: number) => void> = {
  "notify": (each, condition) => each.notify(condition, 9),
  "clear": (each, condition) => each.clear(condition),
  "force": (each, condition) => each.force(condition),
  "set-priority": (each, condition) => each.setPriority(condition, 4),
  "event": ({ connection: { input, output } }, condition) => {
    if (condition === READABLE) input.push(Buffer.from("x"));
    if (condition === WRITABLE) output.room = 100;
    if (condition === HAS_ERROR) input.failed = true;
  },
  "deadline": (each) => each.net.advance(2n * SECOND),
  "read": (each) => assert.is(each.read(), 0),
  "write": (each) => assert.is(each.write(Buffer.from("y")), 0),
  "close": (each) => each.close(),
  "release": (each) => each.release(),
  "destroy": (each) => each.destroy(),
};

const TABLE: Record<string, Record<string, Outcome>> = {
  "CLEAR": {
    "notify": [REGISTERED], "clear": [CLEAR], "force": [SET], "set-priority": [CLEAR],
    "event": [CLEAR], "deadline": [CLEAR], "read": [CLEAR], "write": [CLEAR],
    "close": [CLOSED], "release": [CLOSED], "destroy": [GONE],
  },
  "CLEAR, registered": {
    "notify": "traps", "clear": [REGISTERED], "force": [SET, "1: ready"], "set-priority": [REGISTERED],
    "event": [SET, "1: ready"], "deadline": [CLEAR, "1: timed out"], "read": [REGISTERED], "write": [REGISTERED],
    "close": [CLOSED, "1: ready"], "release": [CLOSED, "1: ready"], "destroy": [GONE, "1: ready"],
  },
  "SET": {
    "notify": [SET, "9: ready"], "clear": [CLEAR], "force": [SET], "set-priority": [SET],
    "event": [SET], "deadline": [SET], "read": [SET], "write": [SET],
    "close": [CLOSED], "release": [CLOSED], "destroy": [GONE],
  },
  "SET, a closure is queued": {
    "notify": [SET, "1: ready", "9: ready"], "clear": [CLEAR, "1: ready"], "force": [SET, "1: ready"],
    "set-priority": [SET, "1: ready"],
    "event": [SET, "1: ready"], "deadline": [SET, "1: ready"], "read": [SET, "1: ready"], "write": [SET, "1: ready"],
    "close": [CLOSED, "1: ready"], "release": [CLOSED, "1: ready"], "destroy": [GONE, "1: ready"],
  },
  "CLEAR, a closure is queued": {
    "notify": [REGISTERED, "1: ready"], "clear": [CLEAR, "1: ready"], "force": [SET, "1: ready"],
    "set-priority": [CLEAR, "1: ready"],
    "event": [CLEAR, "1: ready"], "deadline": [CLEAR, "1: ready"], "read": [CLEAR, "1: ready"],
    "write": [CLEAR, "1: ready"],
    "close": [CLOSED, "1: ready"], "release": [CLOSED, "1: ready"], "destroy": [GONE, "1: ready"],
  },
  "CLEAR, a closure is queued, one is registered": {
    "notify": "traps", "clear": [REGISTERED, "1: ready"], "force": [SET, "1: ready", "2: ready"],
    "set-priority": [REGISTERED, "1: ready"],
    "event": [SET, "1: ready", "2: ready"], "deadline": [REGISTERED, "1: ready"], "read": [REGISTERED, "1: ready"],
    "write": [REGISTERED, "1: ready"],
    "close": [CLOSED, "1: ready", "2: ready"], "release": [CLOSED, "1: ready", "2: ready"],
    "destroy": [GONE, "1: ready", "2: ready"],
  },
  "closed": {
    "notify": "traps", "clear": [CLOSED], "force": [CLOSED], "set-priority": [CLOSED],
    "event": [CLOSED], "deadline": [CLOSED], "read": "traps", "write": "traps",
    "close": [CLOSED], "release": "traps", "destroy": [GONE],
  },
};
TABLE.released = TABLE.closed!;

/** An input without bytes and an output without room: nothing happens unless the test says so. */
async function quiet(telling: Telling): Promise<Describing> {
  const each = await describing(telling);
  each.connection.output.room = 0;
  return each;
}

function nameOf({ state, isDestroyed }: Describing, condition: number): State {
  if (isDestroyed) return GONE;
  if (state.isClosed) return CLOSED;
  if (state.registered[condition]) return REGISTERED;
  return state.set[condition] ? SET : CLEAR;
}

const table = suiteOfBoth("descriptor, every operation in every state");

for (const condition of CONDITIONS) {
  for (const [name, prepare] of Object.entries(STATES)) {
    for (const [operation, run] of Object.entries(OPERATIONS)) {
      const outcome = TABLE[name]![operation]!;
      table(`should answer ${operation} as the table says: ${NAMES[condition]}, ${name}`, async (telling) => {
        const each = await quiet(telling);
        prepare(each, condition);
        each.check();
        if (outcome === "traps") return each.net.probe.traps(() => run(each, condition), "net/descriptor.ts");
        const others = CONDITIONS.filter((other) => other !== condition);
        const before = others.map((other) => each.state.registered[other]);
        run(each, condition);
        if (operation !== "deadline") assert.equal(each.net.takeEvents(), [], "no closure runs inside of the call");
        const told = each.net.takeEvents().concat(each.settled());
        assert.equal(told, outcome.slice(1).map((event) => `${NAMES[condition]} ${event}`));
        assert.is(nameOf(each, condition), outcome[0]);
        each.check();
        if (!each.isDestroyed) assert.equal(others.map((other) => each.state.registered[other]), before);
        each.end();
      });
    }
  }
}

table("should have an entry for each", () => {
  for (const name of Object.keys(STATES)) {
    assert.equal(Object.keys(TABLE[name]!).sort(), Object.keys(OPERATIONS).sort(), name);
  }
});

table.run();

// ---

const ends = suiteOfBoth("descriptor, the end of the sending direction");

for (const [name, told] of [
  ["CLEAR", []], ["CLEAR, registered", ["writable 1: ready"]], ["SET", []],
  ["CLEAR, a closure is queued, one is registered", ["writable 1: ready", "writable 2: ready"]],
] as const) {
  ends(`should make it writable: ${name}`, async (telling) => {
    const each = await quiet(telling);
    STATES[name]!(each, WRITABLE);
    each.net.call.shutdownSend!(each.self);
    assert.equal(each.settled(), [...told]);
    assert.is(nameOf(each, WRITABLE), SET);
    each.end();
  });
}

for (const condition of [READABLE, HAS_ERROR]) {
  ends(`should not touch who waits for ${NAMES[condition]}`, async (telling) => {
    const each = await quiet(telling);
    each.notify(condition, 1);
    each.net.call.shutdownSend!(each.self);
    assert.equal(each.settled(), []);
    assert.is(nameOf(each, condition), REGISTERED);
    assert.equal(each.end(), [`${NAMES[condition]} 1: ready`]);
  });
}

for (const name of ["closed", "released"]) {
  ends(`should be refused when it is ${name}`, async (telling) => {
    const each = await quiet(telling);
    STATES[name]!(each, WRITABLE);
    each.net.probe.traps(() => each.net.call.shutdownSend!(each.self), "net/descriptor.ts");
  });
}

ends.run();
