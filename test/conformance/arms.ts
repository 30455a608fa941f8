// The ways to run one and the same core body. An arm runs the suite's command line once and tells how it ended.

export interface CoreEnding {
  code: number;
  stdout: string;
  stderr: string;
}

export type RunBody = (words: readonly string[], onOutput?: (text: string) => void) => Promise<CoreEnding>;
/** Plays what a body needs from outside, and runs the body meanwhile. */
export type Peer = (run: RunBody) => Promise<CoreEnding>;

export interface CoreArm {
  readonly name: CoreArmName;
  /** Runs the suite with these words as its arguments; `onOutput` hears all of stdout so far, when it grows. */
  readonly run: RunBody;
  /** Where the arm plays peers of its own. */
  readonly peers?: Readonly<Record<string, Peer>>;
  /** Gives back what the arm made. */
  end?(): void;
}

export const CORE_ARMS = ["node", "jco", "run", "wasmtime", "sim", "page", "chromium", "firefox", "webkit"] as const;
export type CoreArmName = (typeof CORE_ARMS)[number];

export const FACE_ARMS = ["node", "managed", "sim", "page", "chromium", "firefox", "webkit"] as const;
export type FaceArmName = (typeof FACE_ARMS)[number];

/** Arms that have no outside, and what can be played there all the same. */
export const CLOSED: readonly CoreArmName[] = ["sim", "page", "chromium", "firefox", "webkit"];
const INSIDE = ["alone", "black-hole", "nameserver"];

/** Whether a body with this peer can run there. */
export function canPlay(arm: CoreArmName, peer: string): boolean {
  return !CLOSED.includes(arm) || INSIDE.includes(peer);
}
