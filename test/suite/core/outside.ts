// Bodies with a peer outside of the engine, on the platform's own sockets: somebody else says what arrived.

import { formatSocketAddress } from "../../../assembly/net/ip-address";
import * as listeners from "../../../assembly/net/listener";
import * as reader from "../../../assembly/net/reader";
import { END_OF_STREAM, OK, STREAM_FAILED } from "../../../assembly/net/reason";
import { destroy } from "../../../assembly/net/teardown";
import * as writer from "../../../assembly/net/writer";
import * as buffers from "../../../assembly/data/slice-buffer";
import { SliceBuffer } from "../../../assembly/data/slice-buffer";
import { Endpoint } from "../../../assembly/net/endpoint";
import { getStdout, print } from "../../../assembly/wasi/cli";
import { setOutsideTarget } from "./connections";
import { inbox, noteRead, readReason, received, send, startReadingOn } from "./endpoints";
import { body, equal, fail } from "./harness";
import { accepted, client, closeListener, connectReason, dial, listen, target } from "./network";

const FRAME: u32 = 1 << 20;
const LENGTH: u32 = 3_000_017;
const CLIENTS: i32 = 3;

let ended: i32 = 0;

/** An echo of one connection: what was read is written, then read on; at the end, end. */
@final
class Echo {
  readonly buffer: SliceBuffer = buffers.create();

  constructor(readonly endpoint: Endpoint) {}

  read(): void {
    reader.read(this.endpoint, this.buffer, 1, false, echoRead, changetype<usize>(this));
  }
}

function echoRead(owner: usize): void {
  const echo = changetype<Echo>(owner);
  if (!reader.lastReason) {
    writer.write(echo.endpoint, echo.buffer, FRAME, false, echoWritten, owner);
    return;
  }
  equal(reader.lastReason, END_OF_STREAM, "as the reason of the last read");
  writer.end(echo.endpoint);
  destroy(echo.endpoint);
  buffers.destroy(echo.buffer);
  ended++;
}

function echoWritten(owner: usize): void {
  if (writer.lastReason) return fail("a write ended with reason " + writer.lastReason.toString());
  changetype<Echo>(owner).read();
}

function acceptEcho(owner: usize): void {
  new Echo(listeners.accepted).read();
}

function sayWhere(): void {
  print(getStdout(), "listening " + formatSocketAddress(target) + "\n");
}

export function add(): void {
  body("outside-server", "should get back from a server outside what it sent, then the end").with("echo-server")
    .then((): void => {
      setOutsideTarget();
      dial();
    })
    .until((): bool => connectReason >= 0)
    .then((): void => {
      equal(connectReason, OK, "as the reason");
      startReadingOn(client);
      send(client, 0, LENGTH);
      writer.end(client);
    })
    .until((): bool => readReason > 0)
    .then((): void => {
      equal(readReason, END_OF_STREAM, "as the reason");
      equal(received, LENGTH, "bytes");
      destroy(client);
    });

  body("outside-clients", "should serve clients outside, who check what comes back").with("echo-clients")
    .then((): void => {
      listen("127.0.0.1", acceptEcho);
      sayWhere();
    })
    .until((): bool => ended == CLIENTS)
    .then((): void => closeListener());

  body("outside-reset", "should give what came before a reset, and then an error, never both").with("resetter")
    .then((): void => {
      listen();
      sayWhere();
    })
    .until((): bool => accepted.length == 1)
    .then((): void => { reader.read(accepted[0], inbox, 1, false, noteRead, 0); })
    .until((): bool => readReason >= 0)
    .then((): void => {
      equal(readReason, OK, "as the reason of the first read");
      equal(inbox.length, 3, "bytes before the reset");
      reader.read(accepted[0], inbox, 1, false, noteRead, 0);
    })
    .until((): bool => readReason > 0)
    .then((): void => {
      equal(readReason, STREAM_FAILED, "as the reason after the reset");
      equal(inbox.length, 0, "bytes beside an error");
      closeListener();
      destroy(accepted[0]);
    });
}
