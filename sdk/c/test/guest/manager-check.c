// The EventManager of the C library on the real engine: manager-check prints a line per check, in the form of TAP.
//
// Everything goes over loopback within this program. After each check nothing may be live in the engine.
#include <stdlib.h>
#include <string.h>
#include "checks.h"

#define MEBIBYTE (1 << 20)
#define STATISTIC_WAITS 1

// Runs what there is until `*condition` is not 0.
static void run_until(const int *condition) {
  const ee_time deadline = ee_deadline_in_ms(SECONDS);
  while (!*condition && ee_now() < deadline) ee_run(deadline);
  CHECK(*condition);
}

static void begin(void) {}
static void end(void) { ee_event_manager_close(); }

// ---- Connections ----

static ee_endpoint *accepted;
static int accepts;

static void on_accept(ee_completion_queue_functor *functor, int ok) {
  (void)functor;
  CHECK(ok);
  accepts = 1;
}

static ee_endpoint *connected;
static int connects;

static void on_connect(ee_completion_queue_functor *functor, int ok) {
  (void)functor;
  CHECK(ok);
  connects = 1;
}

static void connect_pair(ee_descriptor **near, ee_descriptor **far) {
  ee_completion_queue_functor on_both[] = {{on_accept, 0}, {on_connect, 0}};
  ee_completion_queue *queue = ee_completion_queue_create_for_callback(NULL, NULL);
  ee_listener *listener = ee_listener_create(NULL);
  ee_address address;
  accepts = connects = 0;
  CHECK(ee_address_parse("127.0.0.1:0", &address).code == EE_OK);
  CHECK(ee_listener_bind(listener, &address, &address.port).code == EE_OK);
  CHECK(ee_listener_start(listener).code == EE_OK);
  CHECK(ee_listener_accept(listener, queue, &on_both[0], &accepted) == EE_OP_PENDING);
  CHECK(ee_connect(queue, &on_both[1], &address, 1, NULL, EE_INF_FUTURE, &connected, NULL) == EE_OP_PENDING);
  run_until(&accepts);
  run_until(&connects);
  ee_listener_destroy(listener);
  ee_completion_queue_destroy(queue);
  *near = ee_descriptor_register(connected);
  *far = ee_descriptor_register(accepted);
}

// ---- Functions and alarms ----

static int ran[512], ran_count;

static void note(void *arg) { ran[ran_count++] = (int)(intptr_t)arg; }

// All of a level, in their order, before those of a lower one.
static void priorities(void) {
  ee_em_task tasks[100];
  for (int i = 0; i < 100; i++)
    tasks[i] = (ee_em_task){note, (void *)(intptr_t)i, (ee_priority)(i * 7 % EE_NUM_PRIORITIES), NULL};
  ran_count = 0;
  CHECK(ee_run_functions(tasks, 100) == 100);
  CHECK(ee_run_function(note, (void *)(intptr_t)100, EE_PRIORITY_MAX, NULL) == EE_OP_PENDING);
  while (ran_count < 101) CHECK(ee_run(ee_deadline_in_ms(SECONDS)) > 0);
  for (int i = 1; i <= 100; i++) {
    const int before = ran[i - 1] == 100 ? EE_PRIORITY_MAX : tasks[ran[i - 1]].priority;
    const int here = ran[i] == 100 ? EE_PRIORITY_MAX : tasks[ran[i]].priority;
    CHECK(before > here || (before == here && ran[i - 1] < ran[i]));
  }
}

static int flooding, low_ran;

static void flood(void *arg) {
  if (flooding) CHECK(ee_run_function(flood, arg, EE_PRIORITY_SYSTEM, NULL) == EE_OP_PENDING);
}

static void end_flood(void *arg) {
  low_ran = 1;
  if (arg != NULL) flooding = 0;
}

// Closures that come back for ever at the highest priority do not keep the lowest one out.
static void no_starvation(void) {
  flooding = 1;
  low_ran = 0;
  for (int i = 0; i < 100; i++) CHECK(ee_run_function(flood, NULL, EE_PRIORITY_SYSTEM, NULL) == EE_OP_PENDING);
  CHECK(ee_run_function(end_flood, &flooding, EE_PRIORITY_LOW, NULL) == EE_OP_PENDING);
  for (int i = 0; i < 1000 && !low_ran; i++) CHECK(ee_run(EE_INF_PAST) > 0);
  CHECK(low_ran);
  while (ee_run(EE_INF_PAST) > 0) continue;
}

typedef struct timed {
  ee_alarm_key key, other;
  ee_time due, ran_at;
  int runs, fired, answer;
} timed;

