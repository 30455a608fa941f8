// The numbers of the WIT package are those of the core: an enum has no numbers of its own to be compared at run time.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ROOT } from "./support/arms.js";

const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

/** The cases of an enum, in their order. */
function casesOf(file: string, name: string): string[] {
  const body = new RegExp(`enum ${name} \\{([^}]*)\\}`).exec(read(`wit/${file}.wit`))?.[1] ?? "";
  return [...body.replace(/\/\/\/.*/g, "").matchAll(/%?([a-z-]+),/g)].map((match) => match[1] ?? "");
}

/** Exported numbers of a source, spelled like cases, in the order of their numbers. */
function constantsOf(path: string, type: string): [string, number][] {
  const pattern = new RegExp(`export const ([A-Z_0-9]+): ${type} = (\\d+);`, "g");
  const found = [...read(path).matchAll(pattern)].map((match): [string, number] =>
    [(match[1] ?? "").toLowerCase().replaceAll("_", "-"), Number(match[2])]);
  return found.sort((one, other) => one[1] - other[1]);
}

const wit = suite("wit");

wit("should number the status codes as the core does", () => {
  const constants = constantsOf("assembly/base/status.ts", "u8");
  assert.is(constants.length, 17);
  assert.equal(casesOf("status", "status-code"), constants.map(([name]) => name));
  constants.forEach(([, number], index) => { assert.is(number, index); });
});

wit("should number the reasons as WASI does one below, and then in the core's order", () => {
  const cases = casesOf("status", "reason");
  const ofWasi = constantsOf("assembly/wasi/error-code.ts", "Status").slice(1);
  assert.is(ofWasi.length, 21);
  assert.equal(cases.slice(0, 22), ["none", ...ofWasi.map(([name]) => name)]);
  ofWasi.forEach(([, number], index) => { assert.is(number, index + 1); });
  const own = constantsOf("assembly/net/reason.ts", "Reason").slice(1);
  assert.equal(cases.slice(22), own.map(([name]) => name));
  own.forEach(([, number], index) => { assert.is(number, 32 + index); });
});

wit("should number the types of queues, their events, passes, priorities and conditions as the core does", () => {
  const constants = [
    ...constantsOf("assembly/cq/completion-queue.ts", "u8"), ...constantsOf("assembly/cq/waiting.ts", "u8"),
    ...constantsOf("assembly/quota/reclamation.ts", "u32"), ...constantsOf("assembly/component/results.ts", "i32"),
    ...constantsOf("assembly/exec/tasks.ts", "u8"), ...constantsOf("assembly/base/priority.ts", "u32"),
    ...constantsOf("assembly/net/descriptor.ts", "u32"),
  ];
  const numberOf = (name: string): number | undefined => constants.find(([each]) => each === name)?.[1];
  const enums: [string, string, (name: string) => string][] = [
    ["completion-queues", "completion-type", (name) => name],
    ["completion-queues", "polling-type", (name) => name],
    ["completion-queues", "event-type", (name) => name],
    ["completion-queues", "operation-start", (name) => name],
    ["memory", "reclamation-pass", (name) => name],
    ["event-manager", "priority", (name) => name],
    ["descriptors", "condition", (name) => name],
    ["tasks", "cancellation", (name) => name.replace("completes", "calls")],
  ];
  for (const [file, name, spelled] of enums) {
    const cases = casesOf(file, name);
    assert.ok(cases.length > 1, name);
    cases.forEach((each, index) => {
      // `pending` is a word of waits, too, with a number of its own.
      const number = each === "pending" ? 0 : numberOf(spelled(each));
      assert.is(number, index, `${name} ${each}`);
    });
  }
});

wit("should have one version everywhere", () => {
  const version = /^package event-engine:engine@([0-9.]+);/.exec(read("wit/world.wit"))?.[1];
  for (const file of readdirSync(join(ROOT, "wit")).filter((name) => name.endsWith(".wit"))) {
    assert.ok(read(`wit/${file}`).startsWith(`package event-engine:engine@${version};\n`), file);
  }
  assert.match(read("wit/export-names.mjs"), `VERSION = "${version}"`);
  assert.is((JSON.parse(read("package.json")) as { version: string }).version, version);
});

wit.run();
