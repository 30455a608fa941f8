// Every rule that the library itself demands: one line names it, and the program aborts.
#include "harness.h"

static ee_completion_queue *next(void) { return ee_completion_queue_create_for_next(NULL); }
static ee_completion_queue *pluck(void) { return ee_completion_queue_create_for_pluck(NULL); }
static ee_completion_queue *callback(void) { return ee_completion_queue_create_for_callback(NULL, NULL); }

static void reserved_next(void) { ee_completion_queue_create_for_next(TAG(1)); }
static void reserved_pluck(void) { ee_completion_queue_create_for_pluck(TAG(1)); }
static void reserved_callback(void) { ee_completion_queue_create_for_callback(NULL, TAG(1)); }
static void reserved_in_next(void) { ee_completion_queue_next(next(), EE_INF_PAST, TAG(1)); }
static void reserved_in_pluck(void) { ee_completion_queue_pluck(pluck(), NULL, EE_INF_PAST, TAG(1)); }

static void reserved_in_create(void) {
  ee_completion_queue_attributes attributes = {1, EE_CQ_NEXT, EE_CQ_DEFAULT_POLLING, NULL};
  ee_completion_queue_create(ee_completion_queue_factory_lookup(&attributes), &attributes, TAG(1));
}

static void version_0(void) { ee_completion_queue_factory_lookup(&(ee_completion_queue_attributes){.version = 0}); }
static void version_3(void) { ee_completion_queue_factory_lookup(&(ee_completion_queue_attributes){.version = 3}); }

static void foreign_factory(void) {
  ee_completion_queue_attributes attributes = {1, EE_CQ_NEXT, EE_CQ_DEFAULT_POLLING, NULL};
  ee_completion_queue_create(NULL, &attributes, NULL);
}

static void next_on_pluck(void) { ee_completion_queue_next(pluck(), EE_INF_PAST, NULL); }
static void next_on_callback(void) { ee_completion_queue_next(callback(), EE_INF_PAST, NULL); }
static void pluck_on_next(void) { ee_completion_queue_pluck(next(), NULL, EE_INF_PAST, NULL); }
static void pluck_on_callback(void) { ee_completion_queue_pluck(callback(), NULL, EE_INF_PAST, NULL); }

static void no_events(void) {
  ee_event event;
  ee_completion_queue_next_batch(next(), &event, 0, EE_INF_PAST, NULL);
}

static void destroy_with_held_events(void) {
  ee_completion_queue *queue = next();
  for (int i = 0; i < 2; i++) {
    ee_cq_begin_op(queue, TAG(1));
    ee_cq_end_op(queue, TAG(1), 1);
  }
  ee_completion_queue_next(queue, EE_INF_PAST, NULL);
  ee_completion_queue_destroy(queue);
}

static void destroy_before_pollable(void) {
  ee_completion_queue *queue = next();
  ee_completion_queue_subscribe(queue);
  ee_completion_queue_destroy(queue);
}

static void null_functor(void) { ee_task_run(callback(), NULL); }
static void null_functor_of_own(void) { ee_cq_begin_op(callback(), NULL); }

static void run_in_functor_body(ee_completion_queue_functor *functor, int ok) {
  (void)functor, (void)ok;
  ee_run(EE_INF_PAST);
}

static void run_in_functor(void) {
  ee_completion_queue_functor functor = {run_in_functor_body, 0};
  ee_completion_queue *queue = callback();
  ee_cq_begin_op(queue, &functor);
  ee_cq_end_op(queue, &functor, 1);
  ee_run(EE_INF_PAST);
}

static void run_in_scope(void) {
  ee_application_callback_exec_ctx_enter();
  ee_run(EE_INF_PAST);
}

static void leave_alone(void) { ee_application_callback_exec_ctx_leave(); }
static void nothing(ee_completion_queue_functor *functor, int ok) { (void)functor, (void)ok; }

static void status_outside(void) {
  ee_completion_queue_functor functor = {nothing, 1};
  ee_completion_queue *queue = callback();
  ee_cq_begin_op(queue, &functor);
  ee_cq_end_op(queue, &functor, 1);
  ee_completion_queue_functor_status();
}

static void accept_without_listening(void) {
  ee_completion_queue_attributes attributes = {1, EE_CQ_NEXT, EE_CQ_NON_LISTENING, NULL};
  ee_completion_queue *queue =
      ee_completion_queue_create(ee_completion_queue_factory_lookup(&attributes), &attributes, NULL);
  ee_endpoint *endpoint;
  ee_listener_accept(ee_listener_create(NULL), queue, TAG(1), &endpoint);
}