static void ring(void *arg, int fired) {
  timed *self = arg;
  self->runs++;
  self->fired = fired;
  self->ran_at = ee_now();
  self->answer = ee_consistent_cancel(self->key); // From within: nothing.
}

static void ring_and_cancel_other(void *arg, int fired) {
  timed *self = arg;
  ring(arg, fired);
  self->answer += ee_consistent_cancel(self->other);
}

static void alarms(void) {
  timed alarms[4] = {0};
  for (int i = 0; i < 4; i++) {
    alarms[i].due = ee_deadline_in_ms((uint64_t)(10 * (4 - i)));
    CHECK(ee_schedule_alarm_in(alarms[i].due, ring, &alarms[i], (ee_priority)i, &alarms[i].key) == EE_OP_PENDING);
  }
  CHECK(ee_consistent_cancel(alarms[1].key) && alarms[1].runs == 1 && !alarms[1].fired);
  CHECK(!ee_consistent_cancel(alarms[1].key) && !ee_blocking_consistent_cancel(alarms[1].key));
  run_until(&alarms[0].runs);
  for (int i = 0; i < 4; i++) CHECK(alarms[i].runs == 1 && alarms[i].fired == (i != 1) && !alarms[i].answer);
  CHECK(alarms[0].ran_at >= alarms[0].due && alarms[2].ran_at >= alarms[2].due);
  CHECK(alarms[3].ran_at <= alarms[2].ran_at && alarms[2].ran_at <= alarms[0].ran_at);
  // Two that are due: the first cancels the second, whose event is on its way.
  timed first = {0}, second = {0};
  CHECK(ee_schedule_alarm_in(1, ring_and_cancel_other, &first, EE_PRIORITY_HIGH, &first.key) == EE_OP_PENDING);
  CHECK(ee_schedule_alarm_in(1, ring, &second, EE_PRIORITY_LOW, &second.key) == EE_OP_PENDING);
  first.other = second.key;
  run_until(&first.runs);
  CHECK(first.answer == 1 && second.runs == 1 && !second.fired);
  ee_run(EE_INF_PAST);
  CHECK(second.runs == 1);
}

// 50 alarms whose spans have a time in common: one wake-up serves them all.
static void slack(void) {
  static timed alarms[50];
  uint64_t before = 0, after = 0;
  const ee_time begin_at = ee_deadline_in_ms(5);
  for (int i = 0; i < 50; i++) {
    alarms[i] = (timed){.due = begin_at + (ee_time)i * 1000000};
    CHECK(ee_schedule_alarm_in_with_slack(alarms[i].due, ring, &alarms[i], EE_PRIORITY_MED, &alarms[i].key,
                                          100000000) == EE_OP_PENDING);
  }
  CHECK(ee_engine_statistic(STATISTIC_WAITS, &before));
  run_until(&alarms[49].runs);
  CHECK(ee_engine_statistic(STATISTIC_WAITS, &after) && after - before <= 2);
  for (int i = 0; i < 50; i++) CHECK(alarms[i].runs == 1 && alarms[i].fired && alarms[i].ran_at >= alarms[i].due);
}

static void own_loop(void) {
  timed alarm = {0};
  ee_pollable *engine = ee_run_subscribe();
  uint32_t ready;
  CHECK(!ee_pollable_ready(engine));
  CHECK(ee_schedule_alarm_in(ee_deadline_in_ms(5), ring, &alarm, EE_PRIORITY_MED, &alarm.key) == EE_OP_PENDING);
  CHECK(ee_poll(&engine, 1, &ready) == 1 && ready == 0 && alarm.runs == 0);
  CHECK(ee_pollable_ready(engine));
  CHECK(ee_run(EE_INF_PAST) == 1 && alarm.runs == 1);
  CHECK(!ee_pollable_ready(engine));
  ee_pollable_destroy(engine);
}

// ---- Descriptors ----

static int readable, writable, erred, outcome;

static void on_readable(void *arg) { readable += arg == NULL; }
static void on_writable(void *arg) { writable += arg == NULL; }
static void on_error(void *arg) { erred += arg == NULL; }

static void on_either(void *arg, ee_notification_outcome what) {
  on_readable(arg);
  outcome = (int)what;
}

static size_t read_some(ee_descriptor *descriptor, ee_slice_buffer *into) {
  size_t count = 0;
  CHECK(ee_descriptor_read(descriptor, into, 100, &count).code == EE_OK);
  return count;
}

