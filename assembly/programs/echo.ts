// echo --listen HOST:PORT: sends every byte back where it came from.

import * as listeners from "../net/listener";
import * as relays from "../net/relay";
import { Options } from "./options";
import * as program from "./program";
import * as server from "./server";
import * as statistics from "./statistics";

export function start(args: string[]): void {
  const options = new Options(args, 2, ["--listen"]);
  const listen = options.required("--listen");
  if (options.words.length && !options.error.length) options.error = "unexpected '" + options.words[0] + "'";
  if (listen === null || !statistics.areMeant(options)) return program.fail("echo: " + options.error);
  const target = server.parseTarget("echo", listen);
  if (!target) return;
  statistics.begin(options);
  server.serve("echo", target, listen, open);
}

function open(owner: usize): void {
  relays.echo(listeners.accepted, ended, 0);
}

function ended(owner: usize): void {
  server.sessionEnded();
}
