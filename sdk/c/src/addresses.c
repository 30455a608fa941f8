// Addresses in C's shape and in that of WASI.
#include <string.h>
#include "internal.h"

// The parts of an address: bytes of IPv4, 16-bit numbers of IPv6, 8 of them in a row.
_Static_assert(sizeof(wasi_network_ipv4_address_t) == 4, "4 bytes without gaps");
_Static_assert(sizeof(wasi_network_ipv6_address_t) == 16, "8 numbers without gaps");

void ee_address_to_wasi(const ee_address *address, wasi_network_ip_socket_address_t *wasi) {
  DEMAND(address->family == 4 || address->family == 6, "the family of an address is 4 or 6");
  if (address->family == 4) {
    wasi->tag = WASI_NETWORK_IP_SOCKET_ADDRESS_IPV4;
    wasi->val.ipv4.port = address->port;
    memcpy(&wasi->val.ipv4.address, address->bytes, 4);
    return;
  }
  uint16_t parts[8];
  for (int i = 0; i < 8; i++) parts[i] = (uint16_t)(address->bytes[2 * i] << 8 | address->bytes[2 * i + 1]);
  wasi->tag = WASI_NETWORK_IP_SOCKET_ADDRESS_IPV6;
  wasi->val.ipv6.port = address->port;
  wasi->val.ipv6.flow_info = address->flow_info;
  wasi->val.ipv6.scope_id = address->scope_id;
  memcpy(&wasi->val.ipv6.address, parts, sizeof parts);
}

ee_address ee_address_from_wasi(const wasi_network_ip_socket_address_t *wasi) {
  ee_address address = {0};
  if (wasi->tag == WASI_NETWORK_IP_SOCKET_ADDRESS_IPV4) {
    address.family = 4;
    address.port = wasi->val.ipv4.port;
    memcpy(address.bytes, &wasi->val.ipv4.address, 4);
    return address;
  }
  uint16_t parts[8];
  memcpy(parts, &wasi->val.ipv6.address, sizeof parts);
  for (int i = 0; i < 8; i++) {
    address.bytes[2 * i] = (uint8_t)(parts[i] >> 8);
    address.bytes[2 * i + 1] = (uint8_t)parts[i];
  }
  address.family = 6;
  address.port = wasi->val.ipv6.port;
  address.flow_info = wasi->val.ipv6.flow_info;
  address.scope_id = wasi->val.ipv6.scope_id;
  return address;
}

ee_status ee_address_parse(const char *text, ee_address *address) {
  ee_bindings_string_t string = {(uint8_t *)(uintptr_t)text, strlen(text)};
  wasi_network_ip_socket_address_t wasi;
  eei_status_status_t status;
  bool parsed = eei_addresses_parse(&string, &wasi, &status);
  if (parsed) *address = ee_address_from_wasi(&wasi);
  return status_unless(parsed, &status);
}

char *ee_address_format(const ee_address *address, char text[EE_ADDRESS_TEXT_MAX]) {
  wasi_network_ip_socket_address_t wasi;
  ee_bindings_string_t string;
  ee_address_to_wasi(address, &wasi);
  ee_land(text, EE_ADDRESS_TEXT_MAX - 1);
  eei_addresses_format(&wasi, &string);
  ee_landed(__func__, string.ptr, string.len);
  text[string.len] = 0;
  return text;
}
