// The interface `descriptors`.
#include "check.h"

enum { END = EEI_STATUS_REASON_END_OF_STREAM };

#define EXPECT_LATE(event, tag)                                                                                        \
  EXPECT_EVENT(event, tag, EEI_STATUS_STATUS_CODE_DEADLINE_EXCEEDED, EEI_STATUS_REASON_DEADLINE_EXCEEDED)

typedef struct {
  Queue queue;
  Endpoint peer;
  Descriptor descriptor;
  Buffer got;
} Fixture;

static Fixture set_up(void) {
  Queue queue = next_queue();
  Pair pair = connected_pair(queue);
  return (Fixture){queue, pair.client, to_descriptor(pair.server), new_buffer()};
}

static void tear_down(Fixture *fixture) {
  drop_endpoint(fixture->peer);
  drop_descriptor(fixture->descriptor);
  drop_buffer(fixture->got);
  end_queue(fixture->queue);
}

/** The peer's bytes are on their way when this returns. */
static void send(Fixture *fixture, const char *text) {
  Buffer data = buffer_of(text);
  EXPECT(start_write(fixture->peer, fixture->queue, 99, data, 0, true) == DONE);
  drop_buffer(data);
}

/** Waits for bytes, however often it is told that there might be some, and until there are no more. */
static void receive(Fixture *fixture, const char *text) {
  while (!holds(fixture->got, text)) {
    int64_t count = read_now(fixture->descriptor, fixture->got, 1000);
    EXPECT(count >= 0);
    if (count > 0) continue;
    clear_status(fixture->descriptor, READABLE);
    EXPECT(notify(fixture->descriptor, fixture->queue, 98, READABLE, NEVER) == PENDING);
    EXPECT_OK(next(fixture->queue), 98);
  }
  EXPECT(read_now(fixture->descriptor, fixture->got, 1) <= 0);
  eei_slices_method_slice_buffer_clear(buffer_ref(fixture->got));
}

static void who_waits_is_told_of_bytes(void) {
  Fixture it = set_up();
  EXPECT(read_now(it.descriptor, it.got, 10) == 0);
  EXPECT(notify(it.descriptor, it.queue, 1, READABLE, NEVER) == PENDING);
  expect_nothing(it.queue);
  send(&it, "some bytes");
  EXPECT_OK(next(it.queue), 1);
  EXPECT(read_now(it.descriptor, it.got, 0) == 0 && read_now(it.descriptor, it.got, 4) == 4 && holds(it.got, "some"));
  receive(&it, "some bytes");
  EXPECT(read_now(it.descriptor, it.got, 1000) == 0);
  tear_down(&it);
}

static void a_status_stays_until_it_is_cleared(void) {
  Fixture it = set_up();
  send(&it, "here");
  EXPECT(notify(it.descriptor, it.queue, 1, READABLE, NEVER) == PENDING);
  EXPECT_OK(next(it.queue), 1);
  receive(&it, "here");
  clear_status(it.descriptor, READABLE);
  send(&it, "there");
  EXPECT(notify(it.descriptor, it.queue, 2, READABLE, NEVER) == PENDING);
  EXPECT_OK(next(it.queue), 2);
  for (uint64_t tag = 3; tag < 6; tag++) { // it is set: one event each, and all at once
    EXPECT(notify(it.descriptor, it.queue, tag, READABLE, 0) == PENDING);
    EXPECT(live(30) == tag - 2); // not within the call
  }
  for (uint64_t tag = 3; tag < 6; tag++) EXPECT_OK(next(it.queue), tag);
  clear_status(it.descriptor, READABLE); // what was not read yet counts as new
  EXPECT(notify(it.descriptor, it.queue, 6, READABLE, NEVER) == PENDING);
  EXPECT_OK(next(it.queue), 6);
  receive(&it, "there");
  clear_status(it.descriptor, READABLE);
  EXPECT(notify(it.descriptor, it.queue, 7, READABLE, NEVER) == PENDING);
  expect_nothing(it.queue);
  close_descriptor(it.descriptor);
  EXPECT_OK(next(it.queue), 7);
  tear_down(&it);
}

