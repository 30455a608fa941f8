// proxy --listen HOST:PORT --to HOST:PORT: joins each connection to one that it makes itself.

import * as lookup from "../dns/system-lookup";
import { AddressList } from "../net/address-list";
import * as connections from "../net/connection";
import * as endpoints from "../net/endpoint";
import { Endpoint } from "../net/endpoint";
import { HostPort } from "../net/host-port";
import * as listeners from "../net/listener";
import * as relays from "../net/relay";
import * as clock from "../time/clock";
import { NEVER } from "../time/timer-heap";
import { errorText } from "../wasi/error-code";
import { Options } from "./options";
import * as program from "./program";
import * as server from "./server";
import * as statistics from "./statistics";

/** Nanoseconds between two complaints about the upstream, so that a flood of clients floods no log. */
const COMPLAINT_NS: u64 = 1_000_000_000;

let upstreamText: string = "";
let listenText: string = "";
let listenTarget: HostPort | null = null;
const upstream = AddressList.create();
let nextComplaintNs: u64 = 0;

export function start(args: string[]): void {
  const options = new Options(args, 2, ["--listen", "--to"]);
  const listen = options.required("--listen");
  const to = options.required("--to");
  if (options.words.length && !options.error.length) options.error = "unexpected '" + options.words[0] + "'";
  if (listen === null || to === null || !statistics.areMeant(options)) return program.fail("proxy: " + options.error);
  const target = server.parseTarget("proxy", listen);
  if (!target) return;
  const upstreamTarget = server.parseTarget("proxy", to);
  if (!upstreamTarget) return;
  statistics.begin(options);
  listenText = listen;
  listenTarget = target;
  upstreamText = to;
  lookup.start(upstreamTarget, upstream, upstreamResolved, 0);
}

function upstreamResolved(owner: usize): void {
  if (lookup.lastStatus) {
    program.fail("proxy: cannot reach " + upstreamText + ": " + errorText(lookup.lastStatus));
  } else {
    server.serve("proxy", listenTarget!, listenText, open);
  }
}

/** The client waits, unread, until the upstream answers. */
function open(owner: usize): void {
  const client = changetype<usize>(listeners.accepted);
  connections.connect(upstream.start, upstream.length, null, NEVER, connected, client);
}

function connected(owner: usize): void {
  const client = changetype<Endpoint>(owner);
  if (connections.lastReason) {
    if (clock.now() >= nextComplaintNs) {
      nextComplaintNs = clock.after(COMPLAINT_NS);
      program.complain("proxy: cannot connect to " + upstreamText + ": " + errorText(connections.lastReason));
    }
    endpoints.finish(client);
    server.sessionEnded();
    return;
  }
  relays.join(client, connections.connected, false, ended, 0);
}

function ended(owner: usize): void {
  server.sessionEnded();
}
