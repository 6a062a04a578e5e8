/* SPDX-License-Identifier: MIT */
/* host.c -- the real machine, read from the kernel's files. */
#include "probes/measure/host.h"

#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/flag.h"
#include "probes/measure/sysfile.h"

static const double FREQ_SPREAD = 0.05; /* of the highest */
static const double OTHERS_SHARE = 0.1; /* of the machine's cores */

static int64_t
real_now(void *ctx)
{
    (void)ctx;
    return clock_ns();
}

static void
real_sleep(void *ctx, int64_t ns)
{
    (void)ctx;
    clock_sleep_ns(ns);
}

static int64_t
real_interruptions(void *ctx)
{
    struct rusage u;

    (void)ctx;
    return getrusage(RUSAGE_SELF, &u) == 0 ? u.ru_nivcsw : 0;
}

static double
hottest(void)
{
    double max = NAN;

    for (int zone = 0; zone < 16; zone++) {
        char path[80];
        double t;

        snprintf(
            path, sizeof(path), "/sys/class/thermal/thermal_zone%d/temp", zone);
        t = sysfile_number(path);
        if (isfinite(t) && !(max > t / 1000))
            max = t / 1000;
    }
    return max;
}

/* The Raspberry Pi's firmware says it in bits: 0 under-voltage, 2 throttled. */
static void
read_firmware(struct host_sample *s)
{
    char text[32];
    unsigned bits;

    if (!sysfile_text("/sys/devices/platform/soc/soc:firmware/get_throttled",
            text, sizeof(text)) ||
        sscanf(text, "%x", &bits) != 1)
        return;
    s->undervoltage = bits & 1;
    s->throttle_now = bits & 4;
}

/* First line of /proc/stat: user nice system idle iowait irq softirq steal, in
 * clock ticks; all but the 4th and 5th were work. */
static int64_t
busy_cpu_ns(void)
{
    long long t[8];
    char line[256];

    if (!sysfile_text("/proc/stat", line, sizeof(line)) ||
        sscanf(line, "cpu %lld %lld %lld %lld %lld %lld %lld %lld", &t[0],
            &t[1], &t[2], &t[3], &t[4], &t[5], &t[6], &t[7]) != 8)
        return -1;
    return (int64_t)(t[0] + t[1] + t[2] + t[5] + t[6] + t[7]) * 1000000000 /
           sysconf(_SC_CLK_TCK);
}

static int64_t
own_cpu_ns(void)
{
    struct rusage u;

    if (getrusage(RUSAGE_SELF, &u) < 0)
        return -1;
    return (int64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000000 +
           (int64_t)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1000;
}

static void
real_sample(void *ctx, struct host_sample *s)
{
    char path[96];
    int cpu = sched_getcpu();
    double throttles;

    (void)ctx;
    memset(s, 0, sizeof(*s));
    s->temp_c = hottest();
    snprintf(path, sizeof(path),
        "/sys/devices/system/cpu/cpu%d/cpufreq/scaling_cur_freq", cpu);
    s->freq_khz = sysfile_number(path);
    snprintf(path, sizeof(path),
        "/sys/devices/system/cpu/cpu%d/thermal_throttle/core_throttle_count",
        cpu);
    throttles = sysfile_number(path);
    s->throttle_count = isfinite(throttles) ? (int64_t)throttles : -1;
    read_firmware(s);
    s->own_cpu_ns = own_cpu_ns();
    s->busy_cpu_ns = busy_cpu_ns();
    s->cores = sysconf(_SC_NPROCESSORS_ONLN);
}

const struct host host_real = {
    .now_ns = real_now,
    .sleep_ns = real_sleep,
    .interruptions = real_interruptions,
    .sample = real_sample,
};

void
host_pin(bool apply, char *mask, int mask_size)
{
    cpu_set_t allowed, one;
    int last = -1;

    snprintf(mask, (size_t)mask_size, "unknown");
    if (sched_getaffinity(0, sizeof(allowed), &allowed) < 0)
        return;
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &allowed))
            last = cpu;
    if (last < 0)
        return;
    CPU_ZERO(&one);
    CPU_SET(last, &one);
    if (apply && sched_setaffinity(0, sizeof(one), &one) < 0)
        return;
    if (last / 4 + 1 < mask_size) {
        memset(mask, '0', (size_t)(last / 4 + 1));
        mask[0] = "1248"[last % 4]; /* bit `last` as hex */
        mask[last / 4 + 1] = '\0';
    }
}

static void
add_sample(struct watch *w, const struct host_sample *s)
{
    w->temp_max_c = fmax(w->temp_max_c, s->temp_c); /* fmax skips a NaN */
    w->freq_min_khz = fmin(w->freq_min_khz, s->freq_khz);
    w->freq_max_khz = fmax(w->freq_max_khz, s->freq_khz);
    w->throttled |=
        s->throttle_now || s->throttle_count > w->first.throttle_count;
    w->undervoltage |= s->undervoltage;
    w->last = *s;
}

void
watch_start(struct watch *w, const struct host *host)
{
    struct host_sample s;

    memset(w, 0, sizeof(*w));
    w->host = host;
    host->sample(host->ctx, &s);
    w->first = s;
    w->temp_max_c = w->freq_min_khz = w->freq_max_khz = NAN;
    add_sample(w, &s);
    w->start_ns = w->end_ns = host->now_ns(host->ctx);
    w->interruptions_first = w->interruptions_last =
        host->interruptions(host->ctx);
}

void
watch_look(struct watch *w)
{
    struct host_sample s;

    w->host->sample(w->host->ctx, &s);
    add_sample(w, &s);
    w->end_ns = w->host->now_ns(w->host->ctx);
    w->interruptions_last = w->host->interruptions(w->host->ctx);
}

static bool
others_were_busy(const struct watch *w)
{
    double wall = (double)(w->end_ns - w->start_ns);
    double others;

    if (w->first.busy_cpu_ns < 0 || w->first.own_cpu_ns < 0 || wall <= 0)
        return false;
    others = (double)(w->last.busy_cpu_ns - w->first.busy_cpu_ns) -
             (double)(w->last.own_cpu_ns - w->first.own_cpu_ns);
    return others > OTHERS_SHARE * (double)w->first.cores * wall;
}

int64_t
watch_flags(const struct watch *w)
{
    int64_t flags = 0;

    if (w->throttled)
        flags |= FLAG(throttled);
    if (w->undervoltage)
        flags |= FLAG(undervoltage);
    if (w->freq_max_khz - w->freq_min_khz > FREQ_SPREAD * w->freq_max_khz)
        flags |= FLAG(freq_varied);
    if (others_were_busy(w))
        flags |= FLAG(shared_host);
    return flags;
}