static void who_waits_is_told_of_room(void) {
  Fixture it = set_up();
  Buffer data = new_buffer(), read = new_buffer();
  fill(data, 32 << 20); // more than any system takes
  uint64_t length = length_of(data), taken = 0, passed = 0;
  EXPECT(notify(it.descriptor, it.queue, 1, WRITABLE, NEVER) == PENDING);
  EXPECT_OK(next(it.queue), 1);
  for (int64_t count; (count = write_now(it.descriptor, data)) > 0;) taken += (uint64_t)count;
  EXPECT(taken > 0 && taken < length && length_of(data) == length - taken);
  clear_status(it.descriptor, WRITABLE);
  EXPECT(notify(it.descriptor, it.queue, 2, WRITABLE, NEVER) == PENDING);
  for (bool told = false; !told || passed < taken;) { // the peer makes room
    EXPECT(start_read(it.peer, it.queue, 3, read, 1, false) == PENDING);
    Event event = next(it.queue);
    if (event.tag == 2) {
      EXPECT_OK(event, 2);
      told = true;
      event = next(it.queue);
    }
    EXPECT_OK(event, 3);
    passed += length_of(read);
    if (told && passed >= taken) break;
  }
  EXPECT(write_now(it.descriptor, data) > 0);
  drop_buffer(data);
  drop_buffer(read);
  tear_down(&it);
}

static void what_comes_first_wins(void) {
  Fixture it = set_up();
  uint64_t start = eei_tasks_now();
  EXPECT(notify(it.descriptor, it.queue, 1, READABLE, start + 3 * MS) == PENDING);
  EXPECT(notify(it.descriptor, it.queue, 2, HAS_ERROR, start + 6 * MS) == PENDING);
  EXPECT_LATE(next(it.queue), 1);
  EXPECT(eei_tasks_now() >= start + 3 * MS);
  EXPECT_LATE(next(it.queue), 2);
  EXPECT(notify(it.descriptor, it.queue, 3, READABLE, 0) == PENDING); // it is not set by that
  EXPECT_LATE(next(it.queue), 3);
  EXPECT(notify(it.descriptor, it.queue, 4, WRITABLE, 0) == PENDING); // it is so: the deadline comes too late
  EXPECT_OK(next(it.queue), 4);
  EXPECT(notify(it.descriptor, it.queue, 5, READABLE, in_ms(3600000)) == PENDING);
  send(&it, "in time");
  EXPECT_OK(next(it.queue), 5);
  EXPECT(live(1) == 0);
  receive(&it, "in time");
  tear_down(&it);
}

static void force_is_an_event(void) {
  Fixture it = set_up();
  for (uint8_t condition = READABLE; condition <= HAS_ERROR; condition++) {
    EXPECT(notify(it.descriptor, it.queue, condition, condition, NEVER) == PENDING);
    force_status(it.descriptor, condition);
    EXPECT_OK(next(it.queue), condition);
    EXPECT(notify(it.descriptor, it.queue, condition, condition, NEVER) == PENDING);
    EXPECT_OK(next(it.queue), condition); // still set
    clear_status(it.descriptor, condition);
    force_status(it.descriptor, condition); // for nobody, and kept
    EXPECT(notify(it.descriptor, it.queue, condition, condition, 0) == PENDING);
    clear_status(it.descriptor, condition); // what is queued stays
    EXPECT_OK(next(it.queue), condition);
  }
  EXPECT(notify(it.descriptor, it.queue, 7, READABLE, NEVER) == PENDING);
  expect_nothing(it.queue);
  drop_descriptor(it.descriptor);
  EXPECT_OK(next(it.queue), 7);
  drop_endpoint(it.peer);
  drop_buffer(it.got);
  end_queue(it.queue);
}

