// The conformance suite as a component: the engine's own sources, with bodies in place of the programs.
//
//   conformance --list             name, ending, peer and title of each body, one line each
//   conformance NAME [WORD...]     `ok NAME` and exit code 0, or one line on stderr and exit code 1

import { READY_CAPACITY } from "../../../assembly/base/limits";
import * as loop from "../../../assembly/engine/loop";
import * as poller from "../../../assembly/poll/poller";
import { READY_BUFFER } from "../../../assembly/poll/ready-buffer";
import * as waitList from "../../../assembly/poll/wait-list";
import * as clock from "../../../assembly/time/clock";
import { getArguments } from "../../../assembly/wasi/cli";
import "../../../assembly/wasi/abort";

import * as alarms from "./alarms";
import * as canary from "./canary";
import * as completionQueues from "./completion-queues";
import * as connections from "./connections";
import * as deadlines from "./deadlines";
import * as descriptorOwners from "./descriptor-owners";
import * as descriptorTraffic from "./descriptor-traffic";
import * as descriptors from "./descriptors";
import * as endpoints from "./endpoints";
import * as harness from "./harness";
import * as leaks from "./leaks";
import * as listeners from "./listeners";
import * as nameAnswers from "./name-answers";
import * as names from "./names";
import * as outside from "./outside";
import * as priorities from "./priorities";
import * as queueTraffic from "./queue-traffic";
import * as quota from "./quota";
import * as slices from "./slices";
import * as smallQuotas from "./small-quotas";
import * as stats from "./stats";
import * as tasks from "./tasks";
import * as timers from "./timers";
import * as writes from "./writes";

export { realloc as cabi_realloc } from "../../../assembly/abi/arena";

canary.add();
tasks.add();
priorities.add();
deadlines.add();
alarms.add();
timers.add();
slices.add();
quota.add();
smallQuotas.add();
connections.add();
listeners.add();
endpoints.add();
writes.add();
outside.add();
descriptors.add();
descriptorOwners.add();
descriptorTraffic.add();
completionQueues.add();
queueTraffic.add();
names.add();
nameAnswers.add();
stats.add();

/** wasi:cli/run: the component way. */
export function run(): i32 {
  clock.update();
  harness.start(getArguments());
  harness.advance();
  while (harness.outcome == harness.RUNNING) {
    loop.turnBlocking();
    harness.advance();
  }
  poller.close();
  return harness.outcome == harness.FINISHED ? 0 : 1;
}

/** The direct way; answers as assembly/index.ts does. */
export function start(): i32 {
  waitList.deliverByHandle();
  clock.update();
  harness.start(getArguments());
  harness.advance();
  return harness.outcome;
}

export function turn(readyCount: i32): f64 {
  loop.turnWith(readyCount);
  harness.advance();
  if (harness.outcome == harness.RUNNING) return loop.nextTurnNs();
  return harness.outcome == harness.FINISHED ? -2 : -3;
}

/** A body ends by itself. */
export function stop(): void {}

export function ready_buffer(): usize {
  return READY_BUFFER;
}

export function ready_capacity(): i32 {
  return READY_CAPACITY;
}

/** What is more than before the body, by kind; -1 past the last kind. */
export function live(kind: i32): i32 {
  return leaks.live(kind);
}
