// The rules of wasi:io/streams, over the streams of TCP connections. See checks.h.
#include "tcp-pair.h"

typedef streams_own_input_stream_t Input;
typedef streams_own_output_stream_t Output;

enum { ENDED = -10, BROKEN = -11, MUCH = 1 << 20 };

static streams_borrow_input_stream_t in(Input stream) { return streams_borrow_input_stream(stream); }
static streams_borrow_output_stream_t out(Output stream) { return streams_borrow_output_stream(stream); }

static int failed(void) {
  if (stream_error.tag == STREAMS_STREAM_ERROR_CLOSED) return ENDED;
  io_error_error_drop_own(stream_error.val.last_operation_failed);
  return BROKEN;
}

/** How much was read, or ENDED or BROKEN. What was read is compared with `text` unless that is NULL. */
static long long read_some(Input stream, uint64_t most, const char *text, bool blocking) {
  wasi_list_u8_t bytes;
  bool good = blocking ? streams_method_input_stream_blocking_read(in(stream), most, &bytes, &stream_error)
                       : streams_method_input_stream_read(in(stream), most, &bytes, &stream_error);
  if (!good) return failed();
  long long length = (long long)bytes.len;
  if (text != NULL && (bytes.len != strlen(text) || memcmp(bytes.ptr, text, bytes.len) != 0)) length = -99;
  wasi_list_u8_free(&bytes);
  return length;
}

static long long permit(Output stream) {
  uint64_t most;
  if (!streams_method_output_stream_check_write(out(stream), &most, &stream_error)) return failed();
  return (long long)most;
}

static long long wait_for_permit(Output stream) {
  for (;;) {
    long long most = permit(stream);
    if (most != 0) return most;
    await(streams_method_output_stream_subscribe(out(stream)));
  }
}

static int write_text(Output stream, const char *text) {
  wasi_list_u8_t bytes = {(uint8_t *)text, strlen(text)};
  return streams_method_output_stream_write(out(stream), &bytes, &stream_error) ? DONE : failed();
}

static int shut(Socket socket, tcp_shutdown_type_t how) {
  return CODE(tcp_method_tcp_socket_shutdown(lent(socket), how, &code));
}

static void reading(void) {
  Pair pair = connected_pair();
  is("read of nothing", read_some(pair.server_in, 100, NULL, false), 0);
  is("read of at most 0", read_some(pair.server_in, 0, NULL, false), 0);
  poll_own_pollable_t one = streams_method_input_stream_subscribe(in(pair.server_in));
  poll_own_pollable_t other = streams_method_input_stream_subscribe(in(pair.server_in));
  is("nothing to read is not ready", poll_method_pollable_ready(poll_borrow_pollable(one)), false);
  is("a permit", wait_for_permit(pair.client_out) > 0, true);
  is("write", write_text(pair.client_out, "hello, streams"), DONE);
  is("one pollable is woken", becomes_ready(one), true);
  is("and the other of the same stream", becomes_ready(other), true);
  is("read of a part", read_some(pair.server_in, 5, "hello", false), 5);
  is("read of more than there is", read_some(pair.server_in, 100, ", streams", true), 9);
  is("write again", (wait_for_permit(pair.client_out), write_text(pair.client_out, "abcdef")), DONE);
  uint64_t skipped = 0;
  is("blocking-skip", streams_method_input_stream_blocking_skip(in(pair.server_in), 4, &skipped, &stream_error), true);
  is("skips what was asked for", (long long)skipped, 4);
  is("the rest is there", read_some(pair.server_in, 10, "ef", false), 2);
  is("skip", streams_method_input_stream_skip(in(pair.server_in), 4, &skipped, &stream_error), true);
  is("skips nothing where nothing is", (long long)skipped, 0);
  drop_pair(pair);
}