static void an_end_is_no_error(void) {
  Fixture it = set_up();
  send(&it, "bye");
  eei_endpoints_method_endpoint_shutdown_send(endpoint_ref(it.peer));
  receive(&it, "bye");
  int64_t count;
  while ((count = read_now(it.descriptor, it.got, 10)) == 0) {
    clear_status(it.descriptor, READABLE);
    EXPECT(notify(it.descriptor, it.queue, 1, READABLE, NEVER) == PENDING);
    EXPECT_OK(next(it.queue), 1);
  }
  EXPECT(count == -END && read_now(it.descriptor, it.got, 10) == -END && read_now(it.descriptor, it.got, 0) == -END);
  clear_status(it.descriptor, READABLE);
  EXPECT(notify(it.descriptor, it.queue, 2, READABLE, NEVER) == PENDING); // the end stays
  EXPECT_OK(next(it.queue), 2);
  EXPECT(notify(it.descriptor, it.queue, 3, HAS_ERROR, in_ms(2)) == PENDING);
  EXPECT_LATE(next(it.queue), 3);
  Buffer data = buffer_of("answer");
  EXPECT(write_now(it.descriptor, data) == 6 && length_of(data) == 0);
  end_output(it.descriptor);
  EXPECT(append(data, "late", 4));
  EXPECT(write_now(it.descriptor, data) == -EEI_STATUS_REASON_INVALID_STATE && holds(data, "late"));
  EXPECT(start_read(it.peer, it.queue, 4, it.got, 6, false) == PENDING);
  EXPECT_OK(next(it.queue), 4);
  EXPECT(holds(it.got, "answer"));
  drop_buffer(data);
  tear_down(&it);
}

/** The peer leaves with bytes unread, or is written to when it has left: either breaks the connection. */
static void an_error_is_found_by_who_waits_for_it(void) {
  Fixture it = set_up();
  Buffer data = buffer_of("unread");
  EXPECT(notify(it.descriptor, it.queue, 1, HAS_ERROR, NEVER) == PENDING);
  EXPECT(write_now(it.descriptor, data) == 6);
  Descriptor peer = to_descriptor(it.peer);
  EXPECT(notify(peer, it.queue, 2, READABLE, NEVER) == PENDING);
  EXPECT_OK(next(it.queue), 2);
  drop_descriptor(peer);
  Event event;
  for (uint64_t deadline = in_ms(10000); (event = next_until(it.queue, in_ms(1))).type == QUEUE_TIMEOUT;) {
    EXPECT(eei_tasks_now() < deadline);
    if (length_of(data) == 0) EXPECT(append(data, "for nobody", 10));
    write_now(it.descriptor, data);
  }
  EXPECT_OK(event, 1);
  EXPECT(read_now(it.descriptor, it.got, 10) < 0 && length_of(it.got) == 0);
  for (uint8_t condition = READABLE; condition <= HAS_ERROR; condition++) {
    clear_status(it.descriptor, condition);
    EXPECT(notify(it.descriptor, it.queue, condition, condition, NEVER) == PENDING); // it is so, and stays so
    EXPECT_OK(next(it.queue), condition);
  }
  drop_buffer(data);
  drop_buffer(it.got);
  drop_descriptor(it.descriptor);
  end_queue(it.queue);
}

static void closing_runs_what_is_registered(void) {
  Fixture it = set_up();
  Buffer data = buffer_of("last words");
  EXPECT(!is_closed(it.descriptor));
  EXPECT(write_now(it.descriptor, data) == 10);
  for (uint8_t condition = READABLE; condition <= HAS_ERROR; condition += 2)
    EXPECT(notify(it.descriptor, it.queue, condition, condition, in_ms(3600000)) == PENDING);
  for (int i = 0; i < 3; i++) {
    close_descriptor(it.descriptor);
    EXPECT(is_closed(it.descriptor));
  }
  for (uint8_t condition = READABLE; condition <= HAS_ERROR; condition += 2) EXPECT_OK(next(it.queue), condition);
  for (uint8_t condition = READABLE; condition <= HAS_ERROR; condition++) { // nothing to tell, and no rule is broken
    force_status(it.descriptor, condition);
    clear_status(it.descriptor, condition);
    set_priority(it.descriptor, condition, SYSTEM);
  }
  expect_nothing(it.queue);
  EXPECT(start_read(it.peer, it.queue, 4, it.got, 10, false) == PENDING);
  EXPECT_OK(next(it.queue), 4);
  EXPECT(holds(it.got, "last words"));
  drop_buffer(data);
  tear_down(&it);
}

