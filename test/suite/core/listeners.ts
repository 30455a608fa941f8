// Listeners: where they listen, whom they let in, and their last word.

import * as connections from "../../../assembly/net/connection";
import * as endpoints from "../../../assembly/net/endpoint";
import * as listeners from "../../../assembly/net/listener";
import { Listener } from "../../../assembly/net/listener";
import { destroy } from "../../../assembly/net/teardown";
import * as tasks from "../../../assembly/exec/tasks";
import * as clock from "../../../assembly/time/clock";
import { NEVER } from "../../../assembly/time/timer-heap";
import * as errors from "../../../assembly/wasi/error-code";
import { SocketAddress } from "../../../assembly/wasi/network";
import { body, equal, expect, note, noted } from "./harness";
import {
  accepted, client, closeListener, connectReason, connects, destroyAll, dial, listen, listener, newListener,
  noteAccept, noteConnect, setAddress, shutdowns, target,
} from "./network";

const MANY: i32 = 50;

const address = changetype<SocketAddress>(memory.data(28, 4));
let other: Listener = changetype<Listener>(0);
const ports: u16[] = [];
let acceptsAfter: i32 = 0;

function bind(to: Listener, text: string, port: u16): i32 {
  setAddress(address, text, port);
  return listeners.bind(to, address);
}

function waitAWhile(): void {
  tasks.runAt(clock.after(10_000_000), note, 1, tasks.SILENT);
}

function destroyClient(owner: usize): void {
  noteConnect(owner);
  if (client) destroy(client);
}

/** Closes the listener from inside of its third accept. */
function acceptThree(owner: usize): void {
  if (shutdowns || accepted.length == 3) acceptsAfter++;
  noteAccept(owner);
  if (accepted.length == 3) closeListener();
}

export function add(): void {
  addBinds();
  addMany();
  addAccepts();
  addEnds();
}

function addBinds(): void {
  body("bind-port", "should answer the port that the system chose, and the same for later ports of zero")
    .then((): void => {
      other = newListener(noteAccept);
      const port = bind(other, "127.0.0.1", 0);
      expect(port > 0 && port < 65536, "a port");
      equal(bind(other, "::1", 0), port, "as the port of ::1");
      equal(listeners.start(other), 0, "as the reason of the start");
      setAddress(target, "::1", <u16>port);
      dial();
    })
    .until((): bool => accepted.length == 1 && connects == 1)
    .then((): void => {
      listeners.close(other);
      destroyAll();
    });

  body("bind-wildcard", "should let both families in at the wildcard address")
    .then((): void => {
      other = newListener(noteAccept);
      const port = bind(other, "::", 0);
      expect(port > 0, "a port, found " + port.toString());
      equal(listeners.start(other), 0, "as the reason of the start");
      setAddress(target, "127.0.0.1", <u16>port);
      connections.connect(changetype<usize>(target), 1, null, NEVER, destroyClient, 0);
      setAddress(target, "::1", <u16>port);
      connections.connect(changetype<usize>(target), 1, null, NEVER, destroyClient, 0);
    })
    .until((): bool => accepted.length == 2 && connects == 2)
    .then((): void => {
      listeners.close(other);
      for (let i = 0; i < 2; i++) destroy(accepted[i]);
    });

  body("bind-refused", "should refuse an address in use, a strange one, and any after the start")
    .then((): void => {
      listen();
      other = newListener(noteAccept);
      equal(bind(other, "127.0.0.1", target.port), -errors.ADDRESS_IN_USE, "in use");
      equal(bind(other, "192.0.2.1", 0), -errors.ADDRESS_NOT_BINDABLE, "strange");
      equal(bind(listener, "127.0.0.1", 0), -errors.INVALID_STATE, "after the start");
      equal(listeners.start(listener), errors.INVALID_STATE, "as the reason of a second start");
      equal(listeners.start(other), errors.INVALID_STATE, "as the reason of a start without an address");
      const port = bind(other, "127.0.0.1", 0);
      expect(port > 0 && <u16>port != target.port, "a refused bind to harm no later one");
      listeners.close(listener);
      listeners.close(other);
    })
    .until((): bool => shutdowns == 2);
}

