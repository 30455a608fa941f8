// The factory of the 2017 text: attributes are checked when the factory is looked up, queues are made from it. A
// factory is a word that holds the attributes, and owns nothing.

import * as queues from "./completion-queue";
import { CALLBACK, CompletionQueue, DEFAULT_POLLING, NEXT, NON_POLLING, PLUCK } from "./completion-queue";

/** The first version of the attributes, and the one from which on they can name what a shutdown runs. */
const FIRST: u32 = 1;
const WITH_SHUTDOWN: u32 = 2;

/** 0: no factory makes queues of these attributes. */
export function lookup(version: u32, completionType: u32, pollingType: u32): u32 {
  if (version < FIRST || version > WITH_SHUTDOWN || completionType > CALLBACK || pollingType > NON_POLLING) return 0;
  return version | completionType << 8 | pollingType << 16;
}

/** `shutdownTag` is the last completion of a CALLBACK queue; 0, and no completion, in all other cases. */
export function create(factory: u32, shutdownTag: u64 = 0): CompletionQueue {
  assert((factory & 255) != 0, "no factory makes such completion queues");
  const completionType = <u8>(factory >> 8);
  assert(!shutdownTag || (completionType == CALLBACK && (factory & 255) >= WITH_SHUTDOWN),
    "a shutdown functor wants a completion queue of type CALLBACK, version 2");
  return queues.create(completionType, <u8>(factory >> 16), shutdownTag);
}

export function createForNext(): CompletionQueue {
  return queues.create(NEXT, DEFAULT_POLLING, 0);
}

export function createForPluck(): CompletionQueue {
  return queues.create(PLUCK, DEFAULT_POLLING, 0);
}

export function createForCallback(shutdownTag: u64): CompletionQueue {
  return queues.create(CALLBACK, DEFAULT_POLLING, shutdownTag);
}
