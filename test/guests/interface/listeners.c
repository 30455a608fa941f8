// The interface `listeners`.
#include "check.h"

static Listener new_listener(void) {
  Options options = {.keep_alive = true,
                     .keep_alive_idle = 60000 * MS,
                     .keep_alive_interval = 10000 * MS,
                     .keep_alive_count = 3,
                     .receive_buffer = 65536,
                     .send_buffer = 65536,
                     .hop_limit = 40,
                     .backlog = 16};
  return eei_listeners_constructor_listener(&options);
}

static bool bind_to(Listener listener, Address address, uint16_t *port, Status *status) {
  return eei_listeners_method_listener_bind(listener_ref(listener), &address, port, status);
}

static bool start(Listener listener, Status *status) {
  return eei_listeners_method_listener_start(listener_ref(listener), status);
}

static int shut_down(Listener listener, Queue queue, uint64_t tag) {
  return eei_listeners_method_listener_shutdown(listener_ref(listener), ref(queue), tag);
}

static void drop_listener(Listener listener) { eei_listeners_listener_drop_own(listener); }

static void states_are_kept(void) {
  Listener listener = new_listener(), other = new_listener();
  Status status;
  uint16_t port, again;
  EXPECT(!start(listener, &status)); // nothing is bound
  EXPECT(status.code == EEI_STATUS_STATUS_CODE_FAILED_PRECONDITION && status.reason == EEI_STATUS_REASON_INVALID_STATE);
  EXPECT(bind_to(listener, localhost(0), &port, &status) && port != 0);
  EXPECT(start(listener, &status));
  EXPECT(!start(listener, &status) && status.reason == EEI_STATUS_REASON_INVALID_STATE);
  EXPECT(!bind_to(listener, localhost(0), &again, &status) &&
         status.code == EEI_STATUS_STATUS_CODE_FAILED_PRECONDITION);
  // The same address, bound or listening, is told by one of the two.
  bool bound = bind_to(other, localhost(port), &again, &status);
  EXPECT(!bound || !start(other, &status));
  EXPECT(status.reason == EEI_STATUS_REASON_ADDRESS_IN_USE &&
         status.code == EEI_STATUS_STATUS_CODE_FAILED_PRECONDITION);
  drop_listener(other);
  drop_listener(listener);
}

static void one_listener_has_several_addresses(void) {
  Listener listener = new_listener();
  Queue queue = next_queue();
  Status status;
  uint16_t port, same;
  Address second = localhost(0);
  second.val.ipv4.address.f3 = 2;
  EXPECT(bind_to(listener, localhost(0), &port, &status));
  EXPECT(bind_to(listener, second, &same, &status) && same == port);
  EXPECT(start(listener, &status));
  second.val.ipv4.port = port;
  for (int i = 0; i < 2; i++) {
    EXPECT(start_accept(listener, queue, 1) == PENDING);
    Address address = i ? second : localhost(port);
    Connect connect;
    EXPECT(start_connect(queue, 2, &address, 1, NEVER, &connect));
    for (int j = 0; j < 2; j++) {
      Event event = next(queue);
      Endpoint endpoint = claim(event);
      eei_endpoints_ip_socket_address_t where;
      if (event.tag == 1)
        eei_endpoints_method_endpoint_local_address(endpoint_ref(endpoint), &where);
      else
        eei_endpoints_method_endpoint_peer_address(endpoint_ref(endpoint), &where);
      EXPECT(where.val.ipv4.port == port && where.val.ipv4.address.f3 == 1 + i);
      drop_endpoint(endpoint);
    }
  }
  drop_listener(listener);
  end_queue(queue);
}

static void the_wildcard_takes_both_families(void) {
  Listener listener = new_listener();
  Queue queue = next_queue();
  Status status;
  uint16_t port;
  Address any = {.tag = WASI_NETWORK_IP_SOCKET_ADDRESS_IPV6};
  EXPECT(bind_to(listener, any, &port, &status) && port != 0 && start(listener, &status));
  Address six = {.tag = WASI_NETWORK_IP_SOCKET_ADDRESS_IPV6, .val.ipv6 = {.port = port, .address.f7 = 1}};
  Address addresses[] = {localhost(port), six};
  for (int i = 0; i < 2; i++) {
    Connect connect;
    EXPECT(start_accept(listener, queue, 1) == PENDING);
    EXPECT(start_connect(queue, 2, &addresses[i], 1, in_ms(20000), &connect));
    Event one = next(queue), two = next(queue);
    Endpoint server = claim(one.tag == 1 ? one : two), client = claim(one.tag == 2 ? one : two);
    eei_endpoints_ip_socket_address_t peer;
    eei_endpoints_method_endpoint_peer_address(endpoint_ref(client), &peer);
    EXPECT(peer.tag == addresses[i].tag);
    pass(client, server, queue, "by either family");
    drop_endpoint(client);
    drop_endpoint(server);
  }
  drop_listener(listener);
  end_queue(queue);
}