static void writing(void) {
  Pair pair = connected_pair();
  wasi_list_u8_t empty = {(uint8_t *)"", 0};
  is("a permit", wait_for_permit(pair.client_out) > 0, true);
  is("write of nothing", streams_method_output_stream_write(out(pair.client_out), &empty, &stream_error), true);
  is("flush", streams_method_output_stream_flush(out(pair.client_out), &stream_error), true);
  is("blocking-flush", streams_method_output_stream_blocking_flush(out(pair.client_out), &stream_error), true);
  static uint8_t page[4096];
  wasi_list_u8_t bytes = {page, sizeof page};
  is("blocking-write-and-flush of 4,096 bytes",
     streams_method_output_stream_blocking_write_and_flush(out(pair.client_out), &bytes, &stream_error), true);
  is("blocking-write-zeroes-and-flush of 4,096",
     streams_method_output_stream_blocking_write_zeroes_and_flush(out(pair.client_out), 4096, &stream_error), true);
  is("write-zeroes",
     (wait_for_permit(pair.client_out),
      streams_method_output_stream_write_zeroes(out(pair.client_out), 10, &stream_error)),
     true);
  long long total = 0;
  while (total < 8202) {
    long long some = read_some(pair.server_in, 65536, NULL, true);
    must(some > 0, "the bytes that were written");
    total += some;
  }
  is("all of it arrives", total, 8202);
  drop_pair(pair);
}

static void splicing(void) {
  Pair one = connected_pair(), other = connected_pair();
  uint64_t moved = 0;
  is("a permit", wait_for_permit(other.client_out) > 0, true);
  is("splice of nothing",
     streams_method_output_stream_splice(out(other.client_out), in(one.server_in), 100, &moved, &stream_error), true);
  is("moves nothing", (long long)moved, 0);
  is("write", (wait_for_permit(one.client_out), write_text(one.client_out, "spliced")), DONE);
  is("blocking-splice",
     streams_method_output_stream_blocking_splice(out(other.client_out), in(one.server_in), 100, &moved, &stream_error),
     true);
  is("moves all that is there", (long long)moved, 7);
  is("to the other connection", read_some(other.server_in, 100, "spliced", true), 7);
  drop_pair(other);
  drop_pair(one);
}

/** Writes as much as goes, with the end right behind it, while the peer does not read: nothing may get lost. */
static void half_close(void) {
  Pair pair = connected_pair();
  static uint8_t much[MUCH];
  for (size_t index = 0; index < MUCH; index++) much[index] = (uint8_t)(index * 7 + index / 251);
  size_t sent = 0, received = 0;
  bool equal = true;
  while (sent < MUCH) {
    long long most = permit(pair.client_out);
    must(most >= 0, "check-write");
    if (most == 0) {
      wasi_list_u8_t bytes;
      streams_method_input_stream_blocking_read(in(pair.server_in), 65536, &bytes, &stream_error);
      equal &= memcmp(bytes.ptr, much + received, bytes.len) == 0;
      received += bytes.len;
      wasi_list_u8_free(&bytes);
      continue;
    }
    size_t size = (size_t)most < MUCH - sent ? (size_t)most : MUCH - sent;
    wasi_list_u8_t bytes = {much + sent, size};
    must(streams_method_output_stream_write(out(pair.client_out), &bytes, &stream_error), "write");
    sent += size;
  }
  is("shutdown right behind what was written", shut(pair.client, TCP_SHUTDOWN_TYPE_SEND), DONE);
  for (;;) {
    wasi_list_u8_t bytes;
    if (!streams_method_input_stream_blocking_read(in(pair.server_in), 65536, &bytes, &stream_error)) break;
    equal &= memcmp(bytes.ptr, much + received, bytes.len) == 0;
    received += bytes.len;
    wasi_list_u8_free(&bytes);
  }
  is("every byte arrives before the end", (long long)received, MUCH);
  is("unchanged", equal, true);
  is("and then the end", failed(), ENDED);
  is("again and again", read_some(pair.server_in, 10, NULL, false), ENDED);
  is("the end is ready", becomes_ready(streams_method_input_stream_subscribe(in(pair.server_in))), true);
  is("no permit after shutdown", permit(pair.client_out), ENDED);
  is("the other way is open", (wait_for_permit(pair.server_out), write_text(pair.server_out, "still here")), DONE);
  is("and read", read_some(pair.client_in, 100, "still here", true), 10);
  is("shutdown of receiving", shut(pair.client, TCP_SHUTDOWN_TYPE_RECEIVE), DONE);
  is("no read after that", read_some(pair.client_in, 10, NULL, false), ENDED);
  drop_pair(pair);
}

