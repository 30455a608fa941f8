// The interface `resolvers`: what look-ups bring, and how they fail.
#include <stdio.h>
#include <string.h>

#include "check.h"

Resolver resolver_of(const char *servers) {
  Resolver resolver;
  raw_string_t why;
  EXPECT(make_resolver(servers, &resolver, &why));
  return resolver;
}

static bool has(raw_string_t *why, const char *part) {
  char text[2100] = "";
  EXPECT(why->len < sizeof text);
  memcpy(text, why->ptr, why->len);
  raw_string_free(why);
  return strstr(text, part) != NULL;
}

void expect_failure(uint64_t ticket, const char *part, const char *file, int line) {
  eei_resolvers_list_ip_socket_address_t addresses;
  raw_string_t why;
  check_expect(!eei_resolvers_claim_addresses(ticket, &addresses, &why), "a failure", file, line);
  check_expect(has(&why, part), part, file, line);
}

/** Looks a name up and claims its addresses. */
static eei_resolvers_list_ip_socket_address_t addresses_of(Resolver resolver, Queue queue, const char *name,
                                                           const char *port) {
  eei_resolvers_list_ip_socket_address_t addresses;
  raw_string_t why;
  Lookup lookup;
  EXPECT(look_up(resolver, queue, 1, name, port, in_ms(10000), &lookup));
  Event event = next_served(queue);
  EXPECT_OK(event, 1);
  EXPECT(eei_resolvers_claim_addresses(event.value, &addresses, &why));
  return addresses;
}

static void close(Resolver resolver, Queue queue) {
  drop_resolver(resolver);
  close_nameserver();
  end_queue(queue);
}

static void literals_and_localhost_ask_nobody(void) {
  static const struct {
    const char *name, *port;
    int first, count;
    uint16_t number;
  } cases[] = {{"127.0.0.1:80", "", 4, 1, 80},   {"127.0.0.1", "https", 4, 1, 443}, {"[::1]:81", "1", 6, 1, 81},
               {"::1", "82", 6, 1, 82},          {"localhost:83", "", 6, 2, 83},    {"a.b.LOCALHOST.", "0", 6, 2, 0},
               {"localhost:http", "1", 6, 2, 80}};
  char servers[32];
  open_nameserver(servers);
  Queue queue = next_queue();
  Resolver resolver = resolver_of(servers);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    eei_resolvers_list_ip_socket_address_t found = addresses_of(resolver, queue, cases[i].name, cases[i].port);
    EXPECT(found.len == (size_t)cases[i].count);
    for (size_t at = 0; at < found.len; at++) {
      bool is_ipv6 = found.ptr[at].tag == WASI_NETWORK_IP_SOCKET_ADDRESS_IPV6;
      EXPECT(is_ipv6 == (at == 0 && cases[i].first == 6));
      if (is_ipv6) {
        EXPECT(found.ptr[at].val.ipv6.port == cases[i].number && found.ptr[at].val.ipv6.address.f7 == 1);
        continue;
      }
      EXPECT(found.ptr[at].val.ipv4.port == cases[i].number && found.ptr[at].val.ipv4.address.f0 == 127);
    }
    eei_resolvers_list_ip_socket_address_free(&found);
  }
  Lookup lookup;
  raw_string_t why;
  eei_resolvers_list_srv_record_t services;
  EXPECT(look_up_srv(resolver, queue, 2, "_x._tcp.localhost", NEVER, &lookup));
  EXPECT(eei_resolvers_claim_services(next(queue).value, &services, &why) && services.len == 0);
  EXPECT(questions == 0);
  close(resolver, queue);
}

static void addresses_arrive(void) {
  char servers[32];
  open_nameserver(servers);
  Queue queue = next_queue();
  Resolver resolver = resolver_of(servers);
  eei_resolvers_list_ip_socket_address_t found = addresses_of(resolver, queue, "some.test:8080", "1");
  EXPECT(found.len == 1 && found.ptr[0].tag == WASI_NETWORK_IP_SOCKET_ADDRESS_IPV4);
  wasi_network_ipv4_socket_address_t *address = &found.ptr[0].val.ipv4;
  EXPECT(address->port == 8080 && address->address.f0 == 10 && address->address.f1 == 1);
  EXPECT(address->address.f2 == 2 && address->address.f3 == 3);
  eei_resolvers_list_ip_socket_address_free(&found);
  found = addresses_of(resolver, queue, "MANY.test", "http");
  bool seen[60] = {false};
  EXPECT(found.len == 60);
  for (size_t i = 0; i < 60; i++) {
    EXPECT(found.ptr[i].val.ipv4.port == 80 && found.ptr[i].val.ipv4.address.f3 < 60);
    seen[found.ptr[i].val.ipv4.address.f3] = true;
  }
  for (size_t i = 0; i < 60; i++) EXPECT(seen[i]);
  eei_resolvers_list_ip_socket_address_free(&found);
  close(resolver, queue);
}

