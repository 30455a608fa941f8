// The rules of wasi:io/poll, wasi:clocks/monotonic-clock and wasi:sockets/ip-name-lookup. See checks.h.
#include "checks.h"

static const uint64_t HOUR_NS = 3600ULL * 1000 * 1000 * 1000;
static const uint64_t MS_NS = 1000 * 1000;

static wasi_list_u32_t poll_list(poll_own_pollable_t *pollables, size_t count) {
  poll_borrow_pollable_t lent[8];
  for (size_t index = 0; index < count; index++) lent[index] = poll_borrow_pollable(pollables[index]);
  wasi_list_u32_t ready;
  poll_poll(&(poll_list_borrow_pollable_t){lent, count}, &ready);
  return ready;
}

static bool ready(poll_own_pollable_t pollable) { return poll_method_pollable_ready(poll_borrow_pollable(pollable)); }

static void clocks(void) {
  uint64_t first = monotonic_now();
  is("the resolution is not zero", monotonic_resolution() > 0, true);
  poll_own_pollable_t soon = monotonic_subscribe_duration(20 * MS_NS);
  poll_method_pollable_block(poll_borrow_pollable(soon));
  is("a duration is at least as long as asked", monotonic_now() - first >= 20 * MS_NS, true);
  is("and stays over", ready(soon), true);
  poll_pollable_drop_own(soon);

  first = monotonic_now();
  soon = monotonic_subscribe_instant(first + 20 * MS_NS);
  poll_method_pollable_block(poll_borrow_pollable(soon));
  is("an instant does not come early", monotonic_now() >= first + 20 * MS_NS, true);
  poll_pollable_drop_own(soon);

  poll_own_pollable_t now = monotonic_subscribe_duration(0);
  poll_method_pollable_block(poll_borrow_pollable(now));
  is("a duration of zero is over at once", ready(now), true);
  poll_pollable_drop_own(now);
  now = monotonic_subscribe_instant(1);
  poll_method_pollable_block(poll_borrow_pollable(now));
  is("an instant of the past is over at once", ready(now), true);
  poll_pollable_drop_own(now);

  poll_own_pollable_t late = monotonic_subscribe_duration(HOUR_NS);
  is("an hour is not over", ready(late), false);
  poll_pollable_drop_own(late);
  late = monotonic_subscribe_duration(UINT64_MAX);
  is("nor the longest duration", ready(late), false);
  poll_pollable_drop_own(late);
  late = monotonic_subscribe_instant(UINT64_MAX);
  is("nor the last instant", ready(late), false);
  poll_pollable_drop_own(late);
}

static void lists(void) {
  poll_own_pollable_t some[4] = {
      monotonic_subscribe_duration(HOUR_NS),
      monotonic_subscribe_duration(5 * MS_NS),
      monotonic_subscribe_duration(HOUR_NS),
      monotonic_subscribe_instant(1),
  };
  wasi_list_u32_t list = poll_list(some, 4);
  is("what is ready is said by its place", (long long)list.ptr[list.len - 1], 3);
  wasi_list_u32_free(&list);
  list = poll_list(some, 3);
  is("a poll waits for the first", (long long)list.len, 1);
  is("which is this one", list.ptr[0], 1);
  wasi_list_u32_free(&list);
  poll_own_pollable_t twice[3] = {some[1], some[0], some[1]};
  list = poll_list(twice, 3);
  is("the same one twice is said twice", (long long)list.len, 2);
  is("in the order of the list", list.len == 2 && list.ptr[0] == 0 && list.ptr[1] == 2, true);
  wasi_list_u32_free(&list);
  for (int index = 0; index < 4; index++) poll_pollable_drop_own(some[index]);
}

