// Random calls against a model: every operation has exactly one event, on its queue, unless it was cancelled or its
// queue was dropped; bytes come in their order, and none is lost before an orderly end.
#include <stdio.h>
#include <stdlib.h>

#include "check.h"

enum { QUEUES = 4, PAIRS = 4, TASKS = 16, OPERATIONS = 1 << 16, BYTES_MAX = 200000 };

typedef enum { NONE, OWN, RUN, TASK, READ, WRITE } Kind;

/** By tag. Tags are never used again. */
static struct {
  Kind kind;
  uint8_t queue;
  uint8_t which; // a task, or a side
  bool cancelled;
} operations[OPERATIONS];
static uint32_t tags, outstanding[QUEUES];

typedef struct {
  Endpoint endpoint;
  bool open, reading, writing, ended; // ended: no more is sent
  bool lost_read, lost_write;         // outstanding, and their queue is gone
  uint32_t sent, received;            // bytes
  uint32_t writing_bytes;
  Buffer into;
} Side;

static Side sides[2 * PAIRS]; // the peer of side i is i ^ 1
static Queue queues[QUEUES];
static Task tasks[TASKS];
static uint32_t task_tags[TASKS]; // 0 for none
static bool is_orphan[TASKS];     // its queue was dropped: it may still be due, or not
static uint32_t state;

static uint32_t below(uint32_t limit) {
  state = state * 1664525 + 1013904223;
  return (uint32_t)((uint64_t)(state ^ state >> 15) * limit >> 32);
}

static uint8_t byte_at(uint32_t position) { return (uint8_t)(position * 31 + (position >> 8) * 17); }

/** A tag for an operation that is begun on this queue now. */
static uint32_t begin(Kind kind, uint32_t queue, uint32_t which) {
  EXPECT(++tags < OPERATIONS);
  operations[tags].kind = kind;
  operations[tags].queue = (uint8_t)queue;
  operations[tags].which = (uint8_t)which;
  outstanding[queue]++;
  return tags;
}

static void end(uint32_t tag) {
  outstanding[operations[tag].queue]--;
  operations[tag].kind = NONE;
}

static void take_bytes(Side *side) {
  uint64_t length = length_of(side->into);
  raw_list_u8_t bytes;
  eei_slices_method_slice_buffer_copy_out(buffer_ref(side->into), 0, UINT32_MAX, &bytes);
  EXPECT(length > 0 && bytes.len == length);
  for (size_t i = 0; i < bytes.len; i++) EXPECT(bytes.ptr[i] == byte_at(side->received++));
  raw_list_u8_free(&bytes);
  drop_buffer(side->into);
}

static void read_ended(Side *side, Event event) {
  Side *peer = &sides[(side - sides) ^ 1];
  side->reading = false;
  if (event.success) {
    take_bytes(side);
    return;
  }
  EXPECT(length_of(side->into) == 0);
  drop_buffer(side->into);
  switch (event.reason) {
  case EEI_STATUS_REASON_ENDPOINT_CLOSED: EXPECT(!side->open); break;
  case EEI_STATUS_REASON_END_OF_STREAM: EXPECT(peer->ended && side->received <= peer->sent); break;
  default: EXPECT(event.reason == EEI_STATUS_REASON_STREAM_FAILED && !peer->open);
  }
  if (peer->open && event.reason == EEI_STATUS_REASON_END_OF_STREAM) EXPECT(side->received == peer->sent);
}

static void take(uint32_t queue, Event event) {
  EXPECT(event.type == OP_COMPLETE && event.tag > 0 && event.tag <= tags);
  uint32_t tag = (uint32_t)event.tag;
  Kind kind = operations[tag].kind;
  EXPECT(kind != NONE && operations[tag].queue == queue);
  end(tag);
  Side *side = &sides[operations[tag].which];
  switch (kind) {
  case TASK:
    EXPECT(event.success != operations[tag].cancelled);
    if (task_tags[operations[tag].which] == tag) task_tags[operations[tag].which] = 0;
    break;
  case READ: read_ended(side, event); break;
  case WRITE:
    side->writing = false;
    if (event.success) break;
    EXPECT(!side->open || !sides[operations[tag].which ^ 1].open);
    break;
  default: EXPECT(event.success == (kind == RUN || tag % 3 != 0));
  }
}

static void take_some(uint32_t queue, uint64_t deadline) {
  if (below(2)) {
    Event event = next_until(queues[queue], deadline);
    if (event.type != QUEUE_TIMEOUT) take(queue, event);
    return;
  }
  eei_completion_queues_list_event_t events;
  eei_completion_queues_method_completion_queue_next_batch(ref(queues[queue]), 1 + below(20), deadline, &events);
  for (size_t i = 0; i < events.len && events.ptr[i].type != QUEUE_TIMEOUT; i++) take(queue, events.ptr[i]);
  eei_completion_queues_list_event_free(&events);
}

static void start_a_read(Side *side, uint32_t queue) {
  if (!side->open || side->reading) return;
  uint32_t tag = begin(READ, queue, (uint32_t)(side - sides));
  side->into = new_buffer();
  side->reading = true;
  if (start_read(side->endpoint, queues[queue], tag, side->into, below(3) ? 0 : below(20000), below(2)) == PENDING)
    return;
  end(tag);
  side->reading = false;
  take_bytes(side);
}

