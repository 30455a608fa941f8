// Commands of Debian packages that tests start: test/tools/debian-tool.sh finds or installs them.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { ROOT } from "./arms.js";

/** Debian keeps servers where users' PATH does not look. */
const PATH = `${process.env.PATH ?? ""}:/usr/sbin:/sbin`;

/** The path of the command; undefined where it is not and cannot be had, which is told on stderr. */
export function provide(command: string): string | undefined {
  try {
    const args = [join(ROOT, "test/tools/debian-tool.sh"), command];
    const options = { encoding: "utf8" as const, env: { ...process.env, PATH }, stdio: ["ignore", "pipe", "inherit"] };
    return execFileSync("sh", args, options as { encoding: "utf8" }).trim();
  } catch {
    return undefined;
  }
}
