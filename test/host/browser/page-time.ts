// A page's time that stands still unless a test moves it, and tasks that run when the test says so.
import * as assert from "uvu/assert";
import type { PageTime } from "#host/browser/clock.js";

/** Far more than any test needs; without it a loop that never ends would hang. */
const TASKS_MAX = 100_000;

export class FakePageTime implements PageTime {
  private now = 0;
  private runTask: () => void = () => {};
  private isPosted = false;
  private taskBeganMs = 0;
  /** How long each task took, its microtasks too. */
  readonly taskMs: number[] = [];

  /** How often it was asked for. */
  looks = 0;

  nowMs(): number {
    this.looks++;
    return this.now;
  }

  taskFor(run: () => void): () => void {
    this.runTask = run;
    return () => {
      assert.not(this.isPosted, "one message at a time");
      this.isPosted = true;
    };
  }

  /** Something takes its time. */
  take(ms: number): void {
    this.now += ms;
  }

  get hasTask(): boolean {
    return this.isPosted;
  }

  /** Runs `task`, or the posted one, and what awaits behind it. */
  async task(task?: () => void): Promise<void> {
    if (task === undefined) {
      assert.ok(this.isPosted, "a message was posted");
      this.isPosted = false;
    }
    this.taskBeganMs = this.now;
    (task ?? this.runTask)();
    await new Promise((resolve) => { setImmediate(resolve); });
    this.taskMs.push(this.now - this.taskBeganMs);
  }

  /** Ends the task that called this, and runs those that are posted until none is. */
  async settle(): Promise<void> {
    await this.task(() => {});
    for (let tasks = 0; this.isPosted; tasks++) {
      assert.ok(tasks < TASKS_MAX, "it comes to rest");
      await this.task();
    }
  }
}
