/* SPDX-License-Identifier: MIT */
#include "pty.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

enum { POOL = 1 << 20 };

static void
put(int fd, const char *line, size_t len, void (*say)(size_t))
{
    if (say != NULL)
        say(len);
    if (write(fd, line, len) != (ssize_t)len)
        _exit(2);
}

static _Noreturn void
be_a_board(int fd, const struct device_board *given, void (*hear)(char),
    void (*say)(size_t))
{
    static uint64_t pool[POOL / 8];
    struct device_board board = *given;
    char hello[FRAME_LINE], byte;
    struct device d;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (board.pool == NULL) {
        board.pool = pool;
        board.pool_bytes = POOL;
    }
    device_init(&d, &board);
    put(fd, hello, device_hello(&d, hello), say);
    while (read(fd, &byte, 1) == 1) {
        const char *line;
        size_t n;

        if (hear != NULL)
            hear(byte);
        if ((n = responder_push(&d.responder, byte, &line)) > 0)
            put(fd, line, n, say);
    }
    _exit(0);
}

void
pty_start(struct pty *p, const struct device_board *board,
    void (*hear)(char byte), void (*say)(size_t len))
{
    struct termios t;

    assert_true((p->master = posix_openpt(O_RDWR | O_NOCTTY)) >= 0);
    assert_int_equal(grantpt(p->master), 0);
    assert_int_equal(unlockpt(p->master), 0);
    assert_int_equal(ptsname_r(p->master, p->path, sizeof(p->path)), 0);
    assert_true((p->slave = open(p->path, O_RDWR | O_NOCTTY)) >= 0);
    assert_int_equal(tcgetattr(p->slave, &t), 0);
    cfmakeraw(&t); /* or the hello would come back as an echo */
    assert_int_equal(tcsetattr(p->slave, TCSANOW, &t), 0);
    assert_true((p->board = fork()) >= 0);
    if (p->board == 0)
        be_a_board(p->master, board, hear, say);
}

void
pty_end(struct pty *p)
{
    kill(p->board, SIGKILL);
    waitpid(p->board, NULL, 0);
    close(p->master);
    close(p->slave);
}
