/* SPDX-License-Identifier: MIT */
#include "bench/rest/baseline.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <microhttpd.h>
#include <signal.h>
#include <sqlite3.h>

#include "base/clock.h"

enum { ECHO_THREADS = 4, CONNECTIONS = 1000 };

static void
must(int ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "%s failed\n", what);
    exit(1);
}

double
baseline_commits(const char *dir, double seconds)
{
    char path[160];
    sqlite3 *db;
    int64_t t0, n = 0;

    snprintf(path, sizeof(path), "%s/raw.db", dir);
    must(sqlite3_open(path, &db) == SQLITE_OK, "sqlite3_open");
    must(sqlite3_exec(db,
             "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
             "CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT)",
             NULL, NULL, NULL) == SQLITE_OK,
        "the raw store");
    t0 = clock_ns();
    while ((double)(clock_ns() - t0) < seconds * 1e9) {
        must(sqlite3_exec(db, "INSERT INTO t (x) VALUES (hex(randomblob(100)))",
                 NULL, NULL, NULL) == SQLITE_OK,
            "a raw commit");
        n++;
    }
    sqlite3_close(db);
    return (double)n / seconds;
}

struct echo {
    char *text;
    size_t len;
};

static enum MHD_Result
answer(void *cls, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *data, size_t *len,
    void **state)
{
    const struct echo *e = cls;
    struct MHD_Response *r;
    enum MHD_Result ok;

    (void)url, (void)method, (void)version, (void)data;
    if (*state == NULL) {
        *state = cls;
        return MHD_YES;
    }
    if (*len > 0) {
        *len = 0;
        return MHD_YES;
    }
    r = MHD_create_response_from_buffer(
        e->len, e->text, MHD_RESPMEM_PERSISTENT);
    MHD_add_response_header(r, "Content-Type", "application/json");
    ok = MHD_queue_response(connection, 200, r);
    MHD_destroy_response(r);
    return ok;
}

static void
serve(int fd, size_t len)
{
    struct echo e = { .text = malloc(len + 2), .len = len };

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    must(e.text != NULL, "malloc");
    snprintf(e.text, len + 1, "\"%0*d\"", (int)len - 2, 0);
    must(MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, answer,
             &e, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_THREAD_POOL_SIZE,
             (unsigned)ECHO_THREADS, MHD_OPTION_CONNECTION_LIMIT,
             (unsigned)CONNECTIONS, MHD_OPTION_END) != NULL,
        "the echo");
    for (;;)
        pause();
}

pid_t
baseline_echo(size_t len, char url[80])
{
    struct sockaddr_in a = { .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof(a);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    pid_t pid;

    must(fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0 &&
             listen(fd, 1024) == 0 &&
             getsockname(fd, (struct sockaddr *)&a, &size) == 0,
        "a socket");
    snprintf(url, 80, "http://127.0.0.1:%d", ntohs(a.sin_port));
    pid = fork();
    must(pid >= 0, "fork");
    if (pid == 0)
        serve(fd, len);
    close(fd);
    return pid;
}
