// A program that never waits: it asks again until the answer changes. A host has to let its sockets work all the same.
#include "tcp-pair.h"

enum { BYTES = 1000000 };

static Pair spun_pair(void) {
  Socket server = listener(IPV4), client = create(IPV4);
  Address there = local(server);
  Streams streams;
  Accepted accepted;
  must(tcp_method_tcp_socket_start_connect(lent(client), network, &there, &code), "start-connect");
  while (!tcp_method_tcp_socket_finish_connect(lent(client), &streams, &code)) must(code == WOULD_BLOCK, "connect");
  while (!tcp_method_tcp_socket_accept(lent(server), &accepted, &code)) must(code == WOULD_BLOCK, "accept");
  tcp_tcp_socket_drop_own(server);
  puts("ok finish-connect and accept");
  return (Pair){client, streams.f0, streams.f1, accepted.f0, accepted.f1, accepted.f2};
}

/** One end writes as soon as it may, the other reads what there is. */
static void read_and_check_write(Pair pair) {
  static uint8_t bytes[65536];
  streams_borrow_output_stream_t out = streams_borrow_output_stream(pair.client_out);
  streams_borrow_input_stream_t in = streams_borrow_input_stream(pair.server_in);
  uint64_t written = 0, read = 0;
  while (read < BYTES) {
    uint64_t permit = 0;
    must(streams_method_output_stream_check_write(out, &permit, &stream_error), "check-write");
    wasi_list_u8_t part = {bytes, permit < sizeof bytes ? (size_t)permit : sizeof bytes};
    if (part.len > BYTES - written) part.len = (size_t)(BYTES - written);
    if (part.len > 0) {
      must(streams_method_output_stream_write(out, &part, &stream_error), "write");
      written += part.len;
    }
    wasi_list_u8_t list;
    must(streams_method_input_stream_read(in, sizeof bytes, &list, &stream_error), "read");
    read += list.len;
    wasi_list_u8_free(&list);
  }
  is("read and check-write", (long long)read, BYTES);
}

static void ready(Pair pair) {
  streams_borrow_input_stream_t in = streams_borrow_input_stream(pair.client_in);
  poll_own_pollable_t pollable = streams_method_input_stream_subscribe(in);
  uint8_t byte = 1;
  wasi_list_u8_t one = {&byte, 1};
  streams_borrow_output_stream_t out = streams_borrow_output_stream(pair.server_out);
  must(streams_method_output_stream_blocking_write_and_flush(out, &one, &stream_error), "write");
  while (!poll_method_pollable_ready(poll_borrow_pollable(pollable))) continue;
  poll_pollable_drop_own(pollable);
  puts("ok ready");
}

static void look_up(void) {
  wasi_string_t name = {(uint8_t *)"localhost", 9};
  lookup_own_resolve_address_stream_t found;
  must(lookup_resolve_addresses(network, &name, &found, &code), "resolve-addresses");
  lookup_borrow_resolve_address_stream_t lent_found = lookup_borrow_resolve_address_stream(found);
  lookup_option_ip_address_t address;
  while (!lookup_method_resolve_address_stream_resolve_next_address(lent_found, &address, &code)) {
    must(code == WOULD_BLOCK, "resolve-next-address");
  }
  lookup_resolve_address_stream_drop_own(found);
  puts("ok resolve-next-address");
}

static void receive(void) {
  udp_own_udp_socket_t socket;
  udp_tuple2_own_incoming_datagram_stream_own_outgoing_datagram_stream_t pair;
  must(udp_create_create_udp_socket(IPV4, &socket, &code), "create a UDP socket");
  udp_borrow_udp_socket_t self = udp_borrow_udp_socket(socket);
  Address at = loopback(0);
  must(udp_method_udp_socket_start_bind(self, network, &at, &code), "start-bind");
  while (!udp_method_udp_socket_finish_bind(self, &code)) must(code == WOULD_BLOCK, "finish-bind");
  must(udp_method_udp_socket_local_address(self, &at, &code), "local-address");
  must(udp_method_udp_socket_stream(self, &at, &pair, &code), "stream");
  udp_outgoing_datagram_t none = {0};
  uint64_t count = 0;
  udp_borrow_outgoing_datagram_stream_t out = udp_borrow_outgoing_datagram_stream(pair.f1);
  while (count == 0) must(udp_method_outgoing_datagram_stream_check_send(out, &count, &code), "check-send");
  udp_list_outgoing_datagram_t one = {&none, 1};
  must(udp_method_outgoing_datagram_stream_send(out, &one, &count, &code) && count == 1, "send");
  udp_list_incoming_datagram_t list = {0};
  udp_borrow_incoming_datagram_stream_t in = udp_borrow_incoming_datagram_stream(pair.f0);
  while (list.len == 0) must(udp_method_incoming_datagram_stream_receive(in, 1, &list, &code), "receive");
  puts("ok receive");
}

static const Check NONE[] = {{NULL, NULL}};

int main(int argc, char **argv) {
  if (run_checks(argc, argv, NONE, NONE) != 0) return 1;
  Pair pair = spun_pair();
  read_and_check_write(pair);
  ready(pair);
  drop_pair(pair);
  look_up();
  receive();
  return 0;
}
