// The list of what happened, newest last. It is a live region: what is added is read out.

import { addLine, byId, make } from "./dom.js";
import { clockTime } from "./format.js";

const LINES_MAX = 60;

export class Journal {
  #list = byId("journal");

  /** `state`: "good", "busy" (something was broken on purpose), "bad", or none. */
  tell(text, state = "none") {
    const line = make("li", { "data-state": state }, make("time", {}, clockTime()), make("span", {}, text));
    addLine(this.#list, line, LINES_MAX);
  }
}
