/* SPDX-License-Identifier: MIT */
#include "tests/unit/meters/fake_papi.h"

#include <papi.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

atomic_bool fake_denied, fake_gone;
atomic_int fake_sets;

static PAPI_component_info_t components[] = {
    { .short_name = "nvml" },
    { .short_name = "rapl" },
    { .short_name = "cuda",
        .disabled = PAPI_ECMP,
        .disabled_reason = "libcuda.so not found" },
};

/* 12.5 W; and a total of 4 W. */
static const struct {
    const char *name, *units;
    int component, data_type;
} events[] = {
    { FAKE_POWER, "mW", 0, PAPI_DATATYPE_INT64 },
    { "nvml:::NVIDIA_GeForce:device_0:temperature", "C", 0,
        PAPI_DATATYPE_INT64 },
    { FAKE_ENERGY, "nJ", 1, PAPI_DATATYPE_UINT64 },
    { "rapl:::PACKAGE_ENERGY_F:PACKAGE0", "nJ", 1, PAPI_DATATYPE_FP64 },
};
enum { EVENTS = sizeof(events) / sizeof(events[0]), SETS = 64 };

static atomic_int event_of[SETS], next_set;

int
PAPI_is_initialized(void)
{
    return PAPI_LOW_LEVEL_INITED;
}

int
PAPI_thread_init(unsigned long (*id_fn)(void))
{
    return id_fn() != 0 ? PAPI_OK : PAPI_EINVAL;
}

int
PAPI_unregister_thread(void)
{
    return PAPI_OK;
}

char *
PAPI_strerror(int code)
{
    static char denied[] = "Permission level does not permit operation",
                other[] = "an error";

    return code == PAPI_EPERM ? denied : other;
}

int
PAPI_num_components(void)
{
    return sizeof(components) / sizeof(components[0]);
}

const PAPI_component_info_t *
PAPI_get_component_info(int i)
{
    return &components[i];
}

int
PAPI_event_name_to_code(const char *name, int *code)
{
    for (int i = 0; i < EVENTS; i++)
        if (strcmp(name, events[i].name) == 0) {
            *code = i;
            return PAPI_OK;
        }
    return PAPI_ENOEVNT;
}

int
PAPI_event_code_to_name(int code, char *out)
{
    snprintf(out, PAPI_MAX_STR_LEN, "%s", events[code].name);
    return PAPI_OK;
}

int
PAPI_get_event_info(int code, PAPI_event_info_t *info)
{
    *info = (PAPI_event_info_t){ .data_type = events[code].data_type };
    snprintf(info->units, sizeof(info->units), "%s", events[code].units);
    return PAPI_OK;
}

int
PAPI_enum_cmp_event(int *code, int how, int component)
{
    for (*code = how == PAPI_ENUM_FIRST ? 0 : *code + 1; *code < EVENTS;
         (*code)++)
        if (events[*code].component == component)
            return PAPI_OK;
    return PAPI_ENOEVNT;
}

int
PAPI_create_eventset(int *set)
{
    *set = next_set++ % SETS;
    fake_sets++;
    return PAPI_OK;
}

int
PAPI_add_named_event(int set, const char *name)
{
    int code;

    if (fake_denied)
        return PAPI_EPERM;
    if (PAPI_event_name_to_code(name, &code) != PAPI_OK)
        return PAPI_ENOEVNT;
    event_of[set] = code;
    return PAPI_OK;
}

int
PAPI_start(int set)
{
    return set >= 0 ? PAPI_OK : PAPI_EINVAL;
}

int
PAPI_read(int set, long long *values)
{
    if (fake_gone)
        return PAPI_ESYS;
    values[0] = events[event_of[set]].component == 0 ? 12500 : clock_ns() * 4;
    return PAPI_OK;
}

int
PAPI_stop(int set, long long *values)
{
    values[0] = 0;
    return set >= 0 ? PAPI_OK : PAPI_EINVAL;
}

int
PAPI_cleanup_eventset(int set)
{
    return set >= 0 ? PAPI_OK : PAPI_EINVAL;
}

int
PAPI_destroy_eventset(int *set)
{
    *set = PAPI_NULL;
    fake_sets--;
    return PAPI_OK;
}
