// Load generator: ping-pong echo traffic over many TCP connections from one thread, every byte verified.
//
// Why native and epoll: the generator shares the machine with the server under test, so it must cost
// far less per message than any server that it measures. Each connection keeps exactly one message
// outstanding. A message is a 16-byte header (connection, number) and a slice of one random table at
// an offset hashed from both, so content differs everywhere and yet costs nothing to make or to check.
// One JSON line is printed at the end; the exit code is non-zero if one byte or connection went wrong.
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { HEADER_BYTES = 16, OFFSET_RANGE = 65536, EVENTS_MAX = 1024, SIZE_MAX_BYTES = 64 << 20 };
enum { HISTOGRAM_SUB_BITS = 6, HISTOGRAM_BUCKETS = 64 << HISTOGRAM_SUB_BITS, READ_BYTES = 256 << 10 };

static const char USAGE[] =
    "usage: load HOST:PORT [--connections N] [--size BYTES] [--seconds S | --messages N]\n"
    "            [--warmup S] [--idle N] [--churn MESSAGES] [--seed N] [--timeout S]\n"
    "            [--server-pid PID]\n";

struct options {
    char host[256], port[8];
    uint64_t connections, size, messages, idle, churn, seed, server_pid;
    double seconds, warmup, timeout;
};

struct connection {
    int fd;
    bool want_write;
    uint32_t sent, received;       // Progress inside the outstanding message.
    uint64_t number, counted;      // Index of the outstanding message; messages while the clock ran.
    uint64_t offset, started_ns;   // Its slice of the table, and when it was begun.
    uint8_t header[HEADER_BYTES];
};

static struct options opt;
static struct addrinfo *address;
static struct connection *connections;
static int *idle_fds, epoll_fd;
static uint8_t *table, read_buffer[READ_BYTES];
static uint64_t histogram[HISTOGRAM_BUCKETS];
static uint64_t messages_counted, errors, reconnects, latency_max_ns;
static bool counting, draining;
static uint64_t outstanding;

static void die(const char *what, const char *why) {
    fprintf(stderr, "load: %s: %s\n", what, why);
    exit(2);
}

static uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

// splitmix64: one well-mixed word per input, used for the table and for the offsets.
static uint64_t mix(uint64_t x) {
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

// Log-linear histogram: 64 steps per power of two, so a percentile is exact to about 1.6 %.
static uint32_t bucket_of(uint64_t ns) {
    if (ns < 1u << HISTOGRAM_SUB_BITS) return (uint32_t)ns;
    uint32_t shift = 63 - HISTOGRAM_SUB_BITS - (uint32_t)__builtin_clzll(ns);
    return ((shift + 1) << HISTOGRAM_SUB_BITS) + (uint32_t)(ns >> shift) - (1u << HISTOGRAM_SUB_BITS);
}

static double percentile_us(double fraction) {
    uint64_t rank = (uint64_t)(fraction * (double)messages_counted), seen = 0;
    for (uint32_t b = 0; b < HISTOGRAM_BUCKETS; b++) {
        seen += histogram[b];
        if (histogram[b] == 0 || seen <= rank) continue;
        if (b < 1u << HISTOGRAM_SUB_BITS) return b / 1e3;
        uint32_t shift = (b >> HISTOGRAM_SUB_BITS) - 1;
        uint64_t step = (b & ((1u << HISTOGRAM_SUB_BITS) - 1)) + (1u << HISTOGRAM_SUB_BITS);
        return ((double)(step << shift) + (double)(1ull << shift) / 2) / 1e3;
    }
    return 0;
}

// Connections are opened one after the other and blocking: the server sets the pace, so its accept
// backlog is never overrun.
static int open_socket(void) {
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    if (fd < 0) die("socket", strerror(errno));
    struct timeval limit = {.tv_sec = 15};
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(fd, address->ai_addr, address->ai_addrlen) != 0) die("connect", strerror(errno));
    return fd;
}

static void make_nonblocking(int fd) {
    if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) != 0) die("fcntl", strerror(errno));
}

static void watch(struct connection *c, int operation, bool write_too) {
    struct epoll_event e = {.events = EPOLLIN | (write_too ? EPOLLOUT : 0), .data.ptr = c};
    if (epoll_ctl(epoll_fd, operation, c->fd, &e) != 0) die("epoll_ctl", strerror(errno));
    c->want_write = write_too;
}

static void fail_connection(struct connection *c, const char *what, const char *why) {
    if (errors++ < 5) fprintf(stderr, "load: connection %td: %s: %s\n", c - connections, what, why);
    close(c->fd);
    c->fd = -1;
    outstanding--;
}

