// Standard input for a program of the page: what is typed, when it is typed, until `end`.

export class LineInput {
  #waiting = [];
  #hasEnded = false;
  #wake = () => {};

  give(text) {
    this.#waiting.push(text);
    this.#wake();
  }

  end() {
    this.#hasEnded = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator]() {
    for (;;) {
      while (this.#waiting.length > 0) yield this.#waiting.shift();
      if (this.#hasEnded) return;
      await new Promise((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
