// The interface `resolvers`: tickets, ways to cancel a look-up, and what becomes of it when something it needs goes.
#include "check.h"

typedef struct {
  Queue queue;
  Resolver resolver;
} World;

static World open_world(void) {
  char servers[32];
  open_nameserver(servers);
  return (World){next_queue(), resolver_of(servers)};
}

static void close_world(World world) {
  drop_resolver(world.resolver);
  close_nameserver();
  end_queue(world.queue);
}

static void a_cancelled_one_has_no_event(void) {
  World world = open_world();
  Lookup lookup, other;
  EXPECT(look_up(world.resolver, world.queue, 1, "silent.test", "1", NEVER, &lookup));
  EXPECT(eei_resolvers_cancel_lookup(&lookup)); // before its first turn
  EXPECT(!eei_resolvers_cancel_lookup(&lookup));
  expect_nothing(world.queue);
  EXPECT(look_up_srv(world.resolver, world.queue, 2, "silent.test", NEVER, &other));
  EXPECT(!eei_resolvers_cancel_lookup(&lookup)); // its slot may have another one now
  for (int i = 0; i < 3; i++) expect_nothing(world.queue);
  for (uint32_t i = 0; i < 32; i++) {
    Lookup forged = {other.slot ^ 1u << i, other.generation}, stale = {other.slot, other.generation ^ 1u << i};
    EXPECT(!eei_resolvers_cancel_lookup(&forged) && !eei_resolvers_cancel_lookup(&stale));
    eei_resolvers_try_cancel_lookup(&forged);
    eei_resolvers_try_cancel_lookup(&stale);
  }
  shutdown_queue(world.queue);
  EXPECT(eei_resolvers_cancel_lookup(&other));
  EXPECT(next_until(world.queue, NEVER).type == QUEUE_SHUTDOWN);                     // nothing is outstanding any more
  EXPECT(!look_up_txt(world.resolver, world.queue, 3, "some.test", NEVER, &lookup)); // refused
  close_world(world);
}

static void trying_to_cancel_has_an_event(void) {
  World world = open_world();
  Lookup lookup;
  EXPECT(look_up(world.resolver, world.queue, 1, "silent.test", "1", NEVER, &lookup));
  for (int i = 0; i < 3; i++) expect_nothing(world.queue);
  for (int i = 0; i < 3; i++) eei_resolvers_try_cancel_lookup(&lookup);
  Event event = next(world.queue);
  EXPECT_EVENT(event, 1, EEI_STATUS_STATUS_CODE_CANCELLED, EEI_STATUS_REASON_CANCELLED);
  EXPECT_FAILURE(event.value, "silent.test");
  EXPECT(!eei_resolvers_cancel_lookup(&lookup));
  EXPECT(look_up(world.resolver, world.queue, 2, "some.test", "1", NEVER, &lookup));
  EXPECT_OK(next_served(world.queue), 2);
  eei_resolvers_try_cancel_lookup(&lookup); // too late
  EXPECT(!eei_resolvers_cancel_lookup(&lookup));
  expect_nothing(world.queue);
  close_world(world);
}

static void a_dropped_resolver_cancels(void) {
  enum { COUNT = 20 };
  World world = open_world();
  Lookup lookup;
  for (uint64_t tag = 0; tag < COUNT; tag++) {
    bool served = tag % 2 == 1; // the others have an answer already
    const char *name = served ? "silent.test" : "localhost";
    EXPECT(look_up(world.resolver, world.queue, tag, name, "1", NEVER, &lookup));
  }
  uint64_t tickets[COUNT / 2];
  for (int i = 0; i < COUNT / 2; i++) {
    Event event = next(world.queue);
    EXPECT(event.success && event.tag % 2 == 0);
    tickets[i] = event.value;
  }
  EXPECT(look_up(world.resolver, world.queue, COUNT + 1, "localhost", "1", NEVER, &lookup));
  EXPECT(look_up(world.resolver, world.queue, COUNT + 3, "a..b", "1", NEVER, &lookup)); // they end in a later turn
  drop_resolver(world.resolver);
  for (int i = 0; i < COUNT / 2 + 2; i++) {
    Event event = next(world.queue);
    EXPECT(event.tag % 2 == 1);
    EXPECT_EVENT(event, event.tag, EEI_STATUS_STATUS_CODE_CANCELLED, EEI_STATUS_REASON_CANCELLED);
    EXPECT_FAILURE(event.value, "");
    EXPECT_FAILURE(tickets[i % (COUNT / 2)], "resolver"); // nobody had claimed it
  }
  close_nameserver();
  end_queue(world.queue);
}

