// Servers that people run, started for a test on a port of 127.0.0.1.
import { spawn } from "node:child_process";
import { open, unusedPort } from "./client.js";
import { provide } from "./debian-tool.js";
import { until } from "./guard.js";

export interface RealServer {
  readonly address: string;
  /** Whether the process goes on. */
  isRunning(): boolean;
  end(): void;
}

/** The program at `path`, when it answers on the port. It ends with this process at the latest. */
export async function startReal(path: string, args: readonly string[], port: number): Promise<RealServer> {
  const child = spawn(path, args, { stdio: "ignore" });
  child.unref(); // a test that fails before it ends the server must end all the same
  const kill = (): boolean => child.kill("SIGKILL");
  process.once("exit", kill);
  let answers = false;
  await until(() => `${path} does not answer`, () => {
    open({ host: "127.0.0.1", port }).then((socket) => {
      socket.destroy();
      answers = true;
    }, () => {});
    return answers;
  });
  return {
    address: `127.0.0.1:${port}`,
    isRunning: () => child.exitCode === null && child.signalCode === null,
    end: () => {
      process.removeListener("exit", kill);
      kill();
    },
  };
}

/** A redis-server that keeps nothing; `folder` is where it works. Throws where there is none. */
export async function startRedis(folder: string): Promise<RealServer> {
  const path = provide("redis-server");
  if (path === undefined) throw new Error("there is no redis-server, and it cannot be installed here");
  const port = await unusedPort();
  return startReal(path, ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder], port);
}
