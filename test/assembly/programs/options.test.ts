// Command-line options: both spellings, plain words, and one clear line for each mistake.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { TextProbe } from "../../support/text-probe.js";

const text = await TextProbe.create();

interface Parsed {
  words: string[];
  error: string;
  listen: string | null;
  to: string | null;
}

/** Parses the words behind `event-engine PROGRAM`, asking for --listen and then for --to. */
function parse(...words: string[]): Parsed {
  const { call } = text.probe;
  const options = call.parseOptions(text.put(["event-engine", "echo", ...words].join("\n")), 2);
  const required = (name: string): string | null => {
    const value = call.required(options, text.put(name));
    return value === 0 ? null : text.probe.text(value);
  };
  const joined = text.get("optionsWords", options);
  const early = text.get("optionsError", options);
  const [listen, to] = [required("--listen"), required("--to")];
  const error = text.get("optionsError", options);
  if (early !== "") assert.is(error, early, "the first mistake is the one that is told");
  return { words: joined === "" ? [] : joined.split("\n"), error, listen, to };
}

const options = suite("options");

options("should take a value from the next word or behind an equals sign", () => {
  for (const words of [["--listen", "a:1", "--to", "b:2"], ["--to=b:2", "--listen=a:1"]]) {
    assert.equal(parse(...words), { words: [], error: "", listen: "a:1", to: "b:2" });
  }
});

options("should keep everything behind the first equals sign", () => {
  assert.is(parse("--listen=a=b=c", "--to=").listen, "a=b=c");
  assert.is(parse("--listen=a", "--to=").to, "");
});

options("should take a value that looks like an option", () => {
  assert.is(parse("--listen", "--to", "--to", "x").listen, "--to");
});

options("should collect plain words in order, a single dash among them", () => {
  assert.equal(parse("one", "--listen", "x", "-", "two", "-v", "--to=y").words, ["one", "-", "two", "-v"]);
});

const MISTAKES: [words: string[], error: string][] = [
  [["--nothing"], "unknown option '--nothing'"],
  [["--nothing=1"], "unknown option '--nothing'"],
  [["--"], "unknown option '--'"],
  [["--=x"], "unknown option '--'"],
  [["--Listen", "x"], "unknown option '--Listen'"],
  [["--listen"], "option '--listen' needs a value"],
  [["--listen", "x", "--to"], "option '--to' needs a value"],
  [["--listen", "x", "--listen", "y"], "option '--listen' is given twice"],
  [["--listen=x", "--listen"], "option '--listen' is given twice"],
  [["--listen=x", "--wrong", "--also-wrong"], "unknown option '--wrong'"],
  [["--loud=1"], "option '--loud' takes no value"],
  [["--loud="], "option '--loud' takes no value"],
  [["--loud", "--loud"], "option '--loud' is given twice"],
  [[], "option '--listen' is missing"],
  [["--to=x"], "option '--listen' is missing"],
  [["--listen=x"], "option '--to' is missing"],
];

for (const [words, error] of MISTAKES) {
  options(`should answer [${words.join(" ")}] with ${error}`, () => assert.is(parse(...words).error, error));
}

options("should read nothing before the word where the program's own begin", () => {
  const { call } = text.probe;
  const parsed = call.parseOptions(text.put("--wrong\n--listen\n--listen=x"), 2);
  assert.is(text.get("optionsError", parsed), "");
  assert.is(text.probe.text(call.required(parsed, text.put("--listen"))), "x");
});

options("should not mind a command line that is shorter than where it begins", () => {
  const { call } = text.probe;
  assert.is(text.get("optionsError", call.parseOptions(0, 2)), "");
});

options("should take a flag without the next word, and tell what is given", () => {
  const { call } = text.probe;
  const parsed = call.parseOptions(text.put("x\n--loud\n--to\n--loud\n--listen="), 0);
  assert.is(text.get("optionsError", parsed), "");
  assert.is(text.get("optionsWords", parsed), "x");
  const has = (name: string): boolean => call.hasOption!(parsed, text.put(name)) === 1;
  assert.equal(["--loud", "--to", "--listen", "--other", "x"].map(has), [true, true, true, false, false]);
  const value = (name: string): string => text.get("optionValue", parsed, text.put(name));
  assert.equal(["--to", "--listen", "--other"].map(value), ["--loud", "", "-"]);
});

options.run();
