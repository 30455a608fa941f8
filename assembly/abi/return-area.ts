// The one return area: imports with a compound result write it here, and the binding lifts it at once.
//
// One area is enough because no import can re-enter another binding between the write and the lift (the host
// may call `realloc` meanwhile, and that makes no import call). 40 bytes cover the largest result that we
// import, a socket address; align 8 covers results with a u64 inside.

export const RETURN_AREA: usize = memory.data(40, 8);
