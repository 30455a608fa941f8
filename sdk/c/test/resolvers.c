// Look-ups: what they bring, how they fail, and how they are cancelled.
#include <string.h>
#include "harness.h"

static ee_completion_queue *queue;
static ee_dns_resolver *resolver;

static void begin(void) {
  queue = ee_completion_queue_create_for_next(NULL);
  CHECK(ee_dns_resolver_create(NULL, NULL, &resolver, NULL).code == EE_OK);
}

static void end(void) {
  ee_dns_resolver_destroy(resolver);
  finish(queue);
}

static void answer(int code, int reason, uint64_t ticket) { stub_end(stub_find(STUB_LOOKUP), code, reason, ticket); }

static void makes_resolvers(void) {
  ee_memory_quota *quota = ee_memory_quota_create(1000);
  ee_dns_result *failure = NULL;
  begin();
  CHECK(strcmp(stub.asked, "||0|0|-1") == 0);
  ee_dns_resolver_options options = {"127.0.0.1:53,::1", "test example", 5000000, 2, 4096};
  ee_dns_resolver *other;
  CHECK(ee_dns_resolver_create(&options, quota, &other, &failure).code == EE_OK && failure == NULL);
  CHECK(strcmp(stub.asked, "127.0.0.1:53,::1|test example|5000000|2|4096") == 0);
  ee_dns_resolver_destroy(other);
  options.cache_bytes = EE_DNS_NO_CACHE;
  stub.fail = true;
  for (int i = 0; i < 2; i++) {
    ee_status status = ee_dns_resolver_create(&options, NULL, &other, i == 0 ? &failure : NULL);
    CHECK(status.code == EE_INVALID_ARGUMENT && status.reason == EE_REASON_INVALID_ARGUMENT);
    CHECK(strstr(stub.asked, "|2|0") != NULL);
    stub.lists_elsewhere = true;
  }
  CHECK(strcmp(ee_dns_result_message(failure), "no address: x") == 0 && ee_dns_result_count(failure) == 0);
  ee_dns_result_destroy(failure);
  ee_memory_quota_destroy(quota);
  end();
}

static void brings_addresses(void) {
  ee_dns_result *result = NULL;
  begin();
  CHECK(ee_dns_lookup_hostname(resolver, queue, TAG(1), "a.test", "https", 77, &result, NULL) == EE_OP_PENDING);
  CHECK(strcmp(stub.asked, "a.test|https") == 0 && stub.deadline == 77);
  answer(EE_OK, 0, stub_found(3));
  CHECK(result == NULL);
  expect_event(queue, TAG(1), 1);
  CHECK(ee_dns_result_count(result) == 3 && strcmp(ee_dns_result_message(result), "") == 0);
  const ee_address *addresses = ee_dns_result_addresses(result);
  for (int i = 0; i < 3; i++) {
    CHECK(addresses[i].family == 4 && addresses[i].port == 80 + i);
    CHECK(addresses[i].bytes[0] == 10 && addresses[i].bytes[3] == i);
  }
  ee_dns_result_destroy(result);
  CHECK(ee_dns_lookup_hostname(resolver, queue, TAG(2), "a.test:1", NULL, 0, &result, NULL) == EE_OP_PENDING);
  CHECK(strcmp(stub.asked, "a.test:1|") == 0);
  answer(EE_OK, 0, stub_found(0));
  expect_event(queue, TAG(2), 1);
  CHECK(ee_dns_result_count(result) == 0);
  ee_dns_result_destroy(result);
  end();
}

