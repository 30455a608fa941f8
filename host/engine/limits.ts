// Bounds of the TypeScript face. What goes beyond is refused before the core sees it.

/** The most that one request of an allocator, or one piece of memory, may be: the texts' 1 GiB. */
export const REQUEST_BYTES_MAX = 2 ** 30;

/** What a slice buffer holds at most (assembly/data). */
export const BUFFER_BYTES_MAX = 2 ** 31 - 1;

/** A block's own bytes: a slice of an allocator is as much smaller than 1 GiB. */
export const SLICE_BYTES_MAX = 2 ** 30 - 64;

/** Bytes of the transport's frames when nobody says otherwise (2022 text, as upstream has it). */
export const FRAME_BYTES_DEFAULT = 1 << 20;

/** Waits for tags of one "pluck" queue at a time, as in the core. */
export const PLUCKERS_MAX = 6;

/** Tasks that `runFunctions` takes at once. */
export const RUN_FUNCTIONS_MAX = 1 << 20;
