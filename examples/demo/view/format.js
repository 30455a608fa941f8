// Numbers for people.

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** [value, unit] of an amount of bytes, with three digits that count. */
export function bytesParts(bytes) {
  let value = Math.abs(bytes);
  let unit = 0;
  for (; value >= 1000 && unit < UNITS.length - 1; unit++) value /= 1024;
  const digits = unit === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return [`${bytes < 0 ? "-" : ""}${value.toFixed(digits)}`, UNITS[unit]];
}

export const bytes = (count) => bytesParts(count).join(" ");

export const rate = (perSecond) => (perSecond > 0 ? `${bytes(perSecond)}/s` : "0");

/** 1,234,567 the same everywhere, whatever the reader's language: the page is in English. */
export const count = (number) => Math.round(number).toLocaleString("en");

export function milliseconds(ms) {
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`;
  return `${ms >= 100 ? ms.toFixed(0) : ms >= 10 ? ms.toFixed(1) : ms.toFixed(2)} ms`;
}

export const plural = (number, one, many = `${one}s`) => `${count(number)} ${number === 1 ? one : many}`;

/** A name in the middle of a sentence. */
export const inSentence = (name) => name[0].toLowerCase() + name.slice(1);

/** The time of day, to the second. */
export const clockTime = (date = new Date()) => date.toTimeString().slice(0, 8);
