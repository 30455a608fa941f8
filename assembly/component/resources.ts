// The intrinsics of the canonical ABI for the resources that this component exports. A guest holds handles; we see the
// representation that belongs to one, which is the address of our record.
//
// A borrowed handle of ours arrives as its representation. An owned one arrives as a handle of our own table: whoever
// receives it empties the record and drops the handle, which calls the destructor export as if the guest had.

// @ts-ignore: decorator
@external("[export]event-engine:engine/slices@0.1.0", "[resource-new]slice")
export declare function newSlice(record: usize): u32;
// @ts-ignore: decorator
@external("[export]event-engine:engine/slices@0.1.0", "[resource-rep]slice")
export declare function sliceOf(handle: u32): usize;
// @ts-ignore: decorator
@external("[export]event-engine:engine/slices@0.1.0", "[resource-drop]slice")
export declare function dropSlice(handle: u32): void;
// @ts-ignore: decorator
@external("[export]event-engine:engine/slices@0.1.0", "[resource-new]slice-buffer")
export declare function newSliceBuffer(record: usize): u32;
// @ts-ignore: decorator
@external("[export]event-engine:engine/poll@0.1.0", "[resource-new]pollable")
export declare function newPollable(record: usize): u32;
// @ts-ignore: decorator
@external("[export]event-engine:engine/completion-queues@0.1.0", "[resource-new]factory")
export declare function newFactory(record: usize): u32;
// @ts-ignore: decorator
@external("[export]event-engine:engine/completion-queues@0.1.0", "[resource-new]completion-queue")
export declare function newCompletionQueue(record: usize): u32;
// @ts-ignore: decorator
@external("[export]event-engine:engine/memory@0.1.0", "[resource-new]memory-quota")
export declare function newMemoryQuota(record: usize): u32;
// @ts-ignore: decorator
@external("[export]event-engine:engine/memory@0.1.0", "[resource-new]memory-allocator")
export declare function newMemoryAllocator(record: usize): u32;
// @ts-ignore: decorator
@external("[export]event-engine:engine/endpoints@0.1.0", "[resource-new]endpoint")
export declare function newEndpoint(record: usize): u32;
// @ts-ignore: decorator
@external("[export]event-engine:engine/endpoints@0.1.0", "[resource-rep]endpoint")
export declare function endpointOf(handle: u32): usize;
// @ts-ignore: decorator
@external("[export]event-engine:engine/endpoints@0.1.0", "[resource-drop]endpoint")
export declare function dropEndpoint(handle: u32): void;
// @ts-ignore: decorator
@external("[export]event-engine:engine/descriptors@0.1.0", "[resource-new]descriptor")
export declare function newDescriptor(record: usize): u32;
// @ts-ignore: decorator
@external("[export]event-engine:engine/descriptors@0.1.0", "[resource-rep]descriptor")
export declare function descriptorOf(handle: u32): usize;
// @ts-ignore: decorator
@external("[export]event-engine:engine/descriptors@0.1.0", "[resource-drop]descriptor")
export declare function dropDescriptor(handle: u32): void;
// @ts-ignore: decorator
@external("[export]event-engine:engine/listeners@0.1.0", "[resource-new]listener")
export declare function newListener(record: usize): u32;
// @ts-ignore: decorator
@external("[export]event-engine:engine/resolvers@0.1.0", "[resource-new]dns-resolver")
export declare function newDnsResolver(record: usize): u32;
