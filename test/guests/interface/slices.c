// The interfaces `addresses` and `slices` (the resource `slice`).
#include <stdlib.h>
#include <string.h>

#include "check.h"

static bool parse(const char *text, Address *address, Status *status) {
  raw_string_t string = {(uint8_t *)text, strlen(text)};
  return eei_addresses_parse(&string, address, status);
}

static void expect_text(const char *text) {
  Address address;
  Status status;
  EXPECT(parse(text, &address, &status));
  EXPECT(live(6) == 0); // lists are given back at once
  raw_string_t back;
  eei_addresses_format(&address, &back);
  EXPECT(live(6) == 0);
  EXPECT(back.len == strlen(text) && memcmp(back.ptr, text, back.len) == 0);
  raw_string_free(&back);
}

static void addresses_come_back_as_they_were(void) {
  expect_text("127.0.0.1:80");
  expect_text("0.0.0.0:0");
  expect_text("255.255.255.255:65535");
  expect_text("[::1]:443");
  expect_text("[2001:db8::ff00:42:8329]:1");
  expect_text("[::]:0");
}

static void addresses_have_their_parts(void) {
  Address address;
  Status status;
  EXPECT(parse("[1:2:3:4:5:6:7:8]:9", &address, &status));
  EXPECT(address.tag == WASI_NETWORK_IP_SOCKET_ADDRESS_IPV6);
  wasi_network_ipv6_socket_address_t *six = &address.val.ipv6;
  EXPECT(six->port == 9 && six->address.f0 == 1 && six->address.f7 == 8);
  EXPECT(six->flow_info == 0 && six->scope_id == 0);
  EXPECT(parse("10.20.30.40:50", &address, &status));
  EXPECT(address.tag == WASI_NETWORK_IP_SOCKET_ADDRESS_IPV4);
  EXPECT(address.val.ipv4.port == 50 && address.val.ipv4.address.f0 == 10 && address.val.ipv4.address.f3 == 40);
}

static void other_texts_are_no_addresses(void) {
  static char endless[200000];
  memset(endless, '1', sizeof endless - 1);
  const char *texts[] = {"",           "localhost:80", "127.0.0.1", "127.0.0.1:",  "127.0.0.1:65536",
                         "1.2.3:4",    "::1:80",       "[::1]",     "[::1:80",     "256.0.0.1:1",
                         "\xc3\xa9:1", ":80",          "1.2.3.4:x", "[1::2::3]:4", endless};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    Address address;
    Status status;
    EXPECT(!parse(texts[i], &address, &status) && live(6) == 0);
    EXPECT(status.code == EEI_STATUS_STATUS_CODE_INVALID_ARGUMENT);
    EXPECT(status.reason == EEI_STATUS_REASON_INVALID_ARGUMENT);
  }
}

static Slice slice_of(const void *bytes, size_t length) {
  raw_list_u8_t list = {(uint8_t *)bytes, length};
  Slice slice;
  Status status;
  EXPECT(eei_slices_static_slice_copied_from(&list, &slice, &status));
  return slice;
}

static bool is(Slice slice, const void *bytes, size_t length) {
  raw_list_u8_t list;
  eei_slices_method_slice_bytes(slice_ref(slice), &list);
  EXPECT(live(6) == 0);
  bool same = list.len == length && memcmp(list.ptr, bytes, length) == 0;
  raw_list_u8_free(&list);
  return same && eei_slices_method_slice_length(slice_ref(slice)) == length;
}

static void slices_hold_copies(void) {
  char bytes[] = "a copy";
  Slice slice = slice_of(bytes, 6);
  bytes[0] = 'b';
  EXPECT(is(slice, "a copy", 6));
  Slice empty = slice_of("", 0);
  EXPECT(is(empty, "", 0));
  EXPECT(live(10) == 2);
  eei_slices_slice_drop_own(empty);
  eei_slices_slice_drop_own(slice);
}

static void parts_and_clones_outlive_the_slice(void) {
  static uint8_t bytes[100000];
  for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)(i % 251);
  Slice slice = slice_of(bytes, sizeof bytes);
  Slice clone = eei_slices_method_slice_clone(slice_ref(slice));
  Slice part = eei_slices_method_slice_sub(slice_ref(slice), 7, 99999);
  Slice small = eei_slices_method_slice_sub(slice_ref(part), 1, 4);
  Slice none = eei_slices_method_slice_sub(slice_ref(slice), 100000, 100000);
  eei_slices_slice_drop_own(slice);
  EXPECT(is(clone, bytes, sizeof bytes));
  eei_slices_slice_drop_own(clone);
  EXPECT(is(part, bytes + 7, 99992));
  eei_slices_slice_drop_own(part);
  EXPECT(live(8) == 0); // three bytes keep no block alive
  EXPECT(is(small, bytes + 8, 3));
  EXPECT(is(none, "", 0));
  eei_slices_slice_drop_own(small);
  eei_slices_slice_drop_own(none);
}

static void lists_of_a_megabyte_pass(void) {
  const size_t length = 3 << 20;
  uint8_t *bytes = malloc(length);
  for (size_t i = 0; i < length; i++) bytes[i] = (uint8_t)(i * 31 >> 8);
  Slice slice = slice_of(bytes, length);
  EXPECT(live(6) == 0); // the list that was passed in is given back
  EXPECT(is(slice, bytes, length));
  eei_slices_slice_drop_own(slice);
  free(bytes);
}

const Check slice_checks[] = {
    {"addresses: a text that was read is written the same", addresses_come_back_as_they_were},
    {"addresses: have their parts in the right places", addresses_have_their_parts},
    {"addresses: other texts, names among them, are invalid arguments", other_texts_are_no_addresses},
    {"slices: hold a copy of the guest's bytes", slices_hold_copies},
    {"slices: clones and parts outlive the slice", parts_and_clones_outlive_the_slice},
    {"slices: take and give lists of megabytes", lists_of_a_megabyte_pass},
    {NULL, NULL},
};
