// What an ordinary C program does through wasi-libc: arguments, environment, standard streams, clocks, random numbers,
// files (there are none) and the ways to end. usage: check-cli WHAT [ARGUMENT...]
#define _DEFAULT_SOURCE // clock_gettime, nanosleep, getentropy
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int show_arguments(int count, char **words) {
  printf("%d\n", count);
  for (int index = 0; index < count; index++) printf("[%s]\n", words[index]);
  return 0;
}

static int show_variable(const char *name) {
  const char *value = getenv(name);
  printf("%s=%s\n", name, value == NULL ? "(unset)" : value);
  return 0;
}

/** Copies standard input to standard output. */
static int copy_input(void) {
  static char buffer[10000];
  size_t size;
  while ((size = fread(buffer, 1, sizeof buffer, stdin)) > 0) {
    if (fwrite(buffer, 1, size, stdout) != size) return 1;
  }
  return ferror(stdin) || fflush(stdout) != 0;
}

/** Writes that many bytes, each a letter that hangs on its place. */
static int flood(long count) {
  for (long index = 0; index < count; index++) putchar('a' + (int)(index % 26));
  return fflush(stdout) != 0;
}

static int check_time(void) {
  struct timespec begin, end, pause = {0, 20 * 1000 * 1000};
  clock_gettime(CLOCK_MONOTONIC, &begin);
  if (nanosleep(&pause, NULL) != 0) return 1;
  clock_gettime(CLOCK_MONOTONIC, &end);
  long long slept = (end.tv_sec - begin.tv_sec) * 1000000000LL + end.tv_nsec - begin.tv_nsec;
  printf("slept as long as asked: %d\n", slept >= 20 * 1000 * 1000);
  printf("the year is one of ours: %d\n", time(NULL) > 1704067200);
  return 0;
}

static int check_random(void) {
  unsigned char one[32] = {0}, other[32] = {0};
  if (getentropy(one, sizeof one) != 0 || getentropy(other, sizeof other) != 0) return 1;
  printf("two are different: %d\n", memcmp(one, other, sizeof one) != 0);
  return 0;
}

static int check_files(void) {
  FILE *file = fopen("/etc/passwd", "r");
  printf("open: %d\n", file == NULL ? errno : 0);
  file = fopen("new-file", "w");
  printf("create: %d\n", file == NULL ? errno : 0);
  printf("close of nothing: %d\n", close(77) == 0 ? 0 : errno);
  return 0;
}

int main(int argc, char **argv) {
  const char *what = argc > 1 ? argv[1] : "";
  if (strcmp(what, "arguments") == 0) return show_arguments(argc - 2, argv + 2);
  if (strcmp(what, "cat") == 0) return copy_input();
  if (strcmp(what, "time") == 0) return check_time();
  if (strcmp(what, "random") == 0) return check_random();
  if (strcmp(what, "files") == 0) return check_files();
  if (strcmp(what, "abort") == 0) abort();
  if (argc < 3) return 2;
  if (strcmp(what, "variable") == 0) return show_variable(argv[2]);
  if (strcmp(what, "flood") == 0) return flood(atol(argv[2]));
  if (strcmp(what, "return") == 0) return atoi(argv[2]);
  if (strcmp(what, "exit") == 0) {
    printf("not flushed before exit");
    exit(atoi(argv[2]));
  }
  if (strcmp(what, "complain") == 0) return fprintf(stderr, "%s\n", argv[2]) < 0;
  return 2;
}