// The bytes of the outstanding message from `from` on: the rest of the header, then the slice.
static int message_parts(struct connection *c, uint64_t from, struct iovec parts[2]) {
    int count = 0;
    uint64_t header = opt.size < HEADER_BYTES ? opt.size : HEADER_BYTES;
    if (from < header) parts[count++] = (struct iovec){c->header + from, header - from};
    uint64_t body = from > header ? from : header;
    if (body < opt.size) parts[count++] = (struct iovec){table + c->offset + body, opt.size - body};
    return count;
}

static void send_rest(struct connection *c) {
    struct iovec parts[2];
    struct msghdr message = {.msg_iov = parts};
    message.msg_iovlen = (size_t)message_parts(c, c->sent, parts);
    ssize_t n = sendmsg(c->fd, &message, MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN) return fail_connection(c, "send", strerror(errno));
    if (n > 0) c->sent += (uint32_t)n;
    bool rest = c->sent < opt.size;
    if (rest != c->want_write) watch(c, EPOLL_CTL_MOD, rest);
}

static void begin_message(struct connection *c) {
    uint64_t index = (uint64_t)(c - connections);
    c->sent = c->received = 0;
    c->offset = mix(opt.seed ^ mix(index) ^ c->number) % OFFSET_RANGE;
    memcpy(c->header, &(uint64_t[2]){mix(opt.seed ^ c->number), mix(index ^ mix(c->number))}, HEADER_BYTES);
    c->started_ns = now_ns();
    send_rest(c);
}

static bool bytes_match(struct connection *c, const uint8_t *got, uint64_t length) {
    struct iovec parts[2];
    int count = message_parts(c, c->received, parts);
    for (int i = 0; i < count && length > 0; i++) {
        uint64_t n = parts[i].iov_len < length ? parts[i].iov_len : length;
        if (memcmp(parts[i].iov_base, got, n) != 0) return false;
        got += n;
        length -= n;
    }
    return length == 0;
}

// Churn: the connection says goodbye properly (FIN, then the server's FIN) and a new one takes its place.
static void reconnect(struct connection *c) {
    char extra;
    epoll_ctl(epoll_fd, EPOLL_CTL_DEL, c->fd, NULL);
    fcntl(c->fd, F_SETFL, fcntl(c->fd, F_GETFL) & ~O_NONBLOCK);
    shutdown(c->fd, SHUT_WR);
    if (recv(c->fd, &extra, 1, 0) != 0 && errors++ < 5) fputs("load: no clean end of a connection\n", stderr);
    close(c->fd);
    c->fd = open_socket();
    make_nonblocking(c->fd);
    watch(c, EPOLL_CTL_ADD, false);
    reconnects++;
}

static void end_message(struct connection *c) {
    uint64_t latency = now_ns() - c->started_ns;
    if (counting) {
        messages_counted++;
        c->counted++;
        histogram[bucket_of(latency)]++;
        if (latency > latency_max_ns) latency_max_ns = latency;
    }
    c->number++;
    if (draining || (opt.messages && messages_counted + outstanding > opt.messages)) {
        outstanding--;
        return;
    }
    if (opt.churn && c->number % opt.churn == 0) reconnect(c);
    begin_message(c);
}

static void receive(struct connection *c) {
    ssize_t n = recv(c->fd, read_buffer, READ_BYTES, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n < 0) return fail_connection(c, "receive", strerror(errno));
    if (n == 0) return fail_connection(c, "receive", "the server closed the connection");
    if (c->received + (uint64_t)n > c->sent) return fail_connection(c, "verify", "more bytes than were sent");
    if (!bytes_match(c, read_buffer, (uint64_t)n)) return fail_connection(c, "verify", "a byte differs");
    c->received += (uint32_t)n;
    if (c->received == opt.size) end_message(c);
}

// Runs events until the time is over or nothing is outstanding any more.
static void run_until(uint64_t deadline_ns) {
    struct epoll_event events[EVENTS_MAX];
    for (uint64_t now = now_ns(); outstanding > 0 && now < deadline_ns; now = now_ns()) {
        int timeout_ms = (int)((deadline_ns - now) / 1000000) + 1;
        int count = epoll_wait(epoll_fd, events, EVENTS_MAX, timeout_ms > 1000 ? 1000 : timeout_ms);
        if (count < 0 && errno != EINTR) die("epoll_wait", strerror(errno));
        for (int i = 0; i < count; i++) {
            struct connection *c = events[i].data.ptr;
            if (c->fd >= 0 && (events[i].events & EPOLLOUT)) send_rest(c);
            if (c->fd >= 0 && (events[i].events & ~(uint32_t)EPOLLOUT)) receive(c);
        }
    }
}