/** An end that comes by dropping the socket. */
static void dropping(void) {
  Pair pair = connected_pair();
  is("write", (wait_for_permit(pair.client_out), write_text(pair.client_out, "last words")), DONE);
  streams_input_stream_drop_own(pair.client_in);
  streams_output_stream_drop_own(pair.client_out);
  tcp_tcp_socket_drop_own(pair.client);
  is("what was written before the drop arrives", read_some(pair.server_in, 100, "last words", true), 10);
  is("and the end", read_some(pair.server_in, 100, NULL, true), ENDED);
  streams_input_stream_drop_own(pair.server_in);
  streams_output_stream_drop_own(pair.server_out);
  tcp_tcp_socket_drop_own(pair.server);
}

/** A drop while the peer's bytes are unread is no orderly end: the peer must hear of it. */
static void breaking(void) {
  Pair pair = connected_pair();
  is("write that nobody will read", (wait_for_permit(pair.server_out), write_text(pair.server_out, "unread")), DONE);
  is("which arrives", becomes_ready(streams_method_input_stream_subscribe(in(pair.client_in))), true);
  streams_input_stream_drop_own(pair.client_in);
  streams_output_stream_drop_own(pair.client_out);
  tcp_tcp_socket_drop_own(pair.client);
  is("the peer's read ends", read_some(pair.server_in, 100, NULL, true) < 0, true);
  is("and stays ended", read_some(pair.server_in, 100, NULL, true), ENDED);
  for (int tries = 0; tries < 100 && wait_for_permit(pair.server_out) > 0; tries++) {
    if (write_text(pair.server_out, "more") != DONE) break;
    await(monotonic_subscribe_duration(1000000));
  }
  is("writes find out, too", permit(pair.server_out), ENDED);
  streams_input_stream_drop_own(pair.server_in);
  streams_output_stream_drop_own(pair.server_out);
  tcp_tcp_socket_drop_own(pair.server);
}

static void write_unpermitted(void) {
  Pair pair = connected_pair();
  write_text(pair.client_out, "no permit was asked for");
}

static void write_too_much(void) {
  Pair pair = connected_pair();
  long long most = wait_for_permit(pair.client_out);
  wasi_list_u8_t bytes = {calloc((size_t)most + 1, 1), (size_t)most + 1};
  streams_method_output_stream_write(out(pair.client_out), &bytes, &stream_error);
}

static void blocking_write_too_much(void) {
  Pair pair = connected_pair();
  static uint8_t page[4097];
  wasi_list_u8_t bytes = {page, sizeof page};
  streams_method_output_stream_blocking_write_and_flush(out(pair.client_out), &bytes, &stream_error);
}

static void drop_before_pollable(void) {
  Pair pair = connected_pair();
  streams_method_input_stream_subscribe(in(pair.client_in));
  streams_input_stream_drop_own(pair.client_in);
}

static void read_after_drop(void) {
  Pair pair = connected_pair();
  streams_input_stream_drop_own(pair.client_in);
  read_some(pair.client_in, 1, NULL, false);
}

/** A handle of another kind in the place of a stream. */
static void wrong_kind(void) {
  Pair pair = connected_pair();
  streams_borrow_input_stream_t wrong = {pair.client_out.__handle};
  wasi_list_u8_t bytes;
  streams_method_input_stream_read(wrong, 1, &bytes, &stream_error);
}

int main(int argc, char **argv) {
  static const Check checks[] = {
      {"reading", reading},   {"writing", writing},   {"splicing", splicing}, {"half_close", half_close},
      {"dropping", dropping}, {"breaking", breaking}, {NULL, NULL},
  };
  static const Check traps[] = {
      {"write-unpermitted", write_unpermitted},
      {"write-too-much", write_too_much},
      {"blocking-write-too-much", blocking_write_too_much},
      {"drop-stream-before-its-pollable", drop_before_pollable},
      {"read-after-drop", read_after_drop},
      {"wrong-kind", wrong_kind},
      {NULL, NULL},
  };
  return run_checks(argc, argv, checks, traps);
}
