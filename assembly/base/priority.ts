// The levels of what waits to run. In a turn everything of a higher level runs before anything of a lower one.

/** Also MIN. */
export const LOW: u32 = 0;
/** Whatever names no priority. */
export const MED: u32 = 1;
export const HIGH: u32 = 2;
export const IMMEDIATE: u32 = 3;
/** Also MAX. */
export const SYSTEM: u32 = 4;
export const COUNT: u32 = 5;
