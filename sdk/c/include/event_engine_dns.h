// Looking names up: the part of event_engine.h that is about DNS, and included there. docs/dns.md tells how it works.
#ifndef EVENT_ENGINE_DNS_H
#define EVENT_ENGINE_DNS_H

#include "event_engine.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ee_dns_resolver ee_dns_resolver;
typedef struct ee_dns_result ee_dns_result; // What a look-up came to. Read-only.

#define EE_DNS_NO_CACHE UINT32_MAX

typedef struct ee_dns_resolver_options {
  // Whom to ask, up to 8: "127.0.0.1,[::1]:5353"; the port is 53 where none is given. Null: whom the environment names
  // in EVENT_ENGINE_DNS_SERVERS, and for addresses the system.
  const char *servers;
  const char *search;   // Domains, split by spaces or commas. Null: none.
  uint64_t timeout;     // Nanoseconds that a first try waits for a server that is not known yet. 0: 2 seconds.
  uint32_t tries;       // Per server. 0: 3.
  uint32_t cache_bytes; // 0: 256 KiB. EE_DNS_NO_CACHE: none.
} ee_dns_resolver_options;

// `options` may be null, and so may `quota`, who pays for the cache and for results: the default quota does then. It
// may be destroyed before the resolver. EE_INVALID_ARGUMENT when servers or domains cannot be read: then `*failure`
// has the message, and is the caller's, unless it is null.
ee_status ee_dns_resolver_create(const ee_dns_resolver_options *options, ee_memory_quota *quota,
                                 ee_dns_resolver **resolver, ee_dns_result **failure);
// Its look-ups end with EE_CANCELLED, and so do those whose event was not returned yet.
void ee_dns_resolver_destroy(ee_dns_resolver *resolver);

// Names one look-up, for ever. The last field is the library's.
typedef struct ee_dns_lookup_handle {
  uint32_t slot, generation;
  void *internal;
} ee_dns_lookup_handle;

// Look-ups. When the event is returned, successful or not, `*result` is filled, and the caller's to destroy: it
// outlives the operation. `name` and `default_port` may go at once; `handle` may be null. At most 65,536 are
// outstanding.
//
// Addresses of "host", "host:port", "[::1]:port" or a literal without a port, in the order of RFC 6724. The port is a
// number or the name of a service; `default_port` (may be null) counts when the name has none. (LookupHostname)
ee_op_start ee_dns_lookup_hostname(ee_dns_resolver *resolver, ee_completion_queue *queue, void *tag, const char *name,
                                   const char *default_port, ee_time deadline, ee_dns_result **result,
                                   ee_dns_lookup_handle *handle);
// Records of the type SRV, by priority. (LookupSRV)
ee_op_start ee_dns_lookup_srv(ee_dns_resolver *resolver, ee_completion_queue *queue, void *tag, const char *name,
                              ee_time deadline, ee_dns_result **result, ee_dns_lookup_handle *handle);
// Records of the type TXT. (LookupTXT)
ee_op_start ee_dns_lookup_txt(ee_dns_resolver *resolver, ee_completion_queue *queue, void *tag, const char *name,
                              ee_time deadline, ee_dns_result **result, ee_dns_lookup_handle *handle);
// 1: it had not ended, and there will be no event (CancelLookup, 2022). 0 for every other handle.
int ee_dns_cancel_lookup(ee_dns_lookup_handle handle);
// Its event comes soon, with EE_CANCELLED unless it had ended already (TryCancelLookup, 2021).
void ee_dns_try_cancel_lookup(ee_dns_lookup_handle handle);

// A record of the type SRV. Those of the lowest priority are to be tried first, and share clients by weight.
typedef struct ee_dns_srv_record {
  const char *host; // Without a dot at its end. "": the service is decidedly not there.
  uint16_t port, priority, weight;
} ee_dns_srv_record;

// A record of the type TXT, its strings joined. There is a 0 behind the last byte.
typedef struct ee_dns_txt_record {
  const char *bytes;
  size_t length;
} ee_dns_txt_record;

// Why there is nothing: for people, with the name, the type and the server. "" when the look-up succeeded.
const char *ee_dns_result_message(const ee_dns_result *result);
size_t ee_dns_result_count(const ee_dns_result *result); // 0 when it failed.
// So many, of the kind that was looked up; they go with the result.
const ee_address *ee_dns_result_addresses(const ee_dns_result *result);
const ee_dns_srv_record *ee_dns_result_services(const ee_dns_result *result);
const ee_dns_txt_record *ee_dns_result_texts(const ee_dns_result *result);
void ee_dns_result_destroy(ee_dns_result *result);

#ifdef __cplusplus
}
#endif
#endif
