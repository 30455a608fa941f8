// Look-ups that end otherwise than by an answer: cancelled, by their deadline, with their resolver; in every state.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Handle, LookupProbe, SECOND } from "../../support/dns/lookup-probe.js";

const NAME = "a.example.test";
const V4 = { family: 0 as const, port: 0, parts: [192, 0, 2, 9] };

/** What stays as it ended. */
const ENDED: Record<string, string> = {
  "that has ended and was not told": "ok", "that was refused and was not told": "invalid argument",
};

type Start = (made: LookupProbe, owner: number) => Handle;
/** How a look-up comes into a state, and what is under way then. */
const STATES: Record<string, { start: Start; settings?: { servers: string } }> = {
  "that was just started": { start: (made, owner) => made.records("txt", NAME, owner) },
  "whose query has left": {
    start: (made, owner) => {
      const handle = made.records("txt", NAME, owner);
      made.settle();
      return handle;
    },
  },
  "of which one half is answered": {
    start: (made, owner) => {
      const handle = made.hostname(NAME, owner);
      const [query] = made.queries();
      made.answer(query!, (message) => (query!.type === "A" ? message.a(NAME, "192.0.2.1") : undefined));
      made.settle();
      return handle;
    },
  },
  "that follows an alias": {
    start: (made, owner) => {
      const handle = made.records("txt", NAME, owner);
      made.answer(made.query("TXT"), (message) => message.cname(NAME, "b.example.test"));
      made.settle();
      return handle;
    },
  },
  "that has ended and was not told": { start: (made, owner) => made.hostname("127.0.0.1", owner) },
  "that was refused and was not told": { start: (made, owner) => made.hostname("", owner) },
  "that asks the system": {
    settings: { servers: "" },
    start: (made, owner) => {
      made.host.resolved = [undefined, V4];
      const handle = made.hostname(NAME, owner);
      made.settle();
      return handle;
    },
  },
};

const ends = suite("look-up, other ends");

for (const [state, { start, settings }] of Object.entries(STATES)) {
  ends(`should say nothing more of one ${state} once it is cancelled`, async () => {
    const made = await LookupProbe.create(settings);
    const handle = start(made, 7);
    assert.is(made.call.ownerOf!(handle.slot, handle.generation), 7);
    assert.is(made.cancel(handle), true);
    assert.is(made.cancel(handle), false, "once");
    assert.is(made.call.ownerOf!(handle.slot, handle.generation), 0);
    assert.is(made.live("questions"), 0);
    assert.is(made.live("exchanges"), 0);
    made.advanceMs(100_000);
    assert.equal(made.take(), []);
    assert.is(made.live("look-ups"), 0);
    made.end();
  });

  ends(`should end one ${state} with CANCELLED when that is tried, unless it has ended`, async () => {
    const made = await LookupProbe.create(settings);
    const handle = start(made, 7);
    made.tryCancel(handle);
    made.tryCancel(handle);
    assert.equal(made.outcomes, [], "in a later turn");
    assert.is(made.live("exchanges"), 0);
    const { owner, kind, reason, values } = made.outcome();
    assert.equal([owner, reason], [7, ENDED[state] ?? "cancelled"]);
    if (ENDED[state] === undefined) {
      assert.is(kind, "failure");
      assert.match(values[0], /^(A\/AAAA|TXT) [ab]\.example\.test: the look-up was cancelled$/);
    }
    assert.is(made.cancel(handle), false);
    made.tryCancel(handle);
    assert.equal(made.take(), []);
    made.end();
  });

  ends(`should end one ${state} with CANCELLED when its resolver goes, unless it has ended`, async () => {
    const made = await LookupProbe.create(settings);
    const handle = start(made, 7);
    made.call.destroyResolver!(made.resolver);
    made.resolver = 0;
    assert.equal(made.outcomes, [], "in a later turn");
    made.tryCancel(handle);
    const { owner, reason } = made.outcome();
    assert.equal([owner, reason], [7, ENDED[state] ?? "cancelled"]);
    made.advanceMs(100_000);
    assert.equal(made.take(), []);
    made.end();
  });

  ends(`should say nothing of one ${state} that is cancelled after its resolver went`, async () => {
    const made = await LookupProbe.create(settings);
    const handle = start(made, 7);
    made.call.destroyResolver!(made.resolver);
    made.resolver = 0;
    assert.is(made.cancel(handle), true);
    assert.is(made.cancel(handle), false);
    made.advanceMs(1000);
    assert.equal(made.take(), []);
    made.end();
  });
}

