/* SPDX-License-Identifier: MIT */
#include "probes/measure/env.h"

#include <gnu/libc-version.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/timex.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/version.h"
#include "probes/measure/sysfile.h"

#define CPU0 "/sys/devices/system/cpu/cpu0/"

static json_t *
text_or_null(const char *text)
{
    return text != NULL && text[0] != '\0' ? json_string(text) : json_null();
}

/* The first of several files that is there. */
static json_t *
first_file(const char *const *paths, size_t n)
{
    char text[256];

    for (size_t i = 0; i < n; i++)
        if (sysfile_text(paths[i], text, sizeof(text)))
            return text_or_null(text);
    return json_null();
}

static json_t *
number_file(const char *path)
{
    return json_number_or_null(sysfile_number(path));
}

static json_t *
board_model(void)
{
    static const char *const paths[] = { "/proc/device-tree/model",
        "/sys/class/dmi/id/board_name", "/sys/class/dmi/id/product_name" };

    return first_file(paths, 3);
}

static json_t *
board_serial(void)
{
    static const char *const paths[] = { "/proc/device-tree/serial-number",
        "/sys/class/dmi/id/board_serial", "/sys/class/dmi/id/product_serial" };

    return first_file(paths, 3);
}

static json_t *
soc(void)
{
    static const char *const paths[] = { "/sys/devices/soc0/soc_id",
        "/sys/devices/soc0/machine" };

    return first_file(paths, 2);
}

/* x86 names the model; ARM gives a part number. */
static json_t *
cpu_model(void)
{
    static const char *const keys[] = { "model name", "CPU part", "Model" };
    char text[256];

    for (size_t i = 0; i < 3; i++)
        if (sysfile_key("/proc/cpuinfo", keys[i], text, sizeof(text)))
            return text_or_null(text);
    return json_null();
}

static json_t *
microcode(void)
{
    char text[64];

    return sysfile_key("/proc/cpuinfo", "microcode", text, sizeof(text))
               ? text_or_null(text)
               : json_null();
}

static json_t *
governor(void)
{
    static const char *const path[] = { CPU0 "cpufreq/scaling_governor" };

    return first_file(path, 1);
}

/* The frequency, where lowest and highest allowed are the same. */
static json_t *
fixed_khz(void)
{
    double low = sysfile_number(CPU0 "cpufreq/scaling_min_freq");
    double high = sysfile_number(CPU0 "cpufreq/scaling_max_freq");

    return low == high ? json_number_or_null(low) : json_null();
}

static json_t *
turbo(void)
{
    double no = sysfile_number("/sys/devices/system/cpu/intel_pstate/no_turbo");
    double boost = sysfile_number("/sys/devices/system/cpu/cpufreq/boost");

    if (isfinite(no))
        return json_boolean(no == 0);
    return isfinite(boost) ? json_boolean(boost != 0) : json_null();
}

static json_t *
smt(void)
{
    double on = sysfile_number("/sys/devices/system/cpu/smt/active");

    return isfinite(on) ? json_boolean(on != 0) : json_null();
}

static json_t *
cache_sizes(void)
{
    json_t *o = json_object();

    for (int i = 0; o != NULL && i < 8; i++) {
        char path[80], level[8], type[32], size[32], name[48];

        snprintf(path, sizeof(path), CPU0 "cache/index%d/level", i);
        if (!sysfile_text(path, level, sizeof(level)))
            break;
        snprintf(path, sizeof(path), CPU0 "cache/index%d/type", i);
        if (!sysfile_text(path, type, sizeof(type)))
            break;
        snprintf(path, sizeof(path), CPU0 "cache/index%d/size", i);
        if (!sysfile_text(path, size, sizeof(size)))
            break;
        snprintf(name, sizeof(name), "L%s %s", level, type);
        json_object_set_new(o, name, json_string(size));
    }
    return o;
}

/* What decides how well an energy sensor can tell. */
static json_t *
sensor_settings(const struct meter_facts *f)
{
    if (f == NULL)
        return json_null();
    return json_pack("{s:f, s:I, s:I, s:f, s:f}", "quantum_nj", f->quantum_nj,
        "update_ns", (json_int_t)f->update_ns, "window_ns",
        (json_int_t)f->window_ns, "offset_w", f->offset_w, "gain_error",
        f->gain_error);
}

static json_t *
digest_of(const char *path)
{
    char hex[HASH_HEX];

    return hash_file(path, hex, NULL) == ST_OK ? json_string(hex) : json_null();
}

static json_t *
kernel(void)
{
    struct utsname u;

    return uname(&u) == 0 ? json_string(u.release) : json_null();
}

static json_t *
affinity(void)
{
    char mask[64];

    host_pin(false, mask, sizeof(mask));
    return json_string(mask);
}

