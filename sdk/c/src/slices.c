// Slices and slice buffers.
#include "internal.h"

#define OWN_SLICE(object) ((eei_slices_own_slice_t){HANDLE(object)})

// The bindings do not change what they are given, but do not say so.
static ee_bindings_list_u8_t list_of(const void *bytes, size_t length) {
  return (ee_bindings_list_u8_t){(uint8_t *)(uintptr_t)bytes, length};
}

ee_status ee_slice_from_copied_buffer(const void *bytes, size_t length, ee_slice **slice) {
  ee_bindings_list_u8_t list = list_of(bytes, length);
  eei_slices_own_slice_t own;
  eei_status_status_t status;
  bool made = eei_slices_static_slice_copied_from(&list, &own, &status);
  if (made) *slice = POINTER(ee_slice, own);
  return status_unless(made, &status);
}

ee_slice *ee_slice_ref(ee_slice *slice) {
  return POINTER(ee_slice, eei_slices_method_slice_clone(BORROW_SLICE(slice)));
}

void ee_slice_unref(ee_slice *slice) { eei_slices_slice_drop_own(OWN_SLICE(slice)); }

size_t ee_slice_length(ee_slice *slice) { return eei_slices_method_slice_length(BORROW_SLICE(slice)); }

ee_slice *ee_slice_sub(ee_slice *slice, size_t begin, size_t end) {
  DEMAND(begin <= UINT32_MAX && end <= UINT32_MAX, "the bytes must lie within the slice");
  return POINTER(ee_slice, eei_slices_method_slice_sub(BORROW_SLICE(slice), (uint32_t)begin, (uint32_t)end));
}

void ee_slice_copy_out(ee_slice *slice, void *target) {
  ee_bindings_list_u8_t list;
  ee_land(target, ee_slice_length(slice));
  eei_slices_method_slice_bytes(BORROW_SLICE(slice), &list);
  ee_landed(__func__, list.ptr, list.len);
}

ee_slice_buffer *ee_slice_buffer_create(void) {
  return POINTER(ee_slice_buffer, eei_slices_constructor_slice_buffer());
}

void ee_slice_buffer_destroy(ee_slice_buffer *buffer) {
  eei_slices_slice_buffer_drop_own((eei_slices_own_slice_buffer_t){HANDLE(buffer)});
}

uint64_t ee_slice_buffer_length(ee_slice_buffer *buffer) {
  return eei_slices_method_slice_buffer_length(BORROW_BUFFER(buffer));
}

size_t ee_slice_buffer_count(ee_slice_buffer *buffer) {
  return eei_slices_method_slice_buffer_count(BORROW_BUFFER(buffer));
}

ee_status ee_slice_buffer_append(ee_slice_buffer *buffer, const void *bytes, size_t length) {
  ee_bindings_list_u8_t list = list_of(bytes, length);
  eei_status_status_t status;
  return status_unless(eei_slices_method_slice_buffer_append(BORROW_BUFFER(buffer), &list, &status), &status);
}

void ee_slice_buffer_add(ee_slice_buffer *buffer, ee_slice *slice) {
  eei_slices_method_slice_buffer_append_slice(BORROW_BUFFER(buffer), OWN_SLICE(slice));
}

void ee_slice_buffer_undo_take(ee_slice_buffer *buffer, ee_slice *slice) {
  eei_slices_method_slice_buffer_prepend_slice(BORROW_BUFFER(buffer), OWN_SLICE(slice));
}

ee_slice *ee_slice_buffer_take_first(ee_slice_buffer *buffer) {
  eei_slices_own_slice_t own;
  bool taken = eei_slices_method_slice_buffer_take_first(BORROW_BUFFER(buffer), &own);
  return taken ? POINTER(ee_slice, own) : NULL;
}

void ee_slice_buffer_move_first(ee_slice_buffer *from, uint64_t length, ee_slice_buffer *to) {
  eei_slices_method_slice_buffer_move_first(BORROW_BUFFER(from), length, BORROW_BUFFER(to));
}

void ee_slice_buffer_move_last(ee_slice_buffer *from, uint64_t length, ee_slice_buffer *to) {
  eei_slices_method_slice_buffer_move_last(BORROW_BUFFER(from), length, BORROW_BUFFER(to));
}

void ee_slice_buffer_trim_end(ee_slice_buffer *buffer, uint64_t length) {
  eei_slices_method_slice_buffer_trim_end(BORROW_BUFFER(buffer), length);
}

void ee_slice_buffer_swap(ee_slice_buffer *one, ee_slice_buffer *other) {
  eei_slices_method_slice_buffer_swap(BORROW_BUFFER(one), BORROW_BUFFER(other));
}

void ee_slice_buffer_clear(ee_slice_buffer *buffer) { eei_slices_method_slice_buffer_clear(BORROW_BUFFER(buffer)); }

size_t ee_slice_buffer_copy_out(ee_slice_buffer *buffer, uint64_t offset, void *target, size_t length) {
  uint32_t asked = length < UINT32_MAX ? (uint32_t)length : UINT32_MAX;
  ee_bindings_list_u8_t list;
  ee_land(target, length);
  eei_slices_method_slice_buffer_copy_out(BORROW_BUFFER(buffer), offset, asked, &list);
  ee_landed(__func__, list.ptr, list.len);
  return list.len;
}
