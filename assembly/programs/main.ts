// Which program the command line names.

import { getArguments } from "../wasi/cli";
import * as connect from "./connect";
import * as echo from "./echo";
import * as program from "./program";
import * as proxy from "./proxy";
import * as resolve from "./resolve";
import { VERSION } from "./version";

const HELP = `event-engine: network programs in one sandboxed WebAssembly file

usage: event-engine PROGRAM [OPTIONS]

  echo --listen HOST:PORT
      send every byte back
  proxy --listen HOST:PORT --to HOST:PORT
      join each connection to another server
  connect HOST:PORT
      stdin to the connection, the connection to stdout
  resolve NAME [--srv | --txt] [--port PORT] [--dns-server IP:PORT,...] [--timeout SECONDS]
      look a name up: its addresses, or its SRV or TXT records, one a line
  --stats, --stats-every SECONDS
      with each of them: what the engine did, on stderr, at the end or also every so often
  --help, --version

HOST is a name, an IPv4 address or an IPv6 address in brackets. Port 0 picks a free one.
A server's first line of output is 'listening HOST:PORT' with the real port.
Exit code: 0 when all went well, 1 after an error, which is one line on stderr.`;

/** Starts the program that the arguments name, or fails with a line that says what is wrong with them. */
export function start(): void {
  const args = getArguments();
  if (args.length < 2) return program.fail("no program given (try --help)");
  const word = args[1];
  if (word == "--help" || word == "--version") {
    if (args.length > 2) return program.fail("unexpected '" + args[2] + "' after " + word);
    program.say(word == "--help" ? HELP : "event-engine " + VERSION);
    program.finish();
  } else if (word == "echo") {
    echo.start(args);
  } else if (word == "proxy") {
    proxy.start(args);
  } else if (word == "connect") {
    connect.start(args);
  } else if (word == "resolve") {
    resolve.start(args);
  } else if (word.startsWith("-")) {
    program.fail("unknown option '" + word + "' (try --help)");
  } else {
    program.fail("unknown program '" + word + "' (try --help)");
  }
}
