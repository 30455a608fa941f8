// Faults that the engine itself has to bear: more tasks, more timers and less memory than anybody would plan for.

import { bytes, count, milliseconds } from "../view/format.js";
import { expect } from "./streams.js";

const TASKS = 100_000;
const TIMERS = 2000;
const TIMERS_OVER_MS = 4000;
const SQUEEZE_MS = 5000;
const SQUEEZED_BYTES = 512 << 10;

export const floodOfTasks = (lab, frames) => ({
  id: "flood",
  name: "A flood of tasks",
  what: `${count(TASKS)} tasks at once. The page must go on drawing while they run.`,
  run: async (tell) => {
    const began = performance.now();
    frames.resetLongest();
    let sum = 0;
    await new Promise((resolve) => {
      const task = lab.counted(() => {
        sum++;
        // A little work, so that the flood takes a while.
        for (let step = 0; step < 400; step++) Math.imul(step, sum);
        if (sum === TASKS) resolve();
      });
      for (let number = 0; number < TASKS; number++) lab.engine.run(task);
    });
    const took = performance.now() - began;
    tell(`All ran after ${milliseconds(took)}.`);
    await new Promise((resolve) => setTimeout(resolve, 120)); // lets the next frame be measured
    const gap = frames.longestMs;
    expect(sum === TASKS, `${count(sum)} tasks ran`);
    return `${count(TASKS)} tasks ran in ${milliseconds(took)}, in order; the longest gap between two frames was ` +
      `${milliseconds(gap)}.`;
  },
});

export const burstOfTimers = (lab) => ({
  id: "timers",
  name: "A burst of timers",
  what: `${count(TIMERS)} timers within ${TIMERS_OVER_MS / 1000} seconds, a third of them cancelled again.`,
  run: async (tell) => {
    let fired = 0;
    let cancelled = 0;
    let latest = 0;
    let earliest = Infinity;
    const expected = [];
    await new Promise((resolve) => {
      for (let number = 0; number < TIMERS; number++) {
        // Spread unevenly, so that some moments are crowded.
        const delay = 200 + (TIMERS_OVER_MS - 200) * ((number * 0.618034) % 1) ** 2;
        const cancel = lab.timers.set(delay, `burst ${number + 1}`, (lateMs) => {
          fired++;
          latest = Math.max(latest, lateMs);
          earliest = Math.min(earliest, lateMs);
        });
        if (number % 3 === 0) expected.push(cancel);
      }
      tell(`${count(TIMERS)} are in the heap; ${count(expected.length)} of them get cancelled.`);
      for (const cancel of expected) if (cancel()) cancelled++;
      lab.timers.set(TIMERS_OVER_MS + 50, "the end of the burst", resolve);
    });
    expect(cancelled === expected.length, `${cancelled} of ${expected.length} were cancelled`);
    expect(fired + cancelled === TIMERS, `${fired} fired and ${cancelled} were cancelled, of ${TIMERS}`);
    expect(earliest > -.2, `one came ${milliseconds(-earliest)} early`);
    return `${count(fired)} fired, ${count(cancelled)} were cancelled and never ran, none was early; the latest came ` +
      `${milliseconds(latest)} late.`;
  },
});

export const quotaSqueeze = (lab, cache, stillAnswers) => ({
  id: "quota",
  name: "Squeeze the quota",
  what: `The bound on memory falls to ${bytes(SQUEEZED_BYTES)}. The cache must be given back, and traffic must go on.`,
  run: async (tell) => {
    const { memoryQuota } = lab.engine;
    const whole = memoryQuota.sizeBytes;
    memoryQuota.sizeBytes = SQUEEZED_BYTES;
    let highest = 0;
    const until = performance.now() + SQUEEZE_MS;
    while (performance.now() < until) {
      highest = Math.max(highest, memoryQuota.pressure);
      tell(`Pressure ${memoryQuota.pressure.toFixed(2)}; ${bytes(memoryQuota.sizeBytes - memoryQuota.freeBytes)} of ` +
        `${bytes(SQUEEZED_BYTES)} taken.`);
      await lab.timers.wait(200, "look at the pressure");
    }
    const given = cache.givenBytes;
    memoryQuota.sizeBytes = whole;
    await stillAnswers(lab);
    expect(given > 0, "nobody gave memory back");
    cache.fill();
    return `Pressure rose to ${highest.toFixed(2)}, the cache gave ${bytes(given)} back, and the engine went on. ` +
      `The quota is ${bytes(whole)} again.`;
  },
});
