// The rules of wasi:sockets/udp, called one by one. See checks.h.
#include "checks.h"

typedef udp_own_udp_socket_t Socket;
typedef udp_tuple2_own_incoming_datagram_stream_own_outgoing_datagram_stream_t Streams;

static udp_borrow_udp_socket_t lent(Socket socket) { return udp_borrow_udp_socket(socket); }

static Socket create(int family) {
  Socket socket;
  must(udp_create_create_udp_socket((uint8_t)family, &socket, &code), "create a UDP socket");
  return socket;
}

static int start_bind(Socket socket, Address at) {
  return CODE(udp_method_udp_socket_start_bind(lent(socket), network, &at, &code));
}

static int finish_bind(Socket socket) {
  int result = CODE(udp_method_udp_socket_finish_bind(lent(socket), &code));
  while (result == WOULD_BLOCK) {
    await(udp_method_udp_socket_subscribe(lent(socket)));
    result = CODE(udp_method_udp_socket_finish_bind(lent(socket), &code));
  }
  return result;
}

static Address local(Socket socket) {
  Address address;
  must(udp_method_udp_socket_local_address(lent(socket), &address, &code), "the local address");
  return address;
}

static Socket bound(void) {
  Socket socket = create(IPV4);
  must(start_bind(socket, loopback(0)) == DONE && finish_bind(socket) == DONE, "bind to 127.0.0.1");
  return socket;
}

static int stream(Socket socket, const Address *remote, Streams *streams) {
  Address copy;
  if (remote != NULL) copy = *remote;
  return CODE(udp_method_udp_socket_stream(lent(socket), remote ? &copy : NULL, streams, &code));
}

static Streams streams_of(Socket socket, const Address *remote) {
  Streams streams;
  must(stream(socket, remote, &streams) == DONE, "the streams");
  return streams;
}

static void drop_streams(Streams streams) {
  udp_incoming_datagram_stream_drop_own(streams.f0);
  udp_outgoing_datagram_stream_drop_own(streams.f1);
}

static uint64_t permit(Streams streams) {
  udp_borrow_outgoing_datagram_stream_t out = udp_borrow_outgoing_datagram_stream(streams.f1);
  uint64_t most = 0;
  for (;;) {
    must(udp_method_outgoing_datagram_stream_check_send(out, &most, &code), "check-send");
    if (most > 0) return most;
    await(udp_method_outgoing_datagram_stream_subscribe(out));
  }
}

/** Sends `count` datagrams of `size` bytes, the first byte counting up. Returns how many were taken, or an error. */
static long long send(Streams streams, const Address *to, size_t count, size_t size) {
  static uint8_t bytes[4][70000];
  udp_outgoing_datagram_t list[4] = {0};
  for (size_t index = 0; index < count; index++) {
    bytes[index][0] = (uint8_t)index;
    list[index].data = (wasi_list_u8_t){bytes[index], size};
    if (to != NULL) list[index].remote_address = (udp_option_ip_socket_address_t){true, *to};
  }
  uint64_t taken = 0;
  udp_list_outgoing_datagram_t all = {list, count};
  udp_borrow_outgoing_datagram_stream_t out = udp_borrow_outgoing_datagram_stream(streams.f1);
  return udp_method_outgoing_datagram_stream_send(out, &all, &taken, &code) ? (long long)taken : -1 - (long long)code;
}

static udp_list_incoming_datagram_t receive(Streams streams, uint64_t most) {
  udp_list_incoming_datagram_t list;
  udp_borrow_incoming_datagram_stream_t in = udp_borrow_incoming_datagram_stream(streams.f0);
  must(udp_method_incoming_datagram_stream_receive(in, most, &list, &code), "receive");
  return list;
}

/** Waits until a datagram is there, and takes one. */
static udp_list_incoming_datagram_t receive_one(Streams streams) {
  udp_borrow_incoming_datagram_stream_t in = udp_borrow_incoming_datagram_stream(streams.f0);
  for (;;) {
    udp_list_incoming_datagram_t list = receive(streams, 1);
    if (list.len > 0) return list;
    must(becomes_ready(udp_method_incoming_datagram_stream_subscribe(in)), "a datagram within a second");
  }
}

static void unbound(void) {
  Socket socket = create(IPV4);
  Address address;
  Streams streams;
  is("family", udp_method_udp_socket_address_family(lent(socket)), IPV4);
  is("local-address before bind", CODE(udp_method_udp_socket_local_address(lent(socket), &address, &code)),
     INVALID_STATE);
  is("remote-address before bind", CODE(udp_method_udp_socket_remote_address(lent(socket), &address, &code)),
     INVALID_STATE);
  is("stream before bind", stream(socket, NULL, &streams), INVALID_STATE);
  is("finish-bind before start-bind", CODE(udp_method_udp_socket_finish_bind(lent(socket), &code)), NOT_IN_PROGRESS);
  udp_udp_socket_drop_own(socket);
}