static void priorities_order_notifications(void) {
  Fixture it = set_up();
  static const uint8_t PRIORITIES[] = {MED, SYSTEM, LOW};
  for (uint8_t condition = READABLE; condition <= HAS_ERROR; condition++) {
    set_priority(it.descriptor, condition, PRIORITIES[condition]);
    force_status(it.descriptor, condition);
    EXPECT(notify(it.descriptor, it.queue, condition, condition, NEVER) == PENDING);
  }
  EXPECT(run_function(it.queue, 5, HIGH) == PENDING);
  set_priority(it.descriptor, HAS_ERROR, SYSTEM); // too late for what is queued
  EXPECT(notify(it.descriptor, it.queue, 6, HAS_ERROR, NEVER) == PENDING);
  static const uint64_t TAGS[] = {WRITABLE, 6, 5, READABLE, HAS_ERROR};
  for (size_t i = 0; i < 5; i++) EXPECT_OK(next(it.queue), TAGS[i]);
  tear_down(&it);
}

static void released_it_is_an_endpoint_again(void) {
  Fixture it = set_up();
  EXPECT(notify(it.descriptor, it.queue, 1, READABLE, NEVER) == PENDING);
  EXPECT(notify(it.descriptor, it.queue, 2, HAS_ERROR, NEVER) == PENDING);
  send(&it, "looked at already");
  EXPECT_OK(next(it.queue), 1);
  Endpoint server = to_endpoint(it.descriptor);
  EXPECT_OK(next(it.queue), 2);
  EXPECT(live(29) == 0 && live(30) == 0);
  EXPECT(start_read(server, it.queue, 3, it.got, 17, false) == PENDING);
  EXPECT_OK(next(it.queue), 3);
  EXPECT(holds(it.got, "looked at already"));
  pass(it.peer, server, it.queue, "to the endpoint");
  pass(server, it.peer, it.queue, "from it");
  it.descriptor = to_descriptor(server); // and round again
  eei_slices_method_slice_buffer_clear(buffer_ref(it.got));
  send(&it, "to the descriptor");
  receive(&it, "to the descriptor");
  tear_down(&it);
}

/** Through the hands of the guest, as a socket and two streams. */
static void released_it_is_the_guests_socket(void) {
  Fixture it = set_up();
  EXPECT(notify(it.descriptor, it.queue, 1, READABLE, NEVER) == PENDING);
  EXPECT(notify(it.descriptor, it.queue, 2, HAS_ERROR, NEVER) == PENDING);
  send(&it, "looked at already");
  EXPECT_OK(next(it.queue), 1);
  eei_descriptors_tuple3_own_tcp_socket_own_input_stream_own_output_stream_t raw;
  eei_descriptors_static_descriptor_release_wasi(it.descriptor, buffer_ref(it.got), &raw);
  EXPECT_OK(next(it.queue), 2);
  EXPECT(holds(it.got, "looked at already"));
  EXPECT(live(2) == 1 && live(29) == 0 && live(30) == 0); // the peer's is left
  Address local, remote;
  wasi_tcp_error_code_t why;
  wasi_tcp_borrow_tcp_socket_t socket = {raw.f0.__handle};
  EXPECT(wasi_tcp_method_tcp_socket_local_address(socket, &local, &why));
  EXPECT(wasi_tcp_method_tcp_socket_remote_address(socket, &remote, &why));
  raw_list_u8_t bytes = text_of_bytes("by hand");
  wasi_streams_stream_error_t failure;
  wasi_streams_borrow_output_stream_t output = {raw.f2.__handle};
  EXPECT(wasi_streams_method_output_stream_blocking_write_and_flush(output, &bytes, &failure));
  eei_slices_method_slice_buffer_clear(buffer_ref(it.got));
  EXPECT(start_read(it.peer, it.queue, 3, it.got, 7, false) == PENDING);
  EXPECT_OK(next(it.queue), 3);
  EXPECT(holds(it.got, "by hand"));
  eei_slices_method_slice_buffer_clear(buffer_ref(it.got));
  send(&it, "back again");
  it.descriptor = eei_descriptors_static_descriptor_register_wasi(raw.f0, raw.f1, raw.f2);
  receive(&it, "back again");
  Endpoint server = to_endpoint(it.descriptor);
  Address address;
  eei_endpoints_method_endpoint_local_address(endpoint_ref(server), &address);
  EXPECT(address.val.ipv4.port == local.val.ipv4.port);
  eei_endpoints_method_endpoint_peer_address(endpoint_ref(server), &address);
  EXPECT(address.val.ipv4.port == remote.val.ipv4.port);
  it.descriptor = to_descriptor(server);
  tear_down(&it);
}

