// Tests of the library: each runs in a process of its own, under sanitizers, and leaves nothing behind.
#ifndef HARNESS_H
#define HARNESS_H

#include "event_engine.h"
#include "stub-engine.h"

typedef struct test_case {
  const char *name; // A sentence that begins with "should".
  void (*body)(void);
  const char *rule; // What the last line on stderr has when the test is to abort; null when it is not.
} test_case;

#define CHECK(condition) ((condition) ? (void)0 : check_failed(__FILE__, __LINE__, #condition))
_Noreturn void check_failed(const char *file, int line, const char *condition);

#define TAG(number) ((void *)(uintptr_t)(number))

// Random numbers of the seed that the run was given or made, which is printed.
uint32_t test_random(uint32_t below);

// Takes the only event that is there and checks its tag and success.
void expect_event(ee_completion_queue *queue, void *tag, int success);
// Shuts a NEXT queue down, drained, and destroys it.
void finish(ee_completion_queue *queue);

// A functor that notes what happened to it.
typedef struct noting_functor {
  ee_completion_queue_functor functor;
  int runs, ok;
  ee_status status;
  unsigned order; // How many had run before it.
} noting_functor;

noting_functor noting(int inlineable);
extern unsigned functors_run;

extern const test_case queue_tests[], functor_tests[], operation_tests[], resolver_tests[], manager_tests[],
    descriptor_tests[], libuv_tests[], libuv_table_tests[], misuse_tests[], property_tests[];

#endif
