// Rival: gRPC's own EventEngine, as Debian packages it. Prints nanoseconds per operation as one JSON line.
//
// usage: grpc-event-engine timers|tasks|slices SIZE REPETITIONS OPERATIONS
// The same as the other arms do. Closures are the engine's own kind, made beforehand: the cheaper of its two forms.
// It runs them on threads, so the figures are time that passed, as they are for the others.
#include <grpc/event_engine/event_engine.h>
#include <grpc/grpc.h>
#include <grpc/slice.h>
#include <grpc/slice_buffer.h>
#include <semaphore.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using grpc_event_engine::experimental::EventEngine;
using Clock = std::chrono::steady_clock;
using Figures = std::vector<std::pair<const char*, double>>;

static std::unique_ptr<EventEngine> engine;
static sem_t finished;
static std::atomic<uint32_t> remaining;
static uint32_t random_state = 0x9e3779b9;

[[noreturn]] static void die(const char* why) {
  fprintf(stderr, "grpc-event-engine: %s\n", why);
  exit(1);
}

static uint32_t random_below(uint32_t end) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 17;
  random_state ^= random_state << 5;
  return static_cast<uint32_t>((uint64_t{random_state} * end) >> 32);
}

static double ns_since(Clock::time_point start) {
  return std::chrono::duration<double, std::nano>(Clock::now() - start).count();
}

static void finish_one() {
  if (remaining.fetch_sub(1, std::memory_order_acq_rel) == 1) sem_post(&finished);
}

static void wait_for_all() {
  while (sem_wait(&finished)) continue;
  if (remaining.load()) die("a closure ran too often");
}

struct Counted final : EventEngine::Closure {
  void Run() override { finish_one(); }
};

struct Chained final : EventEngine::Closure {
  uint32_t left = 0;
  void Run() override {
    if (--left) engine->Run(this);
    else finish_one();
  }
};

struct FannedOut final : EventEngine::Closure {
  FannedOut* children = nullptr;
  uint32_t count = 0;
  void Run() override {
    for (uint32_t i = 0; i < count; i++) engine->Run(&children[i]);
    finish_one();
  }
};

