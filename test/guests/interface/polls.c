// The interface `poll`: pollables of queues and of WASI.
#include "check.h"

static Pollable of_queue(Queue queue) { return eei_completion_queues_method_completion_queue_subscribe(ref(queue)); }
static bool ready(Pollable pollable) { return eei_poll_method_pollable_ready(pollable_ref(pollable)); }
static void drop_pollable(Pollable pollable) { eei_poll_pollable_drop_own(pollable); }
static Pollable of_clock(uint64_t ns) { return eei_poll_static_pollable_from_wasi(wasi_clock_subscribe_duration(ns)); }

/** A bit for each that is ready. */
static uint32_t poll(const Pollable *pollables, size_t count) {
  PollableRef refs[32];
  EXPECT(count <= 32);
  for (size_t i = 0; i < count; i++) refs[i] = pollable_ref(pollables[i]);
  eei_poll_list_borrow_pollable_t list = {refs, count};
  raw_list_u32_t indexes;
  eei_poll_poll(&list, &indexes);
  EXPECT(indexes.len > 0 && indexes.len <= count && live(6) == 0);
  uint32_t bits = 0;
  for (size_t i = 0; i < indexes.len; i++) {
    EXPECT(indexes.ptr[i] < count && (i == 0 || indexes.ptr[i] > indexes.ptr[i - 1]));
    bits |= 1u << indexes.ptr[i];
  }
  raw_list_u32_free(&indexes);
  return bits;
}

static void queues_are_ready_with_an_event(void) {
  Queue queue = next_queue();
  Pollable one = of_queue(queue), two = of_queue(queue);
  EXPECT(!ready(one) && !ready(two));
  EXPECT(begin_op(queue, 1));
  EXPECT(!ready(one));
  end_op(queue, 1, true);
  EXPECT(ready(one) && ready(two) && ready(one));
  eei_poll_method_pollable_block(pollable_ref(one));
  EXPECT(poll((Pollable[]){one, two}, 2) == 3);
  EXPECT_OK(next(queue), 1);
  EXPECT(!ready(one) && !ready(two));
  shutdown_queue(queue);
  EXPECT(ready(one));
  EXPECT(next(queue).type == QUEUE_SHUTDOWN);
  EXPECT(ready(two)); // and from now on always
  drop_pollable(one);
  drop_pollable(two);
  drop_queue(queue);
}

static void asking_again_drives_the_engine(void) {
  Queue queue = next_queue();
  Pollable pollable = of_queue(queue);
  Task task;
  EXPECT(eei_tasks_run_at(ref(queue), 1, in_ms(3), 0, SILENT, &task));
  while (!ready(pollable)) {}
  EXPECT_OK(next_until(queue, 0), 1);
  drop_pollable(pollable);
  end_queue(queue);
}

static void a_wait_is_for_any(void) {
  Queue fast = next_queue(), slow = eei_completion_queues_static_completion_queue_create_for_pluck();
  Pollable all[] = {of_queue(slow), of_clock(3600000 * MS), of_queue(fast), of_queue(slow)};
  Task task;
  EXPECT(eei_tasks_run_at(ref(fast), 1, in_ms(3), 0, SILENT, &task));
  EXPECT(poll(all, 4) == 4);
  EXPECT_OK(next_until(fast, 0), 1);
  EXPECT(begin_op(slow, 2));
  end_op(slow, 2, true);
  EXPECT(poll(all, 4) == 9);
  for (int i = 0; i < 4; i++) drop_pollable(all[i]);
  Event event;
  eei_completion_queues_method_completion_queue_pluck(ref(slow), 2, 0, &event);
  EXPECT_OK(event, 2);
  drop_queue(fast);
  drop_queue(slow);
}

static void pollables_of_wasi_are_taken_in(void) {
  Pollable all[] = {of_clock(2 * MS), of_clock(3600000 * MS), of_clock(0)};
  EXPECT(live(0) == 3);
  eei_poll_method_pollable_block(pollable_ref(all[0]));
  EXPECT(ready(all[0]) && !ready(all[1]) && ready(all[2]));
  EXPECT(poll(all, 3) == 5);
  EXPECT(poll((Pollable[]){all[0], all[0], all[1], all[1]}, 4) == 3); // one may stand there twice
  for (int i = 0; i < 3; i++) drop_pollable(all[i]);
}

/** The test gives no input and ends it. */
static void the_standard_input_is_waited_for(void) {
  Queue queue = next_queue();
  wasi_streams_own_input_stream_t input = wasi_stdin_get_stdin();
  wasi_streams_borrow_input_stream_t lent = {input.__handle};
  Pollable all[] = {of_queue(queue),
                    eei_poll_static_pollable_from_wasi(wasi_streams_method_input_stream_subscribe(lent))};
  EXPECT(poll(all, 2) == 2);
  drop_pollable(all[0]);
  drop_pollable(all[1]);
  wasi_streams_input_stream_drop_own(input);
  end_queue(queue);
}

static void sockets_are_served_meanwhile(void) {
  Queue queue = next_queue(), results = next_queue();
  Pair pair = connected_pair(queue);
  Pollable all[] = {of_clock(3600000 * MS), of_queue(results)};
  Buffer data = buffer_of("meanwhile"), got = new_buffer();
  EXPECT(start_read(pair.server, results, 1, got, 9, false) == PENDING);
  EXPECT(start_write(pair.client, queue, 2, data, 0, false) == PENDING);
  EXPECT(poll(all, 2) == 2);
  EXPECT_OK(next_until(results, 0), 1);
  EXPECT_OK(next(queue), 2);
  EXPECT(holds(got, "meanwhile"));
  drop_pollable(all[0]);
  drop_pollable(all[1]);
  drop_pair(pair);
  drop_buffer(data);
  drop_buffer(got);
  end_queue(results);
  end_queue(queue);
}

const Check poll_checks[] = {
    {"poll: a queue is ready while it has an event, and when it is shut down", queues_are_ready_with_an_event},
    {"poll: who asks again and again drives the engine", asking_again_drives_the_engine},
    {"poll: a wait ends with any of several", a_wait_is_for_any},
    {"poll: pollables of WASI are taken in", pollables_of_wasi_are_taken_in},
    {"poll: the end of standard input is waited for beside a queue", the_standard_input_is_waited_for},
    {"poll: sockets are served meanwhile", sockets_are_served_meanwhile},
    {NULL, NULL},
};
