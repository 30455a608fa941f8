// Records of closures: what is to be run once, as the functor of an operation on a queue of the library's own.
//
//   free -- scheduled --> OUTSTANDING -- its event: given back, then run -----------> free
//                             |
//                             | an alarm is cancelled while its event is on its way: run with 0 there and then
//                             v
//                         CANCELLED ---- its event: given back, nothing runs -------> free
//
// There are at most as many as the engine allows operations. They come in blocks that stay: a key may point at one long
// after its end.
#include <stdlib.h>
#include "internal.h"

#define BLOCK 64

static ee_closure *free_closures;
static ee_completion_queue *own_queue; // Null until a closure needs it.

static void grow(const char *function) {
  ee_closure *block = calloc(BLOCK, sizeof *block);
  if (block == NULL) ee_misuse(function, "out of memory");
  for (int i = BLOCK; i-- > 0;) ee_closure_destroy(&block[i]);
}

ee_closure *ee_closure_create(ee_functor_run *run, void *arg) {
  if (free_closures == NULL) grow(__func__);
  ee_closure *closure = free_closures;
  free_closures = closure->of.next;
  *closure = (ee_closure){.functor = {run, 0}, .arg = arg};
  return closure;
}

void ee_closure_destroy(ee_closure *closure) {
  closure->serial = 0;
  closure->of.next = free_closures;
  free_closures = closure;
}

ee_completion_queue *ee_closure_queue(void) {
  if (own_queue == NULL) own_queue = ee_completion_queue_create_for_callback(NULL, NULL);
  return own_queue;
}

ee_pollable *ee_run_subscribe(void) { return ee_completion_queue_subscribe(ee_closure_queue()); }

void ee_event_manager_close(void) {
  ee_landing_buffer_destroy();
  if (own_queue == NULL) return;
  ee_completion_queue_destroy(own_queue);
  own_queue = NULL;
}
