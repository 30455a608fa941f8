// wasi:cli and wasi:filesystem for jco's glue: arguments, environment, exit, the standard streams and whether they are
// terminals; and no files.

import { Kind } from "../wasi/kind.js";
import { Terminal } from "../wasi/terminal.js";
import { GuestExit } from "../wasi/trap.js";
import type { WasiHost } from "../wasi/wasi-host.js";
import { JcoInputStream, type JcoIo, JcoOutputStream } from "./jco-io.js";
import { JcoResource } from "./jco-resource.js";

export class JcoTerminal extends JcoResource<Terminal> {
  constructor(host: WasiHost, kind: Terminal["kind"]) {
    super(host, kind, new Terminal(kind), null);
  }
}

/** Never made: no guest is given a file. */
export class JcoDescriptor {}
export class JcoDirectoryEntryStream {}

export function cli(io: JcoIo): Record<string, Record<string, unknown>> {
  const { host } = io;
  const { streams } = host.platform;
  const terminal = (stream: { readonly isTerminal?: boolean }, kind: Terminal["kind"]) => (): JcoTerminal | undefined =>
    (stream.isTerminal === true ? new JcoTerminal(host, kind) : undefined);
  return {
    "wasi:cli/environment": {
      getArguments: () => [...host.args],
      getEnvironment: () => host.env.map(([name, value]) => [name, value]),
      initialCwd: () => undefined,
    },
    "wasi:cli/exit": {
      exit: (status: { readonly tag: string }) => { throw new GuestExit(status.tag === "ok" ? 0 : 1); },
      exitWithCode: (code: number) => { throw new GuestExit(code); },
    },
    "wasi:cli/stdin": { InputStream: JcoInputStream, getStdin: () => new JcoInputStream(io, host.newStdin(), null) },
    "wasi:cli/stdout": {
      OutputStream: JcoOutputStream, getStdout: () => new JcoOutputStream(io, host.newStdout(), null),
    },
    "wasi:cli/stderr": {
      OutputStream: JcoOutputStream, getStderr: () => new JcoOutputStream(io, host.newStderr(), null),
    },
    "wasi:cli/terminal-input": { TerminalInput: JcoTerminal },
    "wasi:cli/terminal-output": { TerminalOutput: JcoTerminal },
    "wasi:cli/terminal-stdin": { getTerminalStdin: terminal(streams.stdin, Kind.TerminalInput) },
    "wasi:cli/terminal-stdout": { getTerminalStdout: terminal(streams.stdout, Kind.TerminalOutput) },
    "wasi:cli/terminal-stderr": { getTerminalStderr: terminal(streams.stderr, Kind.TerminalOutput) },
    "wasi:filesystem/preopens": { Descriptor: JcoDescriptor, getDirectories: () => [] },
    "wasi:filesystem/types": {
      Descriptor: JcoDescriptor, DirectoryEntryStream: JcoDirectoryEntryStream,
      filesystemErrorCode: () => undefined,
    },
  };
}