/** Resolves a name. Returns DONE or the error; how many addresses came, and whether the wanted one was among them. */
static int resolve(const char *name, const Address *wanted, int *count, bool *found) {
  char copy[300];
  lookup_own_resolve_address_stream_t stream;
  wasi_string_t text = {(uint8_t *)strncpy(copy, name, sizeof copy - 1), strlen(name)};
  *count = 0;
  *found = false;
  if (!lookup_resolve_addresses(network, &text, &stream, &code)) return code;
  lookup_borrow_resolve_address_stream_t lent = lookup_borrow_resolve_address_stream(stream);
  int result;
  for (;;) {
    lookup_option_ip_address_t next = {0};
    result = CODE(lookup_method_resolve_address_stream_resolve_next_address(lent, &next, &code));
    if (result == WOULD_BLOCK) {
      await(lookup_method_resolve_address_stream_subscribe(lent));
      continue;
    }
    if (result != DONE || !next.is_some) break;
    *count += 1;
    if (wanted == NULL || next.val.tag != wanted->tag) continue;
    bool four = wanted->tag == IPV4;
    const void *want = four ? (const void *)&wanted->val.ipv4.address : (const void *)&wanted->val.ipv6.address;
    *found |= memcmp(&next.val.val, want, four ? 4 : 16) == 0;
  }
  if (result == DONE) {
    lookup_option_ip_address_t next = {0};
    result = CODE(lookup_method_resolve_address_stream_resolve_next_address(lent, &next, &code));
    if (next.is_some) result = -2;
  }
  lookup_resolve_address_stream_drop_own(stream);
  return result;
}

static void names(void) {
  int count;
  bool found;
  Address four = loopback(0), six = ipv6(1, 0);
  is("an IPv4 address resolves", resolve("127.0.0.1", &four, &count, &found), DONE);
  is("to itself", found && count == 1, true);
  is("an IPv6 address resolves", resolve("::1", &six, &count, &found), DONE);
  is("to itself, too", found && count == 1, true);
  is("localhost resolves", resolve("localhost", &four, &count, &found), DONE);
  is("to 127.0.0.1", found, true);
  is("the empty name", resolve("", NULL, &count, &found), INVALID_ARGUMENT);
  is("a name with a space", resolve("local host", NULL, &count, &found), INVALID_ARGUMENT);
  is("a name with a port", resolve("localhost:80", NULL, &count, &found), INVALID_ARGUMENT);
  int result = resolve("no-such-host.invalid", NULL, &count, &found);
  is("a name that nobody has", result >= NETWORK_ERROR_CODE_NAME_UNRESOLVABLE, true);
}

static void stream_wakes_all(void) {
  wasi_string_t text = {(uint8_t *)"localhost", 9};
  lookup_own_resolve_address_stream_t stream;
  must(lookup_resolve_addresses(network, &text, &stream, &code), "resolve-addresses");
  lookup_borrow_resolve_address_stream_t lent = lookup_borrow_resolve_address_stream(stream);
  poll_own_pollable_t both[2] = {lookup_method_resolve_address_stream_subscribe(lent),
                                 lookup_method_resolve_address_stream_subscribe(lent)};
  poll_method_pollable_block(poll_borrow_pollable(both[0]));
  poll_method_pollable_block(poll_borrow_pollable(both[1]));
  is("two pollables of one stream are both woken", ready(both[0]) && ready(both[1]), true);
  poll_pollable_drop_own(both[0]);
  poll_pollable_drop_own(both[1]);
  lookup_resolve_address_stream_drop_own(stream);
}

static void poll_of_nothing(void) {
  wasi_list_u32_t list = poll_list(NULL, 0);
  wasi_list_u32_free(&list);
}

static void drop_stream_first(void) {
  wasi_string_t text = {(uint8_t *)"localhost", 9};
  lookup_own_resolve_address_stream_t stream;
  must(lookup_resolve_addresses(network, &text, &stream, &code), "resolve-addresses");
  lookup_method_resolve_address_stream_subscribe(lookup_borrow_resolve_address_stream(stream));
  lookup_resolve_address_stream_drop_own(stream);
}

static void use_after_drop(void) {
  poll_own_pollable_t pollable = monotonic_subscribe_duration(0);
  poll_pollable_drop_own(pollable);
  ready(pollable);
}

int main(int argc, char **argv) {
  static const Check checks[] = {
      {"clocks", clocks}, {"lists", lists}, {"names", names}, {"stream_wakes_all", stream_wakes_all}, {NULL, NULL},
  };
  static const Check traps[] = {
      {"poll-of-nothing", poll_of_nothing},
      {"drop-stream-before-its-pollable", drop_stream_first},
      {"use-after-drop", use_after_drop},
      {NULL, NULL},
  };
  return run_checks(argc, argv, checks, traps);
}
