/* SPDX-License-Identifier: MIT */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "probes/mcu/emulator_internal.h"

#define PLUGIN "libofframp-insn.so"

/* DIR/firmware/BOARD.elf -> DIR/PLUGIN, in a build and once installed. */
static bool
find_plugin(const char *firmware, char out[PATH_MAX])
{
    const char *end = strrchr(firmware, '/');
    const int len = end != NULL ? (int)(end - firmware) : 0;

    return snprintf(out, PATH_MAX, "%.*s/../" PLUGIN, len, firmware) <
               PATH_MAX &&
           file_exists(out) && strchr(out, ',') == NULL; /* of QEMU's options */
}

/* Older ones, and those built without, refuse the option; newer ones may want
 * another plugin interface. */
static bool
takes_it(const char *program, const char *plugin)
{
    char option[PATH_MAX + 16], told[16];
    const char *const argv[] = { program, "-M", "none", "-display", "none",
        "-plugin", option, NULL };

    snprintf(option, sizeof(option), "%s,check=on", plugin);
    return emulator_ask(argv, told, sizeof(told)) &&
           strncmp(told, "offramp-insn", strlen("offramp-insn")) == 0;
}

static bool
share_memory(struct emulator_counter *c)
{
    void *at;

    if ((c->fd = memfd_create("offramp-insn", MFD_CLOEXEC)) < 0)
        return false;
    if (ftruncate(c->fd, sizeof(*c->at)) < 0)
        return false;
    at = mmap(NULL, sizeof(*c->at), PROT_READ, MAP_SHARED, c->fd, 0);
    c->at = at != MAP_FAILED ? at : NULL;
    return c->at != NULL;
}

void
emulator_counter_open(struct emulator_counter *out, const char *program,
    const char *firmware, char why[128])
{
    char plugin[PATH_MAX];

    *out = (struct emulator_counter){ .fd = -1 };
    if (!find_plugin(firmware, plugin))
        snprintf(why, 128, PLUGIN " is not installed above the firmware");
    else if (!takes_it(program, plugin))
        snprintf(why, 128, "%.40s does not take our plugin", program);
    else if (!share_memory(out))
        snprintf(why, 128, "no shared memory");
    else if (asprintf(&out->option, "%s,counts=%d", plugin, out->fd) < 0)
        out->option = NULL;
    if (out->option == NULL)
        emulator_counter_close(out);
}

void
emulator_counter_close(struct emulator_counter *c)
{
    if (c->at != NULL)
        munmap((void *)c->at, sizeof(*c->at));
    if (c->fd >= 0)
        close(c->fd);
    free(c->option);
    *c = (struct emulator_counter){ .fd = -1 };
}
