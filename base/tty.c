/* SPDX-License-Identifier: MIT */
#include "base/tty.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

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
        return err_set(err, ST_UNAVAILABLE, "infra.serial",
            "the serial line cannot be set up: %s", strerror(errno));
    tcflush(fd, TCIOFLUSH); /* what an earlier user left there */
    return ST_OK;
}

static enum status
open_line(const char *path, int *fd, struct err *err)
{
    *fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (*fd < 0 && errno == EBUSY)
        return err_set(err, ST_UNAVAILABLE, "infra.serial_busy",
            "%s is in use by another program", path);
    if (*fd < 0)
        return err_set(err, ST_UNAVAILABLE, "infra.no_serial",
            "%s: %s: is the board plugged in, and may this user open it "
            "(group dialout)?",
            path, strerror(errno));
    ioctl(*fd, TIOCEXCL); /* the next one gets EBUSY */
    return ST_OK;
}

enum status
tty_open(const char *path, int64_t baud, int *fd, struct err *err)
{
    speed_t speed = B0;
    enum status st = find_speed(baud, &speed, err);

    *fd = -1;
    if (st == ST_OK && (st = open_line(path, fd, err)) == ST_OK)
        st = configure(*fd, speed, err);
    if (st != ST_OK && *fd >= 0) {
        close(*fd);
        *fd = -1;
    }
    return st;
}
