// The demo page: starts an engine, shows it, and lets a reader load it and break things.
//
//   engine/  the engine, its platform and the meters around it        faults/  what the buttons of "Faults" do
//   view/    what is drawn and typed, and nothing about engines

import { Cache } from "./engine/cache.js";
import { startEcho } from "./engine/echo-server.js";
import { Lab } from "./engine/lab.js";
import { Load, loadInWords } from "./engine/load.js";
import { burstOfTimers, floodOfTasks, quotaSqueeze } from "./faults/engine-faults.js";
import { dropWebSocket, resetConnection, slowReader, stillAnswers, stuckPeer } from "./faults/network-faults.js";
import { Console } from "./view/console.js";
import { byId, setState, setText } from "./view/dom.js";
import { FaultList } from "./view/fault-list.js";
import { bytes, inSentence, plural } from "./view/format.js";
import { Frames } from "./view/frames.js";
import { Journal } from "./view/journal.js";
import { Panels } from "./view/panels.js";
import { installTheme } from "./view/theme.js";

const GATEWAY_STATES = { opening: "busy", open: "good", lost: "bad" };

function showState(id, text, state) {
  setText(byId(id), text);
  setState(byId(id), state);
}

function uncaught(journal) {
  return (error) => journal.tell(`A callback threw: ${error instanceof Error ? error.message : error}`, "bad");
}

/** The sentence under the title: what goes on, in one line. It has no numbers that run, because it is read out. */
function nowInWords(load, faults, terminal) {
  if (faults.running.size > 0) return [`Fault: ${[...faults.running].map(inSentence).join("; ")}.`, "busy"];
  const parts = [];
  if (load.isRunning) parts.push(`${plural(load.wanted, "client")} and an echo server talk to each other`);
  if (terminal.runningCount > 0) parts.push(`${plural(terminal.runningCount, "program")} of the console run`);
  if (parts.length === 0) return ["Idle: nothing runs, and the engine does not wake up. Press Start load.", "off"];
  return [`${parts.join("; ")}.`, "good"];
}

function installLoad(load, journal, onChange) {
  const button = byId("load-start");
  byId("load").addEventListener("submit", (event) => {
    event.preventDefault();
    if (load.isRunning) {
      load.stop();
      journal.tell(`Load stopped. ${loadInWords(load)}`);
    } else {
      const [count, size] = [byId("load-count"), byId("load-size")].map((field) => Number(field.value));
      const where = byId("load-where").value;
      load.start({ count, size, where });
      const place = where === "page" ? "in this page" : "through the gateway";
      journal.tell(`Load: ${plural(count, "connection")} with messages of ${bytes(size)}, ${place}.`);
    }
    setText(button, load.isRunning ? "Stop load" : "Start load");
    byId("load").noValidate = load.isRunning; // what the fields say does not keep anybody from stopping
    onChange();
  });
}

export async function start() {
  installTheme();
  const journal = new Journal();
  const settings = await (await fetch("/settings.json")).json();
  const onGateway = (state, why) => {
    const isQuiet = why === "nothing was asked for"; // the gateway ends a session that nobody uses
    showState("gateway-state", isQuiet ? "closed" : state, isQuiet ? "off" : GATEWAY_STATES[state]);
    const reason = why === "" ? "" : ` (${why})`;
    journal.tell(`Gateway: ${isQuiet ? "closed" : state}${reason}.`, state === "lost" && !isQuiet ? "bad" : "none");
  };
  const lab = await Lab.create(settings, onGateway, uncaught(journal));
  startEcho(lab);
  const cache = new Cache(lab);
  cache.onGiven = (given) => journal.tell(`Memory was short: the cache gave ${bytes(given)} back.`, "busy");
  const load = new Load(lab, (reason) => journal.tell(`A connection of the load was lost: ${reason}.`, "busy"));
  const frames = new Frames();
  const terminal = new Console(lab);
  const faults = new FaultList([
    resetConnection(lab), slowReader(lab), stuckPeer(lab), floodOfTasks(lab, frames), burstOfTimers(lab),
    quotaSqueeze(lab, cache, stillAnswers), dropWebSocket(lab),
  ], journal);
  const showNow = () => {
    const [text, state] = nowInWords(load, faults, terminal);
    setText(byId("now"), text);
    setState(byId("now-lamp"), state);
  };
  installLoad(load, journal, showNow);
  faults.onChange = terminal.onChange = showNow;
  const panels = new Panels();
  frames.start((seconds, gapMs) => {
    panels.draw(lab, load, cache, seconds, gapMs);
    if (load.messages > 0) setText(byId("load-outcome"), loadInWords(load));
  });
  globalThis.demo = lab; // for the browser's own console: demo.engine, demo.live
  showState("engine-state", "running", "good");
  journal.tell("The engine runs in this page, and an echo server listens on 127.0.0.1:7.");
  showNow();
}