static void brings_records(void) {
  ee_dns_result *services = NULL, *texts = NULL;
  begin();
  for (int round = 0; round < 2; round++) {
    stub.lists_elsewhere = round == 1;
    CHECK(ee_dns_lookup_srv(resolver, queue, TAG(1), "_x._tcp.test", 5, &services, NULL) == EE_OP_PENDING);
    CHECK(strcmp(stub.asked, "SRV _x._tcp.test") == 0);
    CHECK(ee_dns_lookup_txt(resolver, queue, TAG(2), "t.test", 5, &texts, NULL) == EE_OP_PENDING);
    CHECK(strcmp(stub.asked, "TXT t.test") == 0);
    answer(EE_OK, 0, stub_found(20));
    answer(EE_OK, 0, stub_found(40));
    expect_event(queue, TAG(1), 1);
    expect_event(queue, TAG(2), 1);
    CHECK(ee_dns_result_count(services) == 20 && ee_dns_result_count(texts) == 40);
    const ee_dns_srv_record *service = ee_dns_result_services(services);
    for (unsigned i = 0; i < 20; i++) {
      CHECK(service[i].priority == i && service[i].weight == 2 * i && service[i].port == 3 * i);
      CHECK(strlen(service[i].host) == i + 5 && strcmp(service[i].host + i, ".test") == 0);
    }
    const ee_dns_txt_record *text = ee_dns_result_texts(texts);
    for (unsigned i = 0; i < 40; i++) {
      CHECK(text[i].length == i && text[i].bytes[i] == 0);
      for (unsigned at = 0; at < i; at++) CHECK(text[i].bytes[at] == (char)i);
    }
    ee_dns_result_destroy(services);
    ee_dns_result_destroy(texts);
  }
  end();
}

static void says_why(void) {
  ee_dns_result *result = NULL;
  begin();
  for (int round = 0; round < 4; round++) {
    stub.lists_elsewhere = round % 2 == 1;
    if (round < 2)
      CHECK(ee_dns_lookup_txt(resolver, queue, TAG(1), "a.test", 5, &result, NULL) == EE_OP_PENDING);
    else
      CHECK(ee_dns_lookup_hostname(resolver, queue, TAG(1), "a.test", NULL, 5, &result, NULL) == EE_OP_PENDING);
    answer(EE_NOT_FOUND, EE_REASON_NAME_UNRESOLVABLE, STUB_FAILED);
    ee_event event = ee_completion_queue_next(queue, EE_INF_PAST, NULL);
    CHECK(event.tag == TAG(1) && !event.success && event.status.code == EE_NOT_FOUND);
    CHECK(event.status.reason == EE_REASON_NAME_UNRESOLVABLE);
    CHECK(strcmp(ee_dns_result_message(result), "A a.test: no such name") == 0 && ee_dns_result_count(result) == 0);
    ee_dns_result_destroy(result);
  }
  end();
}

static void fails_when_the_resolver_is_gone(void) {
  ee_dns_result *result = NULL;
  begin();
  CHECK(ee_dns_lookup_srv(resolver, queue, TAG(1), "a.test", 5, &result, NULL) == EE_OP_PENDING);
  answer(EE_OK, 0, 0);
  ee_event event = ee_completion_queue_next(queue, EE_INF_PAST, NULL);
  CHECK(event.tag == TAG(1) && !event.success && event.status.code == EE_CANCELLED);
  CHECK(event.status.reason == EE_REASON_CANCELLED && ee_dns_result_count(result) == 0);
  ee_dns_result_destroy(result);
  end();
}

static void cancels(void) {
  ee_dns_lookup_handle first, second;
  ee_dns_result *never = NULL, *result = NULL;
  begin();
  CHECK(ee_dns_lookup_txt(resolver, queue, TAG(1), "a.test", 5, &never, &first) == EE_OP_PENDING);
  CHECK(ee_dns_lookup_txt(resolver, queue, TAG(2), "b.test", 5, &result, &second) == EE_OP_PENDING);
  CHECK(ee_dns_cancel_lookup(first));
  CHECK(!ee_dns_cancel_lookup(first));
  ee_dns_try_cancel_lookup(first);
  ee_dns_try_cancel_lookup(second);
  CHECK(!ee_dns_cancel_lookup(second)); // Although its event was not taken.
  ee_event event = ee_completion_queue_next(queue, EE_INF_PAST, NULL);
  CHECK(event.tag == TAG(2) && event.status.code == EE_CANCELLED && never == NULL);
  CHECK(ee_completion_queue_next(queue, EE_INF_PAST, NULL).type == EE_QUEUE_TIMEOUT);
  ee_dns_result_destroy(result);
  end();
}

