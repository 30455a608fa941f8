// Something that was asked of the gateway and is not answered.
//
//   ASKED --frame about its id, FAIL, session lost--> ANSWERED, once          cancel(): CLOSE, and nothing is told

import type { ErrorCode } from "../../wasi/error-code.js";
import type { Request } from "../../wasi/transport.js";
import { CLOSE, FAIL, type Frame, plainFrame } from "../frames.js";
import type { Session, SessionObject } from "./session.js";

export class GatewayRequest implements Request, SessionObject {
  private readonly id: number;
  private isOver = false;

  /** `answered` runs once: with the error, or with the answer. False when that is no answer to this. */
  constructor(
    private readonly session: Session,
    frameFor: (id: number) => Uint8Array,
    private readonly answered: (answer: Frame | ErrorCode) => boolean,
  ) {
    this.id = session.begin(this, frameFor);
  }

  cancel(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.session.forget(this.id);
    this.session.send(plainFrame(CLOSE, this.id));
  }

  frameArrived(frame: Frame): boolean {
    this.isOver = true;
    this.session.forget(this.id);
    return this.answered(frame.type === FAIL ? frame.code : frame);
  }

  sessionLost(code: ErrorCode): void {
    this.isOver = true;
    this.answered(code);
  }
}
