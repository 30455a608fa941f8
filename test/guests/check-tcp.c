// The rules of wasi:sockets/tcp, called one by one: states, errors and options. What its streams do is in
// check-streams.c. See checks.h.
#include "tcp-pair.h"

static int start_bind(Socket socket, Address at) {
  return CODE(tcp_method_tcp_socket_start_bind(lent(socket), network, &at, &code));
}

static int start_connect(Socket socket, Address to) {
  return CODE(tcp_method_tcp_socket_start_connect(lent(socket), network, &to, &code));
}

static int start_listen(Socket socket) { return CODE(tcp_method_tcp_socket_start_listen(lent(socket), &code)); }

static int shut(Socket socket, tcp_shutdown_type_t how) {
  return CODE(tcp_method_tcp_socket_shutdown(lent(socket), how, &code));
}

static int remote(Socket socket, Address *address) {
  return CODE(tcp_method_tcp_socket_remote_address(lent(socket), address, &code));
}

static void drop(Socket socket) { tcp_tcp_socket_drop_own(socket); }

static void unbound(void) {
  Socket socket = create(IPV4);
  Address address;
  Accepted accepted;
  Streams streams;
  is("family", tcp_method_tcp_socket_address_family(lent(socket)), IPV4);
  is("is-listening", tcp_method_tcp_socket_is_listening(lent(socket)), false);
  is("local-address", CODE(tcp_method_tcp_socket_local_address(lent(socket), &address, &code)), INVALID_STATE);
  is("remote-address", remote(socket, &address), INVALID_STATE);
  is("finish-bind", CODE(tcp_method_tcp_socket_finish_bind(lent(socket), &code)), NOT_IN_PROGRESS);
  is("finish-connect", CODE(tcp_method_tcp_socket_finish_connect(lent(socket), &streams, &code)), NOT_IN_PROGRESS);
  is("finish-listen", CODE(tcp_method_tcp_socket_finish_listen(lent(socket), &code)), NOT_IN_PROGRESS);
  is("start-listen", start_listen(socket), INVALID_STATE);
  is("accept", CODE(tcp_method_tcp_socket_accept(lent(socket), &accepted, &code)), INVALID_STATE);
  is("shutdown", shut(socket, TCP_SHUTDOWN_TYPE_BOTH), INVALID_STATE);
  drop(socket);
}

static void binding(void) {
  Socket socket = create(IPV4);
  Streams streams;
  is("bind of an IPv4 socket to IPv6", start_bind(socket, ipv6(1, 0)), INVALID_ARGUMENT);
  is("start-bind", start_bind(socket, loopback(0)), DONE);
  is("start-bind in the middle of a bind", start_bind(socket, loopback(0)), CONCURRENCY_CONFLICT);
  is("start-connect in the middle of a bind", start_connect(socket, loopback(9)), CONCURRENCY_CONFLICT);
  is("start-listen in the middle of a bind", start_listen(socket), CONCURRENCY_CONFLICT);
  is("finish-bind", finish_bind(socket), DONE);
  is("finish-bind again", finish_bind(socket), NOT_IN_PROGRESS);
  is("finish-connect of a bound socket", CODE(tcp_method_tcp_socket_finish_connect(lent(socket), &streams, &code)),
     NOT_IN_PROGRESS);
  is("start-bind of a bound socket", start_bind(socket, loopback(0)), INVALID_STATE);
  Address here = local(socket), address;
  is("local-address is the one asked for", here.val.ipv4.address.f0, 127);
  is("local-address has a port", here.val.ipv4.port > 0, true);
  is("remote-address of a bound socket", remote(socket, &address), INVALID_STATE);
  is("is-listening of a bound socket", tcp_method_tcp_socket_is_listening(lent(socket)), false);
  is("shutdown of a bound socket", shut(socket, TCP_SHUTDOWN_TYPE_SEND), INVALID_STATE);
  drop(socket);

  Socket six = create(IPV6), far = create(IPV4);
  is("bind of an IPv6 socket to a mapped IPv4 address", start_bind(six, mapped(0)), INVALID_ARGUMENT);
  is("bind of an IPv6 socket to IPv4", start_bind(six, loopback(0)), INVALID_ARGUMENT);
  int result = start_bind(far, ipv4(192, 0, 2, 1, 0));
  is("bind to an address that is not ours", result == DONE ? finish_bind(far) : result, ADDRESS_NOT_BINDABLE);
  drop(far);
  far = create(IPV4);
  result = start_bind(far, ipv4(224, 0, 0, 1, 0));
  is("bind to a multicast address", result, INVALID_ARGUMENT);
  drop(far);
  drop(six);
}