static void binding(void) {
  Socket socket = create(IPV4);
  is("bind of an IPv4 socket to IPv6", start_bind(socket, ipv6(1, 0)), INVALID_ARGUMENT);
  is("start-bind", start_bind(socket, loopback(0)), DONE);
  is("finish-bind", finish_bind(socket), DONE);
  is("finish-bind again", finish_bind(socket), NOT_IN_PROGRESS);
  is("start-bind of a bound socket", start_bind(socket, loopback(0)), INVALID_STATE);
  Address here = local(socket);
  is("local-address is the one asked for", here.val.ipv4.address.f0, 127);
  is("local-address has a port", here.val.ipv4.port > 0, true);
  Address address;
  is("remote-address of an unconnected socket",
     CODE(udp_method_udp_socket_remote_address(lent(socket), &address, &code)), INVALID_STATE);
  Socket second = create(IPV4);
  int result = start_bind(second, here);
  is("bind to a port that is in use", result == DONE ? finish_bind(second) : result, ADDRESS_IN_USE);
  Socket third = create(IPV4);
  result = start_bind(third, ipv4(192, 0, 2, 1, 0));
  is("bind to an address that is not ours", result == DONE ? finish_bind(third) : result, ADDRESS_NOT_BINDABLE);
  Socket six = create(IPV6);
  is("bind of an IPv6 socket to a mapped IPv4 address", start_bind(six, mapped(0)), INVALID_ARGUMENT);
  is("bind of an IPv6 socket to IPv4", start_bind(six, loopback(0)), INVALID_ARGUMENT);
  udp_udp_socket_drop_own(six);
  udp_udp_socket_drop_own(third);
  udp_udp_socket_drop_own(second);
  udp_udp_socket_drop_own(socket);
}

static void options(void) {
  Socket socket = create(IPV4);
  uint8_t hops = 0;
  uint64_t bytes = 0;
  is("hop limit 0", CODE(udp_method_udp_socket_set_unicast_hop_limit(lent(socket), 0, &code)), INVALID_ARGUMENT);
  is("hop limit 42", CODE(udp_method_udp_socket_set_unicast_hop_limit(lent(socket), 42, &code)), DONE);
  is("hop limit read back", CODE(udp_method_udp_socket_unicast_hop_limit(lent(socket), &hops, &code)), DONE);
  is("hop limit is what was set", hops, 42);
  is("receive buffer 0", CODE(udp_method_udp_socket_set_receive_buffer_size(lent(socket), 0, &code)), INVALID_ARGUMENT);
  is("send buffer 0", CODE(udp_method_udp_socket_set_send_buffer_size(lent(socket), 0, &code)), INVALID_ARGUMENT);
  is("receive buffer 65536", CODE(udp_method_udp_socket_set_receive_buffer_size(lent(socket), 65536, &code)), DONE);
  is("receive buffer read back", CODE(udp_method_udp_socket_receive_buffer_size(lent(socket), &bytes, &code)), DONE);
  is("receive buffer is what was set", (long long)bytes, 65536);
  is("send buffer 65536", CODE(udp_method_udp_socket_set_send_buffer_size(lent(socket), 65536, &code)), DONE);
  is("send buffer read back", CODE(udp_method_udp_socket_send_buffer_size(lent(socket), &bytes, &code)), DONE);
  is("send buffer is what was set", (long long)bytes, 65536);
  udp_udp_socket_drop_own(socket);
}

static void unconnected(void) {
  Socket one = bound(), other = bound();
  Streams here = streams_of(one, NULL), there = streams_of(other, NULL);
  Address from = local(one), to = local(other);
  udp_list_incoming_datagram_t list = receive(there, 10);
  is("receive of nothing", (long long)list.len, 0);
  is("send without an address", (permit(here), send(here, NULL, 1, 5)), -1 - INVALID_ARGUMENT);
  Address wrong = ipv6(1, 9);
  is("send to another family", (permit(here), send(here, &wrong, 1, 5)), -1 - INVALID_ARGUMENT);
  Address no_port = loopback(0), nowhere = ipv4(0, 0, 0, 0, to.val.ipv4.port);
  is("send to port 0", (permit(here), send(here, &no_port, 1, 5)), -1 - INVALID_ARGUMENT);
  is("send to 0.0.0.0", (permit(here), send(here, &nowhere, 1, 5)), -1 - INVALID_ARGUMENT);
  is("send of nothing", (permit(here), send(here, NULL, 0, 0)), 0);
  is("send of too much", (permit(here), send(here, &to, 1, 65536)), -1 - DATAGRAM_TOO_LARGE);
  is("the permit is for several", permit(here) >= 3, true);
  is("send of three", send(here, &to, 3, 7), 3);
  list = receive_one(there);
  is("receive gives no more than asked for", (long long)list.len, 1);
  is("what comes first was sent first", list.ptr[0].data.ptr[0], 0);
  is("with its length", (long long)list.ptr[0].data.len, 7);
  is("with its sender", same(&list.ptr[0].remote_address, &from), true);
  udp_list_incoming_datagram_free(&list);
  is("receive of at most 0", (long long)receive(there, 0).len, 0);
  list = receive_one(there);
  is("nothing was lost by that", list.ptr[0].data.ptr[0], 1);
  udp_list_incoming_datagram_free(&list);
  list = receive(there, 10);
  is("the rest comes at once", (long long)list.len, 1);
  udp_list_incoming_datagram_free(&list);
  is("send of an empty datagram", (permit(here), send(here, &to, 1, 0)), 1);
  list = receive_one(there);
  is("which arrives", (long long)list.ptr[0].data.len, 0);
  udp_list_incoming_datagram_free(&list);
  is("send of 65,507 bytes", (permit(here), send(here, &to, 1, 65507)), 1);
  list = receive_one(there);
  is("which arrive", (long long)list.ptr[0].data.len, 65507);
  udp_list_incoming_datagram_free(&list);
  drop_streams(there);
  drop_streams(here);
  udp_udp_socket_drop_own(other);
  udp_udp_socket_drop_own(one);
}

