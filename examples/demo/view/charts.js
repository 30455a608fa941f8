// Charts in SVG. Each is made once; `draw` changes attributes only. Each is an image with a sentence that says what it
// shows, so that who cannot see it can read it.

import { makeSvg, make } from "./dom.js";

const WIDTH = 240;
/** For the names of the lines of the pace chart. */
const PACE_MARGIN = 40;

function image(height, name) {
  return makeSvg("svg", {
    viewBox: `0 0 ${WIDTH} ${height}`, preserveAspectRatio: "none", role: "img", "aria-label": name,
  });
}

/** "M0,5 L2,7 ..." of values between 0 and `top`; the newest is at the right. */
function path(values, top, height) {
  const step = WIDTH / Math.max(1, values.length - 1);
  const y = (value) => (height - 1 - (Math.min(value, top) / top) * (height - 3)).toFixed(1);
  return `M${values.map((value, index) => `${(index * step).toFixed(1)},${y(value)}`).join("L")}`;
}

/** One quantity over the last half minute. */
export class Sparkline {
  #height = 30;
  #curve = makeSvg("path", { class: "curve" });
  #area = makeSvg("path", { class: "area" });
  #name;

  constructor(name, colour) {
    this.#name = name;
    this.element = image(this.#height, name);
    this.element.classList.add(colour);
    this.element.append(this.#area, this.#curve);
  }

  draw(values, inWords) {
    const line = path(values, Math.max(1e-9, ...values), this.#height);
    this.#curve.setAttribute("d", line);
    this.#area.setAttribute("d", `${line}L${WIDTH},${this.#height}L0,${this.#height}Z`);
    this.element.setAttribute("aria-label", `${this.#name}: ${inWords}`);
  }
}

/** Two quantities in milliseconds on one logarithmic scale, from 0.1 ms to a second. */
export class PaceChart {
  #height = 118;
  #svg = makeSvg("svg", { viewBox: `0 0 ${WIDTH} ${this.#height}`, role: "img" });
  #turn = makeSvg("path", { class: "curve violet" });
  #gap = makeSvg("path", { class: "curve out" });
  #turnText = make("b");
  #gapText = make("b");

  constructor(parent) {
    const marks = [[1, "1 ms", 3], [8, "8 ms", 6], [16.7, "a frame", 1], [100, "100 ms", 3], [1000, "1 s", 3]];
    for (const [ms, name, down] of marks) {
      const y = this.#y(ms);
      this.#svg.append(makeSvg("line", { class: "grid-line", x1: 0, x2: WIDTH - PACE_MARGIN, y1: y, y2: y }),
        makeSvg("text", { class: "chart-label", x: WIDTH, y: y + down, "text-anchor": "end" }, name));
    }
    this.#svg.append(this.#gap, this.#turn);
    parent.append(this.#svg, make("p", { class: "legend" },
      make("span", {}, make("i", { class: "violet" }), "turn ", this.#turnText),
      make("span", {}, make("i", { class: "out" }), "frame gap ", this.#gapText)));
  }

  draw(turns, gaps) {
    this.#turn.setAttribute("d", this.#path(turns));
    this.#gap.setAttribute("d", this.#path(gaps));
    const [turn, gap] = [turns, gaps].map((values) => `at most ${Math.max(...values).toFixed(1)} ms`);
    this.#turnText.textContent = turn;
    this.#gapText.textContent = gap;
    this.#svg.setAttribute("aria-label", `In the last half minute a turn took ${turn}, and the gap between two ` +
      `frames was ${gap}`);
  }

  #y(ms) {
    return this.#height - 4 - (Math.log10(Math.max(.1, Math.min(1000, ms))) + 1) * ((this.#height - 12) / 4);
  }

  #path(values) {
    const step = (WIDTH - PACE_MARGIN) / (values.length - 1);
    const point = (ms, index) => `${(index * step).toFixed(1)},${this.#y(ms).toFixed(1)}`;
    return `M${values.map(point).join("L")}`;
  }
}

/** How often each of some classes came; heights are logarithmic, so that one slow turn in a million shows. */
export class Histogram {
  #height = 62;
  #svg;
  #bars;
  #counts;
  #name;
  #labels;

  constructor(parent, name, labels, colour) {
    this.#name = name;
    this.#labels = labels;
    this.#svg = makeSvg("svg", { viewBox: `0 0 ${WIDTH} ${this.#height}`, role: "img", "aria-label": name,
      class: colour });
    const step = WIDTH / labels.length;
    const text = (index, y) => makeSvg("text", { class: "chart-label", x: (index + .5) * step, y,
      "text-anchor": "middle" });
    this.#bars = labels.map((_, index) => {
      return makeSvg("rect", { class: "bar", x: index * step + 2, width: step - 4, rx: 1.5 });
    });
    this.#counts = labels.map((_, index) => text(index, 0));
    const names = labels.map((label, index) => {
      const node = text(index, this.#height - 1);
      node.textContent = label;
      return node;
    });
    const base = makeSvg("line", { class: "grid-line", x1: 0, x2: WIDTH, y1: 50, y2: 50 });
    this.#svg.append(base, ...this.#bars, ...this.#counts, ...names);
    parent.append(this.#svg);
  }

  draw(counts) {
    const most = Math.log2(1 + Math.max(1, ...counts));
    for (const [index, count] of counts.entries()) {
      const height = count === 0 ? 0 : Math.max(1.5, (Math.log2(1 + count) / most) * 38);
      this.#bars[index].setAttribute("height", height);
      this.#bars[index].setAttribute("y", 50 - height);
      this.#counts[index].setAttribute("y", 47 - height);
      this.#counts[index].textContent = count === 0 ? "" : short(count);
    }
    const told = counts.flatMap((count, index) => {
      const label = this.#labels[index];
      return count > 0 ? [`${short(count)} ${label === "more" ? label : `up to ${label}`}`] : [];
    });
    const inWords = told.join(", ") || "none";
    this.#svg.setAttribute("aria-label", `${this.#name}, turns of the last ten seconds: ${inWords}`);
  }
}

