// The one loop that draws: it measures the gaps between animation frames, and four times a second lets the
// instruments draw. Nothing else draws, so nothing is drawn twice in a frame.

const SAMPLE_MS = 250;
/** A page that was hidden has no frames; the first gap after it says nothing. */
const ABSURD_MS = 5000;

export class Frames {
  #last = 0;
  #sampledAt = 0;
  #gapInSample = 0;
  /** Since `resetLongest`, in milliseconds. */
  longestMs = 0;

  resetLongest() {
    this.longestMs = 0;
  }

  /** `draw(seconds, longestGapMs)` with what passed since the last call. */
  start(draw) {
    const frame = (now) => {
      requestAnimationFrame(frame);
      const gap = now - this.#last;
      this.#last = now;
      if (gap < ABSURD_MS) {
        this.#gapInSample = Math.max(this.#gapInSample, gap);
        this.longestMs = Math.max(this.longestMs, gap);
      }
      if (now - this.#sampledAt < SAMPLE_MS) return;
      draw((now - this.#sampledAt) / 1000, this.#gapInSample);
      this.#sampledAt = now;
      this.#gapInSample = 0;
    };
    requestAnimationFrame((now) => {
      this.#last = this.#sampledAt = now;
      requestAnimationFrame(frame);
    });
  }
}
