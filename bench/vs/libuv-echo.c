// Rival: the echo server that a C programmer writes on libuv, the event engine inside Node.
//
// Natural idiom with the usual care: read buffers of one fixed size come from a pool, uv_try_write sends
// at once what the kernel takes, and only a rest becomes a write request. It shows what the machine can do.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum { BUFFER_BYTES = 65536, BACKLOG = 1024 };

union buffer { // A free buffer holds the link to the next one.
    union buffer *next;
    char bytes[BUFFER_BYTES];
};

struct pending_write {
    uv_write_t request;
    union buffer *buffer;
};

static union buffer *free_buffers;

static union buffer *take_buffer(void) {
    union buffer *b = free_buffers;
    if (b) free_buffers = b->next;
    else b = malloc(sizeof *b);
    if (!b) abort();
    return b;
}

static void give_buffer(union buffer *b) {
    if (!b) return;
    b->next = free_buffers;
    free_buffers = b;
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *out) {
    (void)handle, (void)suggested;
    *out = uv_buf_init(take_buffer()->bytes, BUFFER_BYTES);
}

static void on_closed(uv_handle_t *handle) { free(handle); }

static void close_stream(uv_stream_t *stream) {
    if (!uv_is_closing((uv_handle_t *)stream)) uv_close((uv_handle_t *)stream, on_closed);
}

static void on_shutdown(uv_shutdown_t *request, int status) {
    (void)status;
    close_stream(request->handle);
    free(request);
}

static void on_written(uv_write_t *request, int status) {
    struct pending_write *w = (struct pending_write *)request;
    if (status < 0) close_stream(request->handle);
    give_buffer(w->buffer);
    free(w);
}

static void on_read(uv_stream_t *stream, ssize_t length, const uv_buf_t *in) {
    union buffer *buffer = (union buffer *)in->base;
    if (length == UV_EOF) {
        uv_shutdown_t *request = malloc(sizeof *request);
        if (uv_shutdown(request, stream, on_shutdown) != 0) free(request), close_stream(stream);
    } else if (length < 0) {
        close_stream(stream);
    } else if (length > 0) {
        uv_buf_t out = uv_buf_init(in->base, (unsigned)length);
        int sent = uv_try_write(stream, &out, 1);
        if (sent < 0 && sent != UV_EAGAIN) {
            close_stream(stream);
        } else if (sent < length) {
            if (sent > 0) out.base += sent, out.len -= (size_t)sent;
            struct pending_write *w = malloc(sizeof *w);
            w->buffer = buffer;
            if (uv_write(&w->request, stream, &out, 1, on_written) == 0) return;
            free(w);
            close_stream(stream);
        }
    }
    give_buffer(buffer);
}

static void on_connection(uv_stream_t *listener, int status) {
    if (status < 0) return;
    uv_tcp_t *client = malloc(sizeof *client);
    uv_tcp_init(listener->loop, client);
    if (uv_accept(listener, (uv_stream_t *)client) != 0) return close_stream((uv_stream_t *)client);
    uv_tcp_nodelay(client, 1);
    uv_read_start((uv_stream_t *)client, on_alloc, on_read);
}

int main(int argc, char **argv) {
    uv_loop_t *loop = uv_default_loop();
    uv_tcp_t listener;
    struct sockaddr_in address;
    int length = sizeof address;
    uv_tcp_init(loop, &listener);
    uv_ip4_addr("127.0.0.1", argc > 1 ? atoi(argv[1]) : 0, &address);
    int failure = uv_tcp_bind(&listener, (struct sockaddr *)&address, 0);
    if (!failure) failure = uv_listen((uv_stream_t *)&listener, BACKLOG, on_connection);
    if (failure) return fprintf(stderr, "libuv-echo: %s\n", uv_strerror(failure)), 1;
    uv_tcp_getsockname(&listener, (struct sockaddr *)&address, &length);
    printf("listening 127.0.0.1:%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return uv_run(loop, UV_RUN_DEFAULT);
}