static void connect_to(size_t count) {
  ee_address addresses[17] = {0};
  ee_endpoint *endpoint;
  for (int i = 0; i < 17; i++) addresses[i].family = 4;
  ee_connect(next(), TAG(1), addresses, count, NULL, EE_INF_FUTURE, &endpoint, NULL);
}

static void connect_to_none(void) { connect_to(0); }
static void connect_to_17(void) { connect_to(17); }

static void strange_family(void) {
  char text[EE_ADDRESS_TEXT_MAX];
  ee_address_format(&(ee_address){.family = 5}, text);
}

static void other_records(void) {
  ee_completion_queue *queue = next();
  ee_dns_resolver *resolver;
  ee_dns_result *result;
  ee_dns_resolver_create(NULL, NULL, &resolver, NULL);
  ee_dns_lookup_srv(resolver, queue, TAG(1), "a", EE_INF_FUTURE, &result, NULL);
  stub_end(stub_find(STUB_LOOKUP), EE_OK, 0, stub_found(1));
  expect_event(queue, TAG(1), 1);
  ee_dns_result_texts(result);
}

static void poll_nothing(void) { ee_poll(NULL, 0, NULL); }
static void strange_code(void) { ee_status_code_name((ee_status_code)17); }
static void strange_reason(void) { ee_reason_name((ee_reason)29); }

const test_case misuse_tests[] = {
    {"should demand a null reserved in create_for_next", reserved_next, "create_for_next: reserved must be null"},
    {"should demand a null reserved in create_for_pluck", reserved_pluck, "create_for_pluck: reserved must be null"},
    {"should demand a null reserved in create_for_callback", reserved_callback, "callback: reserved must be null"},
    {"should demand a null reserved in create", reserved_in_create, "queue_create: reserved must be null"},
    {"should demand a null reserved in next", reserved_in_next, "queue_next: reserved must be null"},
    {"should demand a null reserved in pluck", reserved_in_pluck, "queue_pluck: reserved must be null"},
    {"should refuse version 0", version_0, "the version of the attributes must be 1 or 2"},
    {"should refuse version 3", version_3, "the version of the attributes must be 1 or 2"},
    {"should refuse a factory of nobody", foreign_factory, "the factory must be one that was looked up"},
    {"should refuse next on a PLUCK queue", next_on_pluck, "the completion type of the queue must be NEXT"},
    {"should refuse next on a CALLBACK queue", next_on_callback, "the completion type of the queue must be NEXT"},
    {"should refuse pluck on a NEXT queue", pluck_on_next, "the completion type of the queue must be PLUCK"},
    {"should refuse pluck on a CALLBACK queue", pluck_on_callback, "the completion type of the queue must be PLUCK"},
    {"should refuse a batch of no events", no_events, "next_batch: at least one event must be asked for"},
    {"should refuse to destroy a queue whose events it holds", destroy_with_held_events, "every event must be taken"},
    {"should refuse to destroy a queue before its pollables", destroy_before_pollable, "every pollable of the queue"},
    {"should refuse a null functor", null_functor, "task_run: the tag of an operation on a CALLBACK queue"},
    {"should refuse a null functor of an own operation", null_functor_of_own, "begin_op: the tag of an operation"},
    {"should refuse ee_run in a functor", run_in_functor, "ee_run: functors and scopes must not call it"},
    {"should refuse ee_run in a scope", run_in_scope, "ee_run: functors and scopes must not call it"},
    {"should refuse a leave without enter", leave_alone, "enter comes before leave"},
    {"should refuse a functor's status outside of one", status_outside, "no functor runs"},
    {"should refuse accepts of a queue that does not listen", accept_without_listening, "must have default polling"},
    {"should refuse a connect to no address", connect_to_none, "a connect takes 1 to 16 addresses"},
    {"should refuse a connect to 17 addresses", connect_to_17, "a connect takes 1 to 16 addresses"},
    {"should refuse an address of a strange family", strange_family, "the family of an address is 4 or 6"},
    {"should refuse records of another type", other_records, "result_texts: the result must be one of such a look-up"},
    {"should refuse a poll of nothing", poll_nothing, "at least one pollable must be given"},
    {"should refuse to name a strange code", strange_code, "there is no such code"},
    {"should refuse to name a strange reason", strange_reason, "there is no such reason"},
    {0},
};
