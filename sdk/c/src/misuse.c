// A rule of the header was broken: one line names it, and the program ends.
#include <stdio.h>
#include <stdlib.h>
#include "internal.h"

_Noreturn void ee_misuse(const char *function, const char *rule) {
  fputs("event_engine: ", stderr);
  fputs(function, stderr);
  fputs(": ", stderr);
  fputs(rule, stderr);
  fputs("\n", stderr);
  abort();
}