/** Nothing of it is left with the engine, so the guest may drop it in its own order. */
static void the_guest_drops_what_was_released(void) {
  Fixture it = set_up();
  EXPECT(notify(it.descriptor, it.queue, 1, READABLE, NEVER) == PENDING);
  EXPECT(notify(it.descriptor, it.queue, 2, WRITABLE, NEVER) == PENDING);
  EXPECT_OK(next(it.queue), 2);
  eei_descriptors_tuple3_own_tcp_socket_own_input_stream_own_output_stream_t raw;
  eei_descriptors_static_descriptor_release_wasi(it.descriptor, buffer_ref(it.got), &raw);
  EXPECT_OK(next(it.queue), 1);
  EXPECT(length_of(it.got) == 0);
  wasi_streams_input_stream_drop_own(raw.f1);
  wasi_streams_output_stream_drop_own(raw.f2);
  wasi_tcp_tcp_socket_drop_own(raw.f0);
  EXPECT(start_read(it.peer, it.queue, 3, it.got, 1, false) == PENDING);
  EXPECT(!next(it.queue).success);
  drop_endpoint(it.peer);
  drop_buffer(it.got);
  end_queue(it.queue);
}

/** A socket that the guest connected by itself. */
static void a_socket_of_the_guests_is_registered(void) {
  Queue queue = next_queue();
  uint16_t port;
  Listener listener = start_listening(&port);
  EXPECT(start_accept(listener, queue, 1) == PENDING);
  wasi_tcp_own_tcp_socket_t socket;
  wasi_tcp_error_code_t why;
  EXPECT(wasi_tcp_create_create_tcp_socket(WASI_NETWORK_IP_ADDRESS_FAMILY_IPV4, &socket, &why));
  wasi_network_own_network_t network = wasi_instance_instance_network();
  wasi_tcp_borrow_tcp_socket_t lent = {socket.__handle};
  Address address = localhost(port);
  EXPECT(wasi_tcp_method_tcp_socket_start_connect(lent, (wasi_tcp_borrow_network_t){network.__handle}, &address, &why));
  wasi_tcp_tuple2_own_input_stream_own_output_stream_t streams;
  while (!wasi_tcp_method_tcp_socket_finish_connect(lent, &streams, &why)) {
    EXPECT(why == WASI_NETWORK_ERROR_CODE_WOULD_BLOCK);
    Pollable ready = eei_poll_static_pollable_from_wasi(wasi_tcp_method_tcp_socket_subscribe(lent));
    eei_poll_method_pollable_block(pollable_ref(ready));
    eei_poll_pollable_drop_own(ready);
  }
  wasi_network_network_drop_own(network);
  Descriptor descriptor = eei_descriptors_static_descriptor_register_wasi(socket, streams.f0, streams.f1);
  Fixture it = {queue, claim(next(queue)), descriptor, new_buffer()};
  eei_listeners_listener_drop_own(listener);
  send(&it, "hello, socket");
  receive(&it, "hello, socket");
  Endpoint mine = to_endpoint(it.descriptor);
  pass(mine, it.peer, queue, "hello, listener");
  it.descriptor = to_descriptor(mine);
  tear_down(&it);
}

static void queues_may_be_over(void) {
  Fixture it = set_up();
  Queue gone = next_queue(), over = next_queue();
  shutdown_queue(over);
  EXPECT(notify(it.descriptor, over, 1, READABLE, NEVER) == REFUSED);
  EXPECT(next(over).type == QUEUE_SHUTDOWN);
  drop_queue(over);
  EXPECT(notify(it.descriptor, gone, 2, READABLE, NEVER) == PENDING); // the refused one is not registered
  drop_queue(gone);
  EXPECT(live(30) == 1);
  force_status(it.descriptor, READABLE);
  wait_until_gone(it.queue, 30); // without an event
  EXPECT(notify(it.descriptor, it.queue, 3, READABLE, NEVER) == PENDING);
  EXPECT_OK(next(it.queue), 3);
  tear_down(&it);
}

