// Chains of aliases in an answer: in every order, of every length, in circles, and cut.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { asked, NAME, raw, read } from "../../support/dns-answers.js";
import { type MessageWriter, type Spelling, TYPES } from "../../support/dns-message.js";
import { orders } from "../../support/orders.js";

const chains = suite("aliases");

const END = "d.c.example.test";
const CHAIN: ((message: MessageWriter, spelling?: Spelling) => unknown)[] = [
  (message, spelling) => message.cname(NAME, "b.test", 300, spelling),
  (message, spelling) => message.cname("b.test", "c.example.test", 50, spelling),
  (message, spelling) => message.cname("c.example.test", END, 100, spelling),
  (message, spelling) => message.a(END, "192.0.2.1", 70, spelling),
  (message, spelling) => message.a(END, "192.0.2.1", 60, spelling),
];

for (const spelling of ["plain", "packed"] as const) {
  chains(`should follow a chain in every order of its ${spelling} records`, () => {
    for (const order of orders(CHAIN)) {
      const message = asked();
      for (const write of order) write(message, spelling);
      const answer = read(message);
      assert.equal(answer, {
        result: "answered", ttl: 50, aliases: 3, target: END, records: ["192.0.2.1", "192.0.2.1"],
      });
    }
  });
}

chains("should say where a chain ends that has no records here", () => {
  for (const order of orders(CHAIN.slice(0, 3))) {
    const message = asked();
    for (const write of order) write(message);
    const answer = read(message);
    assert.equal(answer, { result: "alias", ttl: 50, aliases: 3, target: END, records: [] });
  }
});

chains("should keep the letters of the name that an alias leads to", () => {
  assert.is(read(asked().cname(NAME, "Mixed.Case.test")).target, "Mixed.Case.test");
  assert.equal(read(asked().cname(NAME, "B.test").a("b.TEST", "192.0.2.1")).records, ["192.0.2.1"]);
});

/** NAME -> n1 -> … -> n`hops` */
function chainOf(hops: number, isBackwards: boolean): MessageWriter {
  const message = asked();
  const at = (index: number): string => (index === 0 ? NAME : `n${index}.test`);
  const indices = Array.from({ length: hops }, (_, index) => index);
  for (const index of isBackwards ? indices.reverse() : indices) message.cname(at(index), at(index + 1));
  return message.a(at(hops), "192.0.2.1");
}

for (const isBackwards of [false, true]) {
  chains(`should follow 16 aliases and not 17, ${isBackwards ? "backwards" : "in order"}`, () => {
    for (const hops of [1, 2, 15, 16]) {
      const answer = read(chainOf(hops, isBackwards));
      assert.equal([answer.result, answer.aliases, answer.records], ["answered", hops, ["192.0.2.1"]]);
    }
    for (const hops of [17, 18, 100, 1000]) assert.is(read(chainOf(hops, isBackwards)).result, "loop");
  });
}

chains("should find every circle, with and without records in it", () => {
  const circles = [
    [[NAME, NAME]], [[NAME, "b.test"], ["b.test", NAME]], [[NAME, "b.test"], ["b.test", "b.test"]],
    [[NAME, "b.test"], ["b.test", "c.test"], ["c.test", "B.Test"]],
    [[NAME, "b.test"], ["b.test", "c.test"], ["c.test", "d.test"], ["d.test", NAME.toUpperCase()]],
  ];
  for (const circle of circles) {
    for (const order of orders(circle)) {
      for (const hasRecords of [false, true]) {
        const message = asked();
        for (const [owner, target] of order) message.cname(owner!, target!);
        if (hasRecords) message.a(NAME, "192.0.2.1").a("b.test", "192.0.2.1");
        assert.is(read(message).result, "loop", JSON.stringify(order));
      }
    }
  }
});

chains("should believe an alias before other records of its name", () => {
  const first = asked().a(NAME, "192.0.2.9", 1).cname(NAME, "b.test").a("b.test", "192.0.2.1").a(NAME, "192.0.2.8", 1);
  assert.equal(read(first), { result: "answered", ttl: 300, aliases: 1, target: "b.test", records: ["192.0.2.1"] });
});

chains("should refuse an alias whose data are more or less than one name", () => {
  const behind = (data: number[]): string => read(raw(asked(), TYPES.CNAME, data)).result;
  assert.is(behind([1, 0x62, 0]), "alias");
  for (const data of [[], [1], [1, 0x62], [1, 0x62, 0, 0], [0, 0], [0xc0], [0xc0, 12, 0], [0xc0, 12, 1]]) {
    assert.is(behind(data), "malformed", JSON.stringify(data));
  }
});

chains.run();
