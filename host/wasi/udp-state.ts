// The states of a udp-socket and what each operation answers in each of them.
//
//   (1) start-bind    unbound --> bind-started       (2) finish-bind   --> bound, or back to unbound
//   (3) stream(none)  --> bound                      (4) stream(some)  --> connected
//
//   unbound -(1)-> bind-started -(2)-> bound <-(3)--(4)-> connected
//      ^                |               (3)                  (4)
//      +---(2 failed)---+
//
// (3) and (4) may come again and again; each makes a new pair of streams, and the pair before it answers invalid-state
// from then on. An operation that is refused leaves the state as it was.

import { ErrorCode, OK, type Outcome } from "./error-code.js";

export enum UdpState {
  Unbound,
  BindStarted,
  Bound,
  Connected,
}

export enum UdpOperation {
  StartBind,
  FinishBind,
  Stream,
  LocalAddress,
  RemoteAddress,
}

const ok = OK;
const invalid = ErrorCode.InvalidState;
const conflict = ErrorCode.ConcurrencyConflict;
const notStarted = ErrorCode.NotInProgress;

// One row per operation; columns: unbound, bind-started, bound, connected.
const answers: Record<UdpOperation, readonly Outcome[]> = {
  [UdpOperation.StartBind]: [ok, conflict, invalid, invalid],
  [UdpOperation.FinishBind]: [notStarted, ok, notStarted, notStarted],
  [UdpOperation.Stream]: [invalid, invalid, ok, ok],
  [UdpOperation.LocalAddress]: [invalid, invalid, ok, ok],
  [UdpOperation.RemoteAddress]: [invalid, invalid, invalid, ok],
};

/** OK when the operation may go on in this state, otherwise its error. */
export function answerIn(state: UdpState, operation: UdpOperation): Outcome {
  return answers[operation][state] as Outcome;
}

const successors: Record<UdpState, readonly UdpState[]> = {
  [UdpState.Unbound]: [UdpState.BindStarted],
  [UdpState.BindStarted]: [UdpState.Bound, UdpState.Unbound],
  [UdpState.Bound]: [UdpState.Bound, UdpState.Connected],
  [UdpState.Connected]: [UdpState.Connected, UdpState.Bound],
};

export function isTransitionLegal(from: UdpState, to: UdpState): boolean {
  return successors[from].includes(to);
}