static void connected(void) {
  Socket one = bound(), other = bound(), stranger = bound();
  Address from = local(one), to = local(other), at = local(stranger);
  Address no_port = loopback(0), nowhere = ipv4(0, 0, 0, 0, 9), six = ipv6(1, 9);
  Streams streams, there = streams_of(other, &from), strange = streams_of(stranger, NULL);
  is("stream to port 0", stream(one, &no_port, &streams), INVALID_ARGUMENT);
  is("stream to 0.0.0.0", stream(one, &nowhere, &streams), INVALID_ARGUMENT);
  is("stream to another family", stream(one, &six, &streams), INVALID_ARGUMENT);
  Streams here = streams_of(one, &to);
  Address address;
  is("remote-address", CODE(udp_method_udp_socket_remote_address(lent(one), &address, &code)), DONE);
  is("remote-address is the one of stream", same(&address, &to), true);
  is("send to the peer without its address", (permit(here), send(here, NULL, 1, 3)), 1);
  udp_list_incoming_datagram_t list = receive_one(there);
  is("which arrives", (long long)list.len, 1);
  udp_list_incoming_datagram_free(&list);
  is("send to the peer by its address", (permit(here), send(here, &to, 1, 4)), 1);
  list = receive_one(there);
  is("which arrives too", (long long)list.ptr[0].data.len, 4);
  udp_list_incoming_datagram_free(&list);
  is("send to somebody else", (permit(here), send(here, &at, 1, 3)), -1 - INVALID_ARGUMENT);
  is("a stranger sends", (permit(strange), send(strange, &to, 1, 9)), 1);
  is("and the peer after that", (permit(here), send(here, NULL, 1, 2)), 1);
  list = receive_one(there);
  is("only the peer is heard", (long long)list.ptr[0].data.len, 2);
  udp_list_incoming_datagram_free(&list);
  drop_streams(here);
  here = streams_of(one, NULL);
  is("remote-address after stream without one", CODE(udp_method_udp_socket_remote_address(lent(one), &address, &code)),
     INVALID_STATE);
  is("send to anybody after that", (permit(here), send(here, &at, 1, 6)), 1);
  list = receive_one(strange);
  is("which arrives there", (long long)list.ptr[0].data.len, 6);
  udp_list_incoming_datagram_free(&list);
  drop_streams(strange);
  drop_streams(there);
  drop_streams(here);
  udp_udp_socket_drop_own(stranger);
  udp_udp_socket_drop_own(other);
  udp_udp_socket_drop_own(one);
}

static void ipv6_too(void) {
  Socket one = create(IPV6), other = create(IPV6);
  must(start_bind(one, ipv6(1, 0)) == DONE && finish_bind(one) == DONE, "bind to ::1");
  must(start_bind(other, ipv6(1, 0)) == DONE && finish_bind(other) == DONE, "bind to ::1");
  Streams here = streams_of(one, NULL), there = streams_of(other, NULL);
  Address from = local(one), to = local(other);
  is("send over IPv6", (permit(here), send(here, &to, 1, 8)), 1);
  udp_list_incoming_datagram_t list = receive_one(there);
  is("the sender over IPv6", same(&list.ptr[0].remote_address, &from), true);
  udp_list_incoming_datagram_free(&list);
  Address four = mapped(9);
  is("send over IPv6 to a mapped IPv4 address", (permit(here), send(here, &four, 1, 8)), -1 - INVALID_ARGUMENT);
  drop_streams(there);
  drop_streams(here);
  udp_udp_socket_drop_own(other);
  udp_udp_socket_drop_own(one);
}

static void send_unpermitted(void) {
  Streams streams = streams_of(bound(), NULL);
  Address to = loopback(9);
  send(streams, &to, 1, 1);
}

int main(int argc, char **argv) {
  static const Check checks[] = {
      {"unbound", unbound},     {"binding", binding},   {"options", options}, {"unconnected", unconnected},
      {"connected", connected}, {"ipv6_too", ipv6_too}, {NULL, NULL},
  };
  static const Check traps[] = {
      {"send-unpermitted", send_unpermitted},
      {NULL, NULL},
  };
  return run_checks(argc, argv, checks, traps);
}
