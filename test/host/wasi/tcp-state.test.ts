// Every state against every operation, spelled out by hand: the table of the source is checked against this one.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ErrorCode, OK, type Outcome } from "#host/wasi/error-code.js";
import { answerIn, isTransitionLegal, readyIn, TcpOperation, TcpState } from "#host/wasi/tcp-state.js";

const states = Object.values(TcpState).filter((value): value is TcpState => typeof value === "number");
const operations = Object.values(TcpOperation).filter((value): value is TcpOperation => typeof value === "number");

const duringOthers: [TcpState, ErrorCode][] =
  [TcpState.BindStarted, TcpState.ListenStarted, TcpState.ConnectStarted].map((state) =>
    [state, ErrorCode.ConcurrencyConflict]);

/** Who may go on where; what is left out is refused with the error in the second place. */
const rules: Record<TcpOperation, [allowed: TcpState[], refusal: ErrorCode, others?: [TcpState, ErrorCode][]]> = {
  [TcpOperation.StartBind]: [[TcpState.Unbound], ErrorCode.InvalidState, duringOthers],
  [TcpOperation.FinishBind]: [[TcpState.BindStarted], ErrorCode.NotInProgress],
  [TcpOperation.StartConnect]: [[TcpState.Unbound, TcpState.Bound], ErrorCode.InvalidState, duringOthers],
  [TcpOperation.FinishConnect]: [[TcpState.ConnectStarted], ErrorCode.NotInProgress],
  [TcpOperation.StartListen]: [[TcpState.Bound], ErrorCode.InvalidState, duringOthers],
  [TcpOperation.FinishListen]: [[TcpState.ListenStarted], ErrorCode.NotInProgress],
  [TcpOperation.Accept]: [[TcpState.Listening], ErrorCode.InvalidState],
  [TcpOperation.LocalAddress]: [
    [TcpState.Bound, TcpState.ListenStarted, TcpState.Listening, TcpState.Connected], ErrorCode.InvalidState,
    [[TcpState.BindStarted, ErrorCode.ConcurrencyConflict], [TcpState.ConnectStarted, ErrorCode.ConcurrencyConflict]]],
  [TcpOperation.RemoteAddress]: [[TcpState.Connected], ErrorCode.InvalidState,
    [[TcpState.ConnectStarted, ErrorCode.ConcurrencyConflict]]],
  [TcpOperation.SetListenBacklogSize]: [
    [TcpState.Unbound, TcpState.BindStarted, TcpState.Bound, TcpState.ListenStarted, TcpState.Closed],
    ErrorCode.InvalidState, [[TcpState.Listening, ErrorCode.NotSupported]]],
  [TcpOperation.Shutdown]: [[TcpState.Connected], ErrorCode.InvalidState],
};

function expected(state: TcpState, operation: TcpOperation): Outcome {
  const [allowed, refusal, others = []] = rules[operation];
  if (allowed.includes(state)) return OK;
  return others.find(([other]) => other === state)?.[1] ?? refusal;
}

const answer = suite("answerIn");

answer("should know eight states and eleven operations", () => {
  assert.is(states.length, 8);
  assert.is(operations.length, 11);
});

for (const operation of operations) {
  answer(`should answer ${TcpOperation[operation]} in every state`, () => {
    for (const state of states) {
      assert.is(answerIn(state, operation), expected(state, operation), TcpState[state]);
    }
  });
}

answer.run();

// ---

const transition = suite("isTransitionLegal");

transition("should allow the numbered transitions of the diagram and no other", () => {
  const legal = new Set([
    "Unbound BindStarted", "BindStarted Bound", "BindStarted Unbound", "Unbound ConnectStarted",
    "Bound ConnectStarted", "ConnectStarted Connected", "ConnectStarted Closed", "Bound ListenStarted",
    "ListenStarted Listening", "ListenStarted Closed",
  ]);
  for (const from of states) {
    for (const to of states) {
      const name = `${TcpState[from]} ${TcpState[to]}`;
      assert.is(isTransitionLegal(from, to), legal.has(name), name);
    }
  }
});

transition.run();

// ---

const ready = suite("readyIn");

ready("should wait for a started operation, and for connections when listening", () => {
  for (const state of states) {
    const waits = [TcpState.BindStarted, TcpState.ListenStarted, TcpState.ConnectStarted].includes(state);
    assert.is(readyIn(state, true, 0), state !== TcpState.Listening, `${TcpState[state]}, done`);
    assert.is(readyIn(state, false, 0), !waits && state !== TcpState.Listening, `${TcpState[state]}, not done`);
    assert.is(readyIn(state, false, 1), !waits, `${TcpState[state]}, one to accept`);
  }
});

ready.run();
