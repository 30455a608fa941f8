// The console: a command line for the programs of the file. `connect` takes what is typed as its standard input, until
// its end is said or it is over.

import { runProgram } from "wasi-event-engine/components";
import { LineInput } from "../engine/line-input.js";
import { addLine, byId, make, setText } from "./dom.js";
import { plural } from "./format.js";

const LINES_MAX = 400;
const PLACEHOLDER = "echo --listen 127.0.0.1:7000";

/** What to begin with, by where programs run. */
function examplesFor(where, { echoPort, listenPorts }) {
  if (where === "page") {
    return ["echo --listen 127.0.0.1:7000", "proxy --listen 127.0.0.1:7001 --to 127.0.0.1:7000",
      "connect 127.0.0.1:7001", "resolve localhost:https"];
  }
  const [port] = listenPorts.split("-");
  return [`connect 127.0.0.1:${echoPort}`, `echo --listen 127.0.0.1:${port}`, `connect 127.0.0.1:${port}`,
    "resolve example.org"];
}

export class Console {
  #lab;
  #screen = byId("screen");
  #input = byId("command");
  #jobs = new Map();
  #nextNumber = 1;
  #history = [];
  #at = 0;
  /** The job that reads what is typed; null when a command is read. */
  #reader = null;
  onChange = () => {};

  constructor(lab) {
    this.#lab = lab;
    this.#print("", "Press one of the commands above, or type one: --help says what there is.", "note");
    byId("prompt").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#entered();
    });
    byId("command-end").addEventListener("click", () => this.#endInput());
    this.#input.addEventListener("keydown", (event) => this.#key(event));
    byId("command-where").addEventListener("change", () => this.#offer());
    this.#offer();
    this.#showMode();
  }

  get runningCount() {
    return this.#jobs.size;
  }

  #offer() {
    const chips = examplesFor(byId("command-where").value, this.#lab.settings).map((example) => {
      const chip = make("button", { type: "button" }, example);
      chip.addEventListener("click", () => this.#choose(example));
      return chip;
    });
    byId("examples").replaceChildren(...chips);
  }

  #entered() {
    const text = this.#input.value;
    this.#input.value = "";
    if (this.#reader !== null) {
      this.#print(`${this.#reader.mark} `, `> ${text}`, "typed");
      this.#reader.stdin.give(`${text}\n`);
      return;
    }
    const words = text.trim().split(/\s+/).filter((word) => word !== "");
    if (words[0] === "event-engine") words.shift();
    if (words.length === 0) return;
    this.#history.push(text);
    this.#at = this.#history.length;
    this.#start(words, byId("command-where").value);
  }

  #start(words, where) {
    const number = this.#nextNumber++;
    const mark = `[${number}]`;
    const line = words.join(" ");
    this.#print(`${mark} `, `$ event-engine ${line}${where === "page" ? "" : "   (through the gateway)"}`, "typed");
    const stdin = new LineInput();
    const job = { number, mark, stdin, line };
    const print = (kind) => lines((text) => this.#print(`${mark} `, text, kind));
    job.running = runProgram(words, {
      platform: this.#lab.platform(() => `${mark} ${words[0]}`, where), stdin,
      stdout: print("text"), stderr: print("error"),
    });
    job.row = this.#jobRow(job);
    this.#jobs.set(number, job);
    if (words[0] === "connect") this.#reader = job;
    this.#showMode();
    job.running.exitCode.then((code) => this.#ended(job, `ended with exit code ${code}`, code === 0 ? "note" : "error"),
      (error) => this.#ended(job, `trap: ${error instanceof Error ? error.message : error}`, "error"));
  }

  #ended(job, how, kind) {
    this.#print(`${job.mark} `, `${job.line.split(" ")[0]} ${how}`, kind);
    this.#jobs.delete(job.number);
    const hadFocus = job.row.contains(document.activeElement);
    job.row.remove();
    if (hadFocus) this.#input.focus();
    if (this.#reader === job) this.#reader = null;
    this.#showMode();
  }

  #jobRow(job) {
    const stop = make("button", { type: "button", "aria-label": `Stop ${job.mark} ${job.line}` }, "Stop");
    stop.addEventListener("click", () => job.running.stop());
    const row = make("li", {}, make("code", {}, `${job.mark} ${job.line}`), stop);
    byId("jobs").append(row);
    return row;
  }

  #endInput() {
    const reader = this.#reader;
    if (reader === null) return;
    this.#print(`${reader.mark} `, "(end of input)", "note");
    reader.stdin.end();
    this.#reader = null;
    this.#showMode();
    this.#input.focus();
  }

  #choose(text) {
    if (this.#reader !== null) this.#endInput();
    this.#input.value = text;
    this.#input.focus();
  }

  #key(event) {
    if (event.key === "d" && event.ctrlKey && this.#reader !== null) {
      event.preventDefault();
      return this.#endInput();
    }
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (step === undefined || this.#reader !== null) return undefined;
    event.preventDefault();
    this.#at = Math.max(0, Math.min(this.#history.length, this.#at + step));
    this.#input.value = this.#history[this.#at] ?? "";
    return undefined;
  }

  #showMode() {
    const reader = this.#reader;
    setText(byId("command-label"), reader === null ? "Command" : `Input of ${reader.mark} ${reader.line}`);
    setText(byId("command-run"), reader === null ? "Run" : "Send");
    this.#input.placeholder = reader === null ? PLACEHOLDER : "a line for the connection";
    byId("command-end").hidden = reader === null;
    const { size } = this.#jobs;
    setText(byId("jobs-count"), size === 0 ? "no program runs" : `${plural(size, "program")} running`);
    this.onChange();
  }

  #print(mark, text, kind) {
    addLine(this.#screen, make("div", { class: kind }, make("span", { class: "note" }, mark), text), LINES_MAX);
  }
}

/** Tells whole lines, and at once what ends without a line break when nothing follows. */
function lines(tell) {
  let rest = "";
  let timer = 0;
  return (text) => {
    clearTimeout(timer);
    const parts = (rest + text).split("\n");
    rest = parts.pop();
    parts.forEach(tell);
    if (rest === "") return;
    timer = setTimeout(() => {
      tell(rest);
      rest = "";
    }, 100);
  };
}
