// Completion queues as a naive model: counts and lists, nothing else.

export interface ModelEvent {
  tag: number;
  code: number;
}

export interface ModelOperation {
  readonly queue: ModelQueue;
  readonly tag: number;
}

export class ModelQueue {
  readonly events: ModelEvent[] = [];
  pending = 1;
  isShutDownCalled = false;
  isDestroyed = false;
  /** Times that it told that it is ready, and whether nobody has looked since. */
  told = 0;
  isTold = false;

  constructor(
    readonly isCallback: boolean,
    readonly isPluck: boolean,
    readonly shutdownTag: number,
    readonly functors: ModelEvent[],
  ) {}

  get isShutDown(): boolean {
    return this.pending === 0;
  }

  begin(tag: number): ModelOperation | null {
    if (this.pending === 0) return null;
    this.pending++;
    return { queue: this, tag };
  }

  /** Whether there is an event. */
  end({ tag }: ModelOperation, code: number): boolean {
    const lost = this.isDestroyed && !this.isCallback;
    if (this.isCallback) this.functors.push({ tag, code });
    else if (!lost && (this.events.push({ tag, code }) === 1 || this.isPluck)) this.tell();
    this.release();
    return !lost;
  }

  drop(): void {
    this.release();
  }

  shutdown(): void {
    if (this.isShutDownCalled) return;
    this.isShutDownCalled = true;
    this.release();
  }

  destroy(): void {
    this.isDestroyed = true;
    this.shutdown();
  }

  take(): ModelEvent | null {
    return this.events.shift() ?? null;
  }

  pluck(tag: number): ModelEvent | null {
    const index = this.events.findIndex((event) => event.tag === tag);
    return index < 0 ? null : this.events.splice(index, 1)[0]!;
  }

  private release(): void {
    if (--this.pending > 0) return;
    if (this.shutdownTag !== 0) this.functors.push({ tag: this.shutdownTag, code: 0 });
    if (!this.isDestroyed) this.tell();
  }

  private tell(): void {
    if (!this.isTold) this.told++;
    this.isTold = true;
  }
}