static void listening(void) {
  Socket socket = listener(IPV4);
  Address here = local(socket), address;
  Accepted accepted;
  is("is-listening", tcp_method_tcp_socket_is_listening(lent(socket)), true);
  is("finish-listen again", CODE(tcp_method_tcp_socket_finish_listen(lent(socket), &code)), NOT_IN_PROGRESS);
  is("start-listen again", start_listen(socket), INVALID_STATE);
  is("start-bind", start_bind(socket, loopback(0)), INVALID_STATE);
  is("start-connect", start_connect(socket, here), INVALID_STATE);
  is("remote-address", remote(socket, &address), INVALID_STATE);
  is("accept of nothing", CODE(tcp_method_tcp_socket_accept(lent(socket), &accepted, &code)), WOULD_BLOCK);
  is("shutdown", shut(socket, TCP_SHUTDOWN_TYPE_BOTH), INVALID_STATE);
  is("backlog 0", CODE(tcp_method_tcp_socket_set_listen_backlog_size(lent(socket), 0, &code)), INVALID_ARGUMENT);
  Socket second = create(IPV4);
  int result = start_bind(second, here);
  if (result == DONE) result = finish_bind(second);
  is("a second listener at the port", result, ADDRESS_IN_USE);
  drop(second);
  drop(socket);
  Socket again = create(IPV4);
  result = start_bind(again, here);
  is("the port is free after that", result == DONE ? finish_bind(again) : result, DONE);
  drop(again);
}

static void connecting(void) {
  Socket server = listener(IPV4), client = create(IPV4);
  Address there = local(server), address, none = ipv4(0, 0, 0, 0, there.val.ipv4.port);
  Streams streams;
  is("connect to 0.0.0.0", start_connect(client, none), INVALID_ARGUMENT);
  is("connect to port 0", start_connect(client, loopback(0)), INVALID_ARGUMENT);
  is("connect to another family", start_connect(client, ipv6(1, 9)), INVALID_ARGUMENT);
  is("start-connect", start_connect(client, there), DONE);
  int again = start_connect(client, there);
  is("start-connect in the middle of a connect", again, CONCURRENCY_CONFLICT);
  is("start-bind in the middle of a connect", start_bind(client, loopback(0)), CONCURRENCY_CONFLICT);
  is("finish-connect", finish_connect(client, &streams), DONE);
  is("finish-connect again", finish_connect(client, &streams), NOT_IN_PROGRESS);
  is("start-connect of a connected socket", start_connect(client, there), INVALID_STATE);
  is("start-bind of a connected socket", start_bind(client, loopback(0)), INVALID_STATE);
  is("start-listen of a connected socket", start_listen(client), INVALID_STATE);
  is("is-listening of a connected socket", tcp_method_tcp_socket_is_listening(lent(client)), false);
  Accepted accepted = accept_one(server);
  is("remote-address of the client", remote(client, &address), DONE);
  is("which is the server's", same(&address, &there), true);
  Address here = local(client);
  is("remote-address of the accepted one", remote(accepted.f0, &address), DONE);
  is("which is the client's", same(&address, &here), true);
  Address accepted_at = local(accepted.f0);
  is("local-address of the accepted one is the server's", same(&accepted_at, &there), true);
  Accepted more;
  is("accept of a connection", CODE(tcp_method_tcp_socket_accept(lent(client), &more, &code)), INVALID_STATE);
  drop_pair((Pair){client, streams.f0, streams.f1, accepted.f0, accepted.f1, accepted.f2});
  drop(server);

  client = create(IPV4);
  is("start-connect to nobody", start_connect(client, there), DONE);
  is("which is refused", finish_connect(client, &streams), CONNECTION_REFUSED);
  is("and cannot be tried again", start_connect(client, there), INVALID_STATE);
  drop(client);

  server = listener(IPV6);
  client = create(IPV6);
  is("connect to a mapped IPv4 address", start_connect(client, mapped(9)), INVALID_ARGUMENT);
  is("connect over IPv6", start_connect(client, local(server)), DONE);
  is("which succeeds", finish_connect(client, &streams), DONE);
  accepted = accept_one(server);
  drop_pair((Pair){client, streams.f0, streams.f1, accepted.f0, accepted.f1, accepted.f2});
  drop(server);
}