// A connection has echoed one byte before the clock starts, so the server has really taken it on: the kernel
// completes a connect long before the server accepts, and drops what overflows its queue for a second.
static int open_served(uint64_t index) {
    uint8_t out = (uint8_t)mix(opt.seed + index), in = (uint8_t)~out;
    int fd = open_socket();
    if (send(fd, &out, 1, MSG_NOSIGNAL) != 1) die("first byte of a connection", strerror(errno));
    if (recv(fd, &in, 1, 0) != 1 || in != out) die("first byte of a connection", "it did not come back");
    make_nonblocking(fd);
    return fd;
}

static void check_idle(void) {
    char extra;
    for (uint64_t i = 0; i < opt.idle; i++)
        if (recv(idle_fds[i], &extra, 1, 0) != -1 || errno != EAGAIN) errors++;
}

static void raise_file_limit(uint64_t need) {
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur >= need) return;
    limit.rlim_cur = need;
    if (limit.rlim_max < need) limit.rlim_max = need;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) die("open file limit", "too low for that many connections");
}

static void prepare(void) {
    raise_file_limit(opt.connections + opt.idle + 32);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    int failure = getaddrinfo(opt.host, opt.port, &hints, &address);
    if (failure) die(opt.host, gai_strerror(failure));
    uint64_t words = (OFFSET_RANGE + opt.size) / 8 + 1;
    table = malloc(words * 8);
    connections = calloc(opt.connections, sizeof *connections);
    if (!table || !connections) die("memory", "not enough");
    for (uint64_t i = 0; i < words; i++) ((uint64_t *)table)[i] = mix(opt.seed + i);
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    idle_fds = calloc(opt.idle + 1, sizeof *idle_fds);
    for (uint64_t i = 0; i < opt.idle; i++) idle_fds[i] = open_served(i);
    for (uint64_t i = 0; i < opt.connections; i++) {
        connections[i].fd = open_served(opt.idle + i);
        watch(&connections[i], EPOLL_CTL_ADD, false);
    }
}

static uint64_t parse_count(const char *name, const char *text, uint64_t low, uint64_t high) {
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (errno || *end || end == text || *text == '-' || value < low || value > high) die(name, "bad value");
    return value;
}

static double parse_seconds(const char *name, const char *text, double high) {
    char *end;
    double value = strtod(text, &end);
    if (*end || end == text || !(value >= 0 && value <= high)) die(name, "bad value");
    return value;
}

static void parse_address(const char *text) {
    const char *colon = strrchr(text, ':');
    if (!colon || colon == text || (size_t)(colon - text) >= sizeof opt.host) die(text, "not HOST:PORT");
    bool bracketed = text[0] == '[' && colon[-1] == ']';
    size_t length = (size_t)(colon - text) - (bracketed ? 2 : 0);
    memcpy(opt.host, text + bracketed, length);
    snprintf(opt.port, sizeof opt.port, "%d", (int)parse_count("port", colon + 1, 1, 65535));
}

static void parse_options(int argc, char **argv) {
    opt = (struct options){.connections = 1, .size = 64, .seed = 1, .warmup = 0.2, .timeout = 0};
    for (int i = 1; i < argc; i++) {
        const char *name = argv[i];
        if (strcmp(name, "--help") == 0) fputs(USAGE, stdout), exit(0);
        if (strncmp(name, "--", 2) != 0) { parse_address(name); continue; }
        const char *value = i + 1 < argc ? argv[++i] : "";
        if (strcmp(name, "--connections") == 0) opt.connections = parse_count(name, value, 1, 60000);
        else if (strcmp(name, "--size") == 0) opt.size = parse_count(name, value, 1, SIZE_MAX_BYTES);
        else if (strcmp(name, "--messages") == 0) opt.messages = parse_count(name, value, 1, UINT64_MAX / 2);
        else if (strcmp(name, "--idle") == 0) opt.idle = parse_count(name, value, 0, 60000);
        else if (strcmp(name, "--churn") == 0) opt.churn = parse_count(name, value, 1, UINT64_MAX / 2);
        else if (strcmp(name, "--seed") == 0) opt.seed = parse_count(name, value, 0, UINT64_MAX / 2);
        else if (strcmp(name, "--server-pid") == 0) opt.server_pid = parse_count(name, value, 1, INT32_MAX);
        else if (strcmp(name, "--seconds") == 0) opt.seconds = parse_seconds(name, value, 3600);
        else if (strcmp(name, "--warmup") == 0) opt.warmup = parse_seconds(name, value, 3600);
        else if (strcmp(name, "--timeout") == 0) opt.timeout = parse_seconds(name, value, 7200);
        else die(name, "unknown option");
    }
    if (!opt.host[0]) fputs(USAGE, stderr), exit(2);
    if (opt.messages && opt.seconds > 0) die("options", "--messages and --seconds exclude each other");
    if (opt.messages && opt.messages < opt.connections) opt.connections = opt.messages;
    if (!opt.messages && opt.seconds == 0) opt.seconds = 2;
    if (opt.timeout == 0) opt.timeout = opt.messages ? 120 : opt.warmup + opt.seconds + 60;
}

