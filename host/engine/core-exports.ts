// What the core exports for the TypeScript face, typed. Everything is a plain number: objects are addresses in linear
// memory, and whoever was given one gives it back exactly once. docs/architecture.md ("Two ways in") has the table.

import type { ProgramExports } from "./core-program.js";

type Address = number;

interface TaskExports {
  engine_start(): void;
  /** Answers how many tasks were dropped. From then on `turn` answers -2 once nothing is left. */
  engine_shutdown(): number;
  /** What `turn` would answer now. */
  next_turn(): number;
  ring_state(): Address;
  argument_area(): Address;
  /** RUN entries will say how many of the face's own closures of a priority (0–4) may run; they add up to `count`. */
  run_batch(count: number, priority: number): void;
  /** Answers the slot; the generation is result 0. */
  task_at(deadlineNs: number, mode: number, slackNs: number, priority: number): number;
  task_run_with_status(): number;
  task_cancel(slot: number, generation: number): number;
  /** 1: the task had not begun, was cancelled or not, and will have no entry. */
  task_drop(slot: number, generation: number): number;
  /** A count by kind (docs/statistics.md); -1 for none. */
  statistic(kind: number): number;
  set_turn_bound(calls: number): void;
}

interface SliceExports {
  slice_create(allocator: Address, min: number, max: number): Address;
  slice_ref(slice: Address): Address;
  slice_destroy(slice: Address): void;
  /** The length is result 0. */
  slice_address(slice: Address): Address;
  slice_sub(slice: Address, begin: number, end: number): Address;
  slice_buffer_create(): Address;
  slice_buffer_destroy(buffer: Address): void;
  slice_buffer_clear(buffer: Address): void;
  slice_buffer_length(buffer: Address): number;
  slice_buffer_count(buffer: Address): number;
  /** The length is result 0. */
  slice_buffer_at(buffer: Address, index: number): Address;
  slice_buffer_mutable_at(buffer: Address, index: number): Address;
  slice_buffer_append_space(buffer: Address, allocator: Address, bytes: number): Address;
  slice_buffer_prepend_space(buffer: Address, bytes: number): Address;
  slice_buffer_take_first(buffer: Address): Address;
  slice_buffer_append(buffer: Address, slice: Address): void;
  slice_buffer_prepend(buffer: Address, slice: Address): void;
  slice_buffer_move_first(source: Address, bytes: number, target: Address): void;
  slice_buffer_move_last(source: Address, bytes: number, target: Address): void;
  slice_buffer_trim_end(buffer: Address, bytes: number): void;
  slice_buffer_swap(a: Address, b: Address): void;
}

interface QuotaExports {
  quota_create(sizeBytes: number): Address;
  quota_destroy(quota: Address): void;
  quota_set_size(quota: Address, sizeBytes: number): void;
  quota_pressure(quota: Address): number;
  quota_free(quota: Address): number;
  allocator_create(quota: Address): Address;
  allocator_shutdown(allocator: Address): void;
  allocator_reserve(allocator: Address, min: number, max: number): number;
  allocator_release(allocator: Address, bytes: number): void;
  reclaimer_post(allocator: Address, pass: number, tag: number): void;
  sweep_finish(sweep: Address): void;
  slice_allocate(allocator: Address, bytes: number, buffer: Address, tag: number): number;
}

interface NetExports {
  endpoint_read(endpoint: Address, buffer: Address, hintBytes: number, mayCompleteInline: number): number;
  endpoint_write(endpoint: Address, buffer: Address, maxFrameBytes: number, mayCompleteInline: number): number;
  endpoint_shutdown_send(endpoint: Address): void;
  endpoint_destroy(endpoint: Address): void;
  endpoint_set_tag(endpoint: Address, tag: number): void;
  endpoint_set_allocator(endpoint: Address, allocator: Address): void;
  endpoint_local(endpoint: Address, target: Address): void;
  endpoint_peer(endpoint: Address, target: Address): void;
  listener_create(tag: number, quota: Address): Address;
  /** The port, or a reason below zero. */
  listener_bind(listener: Address): number;
  listener_start(listener: Address): number;
  listener_pause(listener: Address): void;
  listener_resume(listener: Address): void;
  listener_close(listener: Address): void;
  /** Answers the slot; the generation is result 0. */
  connect_start(count: number, deadlineNs: number, tag: number): number;
  connect_cancel(slot: number, generation: number): number;
}

