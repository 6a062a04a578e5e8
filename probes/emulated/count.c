/* SPDX-License-Identifier: MIT */
#include "probes/emulated/count.h"

#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "probes/emulated/count_call.h"

struct count {
    int fd;
};

bool
count_wanted(void)
{
    const char *s = getenv("OFFRAMP_EMULATED");

    return s != NULL && s[0] != '\0';
}

bool
count_real_machine(void)
{
    return !count_wanted();
}

void
count_close(struct count *c)
{
    if (c == NULL)
        return;
    if (c->fd >= 0)
        close(c->fd);
    free(c);
}

void
count_begin(struct count *c)
{
    (void)c;
    (void)syscall(COUNT_CALL, (long)COUNT_BEGIN, 0L, 0L);
}

/* False: nobody answered. */
static bool
ask(struct count *c, struct insn_counts *n)
{
    (void)syscall(COUNT_CALL, (long)COUNT_END, (long)c->fd, 0L);
    return pread(c->fd, n, sizeof(*n), 0) == sizeof(*n);
}

/* Where the executable part of a loaded file is. */
struct code {
    const char *library;
    uint64_t from, to;
};

static int
look_at(struct dl_phdr_info *info, size_t size, void *ctx)
{
    struct code *c = ctx;

    (void)size;
    if (info->dlpi_name == NULL || strcmp(info->dlpi_name, c->library) != 0)
        return 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];

        if (p->p_type != PT_LOAD || !(p->p_flags & PF_X))
            continue;
        c->from = info->dlpi_addr + p->p_vaddr;
        c->to = c->from + p->p_memsz;
    }
    return 1;
}

static enum status
start(struct count *c, const char *library, struct err *err)
{
    struct code code = { .library = library };
    struct insn_counts n;

    if ((c->fd = memfd_create("count", MFD_CLOEXEC)) < 0)
        return err_errno(err, "memfd_create");
    dl_iterate_phdr(look_at, &code);
    if (code.to == 0)
        return err_set(err, ST_UNAVAILABLE, "device.no_count",
            "%s is not loaded: there is no code to count", library);
    (void)syscall(COUNT_CALL, (long)COUNT_RANGE, code.from, code.to);
    count_begin(c);
    if (ask(c, &n))
        return ST_OK;
    return err_set(err, ST_UNAVAILABLE, "device.no_count",
        "this program is emulated, but nobody counts its instructions: start "
        "it with qemu-user's -plugin libofframp-count.so");
}

enum status
count_open(struct count **out, const char *library, struct err *err)
{
    struct count *c = calloc(1, sizeof(*c));
    enum status st;

    *out = NULL;
    if (c == NULL)
        return err_nomem(err);
    c->fd = -1;
    if ((st = start(c, library, err)) == ST_OK)
        *out = c;
    else
        count_close(c);
    return st;
}

enum status
count_end(struct count *c, struct insn_counts *out, struct err *err)
{
    if (ask(c, out))
        return ST_OK;
    return err_set(err, ST_UNAVAILABLE, "device.no_count",
        "the emulator's plugin fell silent");
}
