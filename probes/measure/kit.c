/* SPDX-License-Identifier: MIT */
#include "probes/measure/kit.h"

#include "base/log.h"

static enum status
open_meter(struct meter_handle *h, const struct meter *m, struct err *err)
{
    struct err cause = { 0 };
    enum status st = meter_open(h, m, &cause);

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
    enum status st;

    *k = (struct kit){ 0 };
    if ((st = runtime_onnx_open(&k->runtime, library, err)) != ST_OK ||
        (st = open_meter(&k->counters, &meter_papi, err)) != ST_OK ||
        (st = open_meter(&k->energy, &meter_rapl, err)) != ST_OK)
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

static const char *
meter_name(const struct meter_handle *h)
{
    return h->self != NULL ? h->ops->name : NULL;
}

struct env_facts
kit_facts(const struct kit *k, int64_t threads)
{
    return (struct env_facts){
        .runtime = runtime_name(k->runtime),
        .runtime_version = runtime_version(k->runtime),
        .counter_source = meter_name(&k->counters),
        .energy_sensor = meter_name(&k->energy),
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