/** An event is in the results: 0 tag, 1 code | reason << 8, 2 value. */
interface QueueExports {
  cq_factory_lookup(version: number, completionType: number, pollingType: number): number;
  cq_create(factory: number, word: number, shutdownTag: number): Address;
  /** Comes before a look at a queue that an entry named: only then is there another entry. */
  cq_heard(queue: Address): void;
  /** 0: the queue is shut down, or too many are outstanding. */
  cq_begin_op(queue: Address, tag: number): Address;
  /** 0: the queue is gone. */
  cq_end_op(operation: Address, code: number, reason: number, value: number): number;
  cq_drop_op(operation: Address): void;
  cq_take(queue: Address): number;
  cq_pluck(queue: Address, tag: number): number;
  cq_take_callback(): number;
  cq_shutdown(queue: Address): void;
  cq_is_shut_down(queue: Address): number;
  cq_length(queue: Address): number;
  cq_destroy(queue: Address): void;
}

/** Conditions: 0 readable, 1 writable, 2 has-error. */
interface DescriptorExports {
  /** Takes an endpoint over that has no outstanding read or write. */
  descriptor_register(endpoint: Address): Address;
  /** One DESCRIPTOR entry with this tag, whatever happens; a: condition | outcome << 8, outcome 1: the deadline. */
  descriptor_notify(descriptor: Address, condition: number, deadlineNs: number, tag: number): void;
  descriptor_clear(descriptor: Address, condition: number): void;
  descriptor_force(descriptor: Address, condition: number): void;
  descriptor_set_priority(descriptor: Address, condition: number, priority: number): void;
  /** Bytes; 0: none now; below 0 a reason, whose code is result 0. */
  descriptor_read(descriptor: Address, buffer: Address, most: number): number;
  descriptor_write(descriptor: Address, buffer: Address): number;
  descriptor_shutdown_send(descriptor: Address): void;
  /** By condition a bit for set, and one for registered four bits above; bit 8: closed. */
  descriptor_state(descriptor: Address): number;
  /** What is registered is queued. Afterwards only `descriptor_destroy`. */
  descriptor_close(descriptor: Address): void;
  descriptor_release(descriptor: Address): Address;
  descriptor_destroy(descriptor: Address): void;
}

/** Results are read in place (dns-results.ts) and released. */
interface DnsExports {
  /** Room for the two texts that a call takes, one behind the other (dns-resolver.ts). */
  dns_text_area(): Address;
  /** 0: result 0 is the result that says why not. */
  dns_resolver_create(
    serversLength: number, domainsLength: number, timeoutMs: number, tries: number, cacheBytes: number,
    allocator: Address,
  ): Address;
  dns_resolver_destroy(resolver: Address): void;
  /** Answers the slot; the generation is result 0. */
  dns_lookup(
    kind: number, resolver: Address, nameLength: number, portLength: number, deadlineNs: number, isInTurn: boolean,
    tag: number,
  ): number;
  dns_cancel(slot: number, generation: number): number;
  dns_result_release(result: Address): void;
}

export interface EngineExports
  extends ProgramExports, TaskExports, SliceExports, QuotaExports, NetExports, QueueExports, DnsExports,
    DescriptorExports {}

/** One of each group: enough to tell an engine from a bare program. */
export const ENGINE_REQUIRED = [
  "engine_start", "next_turn", "task_at", "slice_create", "quota_create", "connect_start", "cq_create",
] as const;

// Kinds of ring entries (assembly/exec/completion-ring.ts)
export const KIND_RUN = 1;
export const KIND_TASK = 2;
export const KIND_READ = 3;
export const KIND_WRITE = 4;
export const KIND_CONNECT = 5;
export const KIND_ACCEPT = 6;
export const KIND_LISTENER_SHUTDOWN = 7;
export const KIND_RECLAIM = 8;
export const KIND_ALLOCATED = 9;

/** Modes of tasks (assembly/exec/tasks.ts). */
export const MODE_SILENT = 0;
export const MODE_CALLS = 1;
