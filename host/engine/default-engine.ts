// The process-wide default engine, for code that was given none. A channel or a server that wants an engine to itself
// is simply handed one: `await EventEngine.create()`.
//
// What `getDefaultEventEngine` gives, first match:
//   1  the engine of `setDefaultEventEngine`; its owner closes it
//   2  the engine that the default made before, while somebody still uses it, unless it failed or was closed
//   3  a new one, from the factory; closed when its last user released it

import { EventEngine } from "./event-engine.js";
import type * as face from "./interfaces.js";

export type EventEngineFactory = () => face.EventEngine | Promise<face.EventEngine>;

/** Engines that nobody gets any more, while their last release is awaited or under way. */
const closing = new Set<Shared>();

/**
 * An engine and its users:
 *
 *   USED -- the last release --> CLOSING (when the default made it) --> GONE: those who wait for that are told
 *     +---- it could not be made, and its last user was told -------------^
 */
class Shared {
  users = 0;
  /** Known once it is made. */
  private known: face.EventEngine | null = null;
  private waiters: (() => void)[] = [];

  constructor(
    readonly engine: Promise<face.EventEngine>,
    private readonly isOurs: boolean,
  ) {
    engine.then((known) => { this.known = known; }, () => {}); // who asked for it hears why there is none
  }

  /** It failed, or a user closed it: it serves nobody any more. */
  get isSpent(): boolean {
    return this.known?.isClosed === true;
  }

  /** One user less. The last one closes an engine that the default made. */
  async release(): Promise<void> {
    if (this.leave()) return;
    closing.add(this);
    try {
      if (this.isOurs) await (await this.engine).close();
    } finally {
      this.gone();
    }
  }

  /** One user less, who never got the engine. */
  abandon(): void {
    if (!this.leave()) this.gone();
  }

  /** Waits until it has no users, and is closed if the default made it. Those who release it hear how that went. */
  async unused(): Promise<void> {
    if (this.users > 0 || closing.has(this)) await new Promise<void>((resolve) => { this.waiters.push(resolve); });
  }

  /** Whether somebody still uses it. Otherwise nobody gets it any more. */
  private leave(): boolean {
    this.users--;
    if (this.users === 0 && this === made) made = null;
    return this.users > 0;
  }

  private gone(): void {
    closing.delete(this);
    for (const waiter of this.waiters.splice(0)) waiter();
  }
}

const ownFactory: EventEngineFactory = () => EventEngine.create();

let factory = ownFactory;
let provided: Shared | null = null;
let made: Shared | null = null;

/** A use of the default engine. It keeps the engine open until `release`. */
export class SharedEventEngine implements AsyncDisposable {
  private isReleased = false;

  /** @internal */
  constructor(
    readonly engine: face.EventEngine,
    private readonly shared: Shared,
  ) {}

  /** Ends this use. Idempotent. Of the last use: resolves when the engine is closed, if the default made it. */
  async release(): Promise<void> {
    if (this.isReleased) return;
    this.isReleased = true;
    await this.shared.release();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }
}

/** The default engine, made now if there is none. The caller releases what it gets. */
export async function getDefaultEventEngine(): Promise<SharedEventEngine> {
  if (made?.isSpent) {
    closing.add(made); // its users release it as ever
    made = null;
  }
  const shared = provided ?? (made ??= new Shared(Promise.resolve().then(factory), true));
  shared.users++;
  try {
    return new SharedEventEngine(await shared.engine, shared);
  } catch (error) {
    shared.abandon();
    throw error;
  }
}

/**
 * Makes `engine` the default; it stays its owner's, who closes it. Null: the default makes its own again. Either way
 * those who got an engine before keep it until they release it.
 */
export function setDefaultEventEngine(engine: face.EventEngine | null): void {
  made = null;
  provided = engine === null ? null : new Shared(Promise.resolve(engine), false);
}

/**
 * Forgets the default engine, and waits until its last user released it (and it is closed, if the default made it);
 * also for one whose last release is under way. A close that fails is told to whoever released the engine.
 */
export async function shutdownDefaultEventEngine(): Promise<void> {
  const all = [provided ?? made, ...closing];
  provided = null;
  made = null;
  await Promise.all(all.map((shared) => shared?.unused()));
}

/** From now on the default makes engines this way. An engine that was set goes first. */
export function setEventEngineFactory(make: EventEngineFactory): void {
  factory = make;
}

export function resetEventEngineFactory(): void {
  factory = ownFactory;
}
