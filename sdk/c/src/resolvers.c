// Looking names up. A result is one block: the record, what was found, and then the texts that that points to.
#include <stdlib.h>
#include <string.h>
#include "internal.h"

struct ee_dns_result {
  ee_outcome_kind kind;
  size_t count;
  const char *message;
  void *records;
};

// The bindings do not change what they are given, but do not say so. A null pointer is no text.
static ee_bindings_string_t string_of(const char *text) {
  return (ee_bindings_string_t){(uint8_t *)(uintptr_t)text, text != NULL ? strlen(text) : 0};
}

// ---- Results ----

// A result with room for `count` records of `size` bytes and then `text` bytes, which `*texts` is to point to.
static ee_dns_result *create_result(ee_outcome_kind kind, size_t count, size_t size, size_t text, char **texts) {
  ee_dns_result *result = malloc(sizeof *result + count * size + text);
  DEMAND(result != NULL, "out of memory");
  char *records = (char *)(result + 1);
  *result = (ee_dns_result){.kind = kind, .count = count, .message = "", .records = records};
  if (texts != NULL) *texts = records + count * size;
  return result;
}

// Copies a text to `*end`, with a 0 behind it, and moves `*end` past that.
static const char *put_text(char **end, const uint8_t *bytes, size_t length) {
  char *text = *end;
  memcpy(text, bytes, length);
  text[length] = 0;
  *end = text + length + 1;
  return text;
}

// Frees a list that the engine returned. An empty one has no memory.
static void free_list(void *list, size_t count) {
  if (count > 0) free(list);
}

static ee_dns_result *result_of_failure(ee_outcome_kind kind, const ee_bindings_string_t *why) {
  char *end;
  ee_dns_result *result = create_result(kind, 0, 0, why->len + 1, &end);
  result->message = put_text(&end, why->ptr, why->len);
  free_list(why->ptr, why->len);
  return result;
}

static ee_dns_result *result_of_addresses(const eei_resolvers_list_ip_socket_address_t *list) {
  ee_dns_result *result = create_result(OUTCOME_ADDRESSES, list->len, sizeof(ee_address), 0, NULL);
  ee_address *addresses = result->records;
  for (size_t i = 0; i < list->len; i++) addresses[i] = ee_address_from_wasi(&list->ptr[i]);
  free_list(list->ptr, list->len);
  return result;
}

static ee_dns_result *result_of_services(const eei_resolvers_list_srv_record_t *list) {
  size_t bytes = 0;
  char *end;
  for (size_t i = 0; i < list->len; i++) bytes += list->ptr[i].host.len + 1;
  ee_dns_result *result = create_result(OUTCOME_SERVICES, list->len, sizeof(ee_dns_srv_record), bytes, &end);
  ee_dns_srv_record *services = result->records;
  for (size_t i = 0; i < list->len; i++) {
    const eei_resolvers_srv_record_t *raw = &list->ptr[i];
    const char *host = put_text(&end, raw->host.ptr, raw->host.len);
    services[i] = (ee_dns_srv_record){host, raw->port, raw->priority, raw->weight};
    free_list(raw->host.ptr, raw->host.len);
  }
  free_list(list->ptr, list->len);
  return result;
}

static ee_dns_result *result_of_texts(const ee_bindings_list_list_u8_t *list) {
  size_t bytes = 0;
  char *end;
  for (size_t i = 0; i < list->len; i++) bytes += list->ptr[i].len + 1;
  ee_dns_result *result = create_result(OUTCOME_TEXTS, list->len, sizeof(ee_dns_txt_record), bytes, &end);
  ee_dns_txt_record *texts = result->records;
  for (size_t i = 0; i < list->len; i++) {
    const ee_bindings_list_u8_t *raw = &list->ptr[i];
    texts[i] = (ee_dns_txt_record){put_text(&end, raw->ptr, raw->len), raw->len};
    free_list(raw->ptr, raw->len);
  }
  free_list(list->ptr, list->len);
  return result;
}

ee_dns_result *ee_dns_result_claim(ee_outcome_kind kind, uint64_t ticket, ee_event *event) {
  ee_bindings_string_t why;
  if (kind == OUTCOME_ADDRESSES) {
    eei_resolvers_list_ip_socket_address_t list;
    if (eei_resolvers_claim_addresses(ticket, &list, &why)) return result_of_addresses(&list);
  } else if (kind == OUTCOME_SERVICES) {
    eei_resolvers_list_srv_record_t list;
    if (eei_resolvers_claim_services(ticket, &list, &why)) return result_of_services(&list);
  } else {
    ee_bindings_list_list_u8_t list;
    if (eei_resolvers_claim_texts(ticket, &list, &why)) return result_of_texts(&list);
  }
  if (event->success) { // The resolver was destroyed before the event was returned.
    event->success = 0;
    event->status = (ee_status){EE_CANCELLED, EE_REASON_CANCELLED};
  }
  return result_of_failure(kind, &why);
}

const char *ee_dns_result_message(const ee_dns_result *result) { return result->message; }

size_t ee_dns_result_count(const ee_dns_result *result) { return result->count; }

static const void *records_of(const char *function, const ee_dns_result *result, ee_outcome_kind kind) {
  if (result->kind != kind) ee_misuse(function, "the result must be one of such a look-up");
  return result->records;
}

const ee_address *ee_dns_result_addresses(const ee_dns_result *result) {
  return records_of(__func__, result, OUTCOME_ADDRESSES);
}

