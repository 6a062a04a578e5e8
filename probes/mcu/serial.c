/* SPDX-License-Identifier: MIT */
#include "probes/mcu/serial.h"

#include <errno.h>
#include <fcntl.h>
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

enum { WRITE_MS = 2000, PULSE_MS = 100, UP_MAX = 6 };

struct serial {
    struct port port;
    int fd;
};

static const struct {
    int64_t baud;
    speed_t speed;
} speeds[] = {
    { 9600, B9600 },
    { 19200, B19200 },
    { 38400, B38400 },
    { 57600, B57600 },
    { 115200, B115200 },
    { 230400, B230400 },
    { 460800, B460800 },
    { 921600, B921600 },
    { 1000000, B1000000 },
    { 2000000, B2000000 },
};

static enum status
find_speed(int64_t baud, speed_t *out, struct err *err)
{
    for (size_t i = 0; i < sizeof(speeds) / sizeof(speeds[0]); i++)
        if (speeds[i].baud == baud) {
            *out = speeds[i].speed;
            return ST_OK;
        }
    return err_set(err, ST_INVALID, "cli.option",
        "baud=%lld: lines have 9600, 19200, 38400, 57600, 115200, 230400, "
        "460800, 921600, 1000000 or 2000000",
        (long long)baud);
}

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

static enum status
configure(int fd, speed_t speed, struct err *err)
{
    struct termios t;

    if (tcgetattr(fd, &t) < 0)
        return err_set(err, ST_UNAVAILABLE, "infra.no_serial",
            "it is no serial line: %s", strerror(errno));
    cfmakeraw(&t);
    t.c_cflag |= CLOCAL | CREAD;
    t.c_cflag &= ~(tcflag_t)(CRTSCTS | CSTOPB | HUPCL);
    if (cfsetspeed(&t, speed) < 0 || tcsetattr(fd, TCSANOW, &t) < 0)
        return broken("set up", err);
    tcflush(fd, TCIOFLUSH); /* what an earlier user left there */
    return ST_OK;
}

static enum status
open_line(struct serial *s, const char *path, struct err *err)
{
    s->fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (s->fd < 0 && errno == EBUSY)
        return err_set(err, ST_UNAVAILABLE, "infra.serial_busy",
            "%s is in use by another program", path);
    if (s->fd < 0)
        return err_set(err, ST_UNAVAILABLE, "infra.no_serial",
            "%s: %s: is the board plugged in, and may this user open it "
            "(group dialout)?",
            path, strerror(errno));
    ioctl(s->fd, TIOCEXCL); /* the next one gets EBUSY */
    return ST_OK;
}

enum status
serial_open(struct port **out, const char *path, int64_t baud, struct err *err)
{
    struct serial *s;
    speed_t speed = B0;
    enum status st = find_speed(baud, &speed, err);

    *out = NULL;
    if (st != ST_OK)
        return st;
    if ((s = calloc(1, sizeof(*s))) == NULL)
        return err_nomem(err);
    s->port.ops = &ops;
    s->fd = -1;
    if ((st = open_line(s, path, err)) != ST_OK ||
        (st = configure(s->fd, speed, err)) != ST_OK) {
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