static void accepts_are_served_in_order(void) {
  enum { COUNT = 20 };
  uint16_t port;
  Listener listener = start_listening(&port);
  Queue accepts = next_queue(), connects = next_queue();
  for (uint64_t tag = 0; tag < COUNT; tag++) EXPECT(start_accept(listener, accepts, tag) == PENDING);
  for (uint64_t tag = 0; tag < COUNT; tag++) connect_to(connects, tag, port);
  for (uint64_t tag = 0; tag < COUNT; tag++) {
    Event event = next(accepts);
    EXPECT_OK(event, tag);
    drop_endpoint(claim(event));
    drop_endpoint(claim(next(connects)));
  }
  drop_listener(listener);
  end_queue(accepts);
  end_queue(connects);
}

static void nobody_is_let_in_unasked(void) {
  uint16_t port;
  Listener listener = start_listening(&port);
  Queue accepts = next_queue(), connects = next_queue();
  for (uint64_t tag = 0; tag < 5; tag++) connect_to(connects, tag, port);
  for (uint64_t tag = 0; tag < 5; tag++) drop_endpoint(claim(next(connects)));
  EXPECT(next_until(accepts, in_ms(10)).type == QUEUE_TIMEOUT);
  for (uint64_t tag = 0; tag < 5; tag++) {
    EXPECT(start_accept(listener, accepts, tag) == PENDING);
    Event event = next(accepts);
    EXPECT_OK(event, tag);
    drop_endpoint(claim(event));
    expect_nothing(accepts);
  }
  drop_listener(listener);
  end_queue(accepts);
  end_queue(connects);
}

static void a_shutdown_cancels_accepts_and_comes_last(void) {
  uint16_t port;
  Listener listener = start_listening(&port);
  Queue queue = next_queue();
  for (uint64_t tag = 1; tag <= 3; tag++) EXPECT(start_accept(listener, queue, tag) == PENDING);
  connect_to(queue, 10, port);
  Event event = next(queue);
  Event other = next(queue);
  Endpoint one = claim(event), two = claim(other);
  EXPECT(event.tag + other.tag == 11);
  EXPECT(shut_down(listener, queue, 4) == PENDING);
  EXPECT_EVENT(next(queue), 2, EEI_STATUS_STATUS_CODE_CANCELLED, EEI_STATUS_REASON_CANCELLED);
  EXPECT_EVENT(next(queue), 3, EEI_STATUS_STATUS_CODE_CANCELLED, EEI_STATUS_REASON_CANCELLED);
  EXPECT_OK(next(queue), 4);
  expect_nothing(queue);
  pass(one, two, queue, "accepted ones live on");
  Status status;
  uint16_t again;
  EXPECT(!start(listener, &status) && status.reason == EEI_STATUS_REASON_INVALID_STATE);
  EXPECT(!bind_to(listener, localhost(0), &again, &status) && status.reason == EEI_STATUS_REASON_INVALID_STATE);
  drop_listener(listener);
  expect_nothing(queue);
  connect_to(queue, 11, port);
  EXPECT_EVENT(next(queue), 11, EEI_STATUS_STATUS_CODE_UNAVAILABLE, EEI_STATUS_REASON_CONNECTION_REFUSED);
  drop_endpoint(one);
  drop_endpoint(two);
  end_queue(queue);
}

static void listeners_are_dropped_in_every_state(void) {
  Queue queue = next_queue();
  Status status;
  uint16_t port;
  drop_listener(new_listener());
  Listener listener = new_listener();
  EXPECT(start_accept(listener, queue, 1) == PENDING); // before it has an address
  EXPECT(bind_to(listener, localhost(0), &port, &status));
  drop_listener(listener);
  EXPECT_EVENT(next(queue), 1, EEI_STATUS_STATUS_CODE_CANCELLED, EEI_STATUS_REASON_CANCELLED);
  listener = start_listening(&port);
  EXPECT(start_accept(listener, queue, 2) == PENDING);
  drop_listener(listener);
  EXPECT_EVENT(next(queue), 2, EEI_STATUS_STATUS_CODE_CANCELLED, EEI_STATUS_REASON_CANCELLED);
  listener = start_listening(&port);
  EXPECT(shut_down(listener, queue, 3) == PENDING);
  drop_listener(listener); // the on-shutdown event is on its way already
  EXPECT_OK(next(queue), 3);
  expect_nothing(queue);
  end_queue(queue);
}

