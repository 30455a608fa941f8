// Records of operations whose event brings something (accepts, connects, reclaimers, look-ups). They know where that
// goes and the program's tag.
//
//   free -- the operation starts --> in a list -- event returned, cancelled, or queue destroyed --> free
//
// They come in blocks that stay: a handle may point at one long after its end.
#include <stdlib.h>
#include "internal.h"

#define BLOCK 64

static ee_outcome *free_outcomes;
static ee_outcome_list of_functors;

static void grow(const char *function) {
  ee_outcome *block = calloc(BLOCK, sizeof *block);
  if (block == NULL) ee_misuse(function, "out of memory");
  for (int i = BLOCK; i-- > 0;) {
    block[i].next = free_outcomes;
    free_outcomes = &block[i];
  }
}

ee_outcome *ee_outcome_create(ee_completion_queue *queue, void *tag, ee_outcome_kind kind, void *target) {
  if (free_outcomes == NULL) grow(__func__);
  ee_outcome_list *list = queue->completion_type == EE_CQ_CALLBACK ? &of_functors : &queue->outcomes;
  ee_outcome *outcome = free_outcomes;
  free_outcomes = outcome->next;
  *outcome = (ee_outcome){.previous = list->last, .list = list, .tag = tag, .target = target, .kind = kind};
  *(list->last != NULL ? &list->last->next : &list->first) = outcome;
  list->last = outcome;
  return outcome;
}

void ee_outcome_destroy(ee_outcome *outcome) {
  ee_outcome_list *list = outcome->list;
  *(outcome->previous != NULL ? &outcome->previous->next : &list->first) = outcome->next;
  *(outcome->next != NULL ? &outcome->next->previous : &list->last) = outcome->previous;
  outcome->list = NULL;
  outcome->next = free_outcomes;
  free_outcomes = outcome;
}

ee_outcome *ee_outcome_find(const ee_completion_queue *queue, const void *tag) {
  ee_outcome *outcome = queue->outcomes.first;
  while (outcome != NULL && outcome->tag != tag) outcome = outcome->next;
  return outcome;
}

static ee_endpoint *claim(uint64_t ticket) {
  eei_endpoints_own_endpoint_t own;
  DEMAND(eei_endpoints_claim(ticket, &own), "the engine has no endpoint for its ticket");
  return POINTER(ee_endpoint, own);
}

void ee_outcome_forget(ee_outcome *outcome, bool is_lookup, uint32_t slot, uint32_t generation) {
  if (outcome->list == NULL || (outcome->kind >= OUTCOME_ADDRESSES) != is_lookup) return;
  if (outcome->slot == slot && outcome->generation == generation) ee_outcome_destroy(outcome);
}

void ee_outcome_deliver(const raw_event *raw, ee_event *event) {
  ee_outcome *outcome = (ee_outcome *)(uintptr_t)(raw->tag & ~OUTCOME_TAG);
  event->tag = outcome->tag;
  if (outcome->kind >= OUTCOME_ADDRESSES)
    *(ee_dns_result **)outcome->target = ee_dns_result_claim(outcome->kind, raw->value, event);
  else if (raw->success && outcome->kind == OUTCOME_ENDPOINT)
    *(ee_endpoint **)outcome->target = claim(raw->value);
  else if (raw->success)
    ((ee_reclamation_sweep *)outcome->target)->ticket = raw->value;
  ee_outcome_destroy(outcome);
}
