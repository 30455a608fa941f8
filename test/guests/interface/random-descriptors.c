// Random calls of descriptors against a model.
//
//   a registration    has exactly one event: `ok`, or `deadline-exceeded` and
//   not before its deadline a status          that was forced and not cleared
//   since is set: who registers has an event without anything else bytes come
//   in their order, whoever has the connection, and none is lost before an
//   orderly end closed            whatever was registered has its event, and
//   nothing else comes
#include <stdio.h>

#include "check.h"

enum { PAIRS = 4, CONDITIONS = 3, TAGS = 1 << 16, PIECE = 4096 };

typedef enum { GONE, DESCRIPTOR, CLOSED } State;

typedef struct {
  State state;
  Descriptor descriptor;
  bool no_more;                    // it ended its output
  bool broken;                     // the peer is gone: what is under way may be lost
  uint32_t sent, received;         // bytes
  uint32_t registered[CONDITIONS]; // tags, 0 for none
  bool surely_set[CONDITIONS];
} Side;

/** By tag. */
static struct {
  uint64_t deadline;
  uint8_t side, condition;
  bool is_outstanding;
} registrations[TAGS];

static Side sides[2 * PAIRS]; // the peer of side i is i ^ 1
static uint32_t tags, outstanding, state;
static Queue queue;

static uint32_t below(uint32_t limit) {
  state = state * 1664525 + 1013904223;
  return (uint32_t)((uint64_t)(state ^ state >> 15) * limit >> 32);
}

static uint8_t byte_at(uint32_t position) { return (uint8_t)(position * 29 + (position >> 8) * 13); }

static Side *peer_of(Side *side) { return &sides[(side - sides) ^ 1]; }

static void take(Event event) {
  uint32_t tag = (uint32_t)event.tag;
  EXPECT(event.type == OP_COMPLETE && tag > 0 && tag <= tags && registrations[tag].is_outstanding);
  registrations[tag].is_outstanding = false;
  outstanding--;
  Side *side = &sides[registrations[tag].side];
  uint8_t condition = registrations[tag].condition;
  if (side->registered[condition] == tag) side->registered[condition] = 0;
  if (event.success) return;
  EXPECT(event.code == EEI_STATUS_STATUS_CODE_DEADLINE_EXCEEDED && eei_tasks_now() >= registrations[tag].deadline);
}

static void take_some(uint64_t deadline) {
  for (Event event; (event = next_until(queue, deadline)).type != QUEUE_TIMEOUT;) {
    take(event);
    if (below(4) == 0) return;
  }
}

/** Only one may be registered, and whoever was told is not: so events are taken
 * before. */
static void register_one(Side *side, uint8_t condition) {
  if (side->state != DESCRIPTOR || side->registered[condition] != 0) return;
  EXPECT(++tags < TAGS);
  uint64_t deadline = below(3) ? NEVER : eei_tasks_now() + below(MS);
  registrations[tags].deadline = deadline;
  registrations[tags].side = (uint8_t)(side - sides);
  registrations[tags].condition = condition;
  registrations[tags].is_outstanding = true;
  outstanding++;
  EXPECT(notify(side->descriptor, queue, tags, condition, deadline) == PENDING);
  if (!side->surely_set[condition]) {
    side->registered[condition] = tags;
    return;
  }
  uint32_t tag = tags;
  for (int i = 0; registrations[tag].is_outstanding; i++) { // nothing is waited for
    EXPECT(i < 1000);
    Event event = next_until(queue, 0);
    if (event.type == OP_COMPLETE) {
      EXPECT(event.tag != tag || event.success);
      take(event);
    }
  }
}

static void take_bytes(Side *side, Buffer got) {
  raw_list_u8_t bytes;
  eei_slices_method_slice_buffer_copy_out(buffer_ref(got), 0, UINT32_MAX, &bytes);
  EXPECT(bytes.len == length_of(got));
  for (size_t i = 0; i < bytes.len; i++) EXPECT(bytes.ptr[i] == byte_at(side->received++));
  raw_list_u8_free(&bytes);
  EXPECT(side->received <= peer_of(side)->sent);
}

static void read_some(Side *side) {
  if (side->state != DESCRIPTOR) return;
  Buffer got = new_buffer();
  uint32_t most = below(2) ? below(50) : below(100000);
  int64_t count = read_now(side->descriptor, got, most);
  EXPECT(count <= most);
  if (count >= 0) {
    EXPECT(length_of(got) == (uint64_t)count);
  } else {
    Side *peer = peer_of(side);
    EXPECT(length_of(got) == 0);
    if (-count == EEI_STATUS_REASON_END_OF_STREAM)
      EXPECT((peer->no_more && side->received == peer->sent) || peer->state != DESCRIPTOR);
    else
      EXPECT(side->broken);
  }
  take_bytes(side, got);
  drop_buffer(got);
}