ends("should outlive the allocator's shutdown", async () => {
  const made = await LookupProbe.create();
  made.records("txt", NAME, 1);
  const cancelled = made.records("txt", "b.example.test", 2);
  made.settle();
  made.call.destroyResolver!(made.resolver);
  made.call.shutDownAllocator!(made.allocator);
  assert.is(made.cancel(cancelled), true);
  made.allocator = made.call.createAllocator!(made.quota);
  made.resolver = 0;
  assert.equal(made.take().map(({ reason }) => reason), ["cancelled"]);
  assert.is(made.live("allocators"), 1);
  made.end();
});

ends("should not take a handle that is stale, foreign or invalid", async () => {
  const made = await LookupProbe.create();
  const old = made.hostname("127.0.0.1", 1);
  made.take();
  const handle = made.hostname("127.0.0.1", 2);
  assert.is(handle.slot, old.slot, "the slot is used again");
  for (const other of [old, { ...handle, generation: 0 }, { slot: 99, generation: 1 }, { slot: -1, generation: -1 }]) {
    assert.is(made.cancel(other), false);
    made.tryCancel(other);
    assert.is(made.call.ownerOf!(other.slot, other.generation), 0);
  }
  assert.is(made.outcome().reason, "ok");
  made.end();
});

ends("should let done start, cancel and destroy", async () => {
  const made = await LookupProbe.create();
  const waiting = made.records("txt", NAME, 9);
  made.onEnded = ({ owner }) => {
    if (owner === 1) made.hostname("127.0.0.2", 2);
    if (owner === 2) assert.is(made.cancel(waiting), true);
    if (owner !== 2) return;
    made.records("srv", NAME, 3);
    made.call.destroyResolver!(made.resolver);
    made.resolver = 0;
  };
  made.hostname("127.0.0.1", 1);
  assert.equal(made.take().map(({ owner, reason }) => `${owner} ${reason}`), ["1 ok", "2 ok", "3 cancelled"]);
  made.end();
});

ends.run();

// ---

const deadlines = suite("look-up, deadlines");

deadlines("should be over at the deadline and not before, and say who was asked", async () => {
  const made = await LookupProbe.create();
  made.records("txt", NAME, 4, { deadlineNs: made.host.nowNs + SECOND });
  made.advanceMs(999);
  assert.equal(made.take(), []);
  made.advanceMs(1);
  assert.equal(made.outcome(), {
    owner: 4, kind: "failure", reason: "deadline exceeded",
    values: [`TXT ${NAME}: the deadline passed first (asked 192.0.2.53:53, 1 try)`],
  });
  assert.is(made.live("exchanges"), 0, "nobody else wants to know");
  made.end();
});

deadlines("should say so when the system was asked", async () => {
  const made = await LookupProbe.create({});
  made.host.resolved = [undefined];
  made.hostname(NAME, 4, { deadlineNs: made.host.nowNs + SECOND });
  made.advanceMs(1000);
  assert.equal(made.outcome().values, [`A/AAAA ${NAME}: the deadline passed first (asked the system)`]);
  made.end();
});

deadlines("should fail in a later turn when it is over before it begins, and ask nobody", async () => {
  const made = await LookupProbe.create();
  for (const deadlineNs of [0n, made.host.nowNs]) {
    made.hostname(NAME, 1, { deadlineNs });
    made.hostname("127.0.0.1", 2, { deadlineNs });
    made.records("srv", "localhost", 3, { deadlineNs });
    assert.equal(made.outcomes, []);
    assert.equal(made.take().map(({ owner, reason }) => `${owner} ${reason}`), [
      "1 deadline exceeded", "2 deadline exceeded", "3 deadline exceeded",
    ]);
  }
  made.hostname("", 4, { deadlineNs: 0n });
  assert.is(made.outcome().reason, "invalid argument", "what is wrong stays wrong");
  assert.equal(made.datagrams.sockets, []);
  made.end();
});

deadlines("should not end one that was answered in time", async () => {
  const made = await LookupProbe.create();
  made.records("txt", NAME, 4, { deadlineNs: made.host.nowNs + SECOND });
  made.answer(made.query("TXT"), (message) => message.txt(NAME, ["x"]));
  made.settle();
  assert.is(made.live("schedules"), 0);
  made.advanceMs(5000);
  assert.equal(made.take().map(({ reason }) => reason), ["ok"]);
  made.end();
});

