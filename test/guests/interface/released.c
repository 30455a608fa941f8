// The interface `descriptors`: from whom the connection comes and to whom it
// goes, and who pays.
#include "fixture.h"

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

/** Nothing of it is left with the engine, so the guest may drop it in its own
 * order. */
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
    EXPECT(next_until(queue, in_ms(1)).type == QUEUE_TIMEOUT);
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

enum { CLOSED, DROPPED, RELEASED, RELEASED_RAW, WAYS };

static void end_it(Descriptor descriptor, int way) {
  if (way == CLOSED) close_descriptor(descriptor);
  if (way <= DROPPED) drop_descriptor(descriptor);
  if (way == RELEASED) drop_endpoint(to_endpoint(descriptor));
  if (way != RELEASED_RAW) return;
  eei_descriptors_tuple3_own_tcp_socket_own_input_stream_own_output_stream_t raw;
  Buffer rest = new_buffer();
  eei_descriptors_static_descriptor_release_wasi(descriptor, buffer_ref(rest), &raw);
  drop_buffer(rest);
  wasi_streams_input_stream_drop_own(raw.f1);
  wasi_streams_output_stream_drop_own(raw.f2);
  wasi_tcp_tcp_socket_drop_own(raw.f0);
}

/** What comes after them has their records. */
static void allocators_forget_what_ended(void) {
  Queue queue = next_queue();
  for (int way = CLOSED; way < WAYS; way++) {
    Quota quota = eei_memory_constructor_memory_quota(UINT64_MAX);
    Allocator allocator = eei_memory_constructor_memory_allocator(quota_ref(quota));
    Pair pair = connected_pair(queue);
    eei_endpoints_method_endpoint_set_allocator(endpoint_ref(pair.client), allocator_ref(allocator));
    eei_endpoints_method_endpoint_set_allocator(endpoint_ref(pair.server), allocator_ref(allocator));
    end_it(to_descriptor(pair.client), way);
    Pair next = connected_pair(queue);
    eei_memory_memory_allocator_drop_own(allocator);
    eei_memory_memory_quota_drop_own(quota);
    pass(next.client, next.server, queue, "long enough for a block that somebody pays for");
    pass(next.server, next.client, queue, "long enough for a block that somebody pays for");
    drop_pair(next);
    drop_endpoint(pair.server);
  }
  end_queue(queue);
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

const Check released_checks[] = {
    {"descriptors: released, it is an endpoint again", released_it_is_an_endpoint_again},
    {"descriptors: released, it is the guest's own socket", released_it_is_the_guests_socket},
    {"descriptors: the guest drops what was released", the_guest_drops_what_was_released},
    {"descriptors: a socket of the guest's own is registered", a_socket_of_the_guests_is_registered},
    {"descriptors: who paid for reads goes on paying", who_paid_goes_on_paying},
    {"descriptors: an allocator forgets those that ended", allocators_forget_what_ended},
    {"descriptors: nothing is charged for those that are gone", nothing_is_charged_for_what_is_gone},
    {NULL, NULL},
};
