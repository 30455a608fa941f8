// What the tests of the demo ask a page, as expressions: names of controls, contrast, and whether the focus is seen.

/** Controls without a label, and buttons that are none; by id or text. */
export const LITTLE_NAMED = `(() => {
  const labelled = (field) => field.labels.length > 0 && field.labels[0].textContent.trim() !== "";
  const fields = [...document.querySelectorAll("input, select")].filter((field) => !labelled(field));
  const fakes = [...document.querySelectorAll("[onclick], div[tabindex='0']:not([role]), span[tabindex]")];
  return [...fields, ...fakes].map((node) => node.id || node.textContent);
})()`;

/** "" when the element with the focus shows that it has it. */
export const UNSEEN_FOCUS = `(() => {
  const node = document.activeElement;
  if (node === document.body || node.id === "controls") return "";
  const { outlineStyle, outlineWidth } = getComputedStyle(node);
  const { width, height } = node.getBoundingClientRect();
  const isSeen = outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 && width > 0 && height > 0;
  return isSeen ? "" : node.outerHTML.slice(0, 100);
})()`;

/**
 * Every text that is seen, against what lies behind it: 4.5 to 1, or 3 to 1 when it is large; curves and bars 3 to 1.
 * Colours are read off a canvas, because they may be written in any way.
 */
export const CONTRAST = `(() => {
  const context = Object.assign(document.createElement("canvas"), { width: 1, height: 1 })
    .getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data];
  };
  const luminance = ([r, g, b]) => [r, g, b].map((value) => value / 255)
    .map((value) => (value <= .04045 ? value / 12.92 : ((value + .055) / 1.055) ** 2.4))
    .reduce((sum, value, index) => sum + value * [.2126, .7152, .0722][index], 0);
  const behind = (node) => {
    for (let each = node; each !== null; each = each.parentElement) {
      const colour = rgba(getComputedStyle(each).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255, 255];
  };
  const ratio = (one, other) => {
    const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (high + .05) / (low + .05);
  };
  let checked = 0;
  const weak = [];
  const judge = (node, colour, wanted) => {
    checked++;
    const found = ratio(rgba(colour), behind(node));
    if (found < wanted) weak.push(node.tagName + " " + node.textContent.slice(0, 40) + " " + found.toFixed(2));
  };
  const ownText = (node) => [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim() !== "");
  for (const node of document.querySelectorAll("body *")) {
    if (node.closest("noscript, .skip, [hidden]") || node.getClientRects().length === 0) continue;
    const style = getComputedStyle(node);
    const isGraphic = node instanceof SVGElement;
    if (ownText(node)) {
      const size = parseFloat(style.fontSize);
      const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
      judge(node, isGraphic ? style.fill : style.color, isLarge ? 3 : 4.5);
    } else if (isGraphic && node.matches(".bar, .curve, .gauge-fill")) {
      judge(node, node.matches(".bar") ? style.fill : style.stroke, 3);
    }
  }
  return { checked, weak };
})()`;