deadlines("should end each of those that wait for one question by itself", async () => {
  const made = await LookupProbe.create();
  made.records("txt", NAME, 1, { deadlineNs: made.host.nowNs + SECOND });
  made.records("txt", NAME, 2);
  made.records("txt", NAME, 3, { deadlineNs: made.host.nowNs + 3n * SECOND });
  const query = made.query("TXT");
  made.advanceMs(1500);
  assert.equal(made.take().map(({ owner, reason }) => `${owner} ${reason}`), ["1 deadline exceeded"]);
  made.answer(query, (message) => message.txt(NAME, ["x"]));
  assert.equal(made.take().map(({ owner, reason }) => `${owner} ${reason}`), ["2 ok", "3 ok"], "in their order");
  made.end();
});

deadlines.run();

// ---

const joined = suite("look-up, questions that are joined");

joined("should ask once for all that want to know the same, whatever the case and the port", async () => {
  const made = await LookupProbe.create();
  for (let owner = 1; owner <= 50; owner++) {
    made.hostname(owner % 2 ? NAME : `${NAME.toUpperCase()}.`, owner, { port: `${owner}` });
  }
  made.records("txt", NAME, 51);
  made.records("srv", NAME, 52);
  assert.is(made.live("questions"), 3);
  const queries = made.queries();
  assert.equal(queries.map(({ type }) => type).sort(), ["A", "AAAA", "SRV", "TXT"]);
  for (const query of queries) {
    made.answer(query, (message) => query.type === "A" && message.a(query.name, "192.0.2.1"));
  }
  const outcomes = made.take();
  assert.is(outcomes.length, 52);
  for (const { owner, values } of outcomes) if (owner <= 50) assert.equal(values, [`192.0.2.1:${owner}`]);
  made.end();
});

joined("should go on while one of them waits, and stop with the last", async () => {
  const made = await LookupProbe.create();
  const handles = [1, 2, 3].map((owner) => made.records("txt", NAME, owner));
  made.settle();
  for (const order of [1, 0]) {
    assert.is(made.cancel(handles[order]!), true);
    assert.is(made.live("exchanges"), 1);
  }
  made.tryCancel(handles[2]!);
  assert.is(made.live("exchanges"), 0);
  assert.is(made.live("questions"), 0);
  assert.equal(made.take().map(({ owner, reason }) => `${owner} ${reason}`), ["3 cancelled"]);
  made.records("txt", NAME, 4);
  assert.is(made.queries().length, 2, "the question before, and a new one");
  made.end();
});

joined("should find its own among many", async () => {
  const made = await LookupProbe.create();
  const handles: Handle[] = [];
  const COUNT = 3000;
  for (let owner = 0; owner < 2 * COUNT; owner++) handles.push(made.records("txt", `n${owner % COUNT}.test`, owner));
  assert.is(made.live("questions"), COUNT);
  assert.is(made.call.questionCount!(made.resolver), COUNT);
  for (const handle of handles.slice(COUNT)) made.cancel(handle);
  assert.is(made.live("questions"), COUNT);
  for (let owner = 0; owner < COUNT; owner += 2) made.cancel(handles[owner]!);
  assert.is(made.live("questions"), COUNT / 2);
  for (let owner = 1; owner < COUNT; owner += 2) made.records("txt", `N${owner}.test`, owner);
  assert.is(made.live("questions"), COUNT / 2);
  made.call.destroyResolver!(made.resolver);
  made.resolver = 0;
  assert.is(made.take().length, COUNT);
  made.end();
});

joined("should not join those of two resolvers", async () => {
  const made = await LookupProbe.create();
  const other = made.makeResolver({ servers: "192.0.2.54" });
  made.records("txt", NAME, 1);
  made.records("txt", NAME, 2, { resolver: other });
  assert.is(made.live("questions"), 2);
  for (const query of made.queries()) {
    made.answer(query, (message) => message.txt(NAME, [`from ${query.socket.peer!.parts[3]}`]));
  }
  const outcomes = made.take().map(({ owner, values }) => `${owner} ${values[0]}`);
  assert.equal(outcomes.sort(), ["1 from 53", "2 from 54"]);
  made.call.destroyResolver!(other);
  made.end();
});

joined.run();
