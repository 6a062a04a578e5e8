/* SPDX-License-Identifier: MIT */
#include "probes/mcu/serial.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "base/tty.h"

enum { WRITE_MS = 2000, PULSE_MS = 100, UP_MAX = 6 };

struct serial {
    struct port port;
    int fd;
};

static enum status
broken(const char *what, struct err *err)
{
    return err_set(err, ST_UNAVAILABLE, "infra.serial",
        "the serial line broke (%s: %s): is the board still plugged in?", what,
        strerror(errno));
}

static enum status
serial_read(struct port *p, void *at, size_t cap, int timeout_ms, size_t *n,
    struct err *err)
{
    struct serial *s = (struct serial *)p;
    struct pollfd fd = { .fd = s->fd, .events = POLLIN };
    ssize_t got;

    *n = 0;
    if (poll(&fd, 1, timeout_ms) <= 0)
        return ST_OK;
    got = read(s->fd, at, cap);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return ST_OK;
    if (got <= 0)
        return broken("read", err);
    *n = (size_t)got;
    return ST_OK;
}

static enum status
serial_write(struct port *p, const void *data, size_t len, struct err *err)
{
    struct serial *s = (struct serial *)p;
    struct pollfd fd = { .fd = s->fd, .events = POLLOUT };
    const char *at = data;

    while (len > 0) {
        ssize_t n = write(s->fd, at, len);

        if (n < 0 && errno == EAGAIN) {
            if (poll(&fd, 1, WRITE_MS) == 0)
                return err_set(err, ST_UNAVAILABLE, "infra.serial",
                    "the serial line takes no bytes");
        } else if (n < 0 && errno != EINTR) {
            return broken("write", err);
        } else if (n > 0) {
            at += n;
            len -= (size_t)n;
        }
    }
    return ST_OK;
}

/* Boards have their reset at DTR, at RTS, or at both through two transistors;
 * a pulse of both starts the first two kinds. */
static enum status
serial_restart(struct port *p, struct err *err)
{
    const struct timespec pulse = { .tv_nsec = PULSE_MS * 1000000L };
    struct serial *s = (struct serial *)p;
    int lines = TIOCM_DTR | TIOCM_RTS;

    if (ioctl(s->fd, TIOCMBIS, &lines) < 0)
        return err_set(err, ST_UNAVAILABLE, "infra.no_reset_line",
            "the line has no DTR and RTS to reset the board with");
    nanosleep(&pulse, NULL);
    tcflush(s->fd, TCIOFLUSH);
    return ioctl(s->fd, TIOCMBIC, &lines) == 0 ? ST_OK : broken("reset", err);
}

static void
serial_close(struct port *p)
{
    struct serial *s = (struct serial *)p;

    if (s->fd >= 0)
        close(s->fd);
    free(s);
}

static const struct port_ops ops = {
    .read = serial_read,
    .write = serial_write,
    .restart = serial_restart,
    .close = serial_close,
};

enum status
serial_open(struct port **out, const char *path, int64_t baud, struct err *err)
{
    struct serial *s = calloc(1, sizeof(*s));
    enum status st;

    *out = NULL;
    if (s == NULL)
        return err_nomem(err);
    s->port.ops = &ops;
    if ((st = tty_open(path, baud, &s->fd, err)) != ST_OK) {
        serial_close(&s->port);
        return st;
    }
    *out = &s->port;
    return ST_OK;
}

/* ---- who it is ---- */

static bool
first_line(const char *dir, const char *name, char out[SERIAL_ID])
{
    char path[PATH_MAX + 16];
    bool got;
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    if ((f = fopen(path, "re")) == NULL)
        return false;
    got = fgets(out, SERIAL_ID, f) != NULL;
    fclose(f);
    out[strcspn(out, "\r\n")] = '\0';
    return got && out[0] != '\0';
}

/* Up from a tty's device to its USB device, the first that has a vendor; what
 * is above that is a hub with a serial number of its own. */
static bool
read_up(char *dir, char out[SERIAL_ID])
{
    for (int i = 0; i < UP_MAX; i++) {
        char vendor[SERIAL_ID], *slash;

        if (first_line(dir, "idVendor", vendor))
            return first_line(dir, "serial", out);
        if ((slash = strrchr(dir, '/')) == NULL)
            return false;
        *slash = '\0';
    }
    return false;
}

enum status
serial_identity(
    const char *path, const char *root, char out[SERIAL_ID], struct err *err)
{
    char tty[PATH_MAX], link[PATH_MAX + 64], dir[PATH_MAX];
    const char *name = realpath(path, tty) ? strrchr(tty, '/') : NULL;

    out[0] = '\0';
    if (name != NULL) {
        snprintf(link, sizeof(link), "%s/class/tty%s/device", root, name);
        if (realpath(link, dir) != NULL && read_up(dir, out))
            return ST_OK;
    }
    return err_set(err, ST_NOT_FOUND, "infra.no_identity",
        "%s has no USB serial number: give the board an id of its own "
        "(id=NAME), since ports change their names",
        path);
}
