// A small nameserver within the guest, on WASI alone: what the resolver under test asks.
#include <stdio.h>
#include <string.h>

#include "check.h"

enum { TYPE_A = 1, TYPE_TXT = 16, TYPE_AAAA = 28, TYPE_SRV = 33, HEADER = 12, ANSWER_MAX = 4096, SECONDS_MAX = 20 };

uint32_t questions;

static wasi_udp_own_udp_socket_t server;
static wasi_udp_own_incoming_datagram_stream_t incoming;
static wasi_udp_own_outgoing_datagram_stream_t outgoing;

typedef struct {
  uint8_t bytes[ANSWER_MAX];
  size_t length;
} Message;

static void put(Message *message, const void *bytes, size_t length) {
  EXPECT(message->length + length <= ANSWER_MAX);
  memcpy(message->bytes + message->length, bytes, length);
  message->length += length;
}

static void put_number(Message *message, uint32_t number) {
  uint8_t bytes[2] = {(uint8_t)(number >> 8), (uint8_t)number};
  put(message, bytes, 2);
}

/** A record of the name that was asked, and one answer more. */
static void put_record(Message *message, uint32_t type, const void *data, size_t length) {
  put(message, "\xc0\x0c", 2);
  put_number(message, type);
  put(message, "\0\1\0\0\0\74", 6); // IN, a minute
  put_number(message, (uint32_t)length);
  put(message, data, length);
  if (++message->bytes[7] == 0) message->bytes[6]++;
}

static void put_texts(Message *message) {
  uint8_t data[512];
  put_record(message, TYPE_TXT, "\5first", 6);
  put_record(message, TYPE_TXT, "\0", 1);
  for (int i = 0; i < 256; i++) data[i + 1 + i / 250] = (uint8_t)i; // two strings
  data[0] = 250;
  data[251] = 6;
  put_record(message, TYPE_TXT, data, 258);
}

/** The answer to a question, or one without a length. */
static Message answer_to(const uint8_t *query, size_t length) {
  Message message = {.length = 0};
  size_t end = HEADER;
  while (end < length && query[end] != 0) end += 1u + query[end];
  end += 5;
  EXPECT(length >= end);
  put(&message, query, end);
  memcpy(message.bytes + 2, "\x85\x80\0\1\0\0\0\0\0\0", 10); // an answer, one question
  char name[5] = "";
  for (int i = 0; i < 4; i++) name[i] = (char)(query[HEADER + 1 + i] | 0x20); // in small letters
  uint32_t type = (uint32_t)query[end - 4] << 8 | query[end - 3];
  if (strcmp(name, "sile") == 0) return (Message){.length = 0};
  if (strcmp(name, "many") == 0 && type == TYPE_A) {
    for (uint8_t i = 0; i < 60; i++) put_record(&message, TYPE_A, (uint8_t[]){10, 0, 0, i}, 4);
  } else if (strcmp(name, "some") == 0) {
    if (type == TYPE_A) put_record(&message, TYPE_A, "\12\1\2\3", 4);
    if (type == TYPE_SRV) put_record(&message, TYPE_SRV, "\0\24\0\7\1\273\5other\4test", 18);
    if (type == TYPE_SRV) put_record(&message, TYPE_SRV, "\0\12\0\0\0\120\1b\4test", 14);
    if (type == TYPE_TXT) put_texts(&message);
  } else if (strcmp(name, "empt") != 0 && strcmp(name, "many") != 0) {
    message.bytes[3] |= 3; // there is no such name
  }
  return message;
}

void open_nameserver(char servers[32]) {
  wasi_udp_error_code_t code;
  wasi_network_own_network_t network = wasi_instance_instance_network();
  Address address = localhost(0);
  EXPECT(wasi_udp_create_create_udp_socket(WASI_NETWORK_IP_ADDRESS_FAMILY_IPV4, &server, &code));
  wasi_udp_borrow_udp_socket_t lent = {server.__handle};
  wasi_udp_borrow_network_t lent_network = {network.__handle};
  EXPECT(wasi_udp_method_udp_socket_start_bind(lent, lent_network, &address, &code));
  Queue queue = next_queue();
  while (!wasi_udp_method_udp_socket_finish_bind(lent, &code)) {
    EXPECT(code == WASI_NETWORK_ERROR_CODE_WOULD_BLOCK);
    EXPECT(next_until(queue, in_ms(1)).type == QUEUE_TIMEOUT);
  }
  drop_queue(queue);
  wasi_udp_tuple2_own_incoming_datagram_stream_own_outgoing_datagram_stream_t streams;
  EXPECT(wasi_udp_method_udp_socket_stream(lent, NULL, &streams, &code));
  incoming = streams.f0;
  outgoing = streams.f1;
  EXPECT(wasi_udp_method_udp_socket_local_address(lent, &address, &code));
  wasi_network_network_drop_own(network);
  snprintf(servers, 32, "127.0.0.1:%u", address.val.ipv4.port);
  questions = 0;
}

void serve(void) {
  wasi_udp_list_incoming_datagram_t list;
  wasi_udp_error_code_t code;
  wasi_udp_borrow_incoming_datagram_stream_t in = {incoming.__handle};
  wasi_udp_borrow_outgoing_datagram_stream_t out = {outgoing.__handle};
  if (!wasi_udp_method_incoming_datagram_stream_receive(in, 16, &list, &code)) return;
  for (size_t i = 0; i < list.len; i++) {
    uint64_t permit = 0, sent;
    Message answer = answer_to(list.ptr[i].data.ptr, list.ptr[i].data.len);
    questions++;
    if (answer.length == 0) continue;
    wasi_udp_outgoing_datagram_t datagram = {.data = {answer.bytes, answer.length}};
    datagram.remote_address.is_some = true;
    datagram.remote_address.val = list.ptr[i].remote_address;
    wasi_udp_list_outgoing_datagram_t one = {&datagram, 1};
    EXPECT(wasi_udp_method_outgoing_datagram_stream_check_send(out, &permit, &code));
    if (permit > 0) EXPECT(wasi_udp_method_outgoing_datagram_stream_send(out, &one, &sent, &code));
  }
  wasi_udp_list_incoming_datagram_free(&list);
}

Event next_served(Queue queue) {
  uint64_t deadline = in_ms(SECONDS_MAX * 1000);
  for (;;) {
    serve();
    Event event = next_until(queue, in_ms(1));
    if (event.type != QUEUE_TIMEOUT) return event;
    EXPECT(eei_tasks_now() < deadline);
  }
}

void close_nameserver(void) {
  wasi_udp_incoming_datagram_stream_drop_own(incoming);
  wasi_udp_outgoing_datagram_stream_drop_own(outgoing);
  wasi_udp_udp_socket_drop_own(server);
}
