// Handles that name nothing, or something else: the component model forbids them, and the host has to find out.
#include <stdlib.h>

#include "cases.h"

static void no_handle(void) { next_until((Queue){0}, 0); }

static void forged_handle(void) { next_until((Queue){0x7fffffff}, 0); }

static void negative_handle(void) { length_of((Buffer){-1}); }

static void stale_handle(void) {
  Queue queue = next_queue();
  drop_queue(queue);
  next_until(queue, 0);
}

static void dropped_twice(void) {
  Buffer buffer = new_buffer();
  drop_buffer(buffer);
  drop_buffer(buffer);
}

static void another_kind(void) { next_until((Queue){new_buffer().__handle}, 0); }

static void another_kind_is_dropped(void) { drop_endpoint((Endpoint){next_queue().__handle}); }

static void a_given_slice(void) {
  raw_list_u8_t list = {(uint8_t *)"abc", 3};
  Slice slice;
  Status status;
  if (!eei_slices_static_slice_copied_from(&list, &slice, &status)) return;
  Buffer buffer = new_buffer();
  eei_slices_method_slice_buffer_append_slice(buffer_ref(buffer), slice);
  eei_slices_method_slice_buffer_append_slice(buffer_ref(buffer), slice);
}

static void a_given_pollable(void) {
  wasi_poll_own_pollable_t pollable = wasi_clock_subscribe_duration(0);
  eei_poll_static_pollable_from_wasi(pollable);
  eei_poll_static_pollable_from_wasi(pollable);
}

static void a_dropped_endpoint(void) {
  Queue queue = next_queue();
  Pair pair = connected_pair(queue);
  drop_endpoint(pair.client);
  start_read(pair.client, queue, 1, new_buffer(), 0, true);
}

static void a_dropped_resolver(void) {
  Queue queue = next_queue();
  Resolver resolver;
  raw_string_t why;
  Lookup lookup;
  if (!make_resolver("", &resolver, &why)) return;
  drop_resolver(resolver);
  look_up(resolver, queue, 1, "localhost", "1", NEVER, &lookup);
}

/** An optional handle is looked at like any other. */
static void a_forged_quota_of_a_resolver(void) {
  eei_resolvers_resolver_options_t options = {0};
  eei_memory_borrow_memory_quota_t quota = {next_queue().__handle};
  Resolver resolver;
  raw_string_t why;
  eei_resolvers_static_dns_resolver_create(&options, &quota, &resolver, &why);
}

static void a_forged_queue_of_an_operation(void) {
  Queue queue = next_queue();
  Pair pair = connected_pair(queue);
  start_read(pair.client, (Queue){12345}, 1, new_buffer(), 0, true);
}

static void a_forged_handle_in_a_list(void) {
  PollableRef refs[] = {{0x1234567}};
  eei_poll_list_borrow_pollable_t list = {refs, 1};
  raw_list_u32_t ready;
  eei_poll_poll(&list, &ready);
}

static void a_list_beyond_memory(void) {
  raw_list_u8_t list = {(uint8_t *)0xfffffff0u, 0x1000};
  Slice slice;
  Status status;
  eei_slices_static_slice_copied_from(&list, &slice, &status);
}

/** The engine takes no list of more than 16 MiB in. It cannot say why: a component cannot write while it is called. */
static void a_list_of_17_megabytes(void) {
  raw_list_u8_t list = {calloc(17, 1 << 20), 17 << 20};
  Slice slice;
  Status status;
  eei_slices_static_slice_copied_from(&list, &slice, &status);
}

static void text_that_is_none(void) {
  raw_string_t text = {(uint8_t *)"\xff\xfe", 2};
  Address address;
  Status status;
  eei_addresses_parse(&text, &address, &status);
}

/** The stream has a child: the pollable that the engine holds. */
static void a_parent_before_its_child(void) {
  wasi_streams_own_input_stream_t input = wasi_stdin_get_stdin();
  wasi_streams_borrow_input_stream_t lent = {input.__handle};
  eei_poll_static_pollable_from_wasi(wasi_streams_method_input_stream_subscribe(lent));
  wasi_streams_input_stream_drop_own(input);
}

const Case handle_cases[] = {
    {"no-handle", no_handle},
    {"forged-handle", forged_handle},
    {"negative-handle", negative_handle},
    {"stale-handle", stale_handle},
    {"dropped-twice", dropped_twice},
    {"another-kind", another_kind},
    {"another-kind-is-dropped", another_kind_is_dropped},
    {"given-slice", a_given_slice},
    {"given-pollable", a_given_pollable},
    {"dropped-endpoint", a_dropped_endpoint},
    {"dropped-resolver", a_dropped_resolver},
    {"forged-quota-of-a-resolver", a_forged_quota_of_a_resolver},
    {"forged-queue-of-an-operation", a_forged_queue_of_an_operation},
    {"forged-handle-in-a-list", a_forged_handle_in_a_list},
    {"list-beyond-memory", a_list_beyond_memory},
    {"list-of-17-megabytes", a_list_of_17_megabytes},
    {"text-that-is-none", text_that_is_none},
    {"parent-before-its-child", a_parent_before_its_child},
    {NULL, NULL},
};
