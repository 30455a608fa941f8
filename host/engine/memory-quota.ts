// Memory quotas as objects (assembly/quota/memory-quota.ts has the rules).

import type { CoreEngine } from "./core-engine.js";
import { CoreMemoryAllocator } from "./memory-allocator.js";
import type { MemoryQuota, MemoryQuotaOptions } from "./memory-interfaces.js";
import { refuse, refuseArgument } from "./status.js";

export class CoreMemoryQuota implements MemoryQuota {
  readonly name: string;
  private addressOrZero: number;
  private size: number;

  /** @internal */
  constructor(
    /** @internal */
    readonly core: CoreEngine,
    options: MemoryQuotaOptions = {},
    private readonly isEngines = false,
  ) {
    const { name = "quota", sizeBytes = Infinity } = options;
    checkSize(sizeBytes);
    this.name = name;
    this.size = sizeBytes;
    this.addressOrZero = core.exports.quota_create(sizeBytes);
    core.live.quotas++;
  }

  /** @internal */
  get address(): number {
    if (this.addressOrZero === 0) refuse(`use of the destroyed memory quota '${this.name}'`);
    return this.addressOrZero;
  }

  get sizeBytes(): number {
    return this.size;
  }

  set sizeBytes(sizeBytes: number) {
    checkSize(sizeBytes);
    this.core.exports.quota_set_size(this.address, sizeBytes);
    this.size = sizeBytes;
    this.core.touch();
  }

  get freeBytes(): number {
    return this.core.exports.quota_free(this.address);
  }

  get pressure(): number {
    return this.core.exports.quota_pressure(this.address);
  }

  createAllocator(name: string): CoreMemoryAllocator {
    return new CoreMemoryAllocator(this.core, this.core.exports.allocator_create(this.address), name);
  }

  destroy(): void {
    if (this.isEngines) refuse("destroy of the event engine's own memory quota: it ends with the engine");
    this.end();
  }

  /** @internal */
  end(): void {
    if (this.addressOrZero === 0) return;
    this.core.exports.quota_destroy(this.addressOrZero);
    this.addressOrZero = 0;
    this.core.live.quotas--;
  }

  [Symbol.dispose](): void {
    this.destroy();
  }
}

function checkSize(sizeBytes: number): void {
  if (!(sizeBytes >= 0)) refuseArgument(`a memory quota of ${sizeBytes} bytes`);
}
