// Guests that break no rule and ask for much. What they may have is bounded, and each ends by itself.
#include <stdlib.h>

#include "cases.h"

enum { OPERATIONS_MAX = 1 << 20 };

/** A million operations, none ended: one more is refused, and so is what the engine would end. */
static void a_million_tags(void) {
  Queue queue = next_queue(), other = next_queue();
  uint32_t count = 0;
  while (begin_op(queue, count)) count++;
  say("operations", count);
  Task task;
  Connect connect;
  Address address = localhost(1);
  bool refused = eei_tasks_run(ref(other), 1) == REFUSED && !eei_tasks_run_at(ref(other), 1, 0, 0, SILENT, &task) &&
                 !start_connect(other, 1, &address, 1, NEVER, &connect) && !begin_op(other, 1);
  say("refused", refused);
  end_op(queue, count - 1, true);
  say("still", begin_op(other, 1)); // what has ended counts until it is taken
  Event event = next_until(queue, 0);
  say("then", event.tag == count - 1 && begin_op(other, 1));
  drop_queue(queue);
  say("after", begin_op(other, 1));
}

/** A million timers. */
static void a_million_timers(void) {
  Queue queue = next_queue();
  Task task;
  uint32_t count = 0;
  while (eei_tasks_run_at(ref(queue), count, NEVER - count % 1000, 0, SILENT, &task)) count++;
  say("timers", count);
  say("dropped", eei_engine_shutdown());
  shutdown_queue(queue);
  say("shutdown", next_until(queue, NEVER).type == QUEUE_SHUTDOWN);
}

/** Peers send whatever they can, reads are outstanding, and no event of them is ever taken. */
static void never_drain(void) {
  enum { PAIRS = 8, TURNS = 300 };
  Queue queue = next_queue(), ignored = next_queue();
  int64_t before = free_of_default_quota();
  Buffer data = new_buffer();
  for (int i = 0; i < PAIRS; i++) {
    Pair pair = connected_pair(queue);
    fill(data, 64);
    start_write(pair.client, ignored, 1, data, 0, true);
    start_read(pair.server, ignored, 2, new_buffer(), UINT32_MAX, false);
  }
  int64_t least = before;
  for (int turn = 0; turn < TURNS; turn++) {
    next_until(queue, eei_tasks_now() + MS / 5);
    int64_t now = free_of_default_quota();
    if (now < least) least = now;
  }
  // Each pair has the megabyte that its bytes are parts of, and what one read may bring.
  say("megabytes", (uint64_t)(before - least) >> 20);
  say("bounded", before - least <= (int64_t)PAIRS * (4 << 20));
}

/** Bytes until the quota has none. */
static void hoard_bytes(void) {
  set_default_quota(32 << 20);
  Buffer buffer = new_buffer();
  uint8_t *bytes = calloc(1 << 20, 1);
  uint32_t count = 0;
  while (append(buffer, bytes, 1 << 20)) count++;
  say("megabytes", count);
  while (append(buffer, bytes, 1000)) count++;
  say("left", (uint64_t)(free_of_default_quota() < 3000));
  eei_slices_method_slice_buffer_clear(buffer_ref(buffer));
  say("again", append(buffer, bytes, 1 << 20));
}

/** Keeps what a peer sends, and reads on. */
static void hoard_reads(void) {
  set_default_quota(4 << 20);
  Queue queue = next_queue(), ignored = next_queue();
  Pair pair = connected_pair(queue);
  Buffer data = new_buffer(), got = new_buffer(), hoard = new_buffer();
  fill(data, 64);
  start_write(pair.client, ignored, 1, data, 0, true);
  Event event;
  do {
    start_read(pair.server, queue, 2, got, UINT32_MAX, false);
    event = next_until(queue, NEVER);
    eei_slices_method_slice_buffer_move_first(buffer_ref(got), length_of(got), buffer_ref(hoard));
  } while (event.success);
  say("refused", event.code == EEI_STATUS_STATUS_CODE_RESOURCE_EXHAUSTED);
  say("bounded", length_of(hoard) < 24 << 20);
  eei_slices_method_slice_buffer_clear(buffer_ref(hoard));
  start_read(pair.server, queue, 3, got, 0, false);
  say("again", next_until(queue, NEVER).success && length_of(got) > 0);
}

/** Connects until the quota is used up; then they are refused. */
static void connect_without_end(void) {
  set_default_quota(64 << 10);
  Queue queue = next_queue();
  Address address = localhost(1);
  Connect connect;
  uint32_t count = 0;
  while (start_connect(queue, count, &address, 1, NEVER, &connect)) count++;
  say("connects", count > 0 && count < 1000);
  for (uint32_t ended = 0; ended < count; ended++) next_until(queue, NEVER);
  say("again", start_connect(queue, count, &address, 1, NEVER, &connect));
  say("cancelled", eei_connections_cancel_connect(&connect));
}

/** Accepts and connects, and claims nothing, until the system has no more sockets. */
static void never_claim(void) {
  uint16_t port;
  Queue queue = next_queue();
  Listener listener = start_listening(&port);
  Address address = localhost(port);
  Connect connect;
  uint32_t tickets = 0;
  for (;;) {
    start_accept(listener, queue, 1);
    start_connect(queue, 2, &address, 1, in_ms(20000), &connect);
    Event event = next_until(queue, NEVER);
    if (!event.success) {
      say("refused", 1);
      break;
    }
    tickets++;
  }
  say("tickets", tickets > 10);
}

/** Asks again and again without waiting, in every way that there is, until a peer sends. */
static void spin(void) {
  uint16_t port;
  Queue queue = next_queue();
  Listener listener = start_listening(&port);
  Pollable pollable = eei_completion_queues_method_completion_queue_subscribe(ref(queue));
  start_accept(listener, queue, 1);
  say("port", port);
  for (;;) {
    eei_completion_queues_list_event_t none;
    eei_completion_queues_callbacks(1, 0, &none);
    eei_completion_queues_list_event_free(&none);
    eei_poll_method_pollable_ready(pollable_ref(pollable));
    if (next_until(queue, 0).type == OP_COMPLETE) break;
  }
}

/** The same without a socket: nothing but the deadline ever ends it. */
static void spin_for_a_while(void) {
  Queue queue = queue_of(BY_NEXT, NON_POLLING, 0);
  uint64_t deadline = in_ms(300);
  while (eei_tasks_now() < deadline) next_until(queue, 0);
}

/** A poll of thousands, all the same. */
static void poll_many(void) {
  enum { COUNT = 10000 };
  Queue queue = next_queue();
  Pollable pollable = eei_completion_queues_method_completion_queue_subscribe(ref(queue));
  PollableRef *refs = malloc(COUNT * sizeof *refs);
  for (int i = 0; i < COUNT; i++) refs[i] = pollable_ref(pollable);
  shutdown_queue(queue);
  eei_poll_list_borrow_pollable_t list = {refs, COUNT};
  raw_list_u32_t ready;
  eei_poll_poll(&list, &ready);
  say("ready", ready.len);
}

const Case greedy_cases[] = {
    {"a-million-tags", a_million_tags},
    {"a-million-timers", a_million_timers},
    {"never-drain", never_drain},
    {"hoard-bytes", hoard_bytes},
    {"hoard-reads", hoard_reads},
    {"connect-without-end", connect_without_end},
    {"never-claim", never_claim},
    {"spin", spin},
    {"spin-for-a-while", spin_for_a_while},
    {"poll-many", poll_many},
    {NULL, NULL},
};
