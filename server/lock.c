/* SPDX-License-Identifier: MIT */
#include "server/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/file.h"

/* Make the folder of the store. */
static enum status
make_folder(const char *db_path, struct err *err)
{
    const char *slash = strrchr(db_path, '/');
    char dir[PATH_MAX];

    if (slash == NULL || slash == db_path)
        return ST_OK;
    snprintf(dir, sizeof(dir), "%.*s", (int)(slash - db_path), db_path);
    return file_mkdirs(dir, err);
}

enum status
lock_store(const char *db_path, int *fd, struct err *err)
{
    char path[PATH_MAX], pid[32] = "";
    enum status st;
    ssize_t n;

    if ((st = make_folder(db_path, err)) != ST_OK)
        return st;
    snprintf(path, sizeof(path), "%s.lock", db_path);
    if ((*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600)) < 0)
        return err_errno(err, path);
    if (flock(*fd, LOCK_EX | LOCK_NB) == 0) {
        n = snprintf(pid, sizeof(pid), "%ld\n", (long)getpid());
        if (ftruncate(*fd, 0) == 0 && pwrite(*fd, pid, (size_t)n, 0) == n)
            return ST_OK;
        st = err_errno(err, path);
    } else if (errno == EWOULDBLOCK) {
        n = pread(*fd, pid, sizeof(pid) - 1, 0);
        pid[n > 0 ? strcspn(pid, "\n") : 0] = '\0';
        st = err_set(err, ST_UNAVAILABLE, "server.locked",
            "another offrampd (process %s) uses %s: stop that one, or choose "
            "another --db",
            pid, db_path);
    } else {
        st = err_errno(err, path);
    }
    close(*fd);
    *fd = -1;
    return st;
}
