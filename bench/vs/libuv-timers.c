// Rival: timers of libuv, the event engine inside Node. Prints nanoseconds per operation as one JSON line.
//
// usage: libuv-timers timers PENDING REPETITIONS OPERATIONS
// The same as the other arms do: deadlines at random within an hour, cancelled in random order. The records are
// made beforehand, and uv_close is left out, so libuv has less to do here than in a program.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum { RANGE_MS = 3600 * 1000, WARM_UP = 1 };
enum { ADD, CANCEL, REPLACE, FIRE, FIGURES };
static const char *const NAMES[FIGURES] = {"add", "cancel", "replace", "fire"};

static uv_loop_t loop;
static uv_timer_t *timers;
static uint32_t *order, pending, random_state = 0x9e3779b9;
static uint64_t fired, fired_sum;

static void die(const char *why) {
    fprintf(stderr, "libuv-timers: %s\n", why);
    exit(1);
}

static uint32_t random_word(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state;
}

static uint32_t random_below(uint32_t end) {
    return (uint32_t)(((uint64_t)random_word() * end) >> 32);
}

static void on_timer(uv_timer_t *timer) {
    fired++;
    fired_sum += (uintptr_t)timer->data;
}

static inline void add(uint32_t index, uint32_t range_ms) {
    uv_timer_start(&timers[index], on_timer, 1 + random_below(range_ms), 0);
}

static void add_all(uint32_t range_ms) {
    for (uint32_t i = 0; i < pending; i++) add(i, range_ms);
}

static void cancel_all(void) {
    for (uint32_t i = 0; i < pending; i++) uv_timer_stop(&timers[order[i]]);
    if (uv_loop_alive(&loop)) die("a timer is left");
}

static uint64_t replace(uint32_t count) {
    uint64_t started = uv_hrtime();
    for (uint32_t i = 0; i < count; i++) {
        uint32_t index = random_below(pending);
        uv_timer_stop(&timers[index]);
        add(index, RANGE_MS);
    }
    return uv_hrtime() - started;
}

// The loop's idea of now is set back, so that all deadlines are due when it looks at the clock. That clock counts
// from the start of the machine, which may have been less than an hour ago.
static uint64_t fire(void) {
    uint64_t back_ms = loop.time < RANGE_MS ? loop.time - 1 : RANGE_MS;
    fired = fired_sum = 0;
    loop.time -= back_ms;
    add_all((uint32_t)back_ms);
    uint64_t started = uv_hrtime();
    uv_run(&loop, UV_RUN_NOWAIT);
    uint64_t ns = uv_hrtime() - started;
    if (fired != pending || fired_sum != (uint64_t)pending * (pending - 1) / 2) die("not every timer fired once");
    return ns;
}

static void measure(uint64_t cycles, double *figures) {
    uint64_t ns[FIGURES] = {0};
    for (uint64_t cycle = 0; cycle < cycles; cycle++) {
        uv_update_time(&loop);
        uint64_t started = uv_hrtime();
        add_all(RANGE_MS);
        uint64_t added = uv_hrtime();
        cancel_all();
        ns[ADD] += added - started;
        ns[CANCEL] += uv_hrtime() - added;
        add_all(RANGE_MS);
        ns[REPLACE] += replace(pending);
        cancel_all();
        ns[FIRE] += fire();
    }
    for (int i = 0; i < FIGURES; i++) figures[i] = (double)ns[i] / (double)(cycles * pending);
}

int main(int argc, char **argv) {
    if (argc != 5 || strcmp(argv[1], "timers")) die("usage: libuv-timers timers PENDING REPETITIONS OPERATIONS");
    pending = (uint32_t)atol(argv[2]);
    int repetitions = atoi(argv[3]);
    uint64_t cycles = ((uint64_t)atol(argv[4]) + pending - 1) / pending;
    timers = calloc(pending, sizeof *timers);
    order = calloc(pending, sizeof *order);
    double(*figures)[FIGURES] = calloc((size_t)(repetitions + WARM_UP), sizeof *figures);
    if (!timers || !order || !figures || uv_loop_init(&loop)) die("no memory");
    for (uint32_t i = 0; i < pending; i++) {
        uv_timer_init(&loop, &timers[i]);
        timers[i].data = (void *)(uintptr_t)i;
        uint32_t other = random_below(i + 1); // A shuffle that builds as it goes.
        order[i] = order[other];
        order[other] = i;
    }
    for (int i = 0; i < repetitions + WARM_UP; i++) measure(cycles, figures[i]);
    for (int name = 0; name < FIGURES; name++) {
        printf("%s\"%s\":[", name ? "," : "{", NAMES[name]);
        for (int i = WARM_UP; i < repetitions + WARM_UP; i++) {
            printf("%s%.2f", i > WARM_UP ? "," : "", figures[i][name]);
        }
        printf("]");
    }
    printf("}\n");
    return 0;
}