static void start_a_write(Side *side, uint32_t queue) {
  static uint8_t bytes[BYTES_MAX];
  if (!side->open || side->writing || side->ended) return;
  uint32_t length = below(below(4) ? 3000 : BYTES_MAX), tag = begin(WRITE, queue, (uint32_t)(side - sides));
  Buffer data = new_buffer();
  for (uint32_t i = 0; i < length; i++) bytes[i] = byte_at(side->sent + i);
  EXPECT(append(data, bytes, length / 2) && append(data, bytes + length / 2, length - length / 2));
  side->sent += length;
  side->writing = true;
  if (start_write(side->endpoint, queues[queue], tag, data, below(2) ? 0 : 1 + below(9000), below(2)) == DONE) {
    end(tag);
    side->writing = false;
  }
  EXPECT(length_of(data) == 0);
  drop_buffer(data);
}

static void start_a_task(uint32_t queue, uint32_t which) {
  if (task_tags[which] || is_orphan[which]) return;
  uint32_t tag = begin(TASK, queue, which);
  uint64_t deadline = below(5) ? eei_tasks_now() + below(3 * MS) : NEVER;
  EXPECT(eei_tasks_run_at(ref(queues[queue]), tag, deadline, below(MS), (uint8_t)(tag % 2), &tasks[which]));
  task_tags[which] = tag;
}

static void cancel_a_task(uint32_t which) {
  uint32_t tag = task_tags[which];
  if (!tag) {
    EXPECT(!eei_tasks_cancel(&tasks[which]) || is_orphan[which]);
    is_orphan[which] = false;
  } else if (eei_tasks_cancel(&tasks[which])) {
    EXPECT(!operations[tag].cancelled);
    operations[tag].cancelled = true;
    if (tag % 2 == SILENT) {
      end(tag);
      task_tags[which] = 0;
    }
  }
}

/** What was lost is over once the endpoint is dropped. */
static void forget_lost(Side *side) {
  if (side->lost_read) drop_buffer(side->into);
  if (side->lost_read) side->reading = false;
  if (side->lost_write) side->writing = false;
  side->lost_read = side->lost_write = false;
}

static void drop_side(Side *side) {
  if (!side->open) return;
  side->open = false;
  side->ended = true;
  drop_endpoint(side->endpoint);
  forget_lost(side);
}

/** Whatever is outstanding on it ends without an event. */
static void replace_queue(uint32_t queue) {
  for (Event event; (event = next_until(queues[queue], 0)).type != QUEUE_TIMEOUT;) take(queue, event);
  drop_queue(queues[queue]);
  queues[queue] = next_queue();
  for (uint32_t tag = 1; tag <= tags; tag++) {
    Kind kind = operations[tag].kind;
    if (kind == NONE || operations[tag].queue != queue) continue;
    Side *side = &sides[operations[tag].which];
    if (kind == TASK && task_tags[operations[tag].which] == tag) {
      is_orphan[operations[tag].which] = true;
      task_tags[operations[tag].which] = 0;
    } else if (kind == READ) {
      side->lost_read = true;
      if (!side->open) forget_lost(side);
    } else if (kind == WRITE) {
      side->lost_write = true;
      if (!side->open) forget_lost(side);
    }
    end(tag);
  }
}

static void connect_pair(uint32_t pair) {
  Side *one = &sides[2 * pair], *two = one + 1;
  if (one->open || two->open || one->reading || two->reading || one->writing || two->writing) return;
  Queue queue = next_queue();
  Pair made = connected_pair(queue);
  end_queue(queue);
  *one = (Side){.endpoint = made.client, .open = true};
  *two = (Side){.endpoint = made.server, .open = true};
}

static void step(void) {
  uint32_t queue = below(QUEUES), which = below(TASKS), tag;
  Side *side = &sides[below(2 * PAIRS)];
  switch (below(40)) {
  case 0: replace_queue(queue); break;
  case 1:
  case 2: connect_pair(below(PAIRS)); break;
  case 3: drop_side(side); break;
  case 4:
    if (!side->open) break;
    eei_endpoints_method_endpoint_shutdown_send(endpoint_ref(side->endpoint));
    side->ended = true;
    break;
  case 5:
  case 6: EXPECT(eei_tasks_run(ref(queues[queue]), begin(RUN, queue, 0)) == PENDING); break;
  case 7:
    tag = begin(OWN, queue, 0);
    EXPECT(begin_op(queues[queue], tag));
    end_op(queues[queue], tag, tag % 3 != 0);
    break;
  case 8:
  case 9:
  case 10: start_a_task(queue, which); break;
  case 11:
  case 12: cancel_a_task(which); break;
  default:
    if (below(3) == 0)
      take_some(queue, below(2) ? 0 : eei_tasks_now() + below(MS));
    else if (below(2))
      start_a_read(side, queue);
    else
      start_a_write(side, queue);
  }
}

void check_at_random(uint32_t seed, uint32_t steps) {
  state = seed;
  for (uint32_t i = 0; i < QUEUES; i++) queues[i] = next_queue();
  for (uint32_t i = 0; i < steps; i++) step();
  for (uint32_t i = 0; i < TASKS; i++) cancel_a_task(i);
  for (uint32_t i = 0; i < 2 * PAIRS; i++) drop_side(&sides[i]);
  for (uint32_t i = 0; i < QUEUES; i++) {
    while (outstanding[i] > 0) take(i, next(queues[i]));
    end_queue(queues[i]);
  }
  printf("%u operations\n", tags);
}