function addMany(): void {
  body("bind-many", "should let connections in at each of several addresses")
    .then((): void => {
      const free: Listener[] = [];
      for (let i = 0; i < 5; i++) { // ports that are free, to be asked for by number
        free.push(newListener(noteAccept));
        ports.push(<u16>bind(free[i], "127.0.0.1", 0));
      }
      for (let i = 0; i < 5; i++) listeners.close(free[i]);
      other = newListener(noteAccept);
      for (let i = 0; i < 5; i++) equal(bind(other, "127.0.0.1", ports[i]), ports[i], "as the port");
      equal(listeners.start(other), 0, "as the reason of the start");
      for (let i = 0; i < 5; i++) {
        setAddress(target, "127.0.0.1", ports[i]);
        connections.connect(changetype<usize>(target), 1, null, NEVER, destroyClient, 0);
      }
    })
    .until((): bool => accepted.length == 5 && connects == 5)
    .then((): void => {
      for (let i = 0; i < 5; i++) {
        ports.splice(ports.indexOf(endpoints.localAddress(accepted[i]).port), 1);
        destroy(accepted[i]);
      }
      equal(ports.length, 0, "ports that nobody was let in at");
      listeners.close(other);
    });
}

function addAccepts(): void {
  body("accept-after-start", "should let nobody in before the start")
    .then((): void => {
      other = newListener(noteAccept);
      setAddress(target, "127.0.0.1", <u16>bind(other, "127.0.0.1", 0));
      dial(clock.after(30_000_000));
      waitAWhile();
    })
    .until((): bool => noted() == 1)
    .then((): void => equal(accepted.length, 0, "connections let in"))
    .until((): bool => connects == 1)
    .then((): void => {
      if (client) destroy(client); // a host may queue it
      equal(listeners.start(other), 0, "as the reason of the start");
      dial();
    })
    .until((): bool => connects == 2 && accepted.length > 0)
    .then((): void => {
      equal(connectReason, 0, "as the reason");
      listeners.close(other);
      destroyAll();
    });

  body("accept-once", "should let every connection in once, and not inside of a call")
    .then((): void => {
      listen();
      for (let i = 0; i < MANY; i++) {
        connections.connect(changetype<usize>(target), 1, null, NEVER, destroyClient, 0);
      }
    })
    .until((): bool => accepted.length >= MANY && connects == MANY)
    .then(waitAWhile)
    .until((): bool => noted() == 1)
    .then((): void => {
      equal(accepted.length, MANY, "connections let in");
      for (let i = 0; i < MANY; i++) destroy(accepted[i]);
      closeListener();
    });
}

function addEnds(): void {
  body("shutdown-last", "should tell its shutdown once, after the last accept, also when closed inside of one")
    .then((): void => {
      listen("127.0.0.1", acceptThree);
      for (let i = 0; i < 20; i++) {
        connections.connect(changetype<usize>(target), 1, null, NEVER, destroyClient, 0);
      }
    })
    .until((): bool => shutdowns > 0 && connects == 20)
    .then(waitAWhile)
    .until((): bool => noted() == 1)
    .then((): void => {
      equal(accepted.length, 3, "connections let in");
      equal(acceptsAfter, 0, "accepts after the close");
      equal(shutdowns, 1, "shutdown");
      for (let i = 0; i < 3; i++) destroy(accepted[i]);
    });

  body("shutdown-unstarted", "should tell its shutdown once when it never started, later than the close")
    .then((): void => {
      other = newListener(noteAccept);
      bind(other, "127.0.0.1", 0);
      listeners.close(other);
      listeners.close(newListener(noteAccept)); // not even bound
      equal(shutdowns, 0, "shutdowns inside of a call");
    })
    .until((): bool => shutdowns >= 2)
    .then(waitAWhile)
    .until((): bool => noted() == 1)
    .then((): void => equal(shutdowns, 2, "shutdowns of two listeners"));

  body("bind-failed-start", "should be left as it was by a bind that failed, and still tell its shutdown")
    .then((): void => {
      other = newListener(noteAccept);
      equal(bind(other, "192.0.2.1", 0), -errors.ADDRESS_NOT_BINDABLE, "strange");
      listeners.close(other);
    })
    .until((): bool => shutdowns == 1);
}
