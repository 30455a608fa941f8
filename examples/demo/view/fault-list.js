// The list of faults: a button each, what it will do, and what came of it.

import { byId, isBusy, make, setBusy, setState, setText } from "./dom.js";
import { inSentence } from "./format.js";

export class FaultList {
  #journal;
  /** Names of those that run now. */
  running = new Set();
  onChange = () => {};

  /** A fault is { id, name, what, run(tell) }: `run` answers a sentence, or throws when the engine did not survive. */
  constructor(faults, journal) {
    this.#journal = journal;
    for (const fault of faults) byId("faults").append(this.#item(fault));
  }

  #item(fault) {
    const title = make("strong", { id: `fault-${fault.id}` }, fault.name);
    const what = make("p", { class: "what", id: `what-${fault.id}` }, fault.what);
    const outcome = make("p", { class: "outcome" }); // the journal reads it out
    outcome.hidden = true;
    const button = make("button", {
      type: "button", id: `inject-${fault.id}`, "aria-labelledby": `inject-${fault.id} fault-${fault.id}`,
      "aria-describedby": `what-${fault.id}`,
    }, "Inject");
    button.addEventListener("click", () => {
      if (!isBusy(button)) void this.#run(fault, button, outcome);
    });
    return make("li", {}, title, button, outcome, what);
  }

  async #run(fault, button, outcome) {
    const tell = (text, state = "busy") => {
      outcome.hidden = false;
      setText(outcome, text);
      setState(outcome, state);
    };
    setBusy(button, true);
    setText(button, "Running");
    this.running.add(fault.name);
    this.onChange();
    this.#journal.tell(`Fault: ${inSentence(fault.name)}.`, "busy");
    try {
      const text = await fault.run(tell);
      tell(text, "good");
      this.#journal.tell(text, "good");
    } catch (error) {
      const text = `Not survived: ${error instanceof Error ? error.message : error}`;
      tell(text, "bad");
      this.#journal.tell(text, "bad");
    }
    this.running.delete(fault.name);
    setBusy(button, false);
    setText(button, "Inject");
    this.onChange();
  }
}
