// Lists that the engine returns go through the program's allocator, by the rules of components. One that is expected
// at a place goes there at once: no allocation and no second copy per message.
#include <stdlib.h>
#include <string.h>
#include "internal.h"

static struct {
  void *target;
  size_t room;
  bool open; // The target was not given away yet.
} landing;

void ee_land(void *target, size_t room) {
  landing.target = target;
  landing.room = room;
  landing.open = true;
}

void ee_landed(const char *function, void *list, size_t bytes) {
  landing.open = false;
  if (bytes == 0 || list == landing.target) return;
  if (bytes > landing.room) ee_misuse(function, "the engine returned more than it was asked for");
  memcpy(landing.target, list, bytes);
  free(list);
}

// Takes the place of the weak one in the bindings.
#ifdef __wasm__
__attribute__((export_name("cabi_realloc")))
#endif
void *
cabi_realloc(void *old, size_t old_size, size_t alignment, size_t size);

void *cabi_realloc(void *old, size_t old_size, size_t alignment, size_t size) {
  (void)old_size;
  if (size == 0) return (void *)alignment;
  if (landing.open && old == NULL && size <= landing.room && (uintptr_t)landing.target % alignment == 0) {
    landing.open = false;
    return landing.target;
  }
  void *block = realloc(old, size);
  if (block == NULL) ee_misuse(__func__, "out of memory");
  return block;
}
