// Rules about look-ups, and guests that want too many.
#include <stdio.h>

#include "cases.h"

static Resolver new_resolver(const char *servers) {
  Resolver resolver;
  raw_string_t why;
  if (!make_resolver(servers, &resolver, &why)) printf("no resolver: %.*s\n", (int)why.len, why.ptr);
  return resolver;
}

/** The ticket of a look-up that found addresses. */
static uint64_t ticket_of_addresses(void) {
  Queue queue = next_queue();
  Lookup lookup;
  look_up(new_resolver(""), queue, 1, "localhost", "1", NEVER, &lookup);
  return next_until(queue, NEVER).value;
}

static void claim_services_of_addresses(void) {
  eei_resolvers_list_srv_record_t services;
  raw_string_t why;
  eei_resolvers_claim_services(ticket_of_addresses(), &services, &why);
}

static void claim_texts_of_addresses(void) {
  raw_list_list_u8_t texts;
  raw_string_t why;
  eei_resolvers_claim_texts(ticket_of_addresses(), &texts, &why);
}

/** Also when there is nothing but a text that says why. */
static void claim_addresses_of_services(void) {
  Queue queue = next_queue();
  Lookup lookup;
  look_up_srv(new_resolver(""), queue, 1, "a..b", NEVER, &lookup);
  eei_resolvers_list_ip_socket_address_t addresses;
  raw_string_t why;
  eei_resolvers_claim_addresses(next_until(queue, NEVER).value, &addresses, &why);
}

static void make_resolvers(void) {
  set_default_quota(1 << 20);
  for (;;) new_resolver("127.0.0.1,127.0.0.2");
}

/** Names that nobody answers for, until there is no room for more. */
static void ask_without_end(void) {
  set_default_quota(8 << 20);
  Queue queue = next_queue();
  Resolver resolver = new_resolver("192.0.2.1");
  Lookup lookup;
  uint32_t count = 0;
  char name[32];
  do {
    snprintf(name, sizeof name, "a%u.test", (unsigned)count);
  } while (look_up(resolver, queue, count, name, "1", NEVER, &lookup) && ++count < 1 << 20);
  say("bounded", count > 1000 && count < 1 << 16);
  for (int turn = 0; turn < 20; turn++) next_until(queue, in_ms(1));
  drop_resolver(resolver);
  shutdown_queue(queue);
  uint32_t ended = 0;
  while (next_until(queue, NEVER).type != QUEUE_SHUTDOWN) ended++;
  say("ended", ended > 0);
  say("back", free_of_default_quota() > 7 << 20);
}

/** Results that nobody claims. */
static void never_claim_addresses(void) {
  set_default_quota(8 << 20);
  Queue queue = next_queue();
  Resolver resolver = new_resolver("");
  Lookup lookup;
  uint32_t count = 0;
  while (look_up(resolver, queue, 1, "localhost", "1", NEVER, &lookup)) {
    next_until(queue, NEVER);
    count++;
  }
  say("bounded", count > 1000 && count < 1 << 16);
  drop_resolver(resolver);
  resolver = new_resolver("");
  say("again", look_up(resolver, queue, 1, "localhost", "1", NEVER, &lookup) && next_until(queue, NEVER).success);
}

/** Far more than any name has. */
static void ask_for_a_long_name(void) {
  static char name[1 << 20];
  for (size_t i = 0; i < sizeof name - 1; i++) name[i] = i % 2 ? '.' : 'a';
  Queue queue = next_queue();
  Lookup lookup;
  look_up(new_resolver(""), queue, 1, name, name, NEVER, &lookup);
  say("refused", next_until(queue, NEVER).code == EEI_STATUS_STATUS_CODE_INVALID_ARGUMENT);
}

const Case lookup_cases[] = {
    {"claim-services-of-addresses", claim_services_of_addresses},
    {"claim-texts-of-addresses", claim_texts_of_addresses},
    {"claim-addresses-of-services", claim_addresses_of_services},
    {"make-resolvers", make_resolvers},
    {NULL, NULL},
};

const Case greedy_lookup_cases[] = {
    {"ask-without-end", ask_without_end},
    {"never-claim-addresses", never_claim_addresses},
    {"ask-for-a-long-name", ask_for_a_long_name},
    {NULL, NULL},
};
