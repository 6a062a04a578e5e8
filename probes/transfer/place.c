/* SPDX-License-Identifier: MIT */
#include "probes/transfer/place.h"

#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "base/flag.h"
#include "probes/measure/sysfile.h"

/* The only processor that the process may run on; -1: there are several. */
static int
only_cpu(void)
{
    cpu_set_t allowed;

    if (sched_getaffinity(0, sizeof(allowed), &allowed) < 0 ||
        CPU_COUNT(&allowed) != 1)
        return -1;
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET((size_t)cpu, &allowed))
            return cpu;
    return -1;
}

/* Threads of one core are named by the first of them. */
static void
core_name(char *out, size_t size)
{
    const int cpu = only_cpu();
    double first;
    char path[96];

    snprintf(out, size, "-");
    if (cpu < 0)
        return;
    snprintf(path, sizeof(path),
        "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", cpu);
    if (isnan(first = sysfile_number(path)))
        first = cpu;
    snprintf(out, size, "%.0f", first);
}

void
place_own(char out[PLACE_TEXT + 1])
{
    char boot[37], core[8];

    if (!sysfile_text("/proc/sys/kernel/random/boot_id", boot, sizeof(boot)))
        snprintf(boot, sizeof(boot), "-");
    core_name(core, sizeof(core));
    snprintf(out, PLACE_TEXT + 1, "%-36s %-*s", boot, PLACE_TEXT - 37, core);
}

enum tcp_place
place_compare(const char *a, const char *b)
{
    enum { BOOT = 36 };

    if (a[0] == '-' || strncmp(a, b, BOOT) != 0)
        return TCP_ELSEWHERE;
    return a[BOOT + 1] != '-' && strcmp(a + BOOT, b + BOOT) == 0
               ? TCP_ONE_CORE
               : TCP_ONE_MACHINE;
}

int64_t
tcp_place_flags(enum tcp_place p)
{
    return (p != TCP_ELSEWHERE ? FLAG(one_machine) : 0) |
           (p == TCP_ONE_CORE ? FLAG(shared_core) : 0);
}