static void a_dropped_queue_lets_them_go(void) {
  World world = open_world();
  Queue other = next_queue();
  Lookup lookup, late;
  EXPECT(look_up(world.resolver, other, 1, "localhost", "1", NEVER, &lookup));
  EXPECT(look_up(world.resolver, other, 2, "silent.test", "1", NEVER, &late));
  drop_queue(other);
  EXPECT(look_up(world.resolver, world.queue, 3, "localhost", "1", NEVER, &lookup));
  EXPECT_OK(next(world.queue), 3);
  EXPECT(eei_resolvers_cancel_lookup(&late));
  close_world(world);
}

static void functors_are_told(void) {
  World world = open_world();
  Queue functors = queue_of(BY_CALLBACK, DEFAULT_POLLING, 0);
  Lookup lookup;
  EXPECT(look_up(world.resolver, functors, 7, "localhost", "1", NEVER, &lookup));
  drop_queue(functors); // they often own themselves
  eei_completion_queues_list_event_t events;
  eei_completion_queues_callbacks(1, in_ms(20000), &events);
  EXPECT(events.len == 1);
  EXPECT_OK(events.ptr[0], 7);
  eei_resolvers_list_ip_socket_address_t addresses;
  raw_string_t why;
  EXPECT(eei_resolvers_claim_addresses(events.ptr[0].value, &addresses, &why) && addresses.len == 2);
  eei_resolvers_list_ip_socket_address_free(&addresses);
  eei_completion_queues_list_event_free(&events);
  close_world(world);
}

static void a_ticket_is_good_once(void) {
  World world = open_world();
  Lookup lookup;
  raw_string_t why;
  Endpoint endpoint;
  eei_resolvers_list_ip_socket_address_t addresses;
  EXPECT(look_up(world.resolver, world.queue, 1, "localhost", "1", NEVER, &lookup));
  uint64_t ticket = next(world.queue).value;
  EXPECT(ticket != 0);
  for (int i = 0; i < 64; i++) EXPECT_FAILURE(ticket ^ 1ull << i, "");
  EXPECT_FAILURE(0, "");
  EXPECT_FAILURE(UINT64_MAX, "");
  EXPECT(!eei_endpoints_claim(ticket, &endpoint)); // it names no endpoint
  Pair pair = connected_pair(world.queue);
  EXPECT(eei_resolvers_claim_addresses(ticket, &addresses, &why) && addresses.len == 2);
  eei_resolvers_list_ip_socket_address_free(&addresses);
  EXPECT_FAILURE(ticket, "claimed");
  uint16_t port;
  Listener listener = start_listening(&port);
  Address address = localhost(port);
  Connect connect;
  EXPECT(start_connect(world.queue, 2, &address, 1, NEVER, &connect));
  ticket = next(world.queue).value;
  EXPECT_FAILURE(ticket, ""); // it names an endpoint
  EXPECT(eei_endpoints_claim(ticket, &endpoint));
  drop_endpoint(endpoint);
  drop_pair(pair);
  eei_listeners_listener_drop_own(listener);
  close_world(world);
}

/** Questions that are asked for a name that was looked up before, twice. A question may be asked again when its answer
 * takes its time. */