static void write_some(Side *side) {
  static uint8_t bytes[PIECE * 16];
  if (side->state != DESCRIPTOR) return;
  uint32_t length = below(below(8) ? PIECE : sizeof bytes);
  Buffer data = new_buffer();
  for (uint32_t i = 0; i < length; i++) bytes[i] = byte_at(side->sent + i);
  EXPECT(append(data, bytes, length / 3) && append(data, bytes + length / 3, length - length / 3));
  int64_t count = write_now(side->descriptor, data);
  if (count < 0) EXPECT(side->no_more || side->broken);
  uint64_t taken = length - length_of(data);
  EXPECT(taken == (count < 0 ? 0 : (uint64_t)count) || side->broken);
  side->sent += (uint32_t)taken;
  drop_buffer(data);
}

/** Whatever is registered has its event. */
static void leave(Side *side, State next) {
  uint32_t left[CONDITIONS];
  for (int i = 0; i < CONDITIONS; i++) left[i] = side->registered[i];
  Side *peer = peer_of(side);
  if (next == CLOSED)
    close_descriptor(side->descriptor);
  else
    drop_descriptor(side->descriptor);
  if (side->state == DESCRIPTOR) peer->broken = true;
  side->state = next;
  for (int round = 0; round < 1000; round++) {
    bool all = true;
    for (int i = 0; i < CONDITIONS; i++) all &= left[i] == 0 || !registrations[left[i]].is_outstanding;
    if (all) return;
    take_some(0);
  }
  EXPECT(false);
}

/** Through the hands of the guest, one way or the other. */
static void pass_on(Side *side) {
  if (side->state != DESCRIPTOR) return;
  if (below(2)) {
    side->descriptor = to_descriptor(to_endpoint(side->descriptor));
  } else {
    Buffer rest = new_buffer();
    eei_descriptors_tuple3_own_tcp_socket_own_input_stream_own_output_stream_t raw;
    eei_descriptors_static_descriptor_release_wasi(side->descriptor, buffer_ref(rest), &raw);
    take_bytes(side, rest);
    drop_buffer(rest);
    side->descriptor = eei_descriptors_static_descriptor_register_wasi(raw.f0, raw.f1, raw.f2);
  }
  for (int i = 0; i < CONDITIONS; i++) {
    side->surely_set[i] = false;
    side->registered[i] = 0; // each has its event, now or later
  }
}

static void connect_pair(uint32_t pair) {
  Side *one = &sides[2 * pair], *two = one + 1;
  if (one->state != GONE || two->state != GONE) return;
  Queue own = next_queue();
  Pair made = connected_pair(own);
  end_queue(own);
  *one = (Side){.state = DESCRIPTOR, .descriptor = to_descriptor(made.client)};
  *two = (Side){.state = DESCRIPTOR, .descriptor = to_descriptor(made.server)};
}

static void step(void) {
  Side *side = &sides[below(2 * PAIRS)];
  uint8_t condition = (uint8_t)below(CONDITIONS);
  uint32_t what = below(64);
  if (what < 3) {
    connect_pair(below(PAIRS));
    return;
  }
  if (side->state == GONE) return;
  if (what == 3) {
    leave(side, CLOSED);
  } else if (what < 6) {
    if (side->state == CLOSED || below(8) == 0) leave(side, GONE);
  } else if (what == 6 && side->state == DESCRIPTOR && below(4) == 0) {
    end_output(side->descriptor);
    side->no_more = true;
  } else if (what < 10) {
    pass_on(side);
  } else if (what < 14) {
    force_status(side->descriptor, condition);
    side->surely_set[condition] = true;
  } else if (what < 24) {
    clear_status(side->descriptor, condition);
    side->surely_set[condition] = false;
  } else if (what < 26) {
    set_priority(side->descriptor, condition, (uint8_t)below(5));
  } else if (what < 40) {
    register_one(side, condition);
  } else if (what < 50) {
    read_some(side);
  } else if (what < 56) {
    write_some(side);
  } else {
    take_some(below(2) ? 0 : eei_tasks_now() + below(MS));
  }
  EXPECT(side->state == GONE || is_closed(side->descriptor) == (side->state == CLOSED));
  EXPECT(live(30) <= outstanding);
}

void check_descriptors_at_random(uint32_t seed, uint32_t steps) {
  state = seed;
  queue = next_queue();
  for (uint32_t i = 0; i < steps; i++) step();
  for (uint32_t i = 0; i < 2 * PAIRS; i++)
    if (sides[i].state != GONE) leave(&sides[i], GONE);
  while (outstanding > 0) take(next(queue));
  end_queue(queue);
  printf("%u registrations\n", tags);
}
