// TCP sockets for the check programs: listeners, and two connected ends in one program.
#ifndef TCP_PAIR_H
#define TCP_PAIR_H

#include "checks.h"

typedef tcp_own_tcp_socket_t Socket;
typedef tcp_tuple2_own_input_stream_own_output_stream_t Streams;
typedef tcp_tuple3_own_tcp_socket_own_input_stream_own_output_stream_t Accepted;

/** Both ends of a connection. */
typedef struct {
  Socket client;
  streams_own_input_stream_t client_in;
  streams_own_output_stream_t client_out;
  Socket server;
  streams_own_input_stream_t server_in;
  streams_own_output_stream_t server_out;
} Pair;

UNUSED static tcp_borrow_tcp_socket_t lent(Socket socket) { return tcp_borrow_tcp_socket(socket); }

/** Repeats a call while it would block. */
#define UNTIL_DONE(socket, call)                                                                                       \
  int result = CODE(call);                                                                                             \
  while (result == WOULD_BLOCK) {                                                                                      \
    await(tcp_method_tcp_socket_subscribe(lent(socket)));                                                              \
    result = CODE(call);                                                                                               \
  }                                                                                                                    \
  return result;

UNUSED static int finish_bind(Socket socket){UNTIL_DONE(socket, tcp_method_tcp_socket_finish_bind(lent(socket), &code))}

UNUSED static int finish_listen(Socket socket){
    UNTIL_DONE(socket, tcp_method_tcp_socket_finish_listen(lent(socket), &code))}

UNUSED static int finish_connect(Socket socket, Streams *streams){
    UNTIL_DONE(socket, tcp_method_tcp_socket_finish_connect(lent(socket), streams, &code))}

UNUSED static Socket create(int family) {
  Socket socket;
  must(tcp_create_create_tcp_socket((uint8_t)family, &socket, &code), "create a TCP socket");
  return socket;
}

UNUSED static Address local(Socket socket) {
  Address address;
  must(tcp_method_tcp_socket_local_address(lent(socket), &address, &code), "the local address");
  return address;
}

UNUSED static Socket listener(int family) {
  Socket socket = create(family);
  Address at = family == IPV4 ? loopback(0) : ipv6(1, 0);
  must(tcp_method_tcp_socket_start_bind(lent(socket), network, &at, &code), "start-bind");
  must(finish_bind(socket) == DONE, "finish-bind");
  must(tcp_method_tcp_socket_start_listen(lent(socket), &code), "start-listen");
  must(finish_listen(socket) == DONE, "finish-listen");
  return socket;
}

UNUSED static Accepted accept_one(Socket socket) {
  Accepted accepted;
  while (!tcp_method_tcp_socket_accept(lent(socket), &accepted, &code)) {
    must(code == WOULD_BLOCK, "accept");
    await(tcp_method_tcp_socket_subscribe(lent(socket)));
  }
  return accepted;
}

UNUSED static Pair connected_pair(void) {
  Socket server = listener(IPV4), client = create(IPV4);
  Address there = local(server);
  Streams streams;
  must(tcp_method_tcp_socket_start_connect(lent(client), network, &there, &code), "start-connect");
  must(finish_connect(client, &streams) == DONE, "finish-connect");
  Accepted accepted = accept_one(server);
  tcp_tcp_socket_drop_own(server);
  return (Pair){client, streams.f0, streams.f1, accepted.f0, accepted.f1, accepted.f2};
}

UNUSED static void drop_pair(Pair pair) {
  streams_input_stream_drop_own(pair.client_in);
  streams_output_stream_drop_own(pair.client_out);
  tcp_tcp_socket_drop_own(pair.client);
  streams_input_stream_drop_own(pair.server_in);
  streams_output_stream_drop_own(pair.server_out);
  tcp_tcp_socket_drop_own(pair.server);
}

#endif
