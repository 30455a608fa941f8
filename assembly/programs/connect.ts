// connect HOST:PORT: stdin to the connection, the connection to stdout, until the peer ends.

import * as lookup from "../dns/system-lookup";
import { AddressList } from "../net/address-list";
import * as connections from "../net/connection";
import * as endpoints from "../net/endpoint";
import { hostPortError, parseHostPort } from "../net/host-port";
import * as relays from "../net/relay";
import { NEVER } from "../time/timer-heap";
import { getStdin, getStdout } from "../wasi/cli";
import { errorText } from "../wasi/error-code";
import { Options } from "./options";
import * as program from "./program";
import * as statistics from "./statistics";

let remoteText: string = "";
const addresses = AddressList.create();

export function start(args: string[]): void {
  const options = new Options(args, 2, []);
  if (!statistics.areMeant(options)) return program.fail("connect: " + options.error);
  if (!options.words.length) return program.fail("connect: where to? (want HOST:PORT)");
  if (options.words.length > 1) return program.fail("connect: unexpected '" + options.words[1] + "'");
  remoteText = options.words[0];
  const target = parseHostPort(remoteText);
  if (!target) return program.fail("connect: " + hostPortError);
  statistics.begin(options);
  program.onStop(program.finish);
  lookup.start(target, addresses, resolved, 0);
}

function resolved(owner: usize): void {
  if (lookup.lastStatus) {
    program.fail("connect: cannot reach " + remoteText + ": " + errorText(lookup.lastStatus));
  } else {
    connections.connect(addresses.start, addresses.length, null, NEVER, connected, 0);
  }
}

function connected(owner: usize): void {
  if (connections.lastReason) {
    return program.fail("connect: cannot connect to " + remoteText + ": " + errorText(connections.lastReason));
  }
  const stdio = endpoints.create(0, getStdin(), getStdout());
  relays.join(stdio, connections.connected, true, ended, 0);
}

function ended(owner: usize): void {
  if (relays.lastFailed) program.fail("connect: connection to " + remoteText + " was reset or lost");
  else program.finish();
}
