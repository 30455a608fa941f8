// What echo and proxy share: listen where `--listen` says, tell the real address, count, stop in order.

import { STOP_GRACE_NS, STOP_SILENCE_NS } from "../base/limits";
import * as lookup from "../dns/system-lookup";
import { AddressList } from "../net/address-list";
import { HostPort, hostPortError, parseHostPort } from "../net/host-port";
import { formatSocketAddress } from "../net/ip-address";
import * as listeners from "../net/listener";
import { Listener } from "../net/listener";
import * as relays from "../net/relay";
import * as clock from "../time/clock";
import * as timers from "../time/timer-heap";
import { Timer } from "../time/timer-heap";
import { Status, WOULD_BLOCK, errorText } from "../wasi/error-code";
import * as program from "./program";

let name: string = "";
let where: string = "";
const addresses = AddressList.create();
let listener: Listener | null = null;
let openSession: (owner: usize) => void = (owner: usize): void => {};
let sessions: i32 = 0;
let stopping: bool = false;
let silenceTimer: Timer = changetype<Timer>(0);

/** `HOST:PORT` of an option, or null after `program.fail`. */
export function parseTarget(programName: string, text: string): HostPort | null {
  const target = parseHostPort(text);
  if (!target) program.fail(programName + ": " + hostPortError);
  return target;
}

/** Serves at `target`: `open` runs per connection, which it finds in `listener.accepted`. */
export function serve(programName: string, target: HostPort, text: string, open: (owner: usize) => void): void {
  name = programName;
  where = text;
  openSession = open;
  program.onStop(stop);
  lookup.start(target, addresses, resolved, 0);
}

/** To be called once for every session that `open` began. */
export function sessionEnded(): void {
  sessions--;
  assert(sessions >= 0);
  if (stopping && !sessions) program.finish();
}

function resolved(owner: usize): void {
  if (lookup.lastStatus) {
    cannotListen(lookup.lastStatus);
  } else if (!stopping) {
    const made = listeners.create(accepted, (owner: usize): void => {}, 0, null);
    listener = made;
    listeners.allowLater(made, opened);
    const port = listeners.bind(made, addresses.at(0));
    if (port < 0) return cannotListen(-port);
    const status = listeners.start(made);
    if (status == WOULD_BLOCK) return; // until `opened`
    if (status) return cannotListen(status);
    opened(0);
  }
}

function opened(owner: usize): void {
  const open = listener!;
  if (open.status) cannotListen(open.status);
  else program.say("listening " + formatSocketAddress(listeners.firstAddress(open)));
}

function cannotListen(status: Status): void {
  program.fail(name + ": cannot listen on " + where + ": " + errorText(status));
}

function accepted(owner: usize): void {
  sessions++;
  openSession(0);
}

/**
 * Stops accepting, and finishes when every session has ended or the grace time is over. A session ends by itself,
 * or when it was silent for a while: what its peer had sent is handed on first, however slowly it is read.
 */
function stop(): void {
  if (stopping) return;
  const open = listener;
  if (open) listeners.closeAfterRest(open);
  listener = null;
  stopping = true;
  if (!sessions) return program.finish();
  timers.schedule(timers.create(graceOver, 0), clock.after(STOP_GRACE_NS));
  silenceTimer = timers.create(silenceOver, 0);
  timers.schedule(silenceTimer, clock.after(STOP_SILENCE_NS));
}

function silenceOver(owner: usize): void {
  relays.endSilent();
  timers.schedule(silenceTimer, clock.after(STOP_SILENCE_NS));
}

function graceOver(owner: usize): void {
  program.finish();
}