static int64_t room(void) {
  Quota quota = eei_memory_static_memory_quota_default();
  int64_t bytes = eei_memory_method_memory_quota_free(quota_ref(quota));
  eei_memory_memory_quota_drop_own(quota);
  return bytes;
}

static void who_paid_goes_on_paying(void) {
  Queue queue = next_queue();
  Pair pair = connected_pair(queue);
  Quota quota = eei_memory_constructor_memory_quota(1 << 20);
  Allocator allocator = eei_memory_constructor_memory_allocator(quota_ref(quota));
  eei_endpoints_method_endpoint_set_allocator(endpoint_ref(pair.server), allocator_ref(allocator));
  Fixture it = {queue, pair.client, to_descriptor(pair.server), new_buffer()};
  Buffer data = new_buffer();
  fill(data, 5000);
  EXPECT(start_write(it.peer, queue, 1, data, 0, true) == DONE);
  while (length_of(it.got) < 5000) {
    EXPECT(read_now(it.descriptor, it.got, 5000) >= 0);
    expect_nothing(queue);
  }
  EXPECT(eei_memory_method_memory_allocator_taken(allocator_ref(allocator)) >= 5000);
  eei_memory_memory_allocator_drop_own(allocator);
  eei_memory_memory_quota_drop_own(quota);
  drop_buffer(it.got);
  it.got = new_buffer();
  send(&it, "the default quota pays");
  receive(&it, "the default quota pays");
  drop_buffer(data);
  tear_down(&it);
}

/** That they are charged is a case of the hostile guest. */
static void nothing_is_charged_for_what_is_gone(void) {
  enum { ROUNDS = 2000, CACHED_MAX = 64 << 10 };
  Queue queue = next_queue();
  Pair pair = connected_pair(queue);
  int64_t before = room();
  for (int i = 0; i < ROUNDS; i++) pair.client = to_endpoint(to_descriptor(pair.client));
  eei_descriptors_tuple3_own_tcp_socket_own_input_stream_own_output_stream_t raw;
  Buffer rest = new_buffer();
  Descriptor descriptor = to_descriptor(pair.client);
  for (int i = 0; i < ROUNDS; i++) {
    eei_descriptors_static_descriptor_release_wasi(descriptor, buffer_ref(rest), &raw);
    descriptor = eei_descriptors_static_descriptor_register_wasi(raw.f0, raw.f1, raw.f2);
  }
  for (int i = 0; i < 2; i++) close_descriptor(descriptor);
  drop_descriptor(descriptor);
  EXPECT(room() + CACHED_MAX > before && room() < before + CACHED_MAX);
  drop_buffer(rest);
  drop_endpoint(pair.server);
  end_queue(queue);
}

const Check descriptor_checks[] = {
    {"descriptors: who waits is told of bytes, and reads them", who_waits_is_told_of_bytes},
    {"descriptors: a status stays until it is cleared", a_status_stays_until_it_is_cleared},
    {"descriptors: who waits is told of room, and writes", who_waits_is_told_of_room},
    {"descriptors: an event or its deadline, what comes first", what_comes_first_wins},
    {"descriptors: force is an event like any other", force_is_an_event},
    {"descriptors: the end of input is no error", an_end_is_no_error},
    {"descriptors: a broken connection is found by who waits for it", an_error_is_found_by_who_waits_for_it},
    {"descriptors: to close runs what is registered", closing_runs_what_is_registered},
    {"descriptors: priorities order their notifications", priorities_order_notifications},
    {"descriptors: released, it is an endpoint again", released_it_is_an_endpoint_again},
    {"descriptors: released, it is the guest's own socket", released_it_is_the_guests_socket},
    {"descriptors: the guest drops what was released", the_guest_drops_what_was_released},
    {"descriptors: a socket of the guest's own is registered", a_socket_of_the_guests_is_registered},
    {"descriptors: their queues may be over", queues_may_be_over},
    {"descriptors: who paid for reads goes on paying", who_paid_goes_on_paying},
    {"descriptors: nothing is charged for those that are gone", nothing_is_charged_for_what_is_gone},
    {NULL, NULL},
};
