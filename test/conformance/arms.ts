// The ways to run one and the same core body. An arm runs the suite's command line once and tells how it ended.

export interface CoreEnding {
  code: number;
  stdout: string;
  stderr: string;
}

export interface CoreArm {
  readonly name: ArmName;
  /** Runs the suite with these words as its arguments; `onOutput` hears all of stdout so far, when it grows. */
  run(words: readonly string[], onOutput?: (text: string) => void): Promise<CoreEnding>;
  /** Gives back what the arm made. */
  end?(): void;
}

/** All arms. A body that needs a peer outside cannot run in a simulation, which has no outside. */
export const CORE_ARMS = ["node", "jco", "wasmtime"] as const;
export type ArmName = (typeof CORE_ARMS)[number];
