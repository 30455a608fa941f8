// Objects of the stub that hold or name something: slices, memory, endpoints, listeners, addresses.
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "stub-engine.h"

#define CONTENT 256

// A buffer is one slice, if it is not empty.
static struct {
  uint8_t bytes[CONTENT];
  uint32_t length;
} contents[4096];

static const eei_status_status_t failure = {14, 15};

// ---- Slices ----

bool eei_slices_static_slice_copied_from(ee_bindings_list_u8_t *bytes, eei_slices_own_slice_t *ret,
                                         eei_slices_status_t *err) {
  *err = failure;
  if (stub.fail) return false;
  if (bytes->len > CONTENT) stub_trap("too much for the stub");
  ret->__handle = stub_open(STUB_SLICE);
  memcpy(contents[ret->__handle].bytes, bytes->ptr, bytes->len);
  contents[ret->__handle].length = (uint32_t)bytes->len;
  return true;
}

uint32_t eei_slices_method_slice_length(eei_slices_borrow_slice_t self) {
  stub_check(STUB_SLICE, self.__handle);
  return contents[self.__handle].length;
}

void eei_slices_method_slice_bytes(eei_slices_borrow_slice_t self, ee_bindings_list_u8_t *ret) {
  stub_check(STUB_SLICE, self.__handle);
  ret->len = contents[self.__handle].length;
  ret->ptr = stub_list(contents[self.__handle].bytes, ret->len, 1);
}

eei_slices_own_slice_t eei_slices_method_slice_sub(eei_slices_borrow_slice_t self, uint32_t begin, uint32_t end) {
  stub_check(STUB_SLICE, self.__handle);
  if (begin > end || end > contents[self.__handle].length) stub_trap("not within the slice");
  int32_t handle = stub_open(STUB_SLICE);
  contents[handle].length = end - begin;
  memcpy(contents[handle].bytes, contents[self.__handle].bytes + begin, end - begin);
  return (eei_slices_own_slice_t){handle};
}

eei_slices_own_slice_t eei_slices_method_slice_clone(eei_slices_borrow_slice_t self) {
  return eei_slices_method_slice_sub(self, 0, eei_slices_method_slice_length(self));
}

void eei_slices_slice_drop_own(eei_slices_own_slice_t handle) { stub_close(STUB_SLICE, handle.__handle); }

eei_slices_own_slice_buffer_t eei_slices_constructor_slice_buffer(void) {
  int32_t handle = stub_open(STUB_BUFFER);
  contents[handle].length = 0;
  return (eei_slices_own_slice_buffer_t){handle};
}

void eei_slices_slice_buffer_drop_own(eei_slices_own_slice_buffer_t own) { stub_close(STUB_BUFFER, own.__handle); }

uint64_t eei_slices_method_slice_buffer_length(eei_slices_borrow_slice_buffer_t self) {
  stub_check(STUB_BUFFER, self.__handle);
  return contents[self.__handle].length;
}

uint32_t eei_slices_method_slice_buffer_count(eei_slices_borrow_slice_buffer_t self) {
  return eei_slices_method_slice_buffer_length(self) > 0;
}

static void insert(int32_t buffer, uint32_t at, const uint8_t *bytes, size_t length) {
  stub_check(STUB_BUFFER, buffer);
  if (contents[buffer].length + length > CONTENT) stub_trap("too much for the stub");
  uint8_t *place = contents[buffer].bytes + at;
  memmove(place + length, place, contents[buffer].length - at);
  memcpy(place, bytes, length);
  contents[buffer].length += (uint32_t)length;
}

bool eei_slices_method_slice_buffer_append(eei_slices_borrow_slice_buffer_t self, ee_bindings_list_u8_t *bytes,
                                           eei_slices_status_t *err) {
  *err = failure;
  if (stub.fail) return false;
  insert(self.__handle, contents[self.__handle].length, bytes->ptr, bytes->len);
  return true;
}

void eei_slices_method_slice_buffer_append_slice(eei_slices_borrow_slice_buffer_t self, eei_slices_own_slice_t slice) {
  insert(self.__handle, contents[self.__handle].length, contents[slice.__handle].bytes,
         contents[slice.__handle].length);
  stub_close(STUB_SLICE, slice.__handle);
}

void eei_slices_method_slice_buffer_prepend_slice(eei_slices_borrow_slice_buffer_t self, eei_slices_own_slice_t slice) {
  insert(self.__handle, 0, contents[slice.__handle].bytes, contents[slice.__handle].length);
  stub_close(STUB_SLICE, slice.__handle);
}

bool eei_slices_method_slice_buffer_take_first(eei_slices_borrow_slice_buffer_t self, eei_slices_own_slice_t *ret) {
  if (eei_slices_method_slice_buffer_count(self) == 0) return false;
  ret->__handle = stub_open(STUB_SLICE);
  contents[ret->__handle] = contents[self.__handle];
  contents[self.__handle].length = 0;
  return true;
}

static void move(int32_t from, uint64_t begin, uint64_t length, int32_t to) {
  stub_check(STUB_BUFFER, from);
  if (length > contents[from].length) stub_trap("fewer bytes than that");
  uint8_t *place = contents[from].bytes + begin;
  if (to != 0) insert(to, contents[to].length, place, length);
  contents[from].length -= (uint32_t)length;
  memmove(place, place + length, contents[from].length - begin);
}

void eei_slices_method_slice_buffer_move_first(eei_slices_borrow_slice_buffer_t self, uint64_t length,
                                               eei_slices_borrow_slice_buffer_t target) {
  move(self.__handle, 0, length, target.__handle);
}

