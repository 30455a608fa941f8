// Look-ups inside the component, of each kind in turn:
//
//   OPEN -> [cached: all names once] -> MEASURE one kind -> the next kind ... -> CLOSE -> the next repetition
//
// It waits for a nameserver, so it goes on by callbacks: whoever runs it turns the loop until `isOver`.

import * as resolvers from "../../assembly/dns/resolver";
import { Resolver } from "../../assembly/dns/resolver-record";
import * as tasks from "../../assembly/exec/tasks";
import * as asking from "./dns-asking";
import * as names from "./dns-names";
import * as figures from "./figures";

const KNOWN_NAMES: u32 = 64;

export let isOver: bool = false;

let isCached: bool = false;
let inFlight: u32 = 0;
let operations: u32 = 0;
let repetitions: u32 = 0;
let repetition: u32 = 0;
let kind: i32 = 0;
let nextName: u32 = 0;
let server: string = "";
let resolver: Resolver = changetype<Resolver>(0);

/** Once to warm up and then as often as wanted. */
export function begin(cached: bool, size: u32, times: u32, count: u32, nameserver: string): void {
  isCached = cached;
  inFlight = size;
  repetitions = times;
  operations = count;
  server = nameserver;
  beginRepetition();
}

function beginRepetition(): void {
  if (repetition) figures.warm();
  resolver = asking.open(server, 0);
  kind = 0;
  beginKind();
}

function beginKind(): void {
  if (!isCached) return measure(0);
  asking.drive(resolver, kind, KNOWN_NAMES, KNOWN_NAMES, nextName, KNOWN_NAMES, (): void => {
    tasks.run(measure, 0);
  });
}

function measure(_owner: usize): void {
  const count = isCached ? KNOWN_NAMES : operations;
  figures.begin(figureName());
  figures.startWatch();
  // A hostname is two questions.
  const atOnce = kind == names.HOSTNAME_LOOKUP ? (inFlight + 1) >> 1 : inFlight;
  asking.drive(resolver, kind, atOnce, operations, nextName, count, endKind);
  nextName += count;
}

function endKind(): void {
  figures.add(figureName(), figures.watch(), operations);
  figures.end(figureName(), operations);
  tasks.run(goOn, 0);
}

/** Outside of the end of a look-up. */
function goOn(_owner: usize): void {
  if (++kind < names.LOOKUP_KINDS) return beginKind();
  resolvers.destroy(resolver);
  asking.checkNothingLeft();
  if (repetition++ < repetitions) beginRepetition();
  else isOver = true;
}

function figureName(): string {
  if (kind == names.SRV_LOOKUP) return "srv";
  return kind == names.TXT_LOOKUP ? "txt" : "hostname";
}