static void notifications(void) {
  ee_descriptor *near, *far;
  ee_slice_buffer *buffer = ee_slice_buffer_create();
  size_t count;
  connect_pair(&near, &far);
  readable = writable = erred = 0;
  CHECK(ee_descriptor_notify_when_writable(near, on_writable, NULL) == EE_OP_PENDING);
  CHECK(ee_descriptor_notify_when_readable_or_timeout(far, on_either, NULL, ee_deadline_in_ms(1)) == EE_OP_PENDING);
  run_until(&writable);
  run_until(&readable);
  CHECK(outcome == EE_NOTIFY_TIMED_OUT && read_some(far, buffer) == 0);
  readable = 0;
  CHECK(ee_descriptor_notify_when_readable_or_timeout(far, on_either, NULL, ee_deadline_in_ms(SECONDS)) ==
        EE_OP_PENDING);
  CHECK(ee_slice_buffer_append(buffer, "ping", 4).code == EE_OK);
  CHECK(ee_descriptor_write(near, buffer, &count).code == EE_OK && count == 4);
  run_until(&readable);
  CHECK(outcome == EE_NOTIFY_FD_BECAME_READY && read_some(far, buffer) == 4 && ee_slice_buffer_length(buffer) == 4);
  // Forced, it runs with nothing to read.
  ee_descriptor_clear_readable(far);
  readable = 0;
  CHECK(ee_descriptor_notify_when_readable(far, on_readable, NULL) == EE_OP_PENDING);
  ee_descriptor_force_readable(far);
  CHECK(readable == 0);
  run_until(&readable);
  CHECK(read_some(far, buffer) == 0);
  // The end of the peer's sending is no error; the descriptor's own end runs what waits for one.
  ee_descriptor_clear_readable(far);
  readable = 0;
  CHECK(ee_descriptor_notify_when_has_error(far, on_error, NULL) == EE_OP_PENDING);
  CHECK(ee_descriptor_notify_when_readable(far, on_readable, NULL) == EE_OP_PENDING);
  ee_descriptor_shutdown_send(near);
  run_until(&readable);
  const ee_status status = ee_descriptor_read(far, buffer, 100, &count);
  CHECK(status.code == EE_INTERNAL && status.reason == EE_REASON_END_OF_STREAM && erred == 0);
  ee_descriptor_close(far);
  ee_descriptor_delete(near);
  ee_descriptor_delete(far);
  CHECK(erred == 0);
  run_until(&erred);
  ee_slice_buffer_destroy(buffer);
}

// ---- The libuv flavour: MEBIBYTE bytes, read into buffers of changing size ----

static struct {
  ee_descriptor *descriptor;
  unsigned char *got;
  size_t length, room;
  int done;
  ee_status last;
} reading;

static struct {
  int parts, done;
  ee_status last;
} writing;

static void begin_read(void *arg);

static ee_read_buffer give_room(void *arg, size_t suggested) {
  CHECK(arg == &reading && suggested == 65536);
  reading.room = 1 + reading.length % 50000;
  return (ee_read_buffer){malloc(reading.room), reading.room};
}

static void on_read(void *arg, const ee_read_status *status) {
  CHECK(arg == &reading && status->rearmed == (status->length == reading.room));
  if (reading.length + status->length <= MEBIBYTE) memcpy(reading.got + reading.length, status->base, status->length);
  reading.length += status->length;
  reading.last = status->status;
  free(status->base);
  if (status->rearmed) return;
  reading.done = status->status.code != EE_OK;
  if (!reading.done) CHECK(ee_run_function(begin_read, NULL, EE_PRIORITY_MED, NULL) == EE_OP_PENDING);
}

static void begin_read(void *arg) {
  (void)arg;
  CHECK(ee_descriptor_notify_after_read(reading.descriptor, on_read, give_room, &reading) == EE_OP_PENDING);
}

static void on_write(void *arg, const ee_write_status *status) {
  CHECK(status->rearmed == (status->left > 0) && (status->written > 0 || status->status.code != EE_OK));
  writing.parts++;
  writing.last = status->status;
  writing.done = !status->rearmed;
  if (writing.done && status->status.code == EE_OK) ee_descriptor_shutdown_send(arg);
}