function short(count) {
  if (count < 1000) return String(count);
  return count < 1e6 ? `${(count / 1000).toFixed(count < 1e4 ? 1 : 0)}k` : `${(count / 1e6).toFixed(1)}M`;
}

/** How much of the quota is taken. */
export class Gauge {
  #fill = makeSvg("path", { pathLength: 100 });
  #value = makeSvg("text", { class: "gauge-value", x: 100, y: 82 });
  #svg = makeSvg("svg", { viewBox: "0 0 200 106", role: "img" });

  constructor(parent) {
    const arc = "M24,100 A76,76 0 0 1 176,100";
    this.#fill.setAttribute("d", arc);
    this.#svg.append(makeSvg("path", { class: "gauge-rail", d: arc }), this.#fill, this.#value,
      makeSvg("text", { class: "gauge-name", x: 100, y: 99 }, "of the quota"));
    parent.append(this.#svg);
  }

  draw(share) {
    const text = `${(share * 100).toFixed(share < .1 ? 1 : 0)} %`;
    this.#fill.setAttribute("class", `gauge-fill ${share > 1 ? "bad" : share > .75 ? "warn" : "in"}`);
    this.#fill.setAttribute("stroke-dasharray", `${(Math.min(1, share) * 100).toFixed(1)} 100`);
    this.#value.textContent = text;
    this.#svg.setAttribute("aria-label", `Memory: ${text} of the quota is taken`);
  }
}

/** The pressure of a quota, from 0 to 1. */
export class PressureBar {
  #fill = makeSvg("rect", { class: "bar", height: 8 });
  #svg = makeSvg("svg", { viewBox: "0 0 100 8", preserveAspectRatio: "none", role: "img" });
  #value = make("b");

  constructor(parent) {
    this.#svg.append(makeSvg("rect", { class: "meter-rail", width: 100, height: 8 }), this.#fill);
    parent.append(make("div", { class: "meter" }, make("span", {}, "Pressure"), this.#svg, this.#value));
  }

  draw(pressure) {
    this.#fill.setAttribute("width", pressure * 100);
    this.#fill.setAttribute("class", `bar ${pressure > .9 ? "bad" : pressure > .5 ? "warn" : "in"}`);
    this.#value.textContent = pressure.toFixed(2);
    this.#svg.setAttribute("aria-label", `Pressure on memory: ${pressure.toFixed(2)} of 1`);
  }
}

/** When the timers of the next ten seconds are due: a tick each, and a taller one where many meet. */
export class DeadlineStrip {
  #slots = 120;
  #ticks;
  #svg = makeSvg("svg", { viewBox: `0 0 ${WIDTH} 44`, role: "img", "aria-label": "Timers", class: "violet" });

  constructor(parent) {
    this.#ticks = Array.from({ length: this.#slots }, (_, slot) => {
      return makeSvg("rect", { class: "bar", x: slot * (WIDTH / this.#slots), width: 1.4, y: 30, height: 0 });
    });
    const label = (text, x, anchor) => {
      return makeSvg("text", { class: "chart-label", x, y: 42, "text-anchor": anchor }, text);
    };
    this.#svg.append(makeSvg("line", { class: "grid-line", x1: 0, x2: WIDTH, y1: 30.5, y2: 30.5 }), ...this.#ticks,
      label("now", 0, "start"), label("5 s", WIDTH / 2, "middle"), label("10 s", WIDTH, "end"));
    parent.append(this.#svg);
  }

  /** `delaysMs`: how far away each timer is. */
  draw(delaysMs) {
    const counts = new Array(this.#slots).fill(0);
    for (const delay of delaysMs) {
      if (delay < 10_000) counts[Math.max(0, Math.floor(delay / (10_000 / this.#slots)))]++;
    }
    const most = Math.max(4, ...counts);
    for (const [slot, count] of counts.entries()) {
      const height = (count === 0 ? 0 : Math.max(4, (count / most) * 28)).toFixed(1);
      this.#ticks[slot].setAttribute("height", height);
      this.#ticks[slot].setAttribute("y", 30 - height);
    }
    this.#svg.setAttribute("aria-label", `Timers that are set: ${delaysMs.length}, by when they are due`);
  }
}
