// In a page: programs and components with all that they print, and waits that hang loudly.
import type { Running, StreamOptions } from "#host/components.browser.js";

const GUARD_MS = 60_000;

export interface Observed {
  stdout: string;
  stderr: string;
  readonly exitCode: Promise<number>;
  stop(): void;
}

export function observed(start: (streams: StreamOptions) => Running): Observed {
  const seen = { stdout: "", stderr: "" };
  const running = start({
    stdout: (text) => { seen.stdout += text; },
    stderr: (text) => { seen.stderr += text; },
  });
  return Object.assign(seen, running);
}

export async function until(describe: () => string, condition: () => boolean): Promise<void> {
  const end = Date.now() + GUARD_MS;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`after ${GUARD_MS} ms: ${describe()}`);
    await new Promise<void>((resolve) => { setTimeout(resolve, 5); });
  }
}

/** The exit code, or a failure with what it said; never a hang. */
export async function ended(program: Observed): Promise<number> {
  const ends: (number | Error)[] = [];
  program.exitCode.then((code) => ends.push(code), (error: Error) => ends.push(error));
  await until(() => `still running: ${program.stdout}${program.stderr}`, () => ends.length > 0);
  const [end] = ends;
  if (typeof end !== "number") throw end;
  return end;
}

/** The address that a server says it listens on. */
export async function addressOf(server: Observed): Promise<string> {
  await until(() => `does not listen: ${server.stdout}${server.stderr}`, () => server.stdout.includes("\n"));
  const address = /^listening (\S+:\d+)$/m.exec(server.stdout)?.[1];
  if (address === undefined) throw new Error(`no address: ${server.stdout}`);
  return address;
}
