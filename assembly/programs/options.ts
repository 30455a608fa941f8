// Command-line options: `--name VALUE` or `--name=VALUE`, flags like `--name`, and plain words. Two options are every
// program's: --stats and --stats-every (statistics.ts).

import { parseDecimal } from "../net/ip-address";

const SECONDS_MAX: i32 = 86_400;

export class Options {
  /** Words that are no options, in order. */
  words: string[] = [];
  /** What was wrong with the command line, empty when nothing. */
  error: string = "";
  private names: string[] = [];
  private values: string[] = [];

  /**
   * Reads `args` from `start` on; beside every program's only the options in `known`, which have values, and `flags`
   * may be there, once.
   */
  constructor(args: string[], start: i32, known: string[], flags: string[] = []) {
    for (let i = start; i < args.length && !this.error.length; i++) {
      const word = args[i];
      if (!word.startsWith("--")) {
        this.words.push(word);
        continue;
      }
      const equals = word.indexOf("=");
      const name = equals < 0 ? word : word.substring(0, equals);
      const isFlag = name == "--stats" || flags.includes(name);
      if (!isFlag && name != "--stats-every" && !known.includes(name)) {
        this.error = "unknown option '" + name + "'";
      } else if (this.names.includes(name)) {
        this.error = "option '" + name + "' is given twice";
      } else if (isFlag) {
        this.names.push(name);
        this.values.push("");
        if (equals >= 0) this.error = "option '" + name + "' takes no value";
      } else if (equals < 0 && i + 1 == args.length) {
        this.error = "option '" + name + "' needs a value";
      } else {
        this.names.push(name);
        this.values.push(equals < 0 ? args[++i] : word.substring(equals + 1));
      }
    }
  }

  /** Whether an option or a flag is given. */
  has(name: string): bool {
    return this.names.includes(name);
  }

  /** The value of an option; without it `otherwise`. */
  value(name: string, otherwise: string): string {
    const index = this.names.indexOf(name);
    return index >= 0 ? this.values[index] : otherwise;
  }

  /** The value of an option that is a time, 1 to 86,400 seconds; 0 sets `error`. */
  seconds(name: string, otherwise: string): i32 {
    const time = this.value(name, otherwise);
    const seconds = parseDecimal(time, 0, time.length, SECONDS_MAX);
    if (seconds > 0) return seconds;
    if (!this.error.length) this.error = "bad time '" + time + "' (want 1 to " + SECONDS_MAX.toString() + " seconds)";
    return 0;
  }

  /** The value of a required option; null sets `error`. */
  required(name: string): string | null {
    if (this.has(name)) return this.value(name, "");
    if (!this.error.length) this.error = "option '" + name + "' is missing";
    return null;
  }
}
