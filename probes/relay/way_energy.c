/* SPDX-License-Identifier: MIT */
#include "probes/relay/way_energy.h"

#include "base/flag.h"
#include "base/log.h"
#include "probes/mcu/sight.h"
#include "probes/meters/external.h"

enum { WAYS_MAX = 64 };
static const int64_t IDLE_NS = 5000000000;

struct seeing {
    struct rig *rig;
    struct meter_handle meter;
    const struct way *way;
    size_t n;
    struct sight sight[WAYS_MAX];
    double idle_w[2];
};

/* A board that is lost is brought back, a window that something disturbed
 * taken once more. */
static enum status
see(struct seeing *x, size_t i, struct err *err)
{
    struct sight *s = &x->sight[i];
    enum status st = ST_INVALID;

    for (int turn = 0; turn < 2 && st == ST_INVALID; turn++) {
        err_clear(err);
        *s = (struct sight){ .end = x->way[i].end };
        while ((st = sight_take(x->rig, &x->meter, ENERGY_LOOP, s, err)) !=
                   ST_OK &&
               st != ST_INVALID)
            if ((st = rig_mend(x->rig, st, err)) != ST_OK)
                return st;
    }
    return st;
}

static enum status
see_all(struct seeing *x, struct err *err)
{
    enum status st =
        energy_idle(&x->meter, &host_real, IDLE_NS, &x->idle_w[0], err);

    for (size_t i = 0; st == ST_OK && i < x->n; i++)
        if (x->way[i].samples > 0)
            st = see(x, i, err);
    return st == ST_OK
               ? energy_idle(&x->meter, &host_real, IDLE_NS, &x->idle_w[1], err)
               : st;
}

/* The mean of a sample; bounds weigh as their windows do. */
static struct energy
mean_of(const struct seeing *x, const struct meter_facts *f)
{
    struct energy sum = { 0 }, e;
    double n = 0, steps = 0;

    for (size_t i = 0; i < x->n; i++)
        n += (double)x->way[i].samples;
    for (size_t i = 0; i < x->n; i++) {
        const double share = (double)x->way[i].samples / n;

        if (x->way[i].samples == 0)
            continue;
        sight_energy(&x->sight[i], f, x->idle_w, &e);
        sum.gross_nj += share * e.gross_nj;
        sum.idle_nj += share * e.idle_nj;
        sum.net_nj += share * e.net_nj;
        sum.err_nj += share * e.err_nj;
        steps += share * e.quant_err_rel * e.gross_nj;
    }
    sum.quant_err_rel = steps / sum.gross_nj;
    return sum;
}

static enum status
tell(const struct seeing *x, json_t **out, int64_t *flags, struct err *err)
{
    const struct meter_facts *f = x->meter.ops->facts(x->meter.self);
    const struct energy e = mean_of(x, f);

    *flags |= energy_flags(&e) | energy_idle_flags(x->idle_w[0], x->idle_w[1]) |
              (f->replayed ? FLAG(replayed) : 0);
    *out = energy_json(&e, "loop", f->source);
    return *out != NULL ? ST_OK : err_nomem(err);
}

enum status
way_energy(struct rig *r, const char *device, const struct way *way, size_t n,
    json_t **out, int64_t *flags, struct err *err)
{
    struct seeing x = {
        .rig = r, .way = way, .n = n < WAYS_MAX ? n : WAYS_MAX
    };
    struct err why = { 0 };
    enum status st;

    *out = NULL;
    if ((st = meter_external_open(&x.meter, device, &why)) != ST_OK) {
        *flags |= FLAG(no_energy_sensor);
        return st == ST_NOT_FOUND ? ST_OK : err_nomem(err);
    }
    if ((st = see_all(&x, &why)) == ST_OK)
        st = tell(&x, out, flags, err);
    else if (st == ST_INVALID) { /* it costs energy, and nothing else */
        log_warn("no energy of %s: %s", device, why.text);
        *flags |= energy_failure_flag(why.code);
        st = ST_OK;
    } else
        st = err_set(err, st, why.code, "%s", why.text);
    meter_close(&x.meter);
    return st;
}