static void an_accept_may_come_before_the_start(void) {
  Listener listener = new_listener();
  Queue queue = next_queue();
  Status status;
  uint16_t port;
  EXPECT(start_accept(listener, queue, 1) == PENDING);
  EXPECT(bind_to(listener, localhost(0), &port, &status) && start(listener, &status));
  connect_to(queue, 2, port);
  drop_endpoint(claim(next(queue)));
  drop_endpoint(claim(next(queue)));
  drop_listener(listener);
  end_queue(queue);
}

static void a_short_quota_holds_back(void) {
  Quota quota = eei_memory_constructor_memory_quota(1000);
  Allocator allocator = eei_memory_constructor_memory_allocator(quota_ref(quota));
  Listener listener = new_listener();
  Queue queue = next_queue();
  Status status;
  uint16_t port;
  eei_memory_method_memory_allocator_reserve(allocator_ref(allocator), 5000, 5000);
  eei_listeners_method_listener_set_quota(listener_ref(listener), quota_ref(quota));
  EXPECT(bind_to(listener, localhost(0), &port, &status) && start(listener, &status));
  EXPECT(start_accept(listener, queue, 1) == PENDING);
  connect_to(queue, 2, port);
  Event event = next(queue);
  EXPECT_OK(event, 2);
  EXPECT(next_until(queue, in_ms(10)).type == QUEUE_TIMEOUT);
  eei_memory_memory_quota_drop_own(quota); // both live on
  eei_memory_memory_allocator_drop_own(allocator);
  expect_nothing(queue);
  drop_endpoint(claim(event));
  drop_listener(listener);
  EXPECT_EVENT(next(queue), 1, EEI_STATUS_STATUS_CODE_CANCELLED, EEI_STATUS_REASON_CANCELLED);
  end_queue(queue);
}

void check_without_network(void) {
  Listener listener = new_listener();
  Queue queue = next_queue();
  Status status;
  uint16_t port;
  EXPECT(!bind_to(listener, localhost(0), &port, &status));
  EXPECT(status.code == EEI_STATUS_STATUS_CODE_PERMISSION_DENIED && status.reason == EEI_STATUS_REASON_ACCESS_DENIED);
  EXPECT(!start(listener, &status) && status.reason == EEI_STATUS_REASON_INVALID_STATE);
  EXPECT(start_accept(listener, queue, 1) == PENDING);
  connect_to(queue, 2, 1);
  EXPECT_EVENT(next(queue), 2, EEI_STATUS_STATUS_CODE_PERMISSION_DENIED, EEI_STATUS_REASON_ACCESS_DENIED);
  expect_nothing(queue);
  EXPECT(shut_down(listener, queue, 3) == PENDING);
  EXPECT_EVENT(next(queue), 1, EEI_STATUS_STATUS_CODE_CANCELLED, EEI_STATUS_REASON_CANCELLED);
  EXPECT_OK(next(queue), 3);
  drop_listener(listener);
  Resolver resolver;
  Lookup lookup;
  raw_string_t why;
  eei_resolvers_list_srv_record_t services;
  EXPECT(make_resolver("127.0.0.1", &resolver, &why));
  EXPECT(look_up_srv(resolver, queue, 4, "a.test", NEVER, &lookup));
  Event event = next(queue);
  EXPECT_EVENT(event, 4, EEI_STATUS_STATUS_CODE_PERMISSION_DENIED, EEI_STATUS_REASON_ACCESS_DENIED);
  EXPECT(!eei_resolvers_claim_services(event.value, &services, &why) && why.len > 0);
  raw_string_free(&why);
  drop_resolver(resolver);
  end_queue(queue);
}

const Check listener_checks[] = {
    {"listeners: bind and start keep their states", states_are_kept},
    {"listeners: have several addresses and one port", one_listener_has_several_addresses},
    {"listeners: [::] takes both families", the_wildcard_takes_both_families},
    {"listeners: accepts are served in their order", accepts_are_served_in_order},
    {"listeners: nobody is let in unasked, and nobody is lost", nobody_is_let_in_unasked},
    {"listeners: a shutdown cancels accepts, and its event is the last", a_shutdown_cancels_accepts_and_comes_last},
    {"listeners: can be dropped in every state", listeners_are_dropped_in_every_state},
    {"listeners: an accept may come before the start", an_accept_may_come_before_the_start},
    {"listeners: a quota that is short holds connections back, also when it was dropped", a_short_quota_holds_back},
    {NULL, NULL},
};
