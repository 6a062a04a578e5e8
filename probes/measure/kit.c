/* SPDX-License-Identifier: MIT */
#include "probes/measure/kit.h"

#include "base/log.h"
#include "probes/emulated/count.h"

/* The first meter of the table that works, and a word on those that do not.
 * *here: the machine has one, whether or not it can be trusted now. */
static enum status
find(struct kit *k, const struct meter *const *table, const char *root,
    struct meter_handle *out, bool *here, struct err *err)
{
    json_t *tried = json_array(), *t;
    enum status st = tried != NULL ? ST_OK : err_nomem(err);
    size_t i;

    if (st == ST_OK)
        st = meters_find(table, root, out, tried, err);
    *here = meters_here(tried);
    json_array_foreach(tried, i, t)
    {
        const char *why = json_string_value(json_object_get(t, "why"));

        if (why != NULL)
            log_info("no meter %s: %s",
                json_string_value(json_object_get(t, "name")), why);
    }
    if (st == ST_OK && json_array_extend(k->meters, tried) < 0)
        st = err_nomem(err);
    json_decref(tried);
    return st;
}

enum status
kit_open_meters(struct kit *k, const char *root, struct err *err)
{
    bool energy_here; /* not kept: the sensor's absence is a fact */
    enum status st;

    if ((k->meters = json_array()) == NULL)
        return err_nomem(err);
    st = find(k, meters_counters, root, &k->counters, &k->counters_here, err);
    return st == ST_OK
               ? find(k, meters_energy, root, &k->energy, &energy_here, err)
               : st;
}

enum status
kit_open(struct kit *k, const char *library, struct err *err)
{
    enum status st;

    *k = (struct kit){ 0 };
    if ((st = runtime_onnx_open(&k->runtime, library, err)) != ST_OK ||
        (st = kit_open_meters(k, METER_ROOT, err)) != ST_OK)
        kit_close(k);
    return st;
}

void
kit_close(struct kit *k)
{
    meter_close(&k->energy);
    meter_close(&k->counters);
    runtime_close(k->runtime);
    json_decref(k->meters);
    *k = (struct kit){ 0 };
}

struct env_facts
kit_facts(const struct kit *k, int64_t threads)
{
    const struct meter_handle *e = &k->energy;

    return (struct env_facts){
        .runtime = runtime_name(k->runtime),
        .runtime_version = runtime_version(k->runtime),
        .counter_source = count_wanted()     ? "emulator"
                          : k->counters_here ? k->counters.ops->name
                                             : NULL,
        .energy_sensor =
            e->self != NULL ? e->ops->facts(e->self)->source : NULL,
        .energy = e->self != NULL ? e->ops->facts(e->self) : NULL,
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
