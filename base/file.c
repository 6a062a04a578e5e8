/* SPDX-License-Identifier: MIT */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum status
not_opened(const char *path, struct err *err)
{
    switch (errno) {
    case ENOENT:
    case ENOTDIR:
        return err_set(
            err, ST_NOT_FOUND, "file.not_found", "%s: no such file", path);
    case EACCES:
    case EPERM:
        return err_set(err, ST_FORBIDDEN, "file.permission",
            "%s: this user may not read it: change its permissions", path);
    default:
        return err_errno(err, path);
    }
}

enum status
file_open(const char *path, int *fd, struct err *err)
{
    enum status st = ST_OK;
    struct stat sb;

    /* Not blocking, so that a pipe of that name is refused, not waited for. */
    if ((*fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) < 0)
        return not_opened(path, err);
    if (fstat(*fd, &sb) < 0)
        st = err_errno(err, path);
    else if (!S_ISREG(sb.st_mode))
        st = err_set(err, ST_INVALID, "file.kind",
            "%s: %s, not a file with content", path,
            S_ISDIR(sb.st_mode) ? "a folder" : "a pipe or a device");
    if (st != ST_OK) {
        close(*fd);
        *fd = -1;
    }
    return st;
}

enum status
file_read(
    const char *path, size_t max, char **data, size_t *len, struct err *err)
{
    enum status st = ST_OK;
    struct stat sb;
    size_t got = 0;
    char *p = NULL;
    int fd;

    *data = NULL;
    if ((st = file_open(path, &fd, err)) != ST_OK)
        return st;
    if (fstat(fd, &sb) < 0) {
        st = err_errno(err, path);
        goto out;
    }
    if ((uintmax_t)sb.st_size > max) {
        st = err_set(err, ST_TOO_LARGE, NULL,
            "%s: %jd bytes, at most %zu are read", path, (intmax_t)sb.st_size,
            max);
        goto out;
    }
    if ((p = malloc((size_t)sb.st_size + 1)) == NULL) {
        st = err_nomem(err);
        goto out;
    }
    while (got < (size_t)sb.st_size) {
        ssize_t n = read(fd, p + got, (size_t)sb.st_size - got);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            st = err_errno(err, path);
            goto out;
        }
        if (n == 0)
            break; /* it shrank: what there is, is what there is */
        got += (size_t)n;
    }
    p[got] = '\0';
    *data = p;
    *len = got;
    p = NULL;
out:
    free(p);
    close(fd);
    return st;
}

/* fsync the folder that holds `path`, so that a rename in it is durable. */
static enum status
sync_parent(const char *path, struct err *err)
{
    char dir[PATH_MAX];
    const char *slash = strrchr(path, '/');
    enum status st = ST_OK;
    int fd;

    if (slash == NULL)
        snprintf(dir, sizeof(dir), ".");
    else
        snprintf(dir, sizeof(dir), "%.*s", (int)(slash - path + 1), path);
    if ((fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
        return err_errno(err, dir);
    if (fsync(fd) < 0)
        st = err_errno(err, dir);
    close(fd);
    return st;
}

enum status
file_publish(const char *tmp, const char *path, struct err *err)
{
    enum status st = ST_OK;
    int fd;

    if ((fd = open(tmp, O_RDONLY | O_CLOEXEC)) < 0)
        return err_errno(err, tmp);
    if (fsync(fd) < 0)
        st = err_errno(err, tmp);
    close(fd);
    if (st != ST_OK)
        return st;
    if (rename(tmp, path) < 0)
        return err_errno(err, path);
    return sync_parent(path, err);
}

/* Open a fresh temporary neighbour of `path`; its name goes to `tmp`. */
static int
open_tmp(const char *path, char tmp[PATH_MAX])
{
    if (snprintf(tmp, PATH_MAX, "%s.XXXXXX", path) >= PATH_MAX) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return mkostemp(tmp, O_CLOEXEC);
}

static enum status
write_all(
    int fd, const char *data, size_t len, const char *name, struct err *err)
{
    while (len > 0) {
        ssize_t n = write(fd, data, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_errno(err, name);
        data += n;
        len -= (size_t)n;
    }
    return ST_OK;
}

enum status
file_write(const char *path, const void *data, size_t len, struct err *err)
{
    char tmp[PATH_MAX];
    enum status st;
    int fd;

    if ((fd = open_tmp(path, tmp)) < 0)
        return err_errno(err, path);
    st = write_all(fd, data, len, tmp, err);
    close(fd);
    if (st == ST_OK)
        st = file_publish(tmp, path, err);
    if (st != ST_OK)
        unlink(tmp);
    return st;
}

enum status
file_copy(const char *from, const char *to, struct err *err)
{
    char tmp[PATH_MAX], chunk[65536];
    enum status st = ST_OK;
    ssize_t n = 0;
    int in, out;

    if ((in = open(from, O_RDONLY | O_CLOEXEC)) < 0)
        return err_errno(err, from);
    if ((out = open_tmp(to, tmp)) < 0) {
        st = err_errno(err, to);
        close(in);
        return st;
    }
    while (st == ST_OK && (n = read(in, chunk, sizeof(chunk))) > 0)
        st = write_all(out, chunk, (size_t)n, tmp, err);
    if (st == ST_OK && n < 0)
        st = err_errno(err, from);
    close(in);
    close(out);
    if (st == ST_OK)
        st = file_publish(tmp, to, err);
    if (st != ST_OK)
        unlink(tmp);
    return st;
}

enum status
file_mkdirs(const char *path, struct err *err)
{
    char p[PATH_MAX];
    size_t n = strlen(path);

    if (n == 0 || n >= sizeof(p))
        return err_set(err, ST_IO, NULL, "bad folder name: '%s'", path);
    memcpy(p, path, n + 1);
    for (char *s = p + 1;; s++) {
        if (*s != '/' && *s != '\0')
            continue;
        char keep = *s;

        *s = '\0';
        if (mkdir(p, 0700) == 0) {
            enum status st = sync_parent(p, err);

            if (st != ST_OK)
                return st;
        } else if (errno != EEXIST)
            return err_errno(err, p);
        if (keep == '\0')
            return ST_OK;
        *s = keep;
    }
}

static int
remove_entry(const char *path, const struct stat *sb, int type, struct FTW *f)
{
    (void)sb;
    (void)type;
    (void)f;
    return remove(path);
}

enum status
file_rmtree(const char *path, struct err *err)
{
    if (nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS) < 0 &&
        errno != ENOENT)
        return err_errno(err, path);
    return ST_OK;
}

bool
file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

int64_t
file_size(const char *path)
{
    struct stat sb;

    return stat(path, &sb) < 0 ? -1 : (int64_t)sb.st_size;
}

enum status
file_self_dir(char *out, size_t cap, struct err *err)
{
    ssize_t n = readlink("/proc/self/exe", out, cap - 1);
    char *slash;

    if (n < 0)
        return err_errno(err, "/proc/self/exe");
    out[n] = '\0';
    if ((slash = strrchr(out, '/')) != NULL)
        *slash = '\0';
    return ST_OK;
}
