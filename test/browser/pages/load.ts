// Endless work for an engine, and whether the page gets its turn meanwhile.
import { type Clock, connect, EventEngine, listen, PageClock, PageNetwork, pagePlatform } from "#host/index.browser.js";

/** What the page got done before the work was ended. */
export interface Turns {
  frames: number;
  timeouts: number;
  /** Pieces of work done until then. */
  work: number;
}

/** So many of each are enough to see that the page goes on. */
const ENOUGH = 5;
const TASKS = 200_000;
const CHUNK = new Uint8Array(65_536);

const { requestAnimationFrame } = globalThis as unknown as { requestAnimationFrame(run: () => void): void };

/** Counts frames and timeouts until there are enough of both, or `tries` pieces of work are done. */
class Watch {
  readonly turns: Turns = { frames: 0, timeouts: 0, work: 0 };

  constructor(private readonly workMax: number) {
    this.frame();
    this.timeout();
  }

  /** A piece of work is done. Says whether there should be more. */
  worked(): boolean {
    this.turns.work++;
    return !this.isOver;
  }

  get isOver(): boolean {
    const { frames, timeouts, work } = this.turns;
    return (frames >= ENOUGH && timeouts >= ENOUGH) || work >= this.workMax;
  }

  private readonly frame = (): void => {
    requestAnimationFrame(() => {
      if (this.isOver) return;
      this.turns.frames++;
      this.frame();
    });
  };

  private readonly timeout = (): void => {
    setTimeout(() => {
      if (this.isOver) return;
      this.turns.timeouts++;
      this.timeout();
    });
  };
}

/** 200,000 tasks are always waiting: each gives itself to the engine again. */
export async function tasksForever(engine: EventEngine, workMax: number): Promise<Turns> {
  const watch = new Watch(workMax);
  let waiting = TASKS;
  await new Promise<void>((resolve) => {
    const task = (): void => {
      if (watch.worked()) engine.run(task);
      else if (--waiting === 0) resolve();
    };
    for (let index = 0; index < TASKS; index++) engine.run(task);
  });
  return watch.turns;
}

/** One connection carries bytes as fast as it can. */
export async function bytesForever(engine: EventEngine, workMax: number): Promise<Turns> {
  const watch = new Watch(workMax);
  const listener = listen(engine, "127.0.0.1:0");
  const [client, server] = await Promise.all([connect(engine, listener.boundAddresses[0]!), listener.accept()]);
  if (server === null) throw new Error("the listener ended");
  const reading = (async () => {
    let bytes = 0;
    for await (const chunk of server) bytes += chunk.length;
    return bytes;
  })();
  do await client.write(CHUNK); while (watch.worked());
  await client.end();
  if (await reading !== watch.turns.work * CHUNK.length) throw new Error("bytes were lost");
  await Promise.all([client.close(), server.close(), listener.close()]);
  return watch.turns;
}

/** A clock that never lets go of the thread while there is something to do. */
function greedyClock(): Clock {
  const clock = new PageClock();
  return {
    resolutionNs: clock.resolutionNs,
    wallResolutionNs: clock.wallResolutionNs,
    monotonicNowNs: () => clock.monotonicNowNs(),
    monotonicNow: () => clock.monotonicNow(),
    wallNowNs: () => clock.wallNowNs(),
    soon: (callback) => queueMicrotask(callback),
    setTimer: (delayMs, callback) => clock.setTimer(delayMs, callback),
    clearTimer: (timer) => clock.clearTimer(timer),
  };
}

export function greedyEngine(): Promise<EventEngine> {
  const clock = greedyClock();
  return EventEngine.create({ platform: { ...pagePlatform({ network: new PageNetwork(clock) }), clock } });
}