static uint32_t questions_of_later_ones(bool has_cache) {
  char servers[32];
  open_nameserver(servers);
  eei_resolvers_resolver_options_t options = {.servers = text_of(servers)};
  options.cache_bytes.is_some = !has_cache;
  Quota quota = eei_memory_constructor_memory_quota(1 << 20);
  eei_memory_borrow_memory_quota_t payer = quota_ref(quota);
  World world = {.queue = next_queue()};
  raw_string_t why;
  Lookup lookup;
  EXPECT(eei_resolvers_static_dns_resolver_create(&options, &payer, &world.resolver, &why));
  EXPECT(eei_memory_method_memory_quota_free(payer) < 1 << 20);
  uint32_t first = 0;
  for (uint64_t tag = 0; tag < 3; tag++) {
    EXPECT(look_up_txt(world.resolver, world.queue, tag, "some.test", NEVER, &lookup));
    EXPECT_OK(next_served(world.queue), tag);
    serve(); // also what nobody waits for any more
    if (tag == 0) first = questions;
    if (tag == 1) eei_memory_memory_quota_drop_own(quota); // it lives on
  }
  uint32_t count = questions - first;
  close_world(world);
  return count;
}

static void answers_are_cached(void) {
  EXPECT(questions_of_later_ones(true) == 0);
  EXPECT(questions_of_later_ones(false) >= 2);
}

static void unaffordable_results_are_dropped(void) {
  enum { TOO_MUCH = 32 << 20 };
  char servers[32];
  open_nameserver(servers);
  eei_resolvers_resolver_options_t options = {.servers = text_of(servers)};
  Quota quota = eei_memory_constructor_memory_quota(1 << 20);
  eei_memory_borrow_memory_quota_t payer = quota_ref(quota);
  Allocator allocator = eei_memory_constructor_memory_allocator(payer);
  World world = {.queue = next_queue()};
  raw_string_t why;
  Lookup lookup;
  EXPECT(eei_resolvers_static_dns_resolver_create(&options, &payer, &world.resolver, &why));
  EXPECT(look_up(world.resolver, world.queue, 1, "some.test", "1", NEVER, &lookup));
  EXPECT(eei_memory_method_memory_allocator_reserve(allocator_ref(allocator), TOO_MUCH, TOO_MUCH) == TOO_MUCH);
  Event event = next_served(world.queue);
  EXPECT_EVENT(event, 1, EEI_STATUS_STATUS_CODE_RESOURCE_EXHAUSTED, EEI_STATUS_REASON_OUT_OF_MEMORY);
  EXPECT_FAILURE(event.value, "memory");
  EXPECT(look_up(world.resolver, world.queue, 2, "some.test", "1", NEVER, &lookup)); // it does not even begin
  event = next_served(world.queue);
  EXPECT_EVENT(event, 2, EEI_STATUS_STATUS_CODE_RESOURCE_EXHAUSTED, EEI_STATUS_REASON_OUT_OF_MEMORY);
  EXPECT_FAILURE(event.value, "some.test");
  eei_memory_method_memory_allocator_release(allocator_ref(allocator), TOO_MUCH);
  EXPECT(look_up(world.resolver, world.queue, 3, "some.test", "1", NEVER, &lookup));
  EXPECT_OK(next_served(world.queue), 3);
  eei_memory_memory_allocator_drop_own(allocator);
  eei_memory_memory_quota_drop_own(quota);
  close_world(world);
}

const Check lookup_checks[] = {
    {"look-ups: a cancelled one has no event, and other handles name nothing", a_cancelled_one_has_no_event},
    {"look-ups: one that is asked to be cancelled has its event", trying_to_cancel_has_an_event},
    {"look-ups: end with their resolver", a_dropped_resolver_cancels},
    {"look-ups: go with their queue", a_dropped_queue_lets_them_go},
    {"look-ups: of a callback queue are told even after its end", functors_are_told},
    {"look-ups: their tickets are good once, and forged ones never", a_ticket_is_good_once},
    {"resolvers: have a cache or not, which their quota pays for", answers_are_cached},
    {"look-ups: what is found goes when no quota pays for it", unaffordable_results_are_dropped},
    {NULL, NULL},
};
