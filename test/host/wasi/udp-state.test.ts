// Every state of a udp-socket against every operation, spelled out by hand.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ErrorCode, OK, type Outcome } from "#host/wasi/error-code.js";
import { answerIn, isTransitionLegal, UdpOperation, UdpState } from "#host/wasi/udp-state.js";

const { Unbound, BindStarted, Bound, Connected } = UdpState;
const { InvalidState, ConcurrencyConflict, NotInProgress } = ErrorCode;

const expected: [UdpOperation, UdpState, Outcome][] = [
  [UdpOperation.StartBind, Unbound, OK],
  [UdpOperation.StartBind, BindStarted, ConcurrencyConflict],
  [UdpOperation.StartBind, Bound, InvalidState],
  [UdpOperation.StartBind, Connected, InvalidState],
  [UdpOperation.FinishBind, Unbound, NotInProgress],
  [UdpOperation.FinishBind, BindStarted, OK],
  [UdpOperation.FinishBind, Bound, NotInProgress],
  [UdpOperation.FinishBind, Connected, NotInProgress],
  [UdpOperation.Stream, Unbound, InvalidState],
  [UdpOperation.Stream, BindStarted, InvalidState],
  [UdpOperation.Stream, Bound, OK],
  [UdpOperation.Stream, Connected, OK],
  [UdpOperation.LocalAddress, Unbound, InvalidState],
  [UdpOperation.LocalAddress, BindStarted, InvalidState],
  [UdpOperation.LocalAddress, Bound, OK],
  [UdpOperation.LocalAddress, Connected, OK],
  [UdpOperation.RemoteAddress, Unbound, InvalidState],
  [UdpOperation.RemoteAddress, BindStarted, InvalidState],
  [UdpOperation.RemoteAddress, Bound, InvalidState],
  [UdpOperation.RemoteAddress, Connected, OK],
];

const table = suite("the table of udp-socket");

for (const [operation, state, outcome] of expected) {
  table(`should answer ${UdpOperation[operation]} in ${UdpState[state]}`, () => {
    assert.is(answerIn(state, operation), outcome);
  });
}

table("should allow the numbered transitions of the diagram and no other", () => {
  const states = [Unbound, BindStarted, Bound, Connected];
  const legal = states.flatMap((from) => states.filter((to) => isTransitionLegal(from, to)).map((to) => [from, to]));
  assert.equal(legal, [
    [Unbound, BindStarted], [BindStarted, Unbound], [BindStarted, Bound], [Bound, Bound], [Bound, Connected],
    [Connected, Bound], [Connected, Connected],
  ]);
});

table.run();