json_t *
env_stable(const struct env_facts *f)
{
    const struct {
        const char *name;
        json_t *value;
    } rows[] = {
        { "board_model", board_model() },
        { "board_serial", board_serial() },
        { "soc", soc() },
        { "cpu_model", cpu_model() },
        { "microcode", microcode() },
        { "cores_used", json_integer(f->threads) },
        { "fixed_khz", fixed_khz() },
        { "governor", governor() },
        { "turbo", turbo() },
        { "smt", smt() },
        { "kernel", kernel() },
        { "os_image_digest", digest_of("/etc/os-release") },
        { "libc", json_string(gnu_get_libc_version()) },
        { "agent_version", json_string(OFFRAMP_VERSION) },
        { "agent_build_flags", json_string(OFFRAMP_BUILD_FLAGS) },
        { "compiler", json_string(__VERSION__) },
        { "runtime", text_or_null(f->runtime) },
        { "runtime_version", text_or_null(f->runtime_version) },
        { "threads", json_integer(f->threads) },
        { "affinity_mask", f->threads == 1 ? affinity() : json_null() },
        { "dtype", json_null() },
        { "memory_mhz", json_null() },
        { "cache_sizes", cache_sizes() },
        { "counter_source", text_or_null(f->counter_source) },
        { "energy_sensor", text_or_null(f->energy_sensor) },
        { "sensor_settings", sensor_settings(f->energy) },
        { "supply_mV", json_null() },
        { "flash_wait_states", json_null() },
        { "mcu_cache_enabled", json_null() },
        { "firmware_digest", json_null() },
        { "harness_digest", digest_of("/proc/self/exe") },
    };
    json_t *o = json_object();
    int bad = o == NULL;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        bad |= json_object_set_new(o, rows[i].name, rows[i].value);
    if (bad) {
        json_decref(o);
        return NULL;
    }
    return o;
}

static json_t *
count_or_null(int64_t n)
{
    return n >= 0 ? json_integer(n) : json_null();
}

/* The total of the "intr" line of /proc/stat. */
static json_t *
irq_count(void)
{
    FILE *f = fopen("/proc/stat", "re");
    char line[64];
    long long n = -1;

    while (f != NULL && n < 0 && fgets(line, sizeof(line), f) != NULL)
        sscanf(line, "intr %lld", &n);
    if (f != NULL)
        fclose(f);
    return count_or_null(n);
}

static json_t *
free_mem_kb(void)
{
    char text[64];

    return sysfile_key("/proc/meminfo", "MemAvailable", text, sizeof(text))
               ? json_integer(strtoll(text, NULL, 10))
               : json_null();
}

static json_t *
ntp_offset_us(void)
{
    struct timex t = { 0 };
    int state = adjtimex(&t);

    if (state < 0 || state == TIME_ERROR)
        return json_null();
    return json_real((double)t.offset / (t.status & STA_NANO ? 1000 : 1));
}

static json_t *
utc(int64_t ms)
{
    char text[CLOCK_TEXT];

    clock_utc_text(ms, text);
    return json_string(text);
}

json_t *
env_volatile(const struct env_job *job)
{
    const struct watch *w = job->watch;
    struct rusage usage = { 0 };
    double load = NAN;

    getrusage(RUSAGE_SELF, &usage);
    if (getloadavg(&load, 1) != 1)
        load = NAN;

    const struct {
        const char *name;
        json_t *value;
    } rows[] = {
        { "temp_start_c", json_number_or_null(w->first.temp_c) },
        { "temp_end_c", json_number_or_null(w->last.temp_c) },
        { "temp_max_c", json_number_or_null(w->temp_max_c) },
        { "freq_min_khz", json_number_or_null(w->freq_min_khz) },
        { "freq_max_khz", json_number_or_null(w->freq_max_khz) },
        { "throttle_now", w->first.throttle_count >= 0 || w->throttled
                              ? json_boolean(w->throttled)
                              : json_null() },
        { "throttle_since_boot", count_or_null(w->last.throttle_count) },
        { "loadavg", json_number_or_null(load) },
        { "ctx_switches_involuntary",
            json_integer(w->interruptions_last - w->interruptions_first) },
        { "page_faults_major", json_integer(usage.ru_majflt) },
        { "irq_count", irq_count() },
        { "uptime_s", number_file("/proc/uptime") },
        { "clock_res_ns", json_integer(job->clock->resolution_ns) },
        { "clock_cost_ns", json_number_or_null(job->clock->cost_ns) },
        { "ntp_offset_us", ntp_offset_us() },
        { "free_mem_kb", free_mem_kb() },
        { "utc_start", utc(job->utc_start_ms) },
        { "utc_end", utc(job->utc_end_ms) },
        { "loop_s", json_real((double)job->loop_ns / 1e9) },
        { "sample_s", json_real((double)job->sample_ns / 1e9) },
        { "spent_s", job->spent },
        { "rounds_kept", json_integer((json_int_t)job->rounds_kept) },
        { "rounds_discarded", json_integer((json_int_t)job->rounds_discarded) },
        { "pace_spread_rel", json_number_or_null(job->pace_spread) },
        { "meters",
            job->meters != NULL ? json_deep_copy(job->meters) : json_array() },
    };
    json_t *o = json_object();
    int bad = o == NULL;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        bad |= json_object_set_new(o, rows[i].name, rows[i].value);
    if (bad) {
        json_decref(o);
        return NULL;
    }
    return o;
}