static void options_of(Socket socket) {
  uint8_t hops = 0;
  uint32_t count = 0;
  uint64_t number = 0;
  bool on = false;
  is("hop limit 0", CODE(tcp_method_tcp_socket_set_hop_limit(lent(socket), 0, &code)), INVALID_ARGUMENT);
  is("hop limit 42", CODE(tcp_method_tcp_socket_set_hop_limit(lent(socket), 42, &code)), DONE);
  tcp_method_tcp_socket_hop_limit(lent(socket), &hops, &code);
  is("hop limit is what was set", hops, 42);
  is("keep-alive on", CODE(tcp_method_tcp_socket_set_keep_alive_enabled(lent(socket), true, &code)), DONE);
  tcp_method_tcp_socket_keep_alive_enabled(lent(socket), &on, &code);
  is("keep-alive is on", on, true);
  is("idle time 0", CODE(tcp_method_tcp_socket_set_keep_alive_idle_time(lent(socket), 0, &code)), INVALID_ARGUMENT);
  is("idle time 7 s", CODE(tcp_method_tcp_socket_set_keep_alive_idle_time(lent(socket), 7000000000, &code)), DONE);
  tcp_method_tcp_socket_keep_alive_idle_time(lent(socket), &number, &code);
  is("idle time is in nanoseconds", (long long)number, 7000000000);
  is("interval 0", CODE(tcp_method_tcp_socket_set_keep_alive_interval(lent(socket), 0, &code)), INVALID_ARGUMENT);
  is("interval 3 s", CODE(tcp_method_tcp_socket_set_keep_alive_interval(lent(socket), 3000000000, &code)), DONE);
  tcp_method_tcp_socket_keep_alive_interval(lent(socket), &number, &code);
  is("interval is in nanoseconds", (long long)number, 3000000000);
  is("count 0", CODE(tcp_method_tcp_socket_set_keep_alive_count(lent(socket), 0, &code)), INVALID_ARGUMENT);
  is("count 5", CODE(tcp_method_tcp_socket_set_keep_alive_count(lent(socket), 5, &code)), DONE);
  tcp_method_tcp_socket_keep_alive_count(lent(socket), &count, &code);
  is("count is what was set", count, 5);
  is("receive buffer 0", CODE(tcp_method_tcp_socket_set_receive_buffer_size(lent(socket), 0, &code)), INVALID_ARGUMENT);
  is("send buffer 0", CODE(tcp_method_tcp_socket_set_send_buffer_size(lent(socket), 0, &code)), INVALID_ARGUMENT);
  is("receive buffer 65536", CODE(tcp_method_tcp_socket_set_receive_buffer_size(lent(socket), 65536, &code)), DONE);
  tcp_method_tcp_socket_receive_buffer_size(lent(socket), &number, &code);
  is("receive buffer is what was set", (long long)number, 65536);
  is("send buffer 65536", CODE(tcp_method_tcp_socket_set_send_buffer_size(lent(socket), 65536, &code)), DONE);
  tcp_method_tcp_socket_send_buffer_size(lent(socket), &number, &code);
  is("send buffer is what was set", (long long)number, 65536);
}

static void options(void) {
  Socket socket = create(IPV4);
  is("backlog 0", CODE(tcp_method_tcp_socket_set_listen_backlog_size(lent(socket), 0, &code)), INVALID_ARGUMENT);
  is("backlog 16", CODE(tcp_method_tcp_socket_set_listen_backlog_size(lent(socket), 16, &code)), DONE);
  options_of(socket);
  must(start_bind(socket, loopback(0)) == DONE && finish_bind(socket) == DONE, "bind");
  must(start_listen(socket) == DONE && finish_listen(socket) == DONE, "listen");
  Socket client = create(IPV4);
  Streams streams;
  must(start_connect(client, local(socket)) == DONE && finish_connect(client, &streams) == DONE, "connect");
  Accepted accepted = accept_one(socket);
  uint8_t hops = 0;
  uint64_t number = 0;
  bool on = false;
  tcp_method_tcp_socket_hop_limit(lent(accepted.f0), &hops, &code);
  is("the hop limit is inherited", hops, 42);
  tcp_method_tcp_socket_keep_alive_enabled(lent(accepted.f0), &on, &code);
  is("keep-alive is inherited", on, true);
  tcp_method_tcp_socket_keep_alive_idle_time(lent(accepted.f0), &number, &code);
  is("the idle time is inherited", (long long)number, 7000000000);
  is("backlog of a connection", CODE(tcp_method_tcp_socket_set_listen_backlog_size(lent(client), 16, &code)),
     INVALID_STATE);
  is("shutdown of a connection", shut(client, TCP_SHUTDOWN_TYPE_SEND), DONE);
  is("shutdown again", shut(client, TCP_SHUTDOWN_TYPE_SEND), DONE);
  is("shutdown of both ways", shut(client, TCP_SHUTDOWN_TYPE_BOTH), DONE);
  drop_pair((Pair){client, streams.f0, streams.f1, accepted.f0, accepted.f1, accepted.f2});
  drop(socket);
}

static void drop_before_streams(void) {
  Pair pair = connected_pair();
  drop(pair.client);
}

static void drop_before_pollable(void) {
  Socket socket = create(IPV4);
  tcp_method_tcp_socket_subscribe(lent(socket));
  drop(socket);
}

int main(int argc, char **argv) {
  static const Check checks[] = {
      {"unbound", unbound},       {"binding", binding}, {"listening", listening},
      {"connecting", connecting}, {"options", options}, {NULL, NULL},
  };
  static const Check traps[] = {
      {"drop-socket-before-its-streams", drop_before_streams},
      {"drop-socket-before-its-pollable", drop_before_pollable},
      {NULL, NULL},
  };
  return run_checks(argc, argv, checks, traps);
}