static void after_reads_and_writes(void) {
  ee_descriptor *near, *far;
  connect_pair(&near, &far);
  unsigned char *sent = malloc(MEBIBYTE);
  ee_slice_buffer *data = ee_slice_buffer_create();
  for (int i = 0; i < MEBIBYTE; i++) sent[i] = (unsigned char)(i * 31 + (i >> 8));
  memset(&reading, 0, sizeof reading);
  memset(&writing, 0, sizeof writing);
  reading.descriptor = far;
  reading.got = malloc(MEBIBYTE);
  begin_read(NULL);
  CHECK(ee_slice_buffer_append(data, sent, MEBIBYTE).code == EE_OK);
  CHECK(ee_descriptor_notify_after_write(near, on_write, near, data) == EE_OP_PENDING);
  CHECK(ee_slice_buffer_length(data) == 0);
  run_until(&reading.done);
  CHECK(writing.done && writing.last.code == EE_OK);
  CHECK(reading.last.reason == EE_REASON_END_OF_STREAM);
  CHECK(reading.length == MEBIBYTE && memcmp(reading.got, sent, MEBIBYTE) == 0);
  // What waits when its descriptor is deleted is told once more.
  reading.descriptor = near;
  reading.done = 0;
  begin_read(NULL);
  ee_descriptor_delete(near);
  ee_descriptor_delete(far);
  run_until(&reading.done);
  CHECK(reading.last.code == EE_CANCELLED && reading.last.reason == EE_REASON_ENDPOINT_CLOSED);
  ee_slice_buffer_destroy(data);
  free(sent);
  free(reading.got);
}

// From an endpoint to a descriptor, to the handles of WASI, and back again: the connection is the same.
static void releases(void) {
  ee_descriptor *near, *far;
  ee_slice_buffer *buffer = ee_slice_buffer_create();
  size_t count;
  char text[4];
  connect_pair(&near, &far);
  readable = 0;
  CHECK(ee_descriptor_notify_when_readable(near, on_readable, NULL) == EE_OP_PENDING);
  const ee_wasi_connection wasi = ee_descriptor_release_wasi(near, buffer);
  CHECK(ee_slice_buffer_length(buffer) == 0 && ee_descriptor_is_closed(near));
  run_until(&readable); // It runs what was registered.
  ee_descriptor_delete(near);
  near = ee_descriptor_register_wasi(wasi.socket, wasi.input, wasi.output);
  ee_endpoint *endpoint = ee_descriptor_release(far);
  ee_descriptor_delete(far);
  CHECK(ee_slice_buffer_append(buffer, "ping", 4).code == EE_OK);
  CHECK(ee_descriptor_write(near, buffer, &count).code == EE_OK && count == 4);
  ee_completion_queue *queue = ee_completion_queue_create_for_pluck(NULL);
  CHECK(ee_endpoint_read(endpoint, queue, NULL, buffer, 4, 0) == EE_OP_PENDING);
  CHECK(ee_completion_queue_pluck(queue, NULL, ee_deadline_in_ms(SECONDS), NULL).success);
  CHECK(ee_slice_buffer_copy_out(buffer, 0, text, 4) == 4 && memcmp(text, "ping", 4) == 0);
  ee_completion_queue_destroy(queue);
  ee_slice_buffer_destroy(buffer);
  ee_endpoint_destroy(endpoint);
  ee_descriptor_delete(near);
}

// ---- The last one: nothing can be scheduled for a time after it ----

static void shutdown(void) {
  timed held = {0}, after = {0};
  ee_shutdown_ref();
  ee_shutdown_ref();
  CHECK(ee_schedule_alarm_in(ee_deadline_in_ms(SECONDS), ring, &held, EE_PRIORITY_MED, &held.key) == EE_OP_PENDING);
  CHECK(ee_engine_shutdown() == 0);
  ee_shutdown_unref();
  ee_run(EE_INF_PAST);
  CHECK(held.runs == 0); // Everything goes on.
  ee_shutdown_unref();
  CHECK(held.runs == 0);
  run_until(&held.runs);
  CHECK(held.fired == 0 && !held.answer);
  CHECK(ee_schedule_alarm_in(EE_INF_FUTURE, ring, &after, EE_PRIORITY_MED, &after.key) == EE_OP_PENDING);
  CHECK(after.runs == 0);
  run_until(&after.runs);
  CHECK(after.fired == 0 && held.runs == 1);
  low_ran = 0;
  CHECK(ee_run_function(end_flood, NULL, EE_PRIORITY_MED, NULL) == EE_OP_PENDING);
  run_until(&low_ran);
}

static const check checks[] = {
    {"should run functions by priority, and in order within one", priorities},
    {"should not let a flood at the highest priority keep the lowest out", no_starvation},
    {"should run alarms when they are due, and cancel them in place", alarms},
    {"should wake up once for alarms that have slack", slack},
    {"should be one of the things that a poll loop waits for", own_loop},
    {"should tell when a descriptor can be read and written, and when not", notifications},
    {"should read and write a mebibyte by itself, and tell after it", after_reads_and_writes},
    {"should hand a connection from owner to owner", releases},
    {"should hold the shutdown, and end alarms with it", shutdown},
};

int main(void) { return run_checks(checks, sizeof checks / sizeof *checks, begin, end); }
