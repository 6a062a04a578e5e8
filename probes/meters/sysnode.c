/* SPDX-License-Identifier: MIT */
#include "probes/meters/sysnode.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TEXT_BYTES = 64 };

enum status
sysnode_open(const char *dir, const char *name, int *fd, struct err *err)
{
    char path[PATH_MAX];

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    *fd = open(path, O_RDONLY | O_CLOEXEC);
    if (*fd >= 0)
        return ST_OK;
    if (errno == EACCES || errno == EPERM)
        return err_set(err, ST_NOT_FOUND, "device.meter_denied",
            "%s may not be read by this user: let the probe's user read it",
            path);
    return err_set(
        err, ST_NOT_FOUND, "device.no_meter", "%s: %s", path, strerror(errno));
}

enum status
sysnode_read(int fd, uint64_t *value, struct err *err)
{
    char text[TEXT_BYTES], *end;
    ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

    if (n < 0)
        return err_set(
            err, ST_IO, "device.meter", "the sensor: %s", strerror(errno));
    text[n] = '\0';
    errno = 0;
    *value = strtoull(text, &end, 10);
    if (end == text || text[0] == '-' || errno != 0)
        return err_set(err, ST_IO, "device.meter",
            "the sensor tells '%.20s', which is no number", text);
    return ST_OK;
}

uint64_t
sysnode_number(const char *dir, const char *name, uint64_t otherwise)
{
    uint64_t value = otherwise;
    int fd;

    if (sysnode_open(dir, name, &fd, NULL) != ST_OK)
        return otherwise;
    if (sysnode_read(fd, &value, NULL) != ST_OK)
        value = otherwise;
    close(fd);
    return value;
}

void
sysnode_text(const char *dir, const char *name, char *out, size_t size)
{
    ssize_t n;
    int fd;

    out[0] = '\0';
    if (sysnode_open(dir, name, &fd, NULL) != ST_OK)
        return;
    n = pread(fd, out, size - 1, 0);
    close(fd);
    out[n > 0 ? n : 0] = '\0';
    out[strcspn(out, "\n")] = '\0';
}