static bool is_host(const raw_string_t *host, const char *text) {
  return host->len == strlen(text) && memcmp(host->ptr, text, host->len) == 0;
}

static void services_and_texts_arrive(void) {
  char servers[32];
  open_nameserver(servers);
  Queue queue = next_queue();
  Resolver resolver = resolver_of(servers);
  Lookup lookup;
  raw_string_t why;
  eei_resolvers_list_srv_record_t services;
  raw_list_list_u8_t texts;
  EXPECT(look_up_srv(resolver, queue, 1, "some.test", NEVER, &lookup));
  EXPECT(eei_resolvers_claim_services(next_served(queue).value, &services, &why) && services.len == 2);
  eei_resolvers_srv_record_t *one = &services.ptr[0], *other = &services.ptr[1];
  EXPECT(one->priority == 10 && one->weight == 0 && one->port == 80 && is_host(&one->host, "b.test"));
  EXPECT(other->priority == 20 && other->weight == 7 && other->port == 443 && is_host(&other->host, "other.test"));
  eei_resolvers_list_srv_record_free(&services);
  EXPECT(look_up_txt(resolver, queue, 2, "some.test.", NEVER, &lookup));
  EXPECT(eei_resolvers_claim_texts(next_served(queue).value, &texts, &why) && texts.len == 3);
  EXPECT(texts.ptr[0].len == 5 && memcmp(texts.ptr[0].ptr, "first", 5) == 0);
  EXPECT(texts.ptr[1].len == 0 && texts.ptr[2].len == 256);
  for (int i = 0; i < 256; i++) EXPECT(texts.ptr[2].ptr[i] == i);
  raw_list_list_u8_free(&texts);
  close(resolver, queue);
}

static void failures_are_explained(void) {
  char servers[32];
  open_nameserver(servers);
  Queue queue = next_queue();
  Resolver resolver = resolver_of(servers);
  Lookup lookup;
  EXPECT(look_up(resolver, queue, 1, "nobody.test", "1", NEVER, &lookup));
  Event event = next_served(queue);
  EXPECT_EVENT(event, 1, EEI_STATUS_STATUS_CODE_NOT_FOUND, EEI_STATUS_REASON_NAME_UNRESOLVABLE);
  EXPECT_FAILURE(event.value, "nobody.test");
  EXPECT(look_up(resolver, queue, 2, "empty.test", "1", NEVER, &lookup));
  event = next_served(queue);
  EXPECT_EVENT(event, 2, EEI_STATUS_STATUS_CODE_NOT_FOUND, EEI_STATUS_REASON_NO_RECORDS);
  EXPECT_FAILURE(event.value, servers);
  static const char *const bad[][2] = {{"", "1"},
                                       {"a..b", "1"},
                                       {"some.test", ""},
                                       {"some.test:x:", "1"},
                                       {"256.1.1.1", "1"},
                                       {"[::1", "1"},
                                       {"a:70000", "1"},
                                       {"a:nothing", "1"},
                                       {"b\xc3\xbc"
                                        "cher.test",
                                        "1"}};
  serve(); // a question that was asked again, and needed no more
  uint32_t asked = questions;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    EXPECT(look_up(resolver, queue, 3, bad[i][0], bad[i][1], NEVER, &lookup));
    event = next_served(queue);
    EXPECT_EVENT(event, 3, EEI_STATUS_STATUS_CODE_INVALID_ARGUMENT, EEI_STATUS_REASON_INVALID_ARGUMENT);
    EXPECT_FAILURE(event.value, i == 1 ? "a..b" : "");
  }
  EXPECT(questions == asked);
  close(resolver, queue);
}

