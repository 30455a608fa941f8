// The interface `connections`, and tickets.
#include "check.h"

static Address nowhere(void) { // discards what it gets, or is not reachable at all: RFC 5737
  Address address = {.tag = WASI_NETWORK_IP_SOCKET_ADDRESS_IPV4, .val.ipv4 = {9, {192, 0, 2, 1}}};
  return address;
}

/** A port that nobody listens on, most probably. */
static uint16_t closed_port(void) {
  uint16_t port;
  eei_listeners_listener_drop_own(start_listening(&port));
  return port;
}

static void failures_have_reasons(void) {
  Queue queue = next_queue();
  Address address = localhost(closed_port());
  Connect connect;
  EXPECT(start_connect(queue, 1, &address, 1, NEVER, &connect));
  EXPECT(!begin_op(queue, 9) || (end_op(queue, 9, true), next(queue).tag == 9)); // not within the call
  Event event = next(queue);
  EXPECT_EVENT(event, 1, EEI_STATUS_STATUS_CODE_UNAVAILABLE, EEI_STATUS_REASON_CONNECTION_REFUSED);
  EXPECT(event.value == 0 && !eei_connections_cancel_connect(&connect));
  EXPECT(start_connect(queue, 2, &address, 1, 0, &connect));
  EXPECT_EVENT(next(queue), 2, EEI_STATUS_STATUS_CODE_DEADLINE_EXCEEDED, EEI_STATUS_REASON_DEADLINE_EXCEEDED);
  end_queue(queue);
}

static void addresses_are_tried_in_order(void) {
  Queue queue = next_queue();
  uint16_t port, closed = closed_port();
  Listener listener = start_listening(&port);
  Address addresses[16];
  for (int i = 0; i < 15; i++) addresses[i] = localhost(closed);
  addresses[15] = localhost(port);
  Connect connect;
  EXPECT(start_accept(listener, queue, 1) == PENDING);
  EXPECT(start_connect(queue, 2, addresses, 16, in_ms(20000), &connect) && live(6) == 0);
  for (int i = 0; i < 2; i++) drop_endpoint(claim(next(queue)));
  eei_listeners_listener_drop_own(listener);
  end_queue(queue);
}

static void a_cancelled_connect_has_no_event(void) {
  Queue queue = next_queue();
  Address address = nowhere();
  Connect connect, other;
  EXPECT(start_connect(queue, 1, &address, 1, NEVER, &connect));
  EXPECT(eei_connections_cancel_connect(&connect)); // before its first turn
  EXPECT(!eei_connections_cancel_connect(&connect));
  expect_nothing(queue);
  EXPECT(start_connect(queue, 2, &address, 1, NEVER, &other));
  EXPECT(!eei_connections_cancel_connect(&connect)); // its slot has another one now
  Event event = next_until(queue, 0);
  EXPECT(eei_connections_cancel_connect(&other) == (event.type == QUEUE_TIMEOUT)); // some systems know at once
  expect_nothing(queue);
  for (uint32_t i = 0; i < 32; i++) {
    Connect forged = {connect.slot ^ 1u << i, connect.generation}, stale = {connect.slot, other.generation ^ 1u << i};
    EXPECT(!eei_connections_cancel_connect(&forged) && !eei_connections_cancel_connect(&stale));
  }
  end_queue(queue);
}

static void a_cancelled_connect_lets_its_queue_end(void) {
  Queue queue = next_queue();
  uint16_t port;
  Listener listener = start_listening(&port);
  Address address = localhost(port);
  Connect connect;
  EXPECT(start_connect(queue, 1, &address, 1, NEVER, &connect));
  shutdown_queue(queue);
  EXPECT(eei_connections_cancel_connect(&connect));
  EXPECT(next_until(queue, NEVER).type == QUEUE_SHUTDOWN);
  EXPECT(!start_connect(queue, 2, &address, 1, NEVER, &connect)); // refused
  drop_queue(queue);
  eei_listeners_listener_drop_own(listener);
}

