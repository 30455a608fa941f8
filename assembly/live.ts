// What is alive, for the leak law.

import { usedBytes } from "./abi/arena";
import * as queues from "./cq/completion-queue";
import * as operations from "./cq/operation";
import * as blocks from "./data/block";
import * as slices from "./data/slice";
import * as buffers from "./data/slice-buffer";
import * as caches from "./dns/cache";
import * as channels from "./dns/channel";
import * as exchanges from "./dns/exchange";
import * as lookups from "./dns/lookup";
import * as ports from "./dns/ports";
import * as questions from "./dns/question";
import * as resolvers from "./dns/resolver";
import * as results from "./dns/result";
import * as streamChannels from "./dns/stream-channel";
import * as tasks from "./exec/tasks";
import * as connections from "./net/connection";
import * as descriptors from "./net/descriptor";
import * as endpoints from "./net/endpoint";
import * as listeners from "./net/listener";
import * as pumps from "./net/pump";
import * as reader from "./net/reader";
import * as relays from "./net/relay";
import * as writer from "./net/writer";
import * as readiness from "./poll/readiness";
import * as allocators from "./quota/memory-allocator";
import * as quotas from "./quota/memory-quota";
import * as reclamation from "./quota/reclamation";
import * as sliceAllocator from "./quota/slice-allocator";
import * as timers from "./time/timer-heap";

/** Kinds that others ask about by name. */
export const QUOTAS: i32 = 11;
export const ALLOCATORS: i32 = 12;

/** Live records by kind, for the leak law: every one is zero when nothing is open. -1 past the last kind. */
export function live(kind: i32): i32 {
  switch (kind) {
    case 0: return readiness.liveCount();
    case 1: return timers.liveCount();
    case 2: return endpoints.liveCount();
    case 3: return pumps.liveCount();
    case 4: return relays.liveCount();
    case 5: return connections.liveCount();
    case 6: return usedBytes();
    case 7: return tasks.liveCount();
    case 8: return blocks.liveBlocks();
    case 9: return buffers.liveBuffers();
    case 10: return slices.liveSlices();
    case QUOTAS: return quotas.liveQuotas();
    case ALLOCATORS: return allocators.liveAllocators();
    case 13: return reclamation.liveReclaimers();
    case 14: return sliceAllocator.liveRequests();
    case 15: return listeners.liveCount();
    case 16: return reader.liveCount();
    case 17: return writer.liveCount();
    case 18: return queues.liveCount();
    case 19: return operations.liveCount();
    case 20: return resolvers.liveCount();
    case 21: return lookups.liveCount();
    case 22: return results.liveCount();
    case 23: return questions.liveCount();
    case 24: return exchanges.liveCount();
    case 25: return channels.liveCount();
    case 26: return ports.liveCount();
    case 27: return streamChannels.liveCount();
    case 28: return caches.liveCount();
    case 29: return descriptors.liveCount();
    case 30: return descriptors.closureCount();
    default: return -1;
  }
}