// How evenly the server serves: messages of the least served connection, divided by the mean of all.
static double least_share(void) {
    uint64_t least = UINT64_MAX;
    for (uint64_t i = 0; i < opt.connections; i++)
        if (connections[i].counted < least) least = connections[i].counted;
    return messages_counted ? (double)least * (double)opt.connections / (double)messages_counted : 0;
}

// Processor time of the server so far, all threads, user and kernel; 0 when no pid was given.
static double server_cpu_seconds(void) {
    char path[32], line[1024] = "";
    unsigned long user = 0, kernel = 0;
    if (!opt.server_pid) return 0;
    snprintf(path, sizeof path, "/proc/%ju/stat", (uintmax_t)opt.server_pid);
    FILE *file = fopen(path, "r");
    if (!file) die(path, strerror(errno));
    char *rest = fgets(line, sizeof line, file) ? strrchr(line, ')') : NULL;
    fclose(file);
    if (!rest || sscanf(rest + 2, "%*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %lu %lu", &user, &kernel) != 2)
        die(path, "not understood");
    return (double)(user + kernel) / (double)sysconf(_SC_CLK_TCK);
}

static void print_result(double seconds, double setup_seconds, double cpu_seconds) {
    double rate = (double)messages_counted / seconds;
    printf("{\"connections\":%ju,\"size\":%ju,\"idle\":%ju,\"messages\":%ju,\"seconds\":%.4f,",
           (uintmax_t)opt.connections, (uintmax_t)opt.size, (uintmax_t)opt.idle,
           (uintmax_t)messages_counted, seconds);
    printf("\"msgPerSecond\":%.0f,\"mibPerSecond\":%.2f,\"p50us\":%.2f,\"p99us\":%.2f,\"maxUs\":%.0f,",
           rate, rate * (double)opt.size / (1 << 20), percentile_us(0.5), percentile_us(0.99),
           (double)latency_max_ns / 1e3);
    printf("\"leastShare\":%.3f,", least_share());
    printf("\"serverCpuSeconds\":%.2f,\"reconnects\":%ju,\"setupSeconds\":%.3f,\"errors\":%ju}\n",
           cpu_seconds, (uintmax_t)reconnects, setup_seconds, (uintmax_t)errors);
}

int main(int argc, char **argv) {
    parse_options(argc, argv);
    signal(SIGPIPE, SIG_IGN);
    uint64_t begun = now_ns(), limit = begun + (uint64_t)(opt.timeout * 1e9);
    alarm((unsigned)opt.timeout + 5);
    prepare();
    double setup_seconds = (double)(now_ns() - begun) / 1e9;
    outstanding = opt.connections;
    counting = opt.warmup == 0;
    uint64_t started = now_ns(), ended;
    for (uint64_t i = 0; i < opt.connections; i++) begin_message(&connections[i]);
    if (!counting) {
        uint64_t messages = opt.messages;
        opt.messages = 0;
        run_until(started + (uint64_t)(opt.warmup * 1e9));
        opt.messages = messages;
        counting = true;
        started = now_ns();
    }
    double cpu_before = server_cpu_seconds();
    uint64_t end_at = opt.messages ? limit : started + (uint64_t)(opt.seconds * 1e9);
    run_until(end_at < limit ? end_at : limit);
    ended = now_ns();
    double cpu_seconds = server_cpu_seconds() - cpu_before;
    counting = false;
    draining = true;
    run_until(opt.messages ? ended : ended + 10000000000u);
    if (outstanding > 0) fprintf(stderr, "load: %ju messages never came back\n", (uintmax_t)outstanding);
    errors += outstanding;
    check_idle();
    print_result((double)(ended - started) / 1e9, setup_seconds, cpu_seconds);
    return errors == 0 ? 0 : 1;
}
