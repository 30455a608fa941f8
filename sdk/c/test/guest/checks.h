// What the checks on the real engine share: a line per check, in the form of TAP, and after each of them nothing may be
// live in the engine.
#ifndef CHECKS_H
#define CHECKS_H

#include <stdio.h>
#include "event_engine.h"

#define CHECK(condition) ((condition) ? (void)0 : failed(__LINE__, #condition))
#define SECONDS 20000 // Milliseconds that nothing here takes.

typedef struct check {
  const char *name;
  void (*body)(void);
} check;

static int failures;

static void failed(int line, const char *condition) {
  printf("# line %d: not true: %s\n", line, condition);
  failures++;
}

// Lets what was destroyed come to its end, and looks whether it did.
static void settle(const uint32_t *before) {
  uint32_t now = 0;
  for (int round = 0; round < 200; round++) {
    int differs = 0;
    for (uint32_t kind = 0; ee_engine_live(kind, &now); kind++) differs |= now != before[kind];
    if (!differs) return;
    ee_run(ee_deadline_in_ms(10));
  }
  for (uint32_t kind = 0; ee_engine_live(kind, &now); kind++)
    if (now != before[kind])
      printf("# live kind %u: %u, not %u\n", (unsigned)kind, (unsigned)now, (unsigned)before[kind]);
  failures++;
}

// `begin` and `end` are around each check. Returns what main does.
static int run_checks(const check *checks, size_t count, void (*begin)(void), void (*end)(void)) {
  uint32_t before[64] = {0};
  int failed_checks = 0;
  for (size_t i = 0; i < count; i++) {
    // The first leaves what the engine makes once and keeps.
    if (i == 1)
      for (uint32_t kind = 0; ee_engine_live(kind, &before[kind]);) kind++;
    failures = 0;
    begin();
    checks[i].body();
    end();
    if (i > 0) settle(before);
    printf("%s - %s\n", failures == 0 ? "ok" : "not ok", checks[i].name);
    failed_checks += failures > 0;
  }
  printf("1..%d\n", (int)count);
  return failed_checks > 0;
}

#endif
