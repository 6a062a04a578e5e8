/* SPDX-License-Identifier: MIT */
#include "search/heads/features.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"

static void
done_path(const struct features *f, char out[PATH_MAX])
{
    snprintf(out, PATH_MAX, "%s.done", f->path);
}

/* Rows that an earlier pass completed; 0 where it left none. */
static size_t
rows_done(const struct features *f, size_t bytes)
{
    char path[PATH_MAX], *text;
    unsigned long long n = 0;
    size_t len;

    done_path(f, path);
    if (file_size(f->path) != (int64_t)bytes ||
        file_read(path, 64, &text, &len, NULL) != ST_OK)
        return 0;
    n = strtoull(text, NULL, 10);
    free(text);
    return n <= f->rows ? (size_t)n : 0;
}

static enum status
reserve(int fd, size_t bytes, struct err *err)
{
    int rc = posix_fallocate(fd, 0, (off_t)bytes);
    struct statvfs v;
    char room[48] = "this user may not take as much";

    if (rc == ENOSPC && fstatvfs(fd, &v) == 0)
        snprintf(room, sizeof(room), "%llu MiB are free",
            (unsigned long long)v.f_bavail * v.f_frsize >> 20);
    if (rc == ENOSPC || rc == EFBIG || rc == EDQUOT)
        return err_set(err, ST_IO, "infra.disk_full",
            "the features need %zu MiB of disk and %s: make room, or ask for "
            "fewer rows, heads or candidates",
            (bytes >> 20) + 1, room);
    errno = rc;
    return rc == 0 ? ST_OK : err_errno(err, "cannot reserve the feature file");
}

enum status
features_open(struct features *f, const char *path, size_t rows, size_t width,
    struct err *err)
{
    const size_t bytes = rows * width * sizeof(float);
    enum status st;
    void *map;
    int fd;

    *f = (struct features){ .rows = rows, .width = width };
    snprintf(f->path, sizeof(f->path), "%s", path);
    f->done = rows_done(f, bytes);
    if ((fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600)) < 0)
        return err_errno(err, path);
    if ((st = reserve(fd, bytes, err)) != ST_OK) {
        close(fd);
        unlink(path);
        return st;
    }
    map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (map == MAP_FAILED)
        return err_errno(err, "cannot map the feature file");
    f->data = map;
    return ST_OK;
}

void
features_close(struct features *f)
{
    if (f->data != NULL)
        munmap(f->data, f->rows * f->width * sizeof(float));
    f->data = NULL;
}

enum status
features_save(struct features *f, struct err *err)
{
    char path[PATH_MAX], text[24];
    int n = snprintf(text, sizeof(text), "%zu\n", f->done);

    if (msync(f->data, f->rows * f->width * sizeof(float), MS_SYNC) != 0)
        return err_errno(err, "cannot save the features");
    done_path(f, path);
    return file_write(path, text, (size_t)n, err);
}

void
features_remove(struct features *f)
{
    char path[PATH_MAX];

    if (f->data != NULL) {
        done_path(f, path);
        unlink(path);
        unlink(f->path);
    }
    features_close(f);
}

void
features_sweep(const char *folder)
{
    const time_t day_ago = time(NULL) - 24 * 3600;
    DIR *d = opendir(folder);

    for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
        struct stat s;

        if (strncmp(e->d_name, FEATURES_PREFIX, strlen(FEATURES_PREFIX)) == 0 &&
            fstatat(dirfd(d), e->d_name, &s, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(s.st_mode) && s.st_mtime < day_ago)
            unlinkat(dirfd(d), e->d_name, 0);
    }
    if (d != NULL)
        closedir(d);
}