static void deadlines_are_kept(void) {
  char servers[32];
  open_nameserver(servers);
  Queue queue = next_queue();
  Resolver resolver = resolver_of(servers);
  Lookup lookup;
  uint64_t deadline = in_ms(30);
  EXPECT(look_up(resolver, queue, 1, "silent.test", "1", deadline, &lookup));
  Event event = next_served(queue);
  EXPECT_EVENT(event, 1, EEI_STATUS_STATUS_CODE_DEADLINE_EXCEEDED, EEI_STATUS_REASON_DEADLINE_EXCEEDED);
  EXPECT(eei_tasks_now() >= deadline);
  EXPECT_FAILURE(event.value, "silent.test");
  EXPECT(look_up_txt(resolver, queue, 2, "some.test", 0, &lookup)); // over before it began
  EXPECT_EVENT(next_served(queue), 2, EEI_STATUS_STATUS_CODE_DEADLINE_EXCEEDED, EEI_STATUS_REASON_DEADLINE_EXCEEDED);
  close(resolver, queue);
}

/** What a resolver of these options says that it cannot be. */
static void expect_no_resolver(const char *servers, const char *part) {
  Resolver resolver;
  raw_string_t why;
  EXPECT(!make_resolver(servers, &resolver, &why));
  EXPECT(has(&why, part));
}

static void bad_servers_are_refused(void) {
  expect_no_resolver("nameserver.test", "nameserver.test");
  expect_no_resolver("127.0.0.1,[::1", "[::1");
  expect_no_resolver("127.0.0.1:99999", "99999");
  expect_no_resolver("\xc3\xa4", "");
  drop_resolver(resolver_of("1.2.3.4,[::1]:5353,::1,1.2.3.4:1,1.2.3.4:2,1.2.3.4:3,1.2.3.4:4,1.2.3.4:5"));
  expect_no_resolver("::1,::1,::1,::1,::1,::1,::1,::1,::1", "");
}

/** Also those look names up. */
static void options_may_be_extreme(void) {
  static const struct {
    uint64_t timeout;
    uint32_t tries, cache_bytes;
  } extremes[] = {{UINT64_MAX, UINT32_MAX, UINT32_MAX}, {10000 * MS, 1, 1}};
  char servers[32];
  open_nameserver(servers);
  Queue queue = next_queue();
  for (size_t i = 0; i < 2; i++) {
    eei_resolvers_resolver_options_t options = {
        .servers = text_of(servers),
        .search = text_of("test, elsewhere.test"),
        .timeout = extremes[i].timeout,
        .tries = extremes[i].tries,
        .cache_bytes = {true, extremes[i].cache_bytes},
    };
    Resolver resolver;
    raw_string_t why;
    EXPECT(eei_resolvers_static_dns_resolver_create(&options, NULL, &resolver, &why));
    eei_resolvers_list_ip_socket_address_t found = addresses_of(resolver, queue, "some", "1"); // some.test
    EXPECT(found.len == 1 && found.ptr[0].val.ipv4.address.f3 == 3);
    eei_resolvers_list_ip_socket_address_free(&found);
    Lookup lookup;
    EXPECT(look_up(resolver, queue, 2, "silent.test", "1", in_ms(30), &lookup));
    EXPECT(next_served(queue).reason == EEI_STATUS_REASON_DEADLINE_EXCEEDED);
    drop_resolver(resolver);
  }
  close_nameserver();
  end_queue(queue);
  eei_resolvers_resolver_options_t options = {.search = text_of("a..b")};
  Resolver resolver;
  raw_string_t why;
  EXPECT(!eei_resolvers_static_dns_resolver_create(&options, NULL, &resolver, &why) && has(&why, "a..b"));
}

const Check resolver_checks[] = {
    {"resolvers: literals and localhost ask nobody", literals_and_localhost_ask_nobody},
    {"resolvers: addresses arrive with their port", addresses_arrive},
    {"resolvers: services and texts arrive, byte by byte", services_and_texts_arrive},
    {"resolvers: a failure has its reason and its explanation", failures_are_explained},
    {"resolvers: deadlines are kept", deadlines_are_kept},
    {"resolvers: options may be extreme", options_may_be_extreme},
    {"resolvers: a list of servers that cannot be read is refused", bad_servers_are_refused},
    {NULL, NULL},
};
