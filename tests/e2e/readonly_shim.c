/* SPDX-License-Identifier: MIT */
/*
 * A disk that turns read-only under a running program, as a kernel makes it
 * after an error: preloaded, this answers EROFS to whatever would change
 * something below $OFFRAMP_SHIM_DISK while the file $OFFRAMP_SHIM_SWITCH is
 * there.  Files that are open stay so, which no mount can do that a user may
 * make.  System calls are made directly, so nothing has to be looked up.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool
is_below(const char *path)
{
    const char *disk = getenv("OFFRAMP_SHIM_DISK");
    const char *lever = getenv("OFFRAMP_SHIM_SWITCH");

    return disk != NULL && lever != NULL &&
           strncmp(path, disk, strlen(disk)) == 0 &&
           syscall(SYS_faccessat, AT_FDCWD, lever, F_OK) == 0;
}

/* 0, or -1 with EROFS. */
static int
allow(const char *path)
{
    int before = errno;

    if (!is_below(path)) {
        errno = before;
        return 0;
    }
    errno = EROFS;
    return -1;
}

static int
allow_fd(int fd)
{
    char link[64], path[PATH_MAX];
    int before = errno;
    ssize_t n;

    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    n = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof(path) - 1);
    errno = before;
    if (n < 0)
        return 0;
    path[n] = '\0';
    return allow(path);
}

static int
open_at(int dir, const char *path, int flags, mode_t mode)
{
    if ((flags & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)) && allow(path) < 0)
        return -1;
    return (int)syscall(SYS_openat, dir, path, flags, mode);
}

#define MODE(flags, mode)                                                      \
    mode_t mode = 0;                                                           \
    if ((flags) & (O_CREAT | O_TMPFILE)) {                                     \
        va_list ap;                                                            \
        va_start(ap, flags);                                                   \
        mode = (mode_t)va_arg(ap, int);                                        \
        va_end(ap);                                                            \
    }

int
open(const char *path, int flags, ...)
{
    MODE(flags, mode)
    return open_at(AT_FDCWD, path, flags, mode);
}

int
open64(const char *path, int flags, ...)
{
    MODE(flags, mode)
    return open_at(AT_FDCWD, path, flags, mode);
}

int
openat(int dir, const char *path, int flags, ...)
{
    MODE(flags, mode)
    return open_at(dir, path, flags, mode);
}

/* Six letters are to be put in; the process and a count are new each time. */
int
mkostemp(char *path, int flags)
{
    static unsigned count;
    size_t n = strlen(path);
    char six[8];

    snprintf(six, sizeof(six), "%03x%03x", (unsigned)getpid() & 0xfff,
        __atomic_fetch_add(&count, 1, __ATOMIC_RELAXED) & 0xfff);
    memcpy(path + n - 6, six, 6);
    return open_at(AT_FDCWD, path, flags | O_RDWR | O_CREAT | O_EXCL, 0600);
}

int
mkostemp64(char *path, int flags)
{
    return mkostemp(path, flags);
}

int
mkdir(const char *path, mode_t mode)
{
    /* What is there is found to be there, also where nothing may be made. */
    if (syscall(SYS_faccessat, AT_FDCWD, path, F_OK) != 0 && allow(path) < 0)
        return -1;
    return (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
}

int
rename(const char *from, const char *to)
{
    return allow(to) < 0
               ? -1
               : (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int
unlink(const char *path)
{
    return allow(path) < 0 ? -1 : (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

ssize_t
write(int fd, const void *data, size_t n)
{
    return allow_fd(fd) < 0 ? -1 : syscall(SYS_write, fd, data, n);
}

ssize_t
pwrite(int fd, const void *data, size_t n, off_t at)
{
    return allow_fd(fd) < 0 ? -1 : syscall(SYS_pwrite64, fd, data, n, at);
}

ssize_t
pwrite64(int fd, const void *data, size_t n, off_t at)
{
    return pwrite(fd, data, n, at);
}

int
ftruncate(int fd, off_t n)
{
    return allow_fd(fd) < 0 ? -1 : (int)syscall(SYS_ftruncate, fd, n);
}

int
ftruncate64(int fd, off_t n)
{
    return ftruncate(fd, n);
}
