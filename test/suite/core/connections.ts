// Connects: how they end, when, and that a cancelled one does not.

import * as connections from "../../../assembly/net/connection";
import { formatSocketAddress } from "../../../assembly/net/ip-address";
import * as listeners from "../../../assembly/net/listener";
import { DEADLINE_EXCEEDED } from "../../../assembly/net/reason";
import * as tasks from "../../../assembly/exec/tasks";
import * as clock from "../../../assembly/time/clock";
import { NEVER } from "../../../assembly/time/timer-heap";
import * as endpoints from "../../../assembly/net/endpoint";
import * as errors from "../../../assembly/wasi/error-code";
import * as monotonicClock from "../../../assembly/wasi/monotonic-clock";
import { SocketAddress } from "../../../assembly/wasi/network";
import { body, equal, expect, note, noted, parameters } from "./harness";
import {
  accepted, client, closeListener, connectReason, connects, destroyAll, dial, listen, listener, noteConnect, setAddress,
  shutdowns, target,
} from "./network";

const MILLISECOND_NS: u64 = 1_000_000;
const ADDRESS_BYTES: usize = offsetof<SocketAddress>();

/** Room for two addresses in a row. */
const addresses: usize = memory.data(56, 8);
let deadlineNs: u64 = 0;
let slot: u32 = 0;
let generation: u32 = 0;

/** The address behind the body's name on the command line. */
export function setOutsideTarget(): void {
  const text = parameters[0];
  const colon = text.lastIndexOf(":");
  setAddress(target, text.substring(0, colon), <u16>parseInt(text.substring(colon + 1)));
}

/** A few milliseconds in which something could still happen that must not. */
function waitAWhile(): void {
  tasks.runAt(clock.after(10 * MILLISECOND_NS), note, 1, tasks.SILENT);
}

export function add(): void {
  addEnds();
  addDeadlines();
  addCancels();
}

function addEnds(): void {
  body("connect-refused", "should tell once, and not inside of the call, that nobody listens")
    .then((): void => {
      listen();
      closeListener();
    })
    .until((): bool => shutdowns == 1)
    .then((): void => { slot = dial(); generation = connections.lastGeneration; })
    .until((): bool => connects > 0)
    .then((): void => {
      equal(connectReason, errors.CONNECTION_REFUSED, "as the reason");
      expect(!connections.cancel(slot, generation), "no cancel of what is over");
      waitAWhile();
    })
    .until((): bool => noted() == 1)
    .then((): void => equal(connects, 1, "end"));

  body("connect-several", "should take the first address that answers")
    .then((): void => {
      listen();
      memory.copy(addresses, changetype<usize>(target), ADDRESS_BYTES);
      closeListener();
      listen();
      memory.copy(addresses + ADDRESS_BYTES, changetype<usize>(target), ADDRESS_BYTES);
      connections.connect(addresses, 2, null, NEVER, noteConnect, 0);
      memory.fill(addresses, 0, 2 * ADDRESS_BYTES); // they were copied
    })
    .until((): bool => connects == 1 && accepted.length == 1)
    .then((): void => {
      equal(connectReason, 0, "as the reason");
      const peer = formatSocketAddress(endpoints.peerAddress(client));
      expect(peer == formatSocketAddress(target), "the second address, found " + peer);
      closeListener();
      destroyAll();
    });
}

function addDeadlines(): void {
  body("connect-deadline", "should give up at the deadline and not before").with("black-hole")
    .then((): void => {
      setOutsideTarget();
      deadlineNs = monotonicClock.now() + 60 * MILLISECOND_NS;
      dial(deadlineNs);
    })
    .until((): bool => connects == 1)
    .then((): void => {
      equal(connectReason, DEADLINE_EXCEEDED, "as the reason");
      expect(monotonicClock.now() >= deadlineNs, "the end not to come before the deadline");
    });

  body("connect-deadline-past", "should end a connect whose deadline is over, and not inside of the call")
    .then((): void => {
      listen();
      dial(clock.now() - 1);
    })
    .until((): bool => connects == 1)
    .then((): void => {
      equal(connectReason, DEADLINE_EXCEEDED, "as the reason");
      closeListener();
    });
}

function addCancels(): void {
  body("connect-cancel", "should never call back after a cancel that came before the first turn")
    .then((): void => {
      listen();
      slot = dial();
      generation = connections.lastGeneration;
      expect(connections.cancel(slot, generation), "a cancel of what is pending");
      expect(!connections.cancel(slot, generation), "no second cancel");
      waitAWhile();
    })
    .until((): bool => noted() == 1)
    .then((): void => {
      equal(connects, 0, "ends");
      closeListener();
    });

  body("connect-cancel-later", "should never call back after a cancel of what is on its way").with("black-hole")
    .then((): void => {
      setOutsideTarget();
      slot = dial();
      generation = connections.lastGeneration;
      waitAWhile();
    })
    .until((): bool => noted() == 1)
    .then((): void => {
      expect(connections.cancel(slot, generation), "a cancel of what is pending");
      waitAWhile();
    })
    .until((): bool => noted() == 2)
    .then((): void => equal(connects, 0, "ends"));

  body("connect-cancel-late", "should refuse to cancel a connect that is over")
    .then((): void => {
      listen();
      slot = dial();
      generation = connections.lastGeneration;
    })
    .until((): bool => connects == 1 && accepted.length == 1)
    .then((): void => {
      expect(!connections.cancel(slot, generation), "no cancel of what is over");
      closeListener();
      destroyAll();
    });

  body("connect-cancel-unknown", "should refuse handles that are invalid, unknown or stale")
    .then((): void => {
      expect(!connections.cancel(0xffff_ffff, 0xffff_ffff), "the invalid handle to be refused");
      expect(!connections.cancel(0, 0), "a handle of no connect to be refused");
      listen();
      for (let round = 0; round < 100; round++) {
        const staleSlot = slot;
        const stale = generation;
        slot = dial();
        generation = connections.lastGeneration;
        if (round) expect(slot == staleSlot, "a free slot to be used again");
        if (round) expect(!connections.cancel(staleSlot, stale), "a stale handle to be refused");
        expect(!connections.cancel(slot + 1, generation), "another slot to be refused");
        expect(connections.cancel(slot, generation), "the true handle to work");
      }
      listeners.close(listener);
    });
}
