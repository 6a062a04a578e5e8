/* SPDX-License-Identifier: MIT */
#include "probes/measure/kit.h"

#include <string.h>

#include "base/log.h"

/* *here: the machine has it, whether or not it can be trusted now: the
 * environment's fingerprint must not depend on a passing fault. */
static enum status
open_meter(
    struct meter_handle *h, const struct meter *m, bool *here, struct err *err)
{
    struct err cause = { 0 };
    enum status st = meter_open(h, m, &cause);

    *here = st == ST_OK || strcmp(cause.code, "device.meter_untrusted") == 0;
    if (st == ST_OK)
        return ST_OK;
    if (st != ST_NOT_FOUND)
        return err_set(err, st, cause.code, "%s", cause.text);
    log_info("no meter %s: %s", m->name, cause.text);
    return ST_OK;
}

enum status
kit_open(struct kit *k, const char *library, struct err *err)
{
    bool energy_here; /* not kept: the sensor's absence is a fact */
    enum status st;

    *k = (struct kit){ 0 };
    if ((st = runtime_onnx_open(&k->runtime, library, err)) != ST_OK ||
        (st = open_meter(&k->counters, &meter_papi, &k->counters_here, err)) !=
            ST_OK ||
        (st = open_meter(&k->energy, &meter_rapl, &energy_here, err)) != ST_OK)
        kit_close(k);
    return st;
}

void
kit_close(struct kit *k)
{
    meter_close(&k->energy);
    meter_close(&k->counters);
    runtime_close(k->runtime);
    *k = (struct kit){ 0 };
}

struct env_facts
kit_facts(const struct kit *k, int64_t threads)
{
    return (struct env_facts){
        .runtime = runtime_name(k->runtime),
        .runtime_version = runtime_version(k->runtime),
        .counter_source = k->counters_here ? k->counters.ops->name : NULL,
        .energy_sensor = k->energy.self != NULL ? k->energy.ops->name : NULL,
        .threads = threads,
    };
}

enum status
kit_announce(const struct kit *k, json_t **stable, char fingerprint[HASH_HEX],
    struct err *err)
{
    struct env_facts facts = kit_facts(k, 1);
    enum status st;

    if ((*stable = env_stable(&facts)) == NULL)
        return err_nomem(err);
    if ((st = env_fingerprint(*stable, fingerprint, err)) != ST_OK) {
        json_decref(*stable);
        *stable = NULL;
    }
    return st;
}