void eei_slices_method_slice_buffer_move_last(eei_slices_borrow_slice_buffer_t self, uint64_t length,
                                              eei_slices_borrow_slice_buffer_t target) {
  move(self.__handle, contents[self.__handle].length - length, length, target.__handle);
}

void eei_slices_method_slice_buffer_trim_end(eei_slices_borrow_slice_buffer_t self, uint64_t length) {
  move(self.__handle, contents[self.__handle].length - length, length, 0);
}

void eei_slices_method_slice_buffer_swap(eei_slices_borrow_slice_buffer_t self,
                                         eei_slices_borrow_slice_buffer_t other) {
  stub_check(STUB_BUFFER, self.__handle);
  stub_check(STUB_BUFFER, other.__handle);
  contents[0] = contents[self.__handle];
  contents[self.__handle] = contents[other.__handle];
  contents[other.__handle] = contents[0];
}

void eei_slices_method_slice_buffer_clear(eei_slices_borrow_slice_buffer_t self) {
  stub_check(STUB_BUFFER, self.__handle);
  contents[self.__handle].length = 0;
}

void eei_slices_method_slice_buffer_copy_out(eei_slices_borrow_slice_buffer_t self, uint64_t offset, uint32_t length,
                                             ee_bindings_list_u8_t *ret) {
  uint64_t there = eei_slices_method_slice_buffer_length(self);
  uint64_t most = offset < there ? there - offset : 0;
  ret->len = length < most ? length : most;
  ret->ptr = stub_list(contents[self.__handle].bytes + offset, ret->len, 1);
}

// ---- Memory ----

eei_memory_own_memory_quota_t eei_memory_constructor_memory_quota(uint64_t size) {
  int32_t handle = stub_open(STUB_QUOTA);
  contents[handle].length = (uint32_t)size;
  return (eei_memory_own_memory_quota_t){handle};
}

eei_memory_own_memory_quota_t eei_memory_static_memory_quota_default(void) {
  return eei_memory_constructor_memory_quota(100);
}

void eei_memory_memory_quota_drop_own(eei_memory_own_memory_quota_t own) { stub_close(STUB_QUOTA, own.__handle); }

void eei_memory_method_memory_quota_set_size(eei_memory_borrow_memory_quota_t self, uint64_t size) {
  stub_check(STUB_QUOTA, self.__handle);
  contents[self.__handle].length = (uint32_t)size;
}

int64_t eei_memory_method_memory_quota_free(eei_memory_borrow_memory_quota_t self) {
  stub_check(STUB_QUOTA, self.__handle);
  return contents[self.__handle].length;
}

double eei_memory_method_memory_quota_pressure(eei_memory_borrow_memory_quota_t self) {
  stub_check(STUB_QUOTA, self.__handle);
  return 0.5;
}

eei_memory_own_memory_allocator_t eei_memory_constructor_memory_allocator(eei_memory_borrow_memory_quota_t quota) {
  stub_check(STUB_QUOTA, quota.__handle);
  int32_t handle = stub_open(STUB_ALLOCATOR);
  contents[handle].length = 0;
  return (eei_memory_own_memory_allocator_t){handle};
}

void eei_memory_memory_allocator_drop_own(eei_memory_own_memory_allocator_t own) {
  stub_close(STUB_ALLOCATOR, own.__handle);
}

uint32_t eei_memory_method_memory_allocator_reserve(eei_memory_borrow_memory_allocator_t self, uint32_t least,
                                                    uint32_t most) {
  stub_check(STUB_ALLOCATOR, self.__handle);
  contents[self.__handle].length += least;
  return most - least > 1 ? least : most;
}

void eei_memory_method_memory_allocator_release(eei_memory_borrow_memory_allocator_t self, uint32_t bytes) {
  stub_check(STUB_ALLOCATOR, self.__handle);
  contents[self.__handle].length -= bytes;
}

uint64_t eei_memory_method_memory_allocator_taken(eei_memory_borrow_memory_allocator_t self) {
  stub_check(STUB_ALLOCATOR, self.__handle);
  return contents[self.__handle].length;
}

bool eei_memory_method_memory_allocator_allocate(eei_memory_borrow_memory_allocator_t self,
                                                 eei_memory_borrow_completion_queue_t queue, uint64_t tag,
                                                 uint32_t bytes, eei_memory_borrow_slice_buffer_t into,
                                                 eei_memory_operation_start_t *ret, eei_memory_status_t *err) {
  stub_check(STUB_ALLOCATOR, self.__handle);
  stub_check(STUB_BUFFER, into.__handle);
  *err = (eei_memory_status_t){8, 0};
  if (bytes > CONTENT) return false;
  *ret = stub_start(STUB_ALLOCATE, queue.__handle, self.__handle, tag, NULL);
  return true;
}

eei_memory_operation_start_t
eei_memory_method_memory_allocator_post_reclaimer(eei_memory_borrow_memory_allocator_t self,
                                                  eei_memory_borrow_completion_queue_t queue, uint64_t tag,
                                                  eei_memory_reclamation_pass_t pass) {
  stub_check(STUB_ALLOCATOR, self.__handle);
  if (pass > EEI_MEMORY_RECLAMATION_PASS_DESTRUCTIVE) stub_trap("no such pass");
  return stub_start(STUB_RECLAIMER, queue.__handle, self.__handle, tag, NULL);
}

void eei_memory_finish_sweep(uint64_t ticket) {
  if (ticket == 0) stub_trap("no such sweep");
  stub.sweeps++;
}