const ee_dns_srv_record *ee_dns_result_services(const ee_dns_result *result) {
  return records_of(__func__, result, OUTCOME_SERVICES);
}

const ee_dns_txt_record *ee_dns_result_texts(const ee_dns_result *result) {
  return records_of(__func__, result, OUTCOME_TEXTS);
}

void ee_dns_result_destroy(ee_dns_result *result) { free(result); }

// ---- Resolvers ----

ee_status ee_dns_resolver_create(const ee_dns_resolver_options *options, ee_memory_quota *quota,
                                 ee_dns_resolver **resolver, ee_dns_result **failure) {
  static const ee_dns_resolver_options defaults = {0};
  const ee_dns_resolver_options *given = options != NULL ? options : &defaults;
  eei_resolvers_resolver_options_t raw = {
      .servers = string_of(given->servers),
      .search = string_of(given->search),
      .timeout = given->timeout,
      .tries = given->tries,
      .cache_bytes = {given->cache_bytes != 0, given->cache_bytes != EE_DNS_NO_CACHE ? given->cache_bytes : 0},
  };
  eei_resolvers_borrow_memory_quota_t payer = BORROW_QUOTA(quota);
  eei_resolvers_own_dns_resolver_t own;
  ee_bindings_string_t why;
  if (eei_resolvers_static_dns_resolver_create(&raw, quota != NULL ? &payer : NULL, &own, &why)) {
    *resolver = POINTER(ee_dns_resolver, own);
    return (ee_status){EE_OK, EE_REASON_NONE};
  }
  if (failure != NULL)
    *failure = result_of_failure(OUTCOME_ADDRESSES, &why);
  else
    free_list(why.ptr, why.len);
  return (ee_status){EE_INVALID_ARGUMENT, EE_REASON_INVALID_ARGUMENT};
}

void ee_dns_resolver_destroy(ee_dns_resolver *resolver) {
  eei_resolvers_dns_resolver_drop_own((eei_resolvers_own_dns_resolver_t){HANDLE(resolver)});
}

// ---- Look-ups ----

static ee_op_start started(bool is_pending, ee_outcome *outcome, const eei_resolvers_lookup_handle_t *name,
                           ee_dns_lookup_handle *handle) {
  if (!is_pending) {
    ee_outcome_destroy(outcome);
    return EE_OP_REFUSED;
  }
  outcome->slot = name->slot;
  outcome->generation = name->generation;
  if (handle != NULL) *handle = (ee_dns_lookup_handle){name->slot, name->generation, outcome};
  return EE_OP_PENDING;
}

ee_op_start ee_dns_lookup_hostname(ee_dns_resolver *resolver, ee_completion_queue *queue, void *tag, const char *name,
                                   const char *default_port, ee_time deadline, ee_dns_result **result,
                                   ee_dns_lookup_handle *handle) {
  (void)TAG(queue, tag);
  ee_bindings_string_t name_text = string_of(name), port_text = string_of(default_port);
  ee_outcome *outcome = ee_outcome_create(queue, tag, OUTCOME_ADDRESSES, result);
  eei_resolvers_lookup_handle_t raw;
  bool is_pending = eei_resolvers_method_dns_resolver_lookup_hostname(
      BORROW_RESOLVER(resolver), borrow_queue(queue), outcome_tag(outcome), &name_text, &port_text, deadline, &raw);
  return started(is_pending, outcome, &raw, handle);
}

ee_op_start ee_dns_lookup_srv(ee_dns_resolver *resolver, ee_completion_queue *queue, void *tag, const char *name,
                              ee_time deadline, ee_dns_result **result, ee_dns_lookup_handle *handle) {
  (void)TAG(queue, tag);
  ee_bindings_string_t text = string_of(name);
  ee_outcome *outcome = ee_outcome_create(queue, tag, OUTCOME_SERVICES, result);
  eei_resolvers_lookup_handle_t raw;
  bool is_pending = eei_resolvers_method_dns_resolver_lookup_srv(BORROW_RESOLVER(resolver), borrow_queue(queue),
                                                                 outcome_tag(outcome), &text, deadline, &raw);
  return started(is_pending, outcome, &raw, handle);
}

ee_op_start ee_dns_lookup_txt(ee_dns_resolver *resolver, ee_completion_queue *queue, void *tag, const char *name,
                              ee_time deadline, ee_dns_result **result, ee_dns_lookup_handle *handle) {
  (void)TAG(queue, tag);
  ee_bindings_string_t text = string_of(name);
  ee_outcome *outcome = ee_outcome_create(queue, tag, OUTCOME_TEXTS, result);
  eei_resolvers_lookup_handle_t raw;
  bool is_pending = eei_resolvers_method_dns_resolver_lookup_txt(BORROW_RESOLVER(resolver), borrow_queue(queue),
                                                                 outcome_tag(outcome), &text, deadline, &raw);
  return started(is_pending, outcome, &raw, handle);
}

int ee_dns_cancel_lookup(ee_dns_lookup_handle handle) {
  if (!eei_resolvers_cancel_lookup(&(eei_resolvers_lookup_handle_t){handle.slot, handle.generation})) return 0;
  ee_outcome_forget(handle.internal, true, handle.slot, handle.generation);
  return 1;
}

void ee_dns_try_cancel_lookup(ee_dns_lookup_handle handle) {
  eei_resolvers_try_cancel_lookup(&(eei_resolvers_lookup_handle_t){handle.slot, handle.generation});
}
