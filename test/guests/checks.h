// What the check programs share. Each calls the functions of one interface in the states that its text names, and
// prints one line for each rule: `ok RULE`, or `FAIL RULE: got N, not M`. Every host has to print the same.
//
// Traps end a program, so each has a run of its own: `check-tcp trap NAME` must not come to its end.
#ifndef CHECKS_H
#define CHECKS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wasi.h"

#define UNUSED __attribute__((unused))

enum {
  DONE = -1, // The call succeeded.
  INVALID_ARGUMENT = NETWORK_ERROR_CODE_INVALID_ARGUMENT,
  NOT_IN_PROGRESS = NETWORK_ERROR_CODE_NOT_IN_PROGRESS,
  WOULD_BLOCK = NETWORK_ERROR_CODE_WOULD_BLOCK,
  INVALID_STATE = NETWORK_ERROR_CODE_INVALID_STATE,
  CONCURRENCY_CONFLICT = NETWORK_ERROR_CODE_CONCURRENCY_CONFLICT,
  ADDRESS_NOT_BINDABLE = NETWORK_ERROR_CODE_ADDRESS_NOT_BINDABLE,
  ADDRESS_IN_USE = NETWORK_ERROR_CODE_ADDRESS_IN_USE,
  CONNECTION_REFUSED = NETWORK_ERROR_CODE_CONNECTION_REFUSED,
  DATAGRAM_TOO_LARGE = NETWORK_ERROR_CODE_DATAGRAM_TOO_LARGE,
  IPV4 = NETWORK_IP_ADDRESS_FAMILY_IPV4,
  IPV6 = NETWORK_IP_ADDRESS_FAMILY_IPV6,
};

typedef network_ip_socket_address_t Address;

static network_error_code_t code;
static network_borrow_network_t network;
static streams_stream_error_t stream_error;
static int failures;

/** How a call ended: DONE or its error code. The call is given `&code`. */
#define CODE(call) ((call) ? DONE : (int)code)

static void is(const char *rule, long long got, long long wanted) {
  if (got == wanted) {
    printf("ok %s\n", rule);
  } else {
    printf("FAIL %s: got %lld, not %lld\n", rule, got, wanted);
    failures++;
  }
}

/** Something without which the checks make no sense. */
static void must(bool good, const char *what) {
  if (good) return;
  printf("FAIL cannot go on: %s (error %d)\n", what, code);
  exit(1);
}

UNUSED static Address ipv4(unsigned a, unsigned b, unsigned c, unsigned d, unsigned port) {
  network_ipv4_address_t ip = {(uint8_t)a, (uint8_t)b, (uint8_t)c, (uint8_t)d};
  return (Address){.tag = IPV4, .val = {.ipv4 = {.port = (uint16_t)port, .address = ip}}};
}

UNUSED static Address loopback(unsigned port) { return ipv4(127, 0, 0, 1, port); }

UNUSED static Address ipv6(unsigned last, unsigned port) {
  network_ipv6_address_t ip = {0, 0, 0, 0, 0, 0, 0, (uint16_t)last};
  return (Address){.tag = IPV6, .val = {.ipv6 = {.port = (uint16_t)port, .address = ip}}};
}

/** ::ffff:127.0.0.1, which is IPv4 in the clothes of IPv6. */
UNUSED static Address mapped(unsigned port) {
  network_ipv6_address_t ip = {0, 0, 0, 0, 0, 0xffff, 0x7f00, 1};
  return (Address){.tag = IPV6, .val = {.ipv6 = {.port = (uint16_t)port, .address = ip}}};
}

UNUSED static bool same(const Address *one, const Address *other) {
  if (one->tag != other->tag) return false;
  if (one->tag == IPV4) return memcmp(&one->val.ipv4, &other->val.ipv4, sizeof one->val.ipv4) == 0;
  return one->val.ipv6.port == other->val.ipv6.port &&
         memcmp(&one->val.ipv6.address, &other->val.ipv6.address, sizeof one->val.ipv6.address) == 0;
}

/** Waits for a pollable, and drops it. */
UNUSED static void await(poll_own_pollable_t pollable) {
  poll_method_pollable_block(poll_borrow_pollable(pollable));
  poll_pollable_drop_own(pollable);
}

/** Whether a pollable becomes ready within a second. It is dropped. */
UNUSED static bool becomes_ready(poll_own_pollable_t pollable) {
  poll_own_pollable_t clock = monotonic_subscribe_duration(1000000000);
  poll_borrow_pollable_t both[] = {poll_borrow_pollable(pollable), poll_borrow_pollable(clock)};
  wasi_list_u32_t ready;
  poll_poll(&(poll_list_borrow_pollable_t){both, 2}, &ready);
  bool good = ready.len > 0 && ready.ptr[0] == 0;
  wasi_list_u32_free(&ready);
  poll_pollable_drop_own(clock);
  poll_pollable_drop_own(pollable);
  return good;
}

typedef struct {
  const char *name;
  void (*run)(void);
} Check;

/** Runs all checks, or the one trap that the arguments name. Returns the exit code. */
static int run_checks(int argc, char **argv, const Check *checks, const Check *traps) {
  setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
  network = network_borrow_network(instance_network_instance_network());
  if (argc == 2 && strcmp(argv[1], "traps") == 0) {
    for (; traps->name != NULL; traps++) puts(traps->name);
    return 0;
  }
  for (; argc == 3 && strcmp(argv[1], "trap") == 0 && traps->name != NULL; traps++) {
    if (strcmp(argv[2], traps->name) != 0) continue;
    printf("about to trap: %s\n", traps->name);
    traps->run();
    printf("FAIL %s: did not trap\n", traps->name);
    return 0;
  }
  if (argc != 1) return 2;
  for (; checks->name != NULL; checks++) {
    printf("-- %s\n", checks->name);
    checks->run();
  }
  printf("%d failures\n", failures);
  return failures > 0;
}

#endif
