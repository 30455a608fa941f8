// The states of a tcp-socket and what each operation answers in each of them.
//
//   (1) start-bind      unbound ------------> bind-started        (2) finish-bind     -> bound, or back to unbound
//   (3) start-connect   unbound, bound -----> connect-started     (4) finish-connect  -> connected, or closed
//   (5) start-listen    bound --------------> listen-started      (6) finish-listen   -> listening, or closed
//   (7) accept          listening: the new socket begins as connected
//
//   unbound -(1)-> bind-started -(2)-> bound -(5)-> listen-started -(6)-> listening
//      |                                 |                                  (7) => connected
//      +------------------(3)------------+-(3)-> connect-started -(4)-> connected
//                                                      +---------(4 failed)--> closed
//
// Whatever is started while something else is under way is a concurrency-conflict. An operation that is refused leaves
// the state as it was.

import { ErrorCode, OK, type Outcome } from "./error-code.js";

export enum TcpState {
  Unbound,
  BindStarted,
  Bound,
  ListenStarted,
  Listening,
  ConnectStarted,
  Connected,
  Closed,
}

export enum TcpOperation {
  StartBind,
  FinishBind,
  StartConnect,
  FinishConnect,
  StartListen,
  FinishListen,
  Accept,
  LocalAddress,
  RemoteAddress,
  SetListenBacklogSize,
  Shutdown,
}

const ok = OK;
const invalid = ErrorCode.InvalidState;
const conflict = ErrorCode.ConcurrencyConflict;
const notStarted = ErrorCode.NotInProgress;
const unsupported = ErrorCode.NotSupported;

// One row per operation; columns: unbound, bind-started, bound, listen-started, listening, connect-started,
// connected, closed.
const answers: Record<TcpOperation, readonly Outcome[]> = {
  [TcpOperation.StartBind]: [ok, conflict, invalid, conflict, invalid, conflict, invalid, invalid],
  [TcpOperation.FinishBind]: [
    notStarted, ok, notStarted, notStarted, notStarted, notStarted, notStarted, notStarted],
  [TcpOperation.StartConnect]: [ok, conflict, ok, conflict, invalid, conflict, invalid, invalid],
  [TcpOperation.FinishConnect]: [
    notStarted, notStarted, notStarted, notStarted, notStarted, ok, notStarted, notStarted],
  [TcpOperation.StartListen]: [invalid, conflict, ok, conflict, invalid, conflict, invalid, invalid],
  [TcpOperation.FinishListen]: [
    notStarted, notStarted, notStarted, ok, notStarted, notStarted, notStarted, notStarted],
  [TcpOperation.Accept]: [invalid, invalid, invalid, invalid, ok, invalid, invalid, invalid],
  [TcpOperation.LocalAddress]: [invalid, conflict, ok, ok, ok, conflict, ok, invalid],
  [TcpOperation.RemoteAddress]: [invalid, invalid, invalid, invalid, invalid, conflict, ok, invalid],
  // node:net and the pages cannot change a backlog that is in use.
  [TcpOperation.SetListenBacklogSize]: [ok, ok, ok, ok, unsupported, invalid, invalid, ok],
  [TcpOperation.Shutdown]: [invalid, invalid, invalid, invalid, invalid, invalid, ok, invalid],
};

/** OK when the operation may go on in this state, otherwise its error. */
export function answerIn(state: TcpState, operation: TcpOperation): Outcome {
  return answers[operation][state] as Outcome;
}

const successors: Record<TcpState, readonly TcpState[]> = {
  [TcpState.Unbound]: [TcpState.BindStarted, TcpState.ConnectStarted],
  [TcpState.BindStarted]: [TcpState.Bound, TcpState.Unbound],
  [TcpState.Bound]: [TcpState.ListenStarted, TcpState.ConnectStarted],
  [TcpState.ListenStarted]: [TcpState.Listening, TcpState.Closed],
  [TcpState.Listening]: [],
  [TcpState.ConnectStarted]: [TcpState.Connected, TcpState.Closed],
  [TcpState.Connected]: [],
  [TcpState.Closed]: [],
};

export function isTransitionLegal(from: TcpState, to: TcpState): boolean {
  return successors[from].includes(to);
}

/** Readiness of the socket's own pollable: a started operation waits for its end, a listener for connections. */
export function readyIn(state: TcpState, isOperationDone: boolean, acceptQueueLength: number): boolean {
  switch (state) {
    case TcpState.BindStarted:
    case TcpState.ListenStarted:
    case TcpState.ConnectStarted:
      return isOperationDone;
    case TcpState.Listening:
      return acceptQueueLength > 0;
    case TcpState.Unbound:
    case TcpState.Bound:
    case TcpState.Connected:
    case TcpState.Closed:
      return true;
  }
}
