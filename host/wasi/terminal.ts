// wasi:cli/terminal-input and terminal-output: that one of the standard streams is a terminal. They can do nothing
// else.

import { Kind } from "./kind.js";
import { Resource } from "./resource.js";

export class Terminal extends Resource {
  constructor(readonly kind: Kind.TerminalInput | Kind.TerminalOutput) {
    super();
  }

  release(): void {}
}
