// Looks names up, all at once, on a NEXT queue:
//   resolve [--server LIST] [--search DOMAINS] [--deadline MS] NAME[:PORT]... srv:NAME... txt:NAME...
//
// Prints a line per record, or why there is none. Without --server it asks whom EVENT_ENGINE_DNS_SERVERS names, and
// without that the system for addresses.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "event_engine.h"

typedef struct question {
  const char *asked;
  ee_dns_result *result;
  void (*show)(const struct question *question);
} question;

static ee_completion_queue *queue;
static ee_dns_resolver *resolver;

static void show_addresses(const question *self) {
  const ee_address *addresses = ee_dns_result_addresses(self->result);
  char text[EE_ADDRESS_TEXT_MAX];
  for (size_t i = 0; i < ee_dns_result_count(self->result); i++)
    printf("%s %s\n", self->asked, ee_address_format(&addresses[i], text));
}

static void show_services(const question *self) {
  const ee_dns_srv_record *services = ee_dns_result_services(self->result);
  for (size_t i = 0; i < ee_dns_result_count(self->result); i++) {
    const ee_dns_srv_record *service = &services[i];
    printf("%s %u %u %u %s\n", self->asked, service->priority, service->weight, service->port, service->host);
  }
}

// A text may have any bytes.
static void show_texts(const question *self) {
  const ee_dns_txt_record *texts = ee_dns_result_texts(self->result);
  for (size_t i = 0; i < ee_dns_result_count(self->result); i++) {
    printf("%s \"", self->asked);
    for (size_t at = 0; at < texts[i].length; at++) {
      unsigned char byte = (unsigned char)texts[i].bytes[at];
      if (byte < ' ' || byte > '~' || byte == '"' || byte == '\\')
        printf("\\%03u", byte);
      else
        putchar(byte);
    }
    puts("\"");
  }
}

static ee_op_start ask(question *self, ee_time deadline) {
  if (strncmp(self->asked, "srv:", 4) == 0) {
    self->show = show_services;
    return ee_dns_lookup_srv(resolver, queue, self, self->asked + 4, deadline, &self->result, NULL);
  }
  if (strncmp(self->asked, "txt:", 4) == 0) {
    self->show = show_texts;
    return ee_dns_lookup_txt(resolver, queue, self, self->asked + 4, deadline, &self->result, NULL);
  }
  self->show = show_addresses;
  return ee_dns_lookup_hostname(resolver, queue, self, self->asked, "0", deadline, &self->result, NULL);
}

// What follows an option; the text that is given otherwise.
static const char *option(int *at, int argc, char **argv, const char *name, const char *otherwise) {
  if (*at + 1 >= argc || strcmp(argv[*at], name) != 0) return otherwise;
  *at += 2;
  return argv[*at - 1];
}

int main(int argc, char **argv) {
  ee_dns_resolver_options options = {0};
  ee_dns_result *failure;
  int at = 1, failed = 0;
  options.servers = option(&at, argc, argv, "--server", NULL);
  options.search = option(&at, argc, argv, "--search", NULL);
  ee_time deadline = ee_deadline_in_ms(strtoull(option(&at, argc, argv, "--deadline", "10000"), NULL, 10));
  size_t count = (size_t)(argc - at);
  question *questions = calloc(count > 0 ? count : 1, sizeof *questions);
  if (count == 0 || questions == NULL) {
    fprintf(stderr, "usage: resolve [--server LIST] [--search DOMAINS] [--deadline MS] NAME...\n");
    return 2;
  }
  if (ee_dns_resolver_create(&options, NULL, &resolver, &failure).code != EE_OK) {
    fprintf(stderr, "resolve: %s\n", ee_dns_result_message(failure));
    ee_dns_result_destroy(failure);
    return 2;
  }
  queue = ee_completion_queue_create_for_next(NULL);
  for (size_t i = 0; i < count; i++) {
    questions[i].asked = argv[at + (int)i];
    if (ask(&questions[i], deadline) != EE_OP_PENDING) {
      fprintf(stderr, "resolve: refused: %s\n", questions[i].asked);
      failed++;
    }
  }
  ee_completion_queue_shutdown(queue); // It ends with what is outstanding.
  for (;;) {
    ee_event event = ee_completion_queue_next(queue, EE_INF_FUTURE, NULL);
    if (event.type == EE_QUEUE_SHUTDOWN) break;
    question *answered = event.tag;
    if (event.success) {
      answered->show(answered);
    } else {
      printf("%s failed: %s %s: %s\n", answered->asked, ee_status_code_name(event.status.code),
             ee_reason_name(event.status.reason), ee_dns_result_message(answered->result));
      failed++;
    }
    ee_dns_result_destroy(answered->result);
  }
  ee_completion_queue_destroy(queue);
  ee_dns_resolver_destroy(resolver);
  free(questions);
  return failed > 0 ? 1 : 0;
}
