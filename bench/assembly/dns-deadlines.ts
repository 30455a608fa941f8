// How late the deadlines of look-ups come while others keep the engine busy: `size` look-ups are under way at a server
// that answers, and others, with deadlines at random, at one that does not.

import * as lookups from "../../assembly/dns/lookup";
import * as resolvers from "../../assembly/dns/resolver";
import { Resolver } from "../../assembly/dns/resolver-record";
import * as results from "../../assembly/dns/result";
import * as tasks from "../../assembly/exec/tasks";
import { DEADLINE_EXCEEDED } from "../../assembly/net/reason";
import * as monotonicClock from "../../assembly/wasi/monotonic-clock";
import * as asking from "./dns-asking";
import * as names from "./dns-names";
import * as figures from "./figures";
import * as random from "./random";

/** With deadlines under way at once. */
const WAITING: u32 = 64;
const DELAY_NS_MIN: u64 = 5_000_000;
const DELAY_NS_SPREAD: u32 = 200_000_000;
/** Look-ups of the load between two looks at whether it is still wanted. */
const LOAD_STEP: u32 = 2048;
const TIMEOUT_MS: u32 = 60_000;
const SILENT_NAMES: u32 = 1 << 30;

export let isOver: bool = false;

let size: u32 = 0;
let wanted: u32 = 0;
let started: u32 = 0;
let ended: u32 = 0;
let loadNames: u32 = 0;
let busy: Resolver = changetype<Resolver>(0);
let silent: Resolver = changetype<Resolver>(0);
let late: Array<f64> = [];
/** Deadlines of those that wait, by their number. */
const deadlines = heap.alloc(<usize>WAITING << 3);

export function begin(inFlight: u32, operations: u32, server: string, silentServer: string): void {
  size = inFlight;
  wanted = operations;
  busy = asking.open(server, 0);
  silent = asking.open(silentServer, TIMEOUT_MS);
  figures.warm();
  loadMore();
  for (let number: u32 = 0; number < min(WAITING, operations); number++) startOne(number);
}

function loadMore(): void {
  if (ended == wanted) return end();
  asking.drive(busy, names.SRV_LOOKUP, size, LOAD_STEP, loadNames, LOAD_STEP, (): void => {
    tasks.run((_owner: usize): void => loadMore(), 0);
  });
  loadNames += LOAD_STEP;
}

function startOne(number: usize): void {
  const deadlineNs = monotonicClock.now() + DELAY_NS_MIN + random.below(DELAY_NS_SPREAD);
  store<u64>(deadlines + (number << 3), deadlineNs);
  const length = names.write(SILENT_NAMES + started++);
  lookups.srv(silent, names.name, length, deadlineNs, onDone, number);
}

function onDone(number: usize): void {
  const nowNs = monotonicClock.now();
  const deadlineNs = load<u64>(deadlines + (number << 3));
  const result = lookups.lastResult;
  figures.verify(result.kind == results.FAILURE && result.reason == <u8>DEADLINE_EXCEEDED, "not ended by its deadline");
  figures.verify(nowNs >= deadlineNs, "a deadline came early");
  results.release(result);
  late.push(<f64>(nowNs - deadlineNs));
  ended++;
  if (started < wanted) startOne(number);
}

function end(): void {
  resolvers.destroy(busy);
  resolvers.destroy(silent);
  asking.checkNothingLeft();
  late.sort((a, b) => a < b ? -1 : i32(a > b));
  figures.add("late p50", late[late.length >> 1], 1);
  figures.add("late p99", late[late.length * 99 / 100], 1);
  figures.add("late max", late[late.length - 1], 1);
  isOver = true;
}
