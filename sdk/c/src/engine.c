// The engine as a whole.
#include "internal.h"

uint32_t ee_engine_shutdown(void) { return eei_engine_shutdown(); }

int ee_engine_live(uint32_t kind, uint32_t *count) { return eei_engine_live(kind, count); }

void ee_engine_set_turn_bound(uint32_t calls) { eei_engine_set_turn_bound(calls); }

int ee_engine_statistic(uint32_t kind, uint64_t *value) { return eei_engine_statistic(kind, value); }
