// The instruments: four times a second they take what the meters have and draw it, in an animation frame.

import { LENGTH_LABELS, TASK_LABELS } from "../engine/turn-meter.js";
import { DeadlineStrip, Gauge, Histogram, PaceChart, PressureBar, Sparkline } from "./charts.js";
import { byId, make, setState, setText } from "./dom.js";
import { bytes, bytesParts, count, milliseconds, rate } from "./format.js";

const SAMPLES = 120;
const HISTOGRAM_SAMPLES = 40;
const ROWS_MAX = 8;
const NEXT_MAX = 5;
/** So many bytes in the buffers of a connection are worth a look. */
const MUCH_BYTES = 65_536;

/** One number with its last half minute. */
class Tile {
  #value = make("span");
  #unit = make("small");
  #values = new Array(SAMPLES).fill(0);
  #chart;

  constructor(parent, name, colour) {
    this.#chart = new Sparkline(name, colour);
    parent.append(make("dl", { class: "tile" }, make("dt", {}, name),
      make("dd", {}, this.#value, this.#unit), this.#chart.element));
  }

  show(value, text, unit) {
    this.#values.push(value);
    this.#values.shift();
    setText(this.#value, text);
    setText(this.#unit, unit);
    this.#chart.draw(this.#values, `${text} ${unit} now`);
  }
}

export class Panels {
  #tiles;
  #pace = new PaceChart(byId("frames"));
  #lengths = new Histogram(byId("turn-length"), "Length of turns in milliseconds", LENGTH_LABELS, "violet");
  #tasks = new Histogram(byId("turn-tasks"), "Callbacks per turn", TASK_LABELS, "in");
  #gauge = new Gauge(byId("gauge"));
  #pressure = new PressureBar(byId("pressure"));
  #strip = new DeadlineStrip(byId("deadlines"));
  #turnMs = new Array(SAMPLES).fill(0);
  #gapMs = new Array(SAMPLES).fill(0);
  #samples = [];
  #rows = new Map();
  #before = { received: 0, sent: 0, messages: 0 };

  constructor() {
    const tile = (name, colour) => new Tile(byId("tiles"), name, colour);
    this.#tiles = {
      open: tile("Connections", "violet"), received: tile("Received", "in"), sent: tile("Sent", "out"),
      messages: tile("Messages", "in"), trip: tile("Round trip", "warn"),
      callbacks: tile("Callbacks", "violet"),
    };
  }

  /** `seconds` since the last call, `gapMs`: the longest gap between two frames since then. */
  draw(lab, load, cache, seconds, gapMs) {
    const turns = lab.turns.take();
    this.#drawTiles(lab, load, turns, seconds);
    this.#drawTurns(turns, seconds, gapMs);
    this.#drawConnections(lab.traffic, seconds);
    this.#drawMemory(lab.engine, cache);
    this.#drawTimers(lab.timers, lab.live);
  }

  #drawTiles({ traffic }, load, turns, seconds) {
    const { received, sent } = traffic;
    const perSecond = (now, before) => (now - before) / seconds;
    const flow = (tile, value) => {
      const [text, unit] = bytesParts(value);
      tile.show(value, text, `${unit}/s`);
    };
    const { length } = traffic.open;
    this.#tiles.open.show(length, count(length), "");
    flow(this.#tiles.received, perSecond(received, this.#before.received));
    flow(this.#tiles.sent, perSecond(sent, this.#before.sent));
    const messages = perSecond(load.messages, this.#before.messages);
    this.#tiles.messages.show(messages, count(messages), "/s");
    const trip = load.takeRoundTrip();
    const [text, unit] = trip === null ? ["–", ""] : milliseconds(trip).split(" ");
    this.#tiles.trip.show(trip ?? 0, text, unit);
    this.#tiles.callbacks.show(turns.callbacks / seconds, count(turns.callbacks / seconds), "/s");
    this.#before = { received, sent, messages: load.messages };
  }

  #drawTurns(turns, seconds, gapMs) {
    this.#turnMs.push(turns.longestMs);
    this.#turnMs.shift();
    this.#gapMs.push(gapMs);
    this.#gapMs.shift();
    this.#pace.draw(this.#turnMs, this.#gapMs);
    this.#samples.push(turns);
    if (this.#samples.length > HISTOGRAM_SAMPLES) this.#samples.shift();
    const sum = (key) => turns[key].map((_, index) => {
      return this.#samples.reduce((total, sample) => total + sample[key][index], 0);
    });
    this.#lengths.draw(sum("lengths"));
    this.#tasks.draw(sum("tasks"));
    setText(byId("turns-rate"), `${count(turns.turns / seconds)} /s`);
  }

  #drawConnections(traffic, seconds) {
    const rows = traffic.shown();
    const open = rows.filter((row) => row.endedAt === null).length;
    const list = byId("connections");
    // What is special comes first: what is stuck or broken, and what a program of the console has.
    const isSpecial = (row) => row.failure !== "" || row.name !== "load" || traffic.waiting(row) > MUCH_BYTES;
    const special = rows.length > ROWS_MAX ? rows.filter(isSpecial) : [];
    const shown = [...new Set([...special, ...rows])].slice(0, ROWS_MAX);
    for (const [id, view] of this.#rows) {
      if (shown.some((row) => row.id === id)) continue;
      view.element.remove();
      this.#rows.delete(id);
    }
    for (const row of shown) {
      if (!this.#rows.has(row.id)) this.#rows.set(row.id, new ConnectionRow(list, row));
      this.#rows.get(row.id).draw(row, traffic.waiting(row), seconds);
    }
    for (const [index, { id }] of shown.entries()) {
      const { element } = this.#rows.get(id);
      if (list.children[index] !== element) list.insertBefore(element, list.children[index] ?? null);
    }
    setText(byId("connections-count"), `${count(open)} open`);
    const hidden = rows.length - shown.length;
    setText(byId("connections-more"), rows.length === 0
      ? "No connection is open. Start load, or type a command."
      : hidden > 0 ? `and ${count(hidden)} more; ${bytes(traffic.received)} in and ${bytes(traffic.sent)} out so far.`
        : `${bytes(traffic.received)} in and ${bytes(traffic.sent)} out so far, over all connections.`);
  }

  #drawMemory({ memoryQuota, memoryBytes }, cache) {
    const { sizeBytes, freeBytes, pressure } = memoryQuota;
    const taken = sizeBytes - freeBytes;
    this.#gauge.draw(taken / sizeBytes);
    this.#pressure.draw(pressure);
    setText(byId("quota-taken"), bytes(taken));
    setText(byId("quota-size"), bytes(sizeBytes));
    setText(byId("quota-cache"), bytes(cache.bytes));
    setText(byId("wasm-memory"), bytes(memoryBytes));
  }

  #drawTimers(timers, live) {
    const delays = timers.delays();
    const known = live["core.tasks"];
    this.#strip.draw(delays.map(({ delayMs }) => delayMs));
    setText(byId("timers-count"), `${count(known)} set`);
    const list = byId("next-deadlines");
    const next = delays.slice(0, NEXT_MAX);
    while (list.childElementCount > next.length) list.lastElementChild.remove();
    while (list.childElementCount < next.length) list.append(make("li", {}, make("span"), make("span")));
    for (const [index, { label, delayMs }] of next.entries()) {
      const [name, when] = list.children[index].children;
      setText(name, label);
      setText(when, `in ${(Math.max(0, delayMs) / 1000).toFixed(1)} s`);
    }
    setText(byId("timers-hint"), known === 0 ? "No timer is set: an idle engine never wakes up."
      : `${count(timers.fired)} fired so far, ${timers.early === 0 ? "none" : timers.early} too early.`);
  }
}

class ConnectionRow {
  #cells;
  #before;

  constructor(list, row) {
    this.#before = { received: row.received, sent: row.sent };
    this.#cells = Array.from({ length: 6 }, (_, index) => make("td", index > 1 ? { class: "number" } : {}));
    this.element = make("tr", {}, ...this.#cells);
    list.append(this.element);
    this.#cells[0].append(make("span", { class: "name" }, row.name),
      `${row.local} ${row.isAccepted ? "←" : "→"} ${row.remote}`);
    setText(this.#cells[1], row.way === "page" ? "in page" : "gateway");
  }

  draw(row, waiting, seconds) {
    const { received, sent } = row;
    setText(this.#cells[2], rate((received - this.#before.received) / seconds));
    setText(this.#cells[3], rate((sent - this.#before.sent) / seconds));
    setText(this.#cells[4], bytes(received + sent));
    const state = row.failure !== "" ? row.failure.replace("connection-", "") : row.endedAt !== null ? "closed" : "";
    setText(this.#cells[5], state !== "" ? state : waiting > 0 ? bytes(waiting) : "–");
    setState(this.element, row.failure !== "" ? "bad" : waiting > MUCH_BYTES ? "full" : "good");
    this.#before = { received, sent };
  }
}