static void a_ticket_is_good_once(void) {
  Queue queue = next_queue();
  Pair pair = connected_pair(queue);
  uint16_t port;
  Listener listener = start_listening(&port);
  Address address = localhost(port);
  Connect connect;
  Endpoint endpoint, other;
  EXPECT(start_accept(listener, queue, 1) == PENDING);
  EXPECT(start_connect(queue, 2, &address, 1, NEVER, &connect));
  Event one = next(queue), two = next(queue);
  EXPECT(one.value != two.value);
  for (int i = 0; i < 64; i++) {
    uint64_t forged = one.value ^ 1ull << i;
    EXPECT(forged == two.value || !eei_endpoints_claim(forged, &endpoint));
  }
  EXPECT(!eei_endpoints_claim(0, &endpoint) && !eei_endpoints_claim(UINT64_MAX, &endpoint));
  EXPECT(eei_endpoints_claim(one.value, &endpoint) && !eei_endpoints_claim(one.value, &other));
  EXPECT(live(2) == 4); // who is not claimed stays open
  EXPECT(eei_endpoints_claim(two.value, &other) && !eei_endpoints_claim(two.value, &other));
  drop_endpoint(endpoint);
  EXPECT(!eei_endpoints_claim(one.value, &endpoint)); // not after its end either
  pass(pair.client, pair.server, queue, "the others are as they were");
  drop_endpoint(other);
  drop_pair(pair);
  eei_listeners_listener_drop_own(listener);
  end_queue(queue);
}

static void endpoints_know_their_addresses(void) {
  Queue queue = next_queue();
  Pair pair = connected_pair(queue);
  eei_endpoints_ip_socket_address_t client_local, client_peer, server_local, server_peer;
  eei_endpoints_method_endpoint_local_address(endpoint_ref(pair.client), &client_local);
  eei_endpoints_method_endpoint_peer_address(endpoint_ref(pair.client), &client_peer);
  eei_endpoints_method_endpoint_local_address(endpoint_ref(pair.server), &server_local);
  drop_endpoint(pair.client);
  expect_nothing(queue);
  eei_endpoints_method_endpoint_peer_address(endpoint_ref(pair.server), &server_peer); // although it is gone
  EXPECT(client_local.val.ipv4.port == server_peer.val.ipv4.port && client_local.val.ipv4.port != 0);
  EXPECT(client_peer.val.ipv4.port == server_local.val.ipv4.port && client_peer.val.ipv4.port != 0);
  EXPECT(client_local.val.ipv4.address.f0 == 127 && server_local.val.ipv4.address.f3 == 1);
  drop_endpoint(pair.server);
  end_queue(queue);
}

void check_options(void) {
  Options of_listener = {true, 61000 * MS, 11000 * MS, 3, 65536, 131072, 41, 17};
  Options of_connect = {false, 62000 * MS, 12000 * MS, 4, 32768, 16384, 42, 0};
  Listener listener = eei_listeners_constructor_listener(&of_listener);
  Queue queue = next_queue();
  Address address = localhost(0);
  Status status;
  EXPECT(eei_listeners_method_listener_bind(listener_ref(listener), &address, &address.val.ipv4.port, &status));
  EXPECT(eei_listeners_method_listener_start(listener_ref(listener), &status));
  eei_connections_list_ip_socket_address_t list = {&address, 1};
  Connect connect;
  EXPECT(eei_connections_connect(ref(queue), 1, &list, &of_connect, NEVER, &connect));
  drop_endpoint(claim(next(queue)));
  eei_listeners_listener_drop_own(listener);
  end_queue(queue);
}

const Check connection_checks[] = {
    {"connections: a failure has its reason", failures_have_reasons},
    {"connections: up to 16 addresses are tried in their order", addresses_are_tried_in_order},
    {"connections: a cancelled one has no event, and other handles name nothing", a_cancelled_connect_has_no_event},
    {"connections: one that is cancelled is not outstanding any more", a_cancelled_connect_lets_its_queue_end},
    {"tickets: are good once, and forged ones never", a_ticket_is_good_once},
    {"endpoints: know both addresses, also when the peer is gone", endpoints_know_their_addresses},
    {NULL, NULL},
};
