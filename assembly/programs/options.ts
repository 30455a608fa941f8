// Command-line options: `--name VALUE` or `--name=VALUE`, and plain words.

export class Options {
  /** Words that are no options, in order. */
  words: string[] = [];
  /** What was wrong with the command line, empty when nothing. */
  error: string = "";
  private names: string[] = [];
  private values: string[] = [];

  /** Reads `args` from `start` on; only the options in `known` may appear, each at most once. */
  constructor(args: string[], start: i32, known: string[]) {
    for (let i = start; i < args.length && !this.error.length; i++) {
      const word = args[i];
      if (!word.startsWith("--")) {
        this.words.push(word);
        continue;
      }
      const equals = word.indexOf("=");
      const name = equals < 0 ? word : word.substring(0, equals);
      if (!known.includes(name)) {
        this.error = "unknown option '" + name + "'";
      } else if (this.names.includes(name)) {
        this.error = "option '" + name + "' is given twice";
      } else if (equals < 0 && i + 1 == args.length) {
        this.error = "option '" + name + "' needs a value";
      } else {
        this.names.push(name);
        this.values.push(equals < 0 ? args[++i] : word.substring(equals + 1));
      }
    }
  }

  /** The value of a required option; null sets `error`. */
  required(name: string): string | null {
    const index = this.names.indexOf(name);
    if (index >= 0) return this.values[index];
    if (!this.error.length) this.error = "option '" + name + "' is missing";
    return null;
  }
}
