// Resolvers and look-ups of the stub. What a look-up found is made up from the number in its ticket.
#include <stdio.h>
#include <string.h>
#include "event_engine.h"
#include "stub-engine.h"

static ee_bindings_string_t text(const char *text) {
  size_t length = strlen(text);
  return (ee_bindings_string_t){stub_list(text, length, 1), length};
}

static int shown(const ee_bindings_string_t *string) { return (int)string->len; }

bool eei_resolvers_static_dns_resolver_create(eei_resolvers_resolver_options_t *options,
                                              eei_resolvers_borrow_memory_quota_t *quota,
                                              eei_resolvers_own_dns_resolver_t *ret, ee_bindings_string_t *err) {
  if (quota != NULL) stub_check(STUB_QUOTA, quota->__handle);
  snprintf(stub.asked, sizeof stub.asked, "%.*s|%.*s|%llu|%u|%d", shown(&options->servers),
           (char *)options->servers.ptr, shown(&options->search), (char *)options->search.ptr,
           (unsigned long long)options->timeout, options->tries,
           options->cache_bytes.is_some ? (int)options->cache_bytes.val : -1);
  if (stub.fail) {
    *err = text("no address: x");
    return false;
  }
  ret->__handle = stub_open(STUB_RESOLVER);
  return true;
}

void eei_resolvers_dns_resolver_drop_own(eei_resolvers_own_dns_resolver_t own) {
  stub_close(STUB_RESOLVER, own.__handle);
}

static bool start(int32_t resolver, int32_t queue, uint64_t tag, uint64_t deadline,
                  eei_resolvers_lookup_handle_t *ret) {
  stub_check(STUB_RESOLVER, resolver);
  stub.deadline = deadline;
  ret->generation = 9;
  return stub_start(STUB_LOOKUP, queue, resolver, tag, &ret->slot) == STUB_PENDING;
}

bool eei_resolvers_method_dns_resolver_lookup_hostname(eei_resolvers_borrow_dns_resolver_t self,
                                                       eei_resolvers_borrow_completion_queue_t queue, uint64_t tag,
                                                       ee_bindings_string_t *name, ee_bindings_string_t *default_port,
                                                       uint64_t deadline, eei_resolvers_lookup_handle_t *ret) {
  snprintf(stub.asked, sizeof stub.asked, "%.*s|%.*s", shown(name), (char *)name->ptr, shown(default_port),
           (char *)default_port->ptr);
  return start(self.__handle, queue.__handle, tag, deadline, ret);
}

bool eei_resolvers_method_dns_resolver_lookup_srv(eei_resolvers_borrow_dns_resolver_t self,
                                                  eei_resolvers_borrow_completion_queue_t queue, uint64_t tag,
                                                  ee_bindings_string_t *name, uint64_t deadline,
                                                  eei_resolvers_lookup_handle_t *ret) {
  snprintf(stub.asked, sizeof stub.asked, "SRV %.*s", shown(name), (char *)name->ptr);
  return start(self.__handle, queue.__handle, tag, deadline, ret);
}

bool eei_resolvers_method_dns_resolver_lookup_txt(eei_resolvers_borrow_dns_resolver_t self,
                                                  eei_resolvers_borrow_completion_queue_t queue, uint64_t tag,
                                                  ee_bindings_string_t *name, uint64_t deadline,
                                                  eei_resolvers_lookup_handle_t *ret) {
  snprintf(stub.asked, sizeof stub.asked, "TXT %.*s", shown(name), (char *)name->ptr);
  return start(self.__handle, queue.__handle, tag, deadline, ret);
}

bool eei_resolvers_cancel_lookup(eei_resolvers_lookup_handle_t *lookup) {
  return stub_cancel(STUB_LOOKUP, lookup->slot);
}

void eei_resolvers_try_cancel_lookup(eei_resolvers_lookup_handle_t *lookup) {
  stub_operation *operation = stub_find(STUB_LOOKUP);
  while (operation != NULL && operation->name != lookup->slot) operation = operation->next;
  if (operation != NULL) stub_end(operation, EE_CANCELLED, EE_REASON_CANCELLED, STUB_FAILED);
}

uint64_t stub_found(unsigned count) { return count + 1; }

// How many records the look-up found, or that it failed.
static bool found(uint64_t ticket, size_t *count, ee_bindings_string_t *err) {
  *count = (size_t)ticket - 1;
  if (ticket == STUB_FAILED) *err = text("A a.test: no such name");
  if (ticket == 0) *err = text("it is gone");
  return ticket != STUB_FAILED && ticket != 0;
}

bool eei_resolvers_claim_addresses(uint64_t ticket, eei_resolvers_list_ip_socket_address_t *ret,
                                   ee_bindings_string_t *err) {
  eei_resolvers_ip_socket_address_t list[64] = {0};
  if (!found(ticket, &ret->len, err)) return false;
  for (size_t i = 0; i < ret->len; i++) {
    list[i].tag = WASI_NETWORK_IP_SOCKET_ADDRESS_IPV4;
    list[i].val.ipv4.port = (uint16_t)(80 + i);
    list[i].val.ipv4.address.f0 = 10;
    list[i].val.ipv4.address.f3 = (uint8_t)i;
  }
  ret->ptr = stub_list(list, ret->len * sizeof *list, 4);
  return true;
}

bool eei_resolvers_claim_services(uint64_t ticket, eei_resolvers_list_srv_record_t *ret, ee_bindings_string_t *err) {
  eei_resolvers_srv_record_t list[64] = {0};
  if (!found(ticket, &ret->len, err)) return false;
  for (size_t i = 0; i < ret->len; i++) {
    char host[64];
    snprintf(host, sizeof host, "%.*s.test", (int)i, "abcdefghijklmnopqrstuvwxyz");
    list[i] = (eei_resolvers_srv_record_t){(uint16_t)i, (uint16_t)(i * 2), (uint16_t)(i * 3), text(host)};
  }
  ret->ptr = stub_list(list, ret->len * sizeof *list, 4);
  return true;
}

bool eei_resolvers_claim_texts(uint64_t ticket, ee_bindings_list_list_u8_t *ret, ee_bindings_string_t *err) {
  ee_bindings_list_u8_t list[64] = {0};
  if (!found(ticket, &ret->len, err)) return false;
  for (size_t i = 0; i < ret->len; i++) {
    uint8_t bytes[64];
    memset(bytes, (int)i, sizeof bytes);
    list[i] = (ee_bindings_list_u8_t){stub_list(bytes, i, 1), i};
  }
  ret->ptr = stub_list(list, ret->len * sizeof *list, 4);
  return true;
}
