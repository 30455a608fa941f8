// Runs every test and prints a line for each, in the form of TAP: harness [SEED]
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "harness.h"

static uint32_t random_state;
unsigned functors_run;

_Noreturn void check_failed(const char *file, int line, const char *condition) {
  fprintf(stderr, "%s:%d: not true: %s\n", file, line, condition);
  exit(1);
}

uint32_t test_random(uint32_t below) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 17;
  random_state ^= random_state << 5;
  return random_state % below;
}

void expect_event(ee_completion_queue *queue, void *tag, int success) {
  ee_event event = ee_completion_queue_next(queue, EE_INF_PAST, NULL);
  CHECK(event.type == EE_OP_COMPLETE);
  CHECK(event.tag == tag);
  CHECK(event.success == success);
  CHECK((event.status.code == EE_OK) == success);
}

void finish(ee_completion_queue *queue) {
  ee_completion_queue_shutdown(queue);
  CHECK(ee_completion_queue_next(queue, EE_INF_FUTURE, NULL).type == EE_QUEUE_SHUTDOWN);
  ee_completion_queue_destroy(queue);
}

static void note(ee_completion_queue_functor *functor, int ok) {
  noting_functor *self = (noting_functor *)functor;
  self->runs++;
  self->ok = ok;
  self->status = ee_completion_queue_functor_status();
  self->order = functors_run++;
}

noting_functor noting(int inlineable) { return (noting_functor){.functor = {note, inlineable}}; }

static void run_here(const test_case *test) {
  stub_reset();
  test->body();
  CHECK(stub_live() == 0);
  CHECK(stub_outstanding() == 0);
  stub_reset();
  exit(0);
}

// What the test wrote to stderr, and how its process ended.
static int run_apart(const test_case *test, char *text, size_t size) {
  int ends[2];
  if (pipe(ends) != 0) abort();
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], STDERR_FILENO);
    run_here(test);
  }
  close(ends[1]);
  size_t length = 0;
  for (ssize_t got; length < size - 1 && (got = read(ends[0], text + length, size - 1 - length)) > 0;)
    length += (size_t)got;
  text[length] = 0;
  close(ends[0]);
  int status;
  waitpid(child, &status, 0);
  return status;
}

static int passes(const test_case *test) {
  static char text[1 << 16];
  int status = run_apart(test, text, sizeof text);
  int aborted = WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
  int passed = test->rule == NULL ? status == 0 : aborted && strstr(text, test->rule) != NULL;
  printf("%s - %s\n", passed ? "ok" : "not ok", test->name);
  if (!passed) printf("# status %d\n%s\n", status, text);
  return passed;
}

int main(int argc, char **argv) {
  static const test_case *const all[] = {
      queue_tests,      functor_tests, operation_tests,   resolver_tests, manager_tests,
      descriptor_tests, libuv_tests,   libuv_table_tests, misuse_tests,   property_tests,
  };
  uint32_t seed = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : (uint32_t)time(NULL);
  int count = 0, failed = 0;
  random_state = seed | 1;
  printf("# seed %u\n", seed);
  for (size_t group = 0; group < sizeof all / sizeof *all; group++)
    for (const test_case *test = all[group]; test->name != NULL; test++, count++) failed += !passes(test);
  printf("1..%d\n", count);
  return failed > 0;
}
