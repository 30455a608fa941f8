// The resource table of the simulated host. It asserts what every host traps for: known handles of the right kind,
// and children dropped before their parents. It also knows which pollables became ready and says so once per edge.

export interface Resource {
  kind: string;
  parent: number;
  children: number;
  value: unknown;
}

interface Watched {
  isReady: () => boolean;
  wasReady: boolean;
}

export class FakeResources {
  readonly #resources = new Map<number, Resource>();
  readonly #watched = new Map<number, Watched>();
  readonly #queue = new Set<number>();
  readonly #freeHandles: number[] = [];
  /** Kinds and handles in the order in which they were dropped. */
  readonly drops: string[] = [];

  /** The smallest free handle, from 1 on: a handle is used again as soon as it can be. */
  add(kind: string, parent: number, value: unknown): number {
    const handle = this.#freeHandles.pop() ?? this.#resources.size + 1;
    if (this.#resources.has(handle)) throw new Error(`handle ${handle} is in use`);
    if (parent !== 0) this.#find(parent).children++;
    this.#resources.set(handle, { kind, parent, children: 0, value });
    return handle;
  }

  get<T>(handle: number, kind: string): T {
    const resource = this.#find(handle);
    if (resource.kind !== kind) throw new Error(`handle ${handle} is a ${resource.kind}, not a ${kind}`);
    return resource.value as T;
  }

  drop(handle: number, kind: string): void {
    this.get(handle, kind);
    const { parent, children } = this.#find(handle);
    if (children > 0) throw new Error(`the ${kind} ${handle} was dropped before ${children} of its children`);
    if (parent !== 0) this.#find(parent).children--;
    this.#resources.delete(handle);
    this.#watched.delete(handle);
    this.#queue.delete(handle);
    this.#freeHandles.push(handle);
    this.drops.push(`${kind} ${handle}`);
  }

  /** A pollable of `parent`. */
  watch(parent: number, isReady: () => boolean): number {
    const handle = this.add("pollable", parent, undefined);
    this.#watched.set(handle, { isReady, wasReady: false });
    this.refresh();
    return handle;
  }

  /** Queues what became ready since the last look. To be called after every change. */
  refresh(): void {
    for (const [handle, watched] of this.#watched) {
      const ready = watched.isReady();
      if (ready && !watched.wasReady) this.#queue.add(handle);
      watched.wasReady = ready;
    }
  }

  /** Queues the watchers of a resource again: a host does so when an end stands behind bytes that were read. */
  wake(parent: number): void {
    for (const handle of this.#watched.keys()) {
      if (this.#find(handle).parent === parent) this.#queue.add(handle);
    }
  }

  isReady(pollable: number): boolean {
    this.get(pollable, "pollable");
    return this.#watched.get(pollable)!.isReady();
  }

  takeReady(): number[] {
    const ready = [...this.#queue];
    this.#queue.clear();
    return ready;
  }

  hasReady(): boolean {
    return this.#queue.size > 0;
  }

  /** What is left, as `kind handle`. */
  left(): string[] {
    return [...this.#resources].map(([handle, { kind }]) => `${kind} ${handle}`);
  }

  #find(handle: number): Resource {
    const resource = this.#resources.get(handle);
    if (resource === undefined) throw new Error(`no resource has the handle ${handle}`);
    return resource;
  }
}
