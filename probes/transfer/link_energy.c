/* SPDX-License-Identifier: MIT */
#include "probes/transfer/link_energy.h"

#include <math.h>

#include "base/flag.h"
#include "base/log.h"

struct way {
    const struct exchange *x;
    size_t forward, back;
};

static enum status
run(void *ctx, int64_t n, struct err *err)
{
    const struct way *w = ctx;
    enum status st = ST_OK;
    int64_t ns;

    for (int64_t i = 0; st == ST_OK && i < n; i++)
        st = w->x->run(w->x->ctx, w->forward, w->back, &ns, err);
    return st;
}

/* Idle, both ways, idle. */
static enum status
windows(const struct exchange *x, const struct link_energy_plan *p,
    struct energy_window w[SWEEP_WAYS], double idle_w[2], struct err *err)
{
    enum status st =
        energy_idle(p->meter, p->host, p->idle_ns, &idle_w[0], err);

    for (int i = 0; st == ST_OK && i < SWEEP_WAYS; i++) {
        struct way way = { x, i == SWEEP_SEND ? p->bytes : 1,
            i == SWEEP_SEND ? 1 : p->bytes };
        struct subject s = { .run = run, .ctx = &way, .n = 1 };

        st = energy_measure(p->meter, &s, p->host, &w[i], err);
        w[i].runs *= (int64_t)p->bytes;
    }
    return st == ST_OK
               ? energy_idle(p->meter, p->host, p->idle_ns, &idle_w[1], err)
               : st;
}

static json_t *
a_byte(const struct meter_facts *f, const struct energy_window *w,
    const double idle_w[2], int64_t *flags)
{
    struct energy e;

    energy_account(f, w, idle_w[0], idle_w[1], &e);
    *flags |= energy_flags(&e);
    return json_pack("{s:f,s:f,s:f,s:f}", "gross_nj", e.gross_nj, "idle_nj",
        e.idle_nj, "net_nj", e.net_nj, "err_nj", e.err_nj);
}

enum status
link_energy(const struct exchange *x, const struct link_energy_plan *p,
    json_t **out, int64_t *flags, struct err *err)
{
    const struct meter_facts *f = p->meter->ops->facts(p->meter->self);
    struct energy_window w[SWEEP_WAYS] = { 0 };
    struct err cause = { 0 };
    double idle_w[2] = { NAN, NAN };
    enum status st = windows(x, p, w, idle_w, &cause);

    *out = NULL;
    *flags = 0;
    if (st != ST_OK && st != ST_INVALID)
        return err_set(err, st, cause.code, "%s", cause.text);
    if (st == ST_INVALID) {
        log_warn("no energy of the link: %s", cause.text);
        *flags = energy_failure_flag(cause.code);
        return ST_OK;
    }
    *flags = energy_idle_flags(idle_w[0], idle_w[1]) |
             (f->replayed ? FLAG(replayed) : 0);
    *out = json_pack("{s:s,s:s,s:I,s:o,s:o}", "device", p->device, "sensor",
        f->source, "message_bytes", (json_int_t)p->bytes, "send",
        a_byte(f, &w[SWEEP_SEND], idle_w, flags), "receive",
        a_byte(f, &w[SWEEP_RECEIVE], idle_w, flags));
    return *out != NULL ? ST_OK : err_nomem(err);
}