// The record of the look-up goes with the queue, and is a connect's when the look-up is cancelled.
static void cancels_behind_queue(void) {
  static const ee_address loopback = {.family = 4, .port = 80, .bytes = {127, 0, 0, 1}};
  ee_completion_queue *other = ee_completion_queue_create_for_next(NULL);
  ee_dns_lookup_handle handle;
  ee_connection_handle connection;
  ee_dns_result *result = NULL;
  ee_endpoint *endpoint = NULL;
  begin();
  CHECK(ee_dns_lookup_txt(resolver, other, TAG(1), "a.test", 5, &result, &handle) == EE_OP_PENDING);
  ee_completion_queue_destroy(other);
  CHECK(ee_connect(queue, TAG(2), &loopback, 1, NULL, 5, &endpoint, &connection) == EE_OP_PENDING);
  CHECK(connection.internal == handle.internal);
  CHECK(ee_dns_cancel_lookup(handle));
  stub_end(stub_find(STUB_CONNECT), EE_OK, 0, stub_ticket());
  expect_event(queue, TAG(2), 1);
  CHECK(endpoint != NULL && result == NULL);
  ee_endpoint_destroy(endpoint);
  end();
}

static void refuses(void) {
  ee_dns_result *result = NULL;
  ee_dns_lookup_handle handle = {1, 2, NULL};
  begin();
  stub.refuse = true;
  for (int i = 0; i < 100; i++) {
    CHECK(ee_dns_lookup_hostname(resolver, queue, TAG(1), "a", NULL, 5, &result, &handle) == EE_OP_REFUSED);
    CHECK(ee_dns_lookup_srv(resolver, queue, TAG(1), "a", 5, &result, &handle) == EE_OP_REFUSED);
    CHECK(ee_dns_lookup_txt(resolver, queue, TAG(1), "a", 5, &result, NULL) == EE_OP_REFUSED);
  }
  CHECK(handle.slot == 1 && result == NULL);
  end();
}

static void runs_functors(void) {
  noting_functor functor = noting(0);
  ee_completion_queue *functors = ee_completion_queue_create_for_callback(NULL, NULL);
  ee_dns_result *result = NULL;
  begin();
  CHECK(ee_dns_lookup_srv(resolver, functors, &functor, "a.test", 5, &result, NULL) == EE_OP_PENDING);
  answer(EE_OK, 0, stub_found(2));
  CHECK(ee_run(EE_INF_PAST) == 1 && functor.runs == 1 && functor.ok && ee_dns_result_count(result) == 2);
  ee_dns_result_destroy(result);
  CHECK(ee_dns_lookup_srv(resolver, functors, &functor, "a.test", 5, &result, NULL) == EE_OP_PENDING);
  answer(EE_OK, 0, 0);
  CHECK(ee_run(EE_INF_PAST) == 1 && !functor.ok && functor.status.code == EE_CANCELLED);
  ee_dns_result_destroy(result);
  ee_completion_queue_destroy(functors);
  end();
}

const test_case resolver_tests[] = {
    {"should make resolvers as they are wanted, and say why not", makes_resolvers, NULL},
    {"should bring the addresses of a name when its event is returned", brings_addresses, NULL},
    {"should bring records of services and texts", brings_records, NULL},
    {"should say why a look-up failed", says_why, NULL},
    {"should fail a look-up whose resolver is gone", fails_when_the_resolver_is_gone, NULL},
    {"should cancel look-ups both ways", cancels, NULL},
    {"should cancel a look-up whose queue is gone", cancels_behind_queue, NULL},
    {"should leave nothing behind when a look-up is refused", refuses, NULL},
    {"should bring results to functors", runs_functors, NULL},
    {0},
};
