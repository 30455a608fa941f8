// Making and changing elements. Text goes in as text, never as HTML, so that nothing from outside can become markup.

const SVG = "http://www.w3.org/2000/svg";

export const byId = (id) => document.getElementById(id);

/** An element: make("p", { class: "hint" }, "text", child). */
export function make(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

export function makeSvg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/** Changes a text only when it is another one: what did not change costs no layout, and is not read out again. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function setState(node, state) {
  if (node.dataset.state !== state) node.dataset.state = state;
}

/** A button that stays focusable while it is busy, unlike a disabled one. */
export function setBusy(button, isBusy) {
  button.setAttribute("aria-disabled", String(isBusy));
}

export const isBusy = (button) => button.getAttribute("aria-disabled") === "true";

/** Adds a line at the end of a log that keeps `max` of them, and stays at its end if the reader was there. */
export function addLine(list, line, max) {
  const wasAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 24;
  list.append(line);
  while (list.childElementCount > max) list.firstElementChild.remove();
  if (wasAtEnd) list.scrollTop = list.scrollHeight;
}
