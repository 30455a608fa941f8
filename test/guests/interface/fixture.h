// A descriptor, and an endpoint at the other end of its connection.
#ifndef FIXTURE_H
#define FIXTURE_H

#include "check.h"

typedef struct {
  Queue queue;
  Endpoint peer;
  Descriptor descriptor;
  Buffer got;
} Fixture;

static inline Fixture set_up(void) {
  Queue queue = next_queue();
  Pair pair = connected_pair(queue);
  return (Fixture){queue, pair.client, to_descriptor(pair.server), new_buffer()};
}

static inline void tear_down(Fixture *fixture) {
  drop_endpoint(fixture->peer);
  drop_descriptor(fixture->descriptor);
  drop_buffer(fixture->got);
  end_queue(fixture->queue);
}

/** The peer's bytes are on their way when this returns. */
static inline void send(Fixture *fixture, const char *text) {
  Buffer data = buffer_of(text);
  Queue queue = next_queue();
  if (start_write(fixture->peer, queue, 99, data, 0, true) != DONE) EXPECT_OK(next(queue), 99);
  end_queue(queue);
  drop_buffer(data);
}

/** Waits for room, however often: a connection that was accepted just now may
 * have none yet, because its host learns of it as of any other event. */
static inline void write_all(Fixture *fixture, Buffer data) {
  while (length_of(data) > 0) {
    int64_t count = write_now(fixture->descriptor, data);
    EXPECT(count >= 0);
    if (count > 0) continue;
    clear_status(fixture->descriptor, WRITABLE);
    EXPECT(notify(fixture->descriptor, fixture->queue, 97, WRITABLE, NEVER) == PENDING);
    EXPECT_OK(next(fixture->queue), 97);
  }
}

/** Waits for bytes, however often it is told that there might be some, and
 * until there are no more. */
static inline void receive(Fixture *fixture, const char *text) {
  while (!holds(fixture->got, text)) {
    int64_t count = read_now(fixture->descriptor, fixture->got, 1000);
    EXPECT(count >= 0);
    if (count > 0) continue;
    clear_status(fixture->descriptor, READABLE);
    EXPECT(notify(fixture->descriptor, fixture->queue, 98, READABLE, NEVER) == PENDING);
    EXPECT_OK(next(fixture->queue), 98);
  }
  EXPECT(read_now(fixture->descriptor, fixture->got, 1) <= 0);
  eei_slices_method_slice_buffer_clear(buffer_ref(fixture->got));
}

#endif