static Figures measure_timers(uint32_t pending, uint64_t cycles, const std::vector<uint32_t>& order) {
  std::vector<EventEngine::TaskHandle> handles(pending);
  std::vector<Counted> closures(pending);
  double add = 0, cancel = 0, replace = 0, fire = 0;
  auto add_one = [&](uint32_t i) {
    handles[i] = engine->RunAfter(std::chrono::milliseconds(60'000 + random_below(3'600'000)), &closures[i]);
  };
  auto cancel_one = [&](uint32_t i) {
    if (!engine->Cancel(handles[i])) die("a pending task was not cancelled");
  };
  for (uint64_t cycle = 0; cycle < cycles; cycle++) {
    auto start = Clock::now();
    for (uint32_t i = 0; i < pending; i++) add_one(i);
    add += ns_since(start);
    start = Clock::now();
    for (uint32_t i : order) cancel_one(i);
    cancel += ns_since(start);
    for (uint32_t i = 0; i < pending; i++) add_one(i);
    start = Clock::now();
    for (uint32_t i = 0; i < pending; i++) {
      uint32_t index = random_below(pending);
      cancel_one(index);
      add_one(index);
    }
    replace += ns_since(start);
    for (uint32_t i : order) cancel_one(i);
  }
  // Its clock cannot be set, so all become due at one moment that is left to come, once a repetition.
  remaining = pending;
  auto due = Clock::now() + std::chrono::milliseconds(20) + std::chrono::microseconds(2 * pending);
  for (uint32_t i = 0; i < pending; i++) engine->RunAfter(due - Clock::now(), &closures[i]);
  wait_for_all();
  fire = ns_since(due);
  double operations = static_cast<double>(cycles) * pending;
  return {{"add", add / operations}, {"cancel", cancel / operations},
          {"replace", replace / operations}, {"fire", fire / pending}};
}

static Figures measure_tasks(uint32_t burst, uint64_t cycles) {
  Counted counted;
  auto start = Clock::now();
  for (uint64_t cycle = 0; cycle < cycles; cycle++) {
    remaining = burst;
    for (uint32_t i = 0; i < burst; i++) engine->Run(&counted);
    wait_for_all();
  }
  double run = ns_since(start) / (static_cast<double>(cycles) * burst);

  uint32_t singles = static_cast<uint32_t>(cycles * burst / 10);
  start = Clock::now();
  for (uint32_t i = 0; i < singles; i++) {
    remaining = 1;
    engine->Run(&counted);
    wait_for_all();
  }
  double single = ns_since(start) / singles;

  Chained chained;
  chained.left = static_cast<uint32_t>(cycles * burst);
  remaining = 1;
  start = Clock::now();
  engine->Run(&chained);
  wait_for_all();
  double chain = ns_since(start) / (static_cast<double>(cycles) * burst);

  std::vector<FannedOut> fan(1 + 70 + 70 * 70);
  fan[0].children = &fan[1];
  fan[0].count = 70;
  for (uint32_t i = 0; i < 70; i++) fan[1 + i].children = &fan[71 + 70 * i], fan[1 + i].count = 70;
  uint64_t fans = cycles * burst / fan.size() + 1;
  start = Clock::now();
  for (uint64_t cycle = 0; cycle < fans; cycle++) {
    remaining = static_cast<uint32_t>(fan.size());
    engine->Run(&fan[0]);
    wait_for_all();
  }
  double fan_out = ns_since(start) / static_cast<double>(fans * fan.size());
  return {{"run", run}, {"single", single}, {"chain", chain}, {"fan-out", fan_out}};
}

// `count` slices of 1 KiB go to another buffer in pieces of 1,000 bytes, so nearly every piece splits a slice.
static Figures measure_slices(uint32_t count, uint64_t cycles) {
  grpc_slice_buffer from, to;
  grpc_slice_buffer_init(&from);
  grpc_slice_buffer_init(&to);
  double append = 0, move = 0, whole = 0, take = 0;
  uint64_t moves = 0;
  for (uint64_t cycle = 0; cycle < cycles; cycle++) {
    std::vector<grpc_slice> slices(count);
    for (auto& slice : slices) slice = grpc_slice_malloc_large(1024);
    auto start = Clock::now();
    for (auto& slice : slices) grpc_slice_buffer_add_indexed(&from, slice);
    append += ns_since(start);
    start = Clock::now();
    for (; from.length >= 1000; moves++) grpc_slice_buffer_move_first(&from, 1000, &to);
    move += ns_since(start);
    grpc_slice_buffer_move_into(&from, &to);
    if (to.length != size_t{count} * 1024) die("bytes were lost");
    start = Clock::now();
    for (int i = 0; i < 100; i++) {
      grpc_slice_buffer_move_first(&to, size_t{count} * 1024, &from);
      grpc_slice_buffer_move_first(&from, size_t{count} * 1024, &to);
    }
    whole += ns_since(start) / 200;
    uint64_t taken = to.count;
    start = Clock::now();
    while (to.count) grpc_slice_unref(grpc_slice_buffer_take_first(&to));
    take += ns_since(start) / static_cast<double>(taken);
  }
  double rounds = static_cast<double>(cycles);
  return {{"append", append / (rounds * count)}, {"move", move / static_cast<double>(moves)},
          {"move-all", whole / rounds}, {"take", take / rounds}};
}

int main(int argc, char** argv) {
  if (argc != 5) die("usage: grpc-event-engine timers|tasks|slices SIZE REPETITIONS OPERATIONS");
  std::string workload = argv[1];
  uint32_t size = static_cast<uint32_t>(atol(argv[2]));
  int repetitions = atoi(argv[3]);
  uint64_t cycles = (static_cast<uint64_t>(atol(argv[4])) + size - 1) / size;
  std::vector<uint32_t> order(size);
  for (uint32_t i = 0; i < size; i++) { // A shuffle that builds as it goes.
    uint32_t other = random_below(i + 1);
    order[i] = order[other];
    order[other] = i;
  }
  grpc_init();
  engine = grpc_event_engine::experimental::CreateEventEngine();
  sem_init(&finished, 0, 0);
  std::map<std::string, std::string> lists;
  for (int i = 0; i <= repetitions; i++) { // The first only warms up.
    Figures figures = workload == "timers" ? measure_timers(size, cycles, order)
                      : workload == "tasks" ? measure_tasks(size, cycles)
                      : workload == "slices" ? measure_slices(size, cycles)
                                             : Figures();
    for (auto& [name, ns] : figures) {
      if (i) lists[name] += (i > 1 ? "," : "") + std::to_string(ns);
    }
  }
  std::string line;
  for (auto& [name, values] : lists) line += (line.empty() ? "{\"" : ",\"") + name + "\":[" + values + "]";
  printf("%s}\n", line.c_str());
  engine.reset();
  grpc_shutdown();
  return 0;
}
