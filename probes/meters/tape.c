/* SPDX-License-Identifier: MIT */
#include "probes/meters/tape.h"

#include <math.h>
#include <stdlib.h>

static const double DROPS = 0.001;

/* Of elapsed times: what two good clocks may differ by. */
static const double SPEED = 0.02;

enum status
tape_init(struct tape *t, const struct said_meter *m, struct err *err)
{
    *t = (struct tape){ .meter = *m };
    t->points = calloc(TAPE_POINTS, sizeof(*t->points));
    return t->points != NULL ? ST_OK : err_nomem(err);
}

void
tape_clear(struct tape *t)
{
    free(t->points);
    *t = (struct tape){ 0 };
}

void
tape_reset(struct tape *t)
{
    struct tape_point *points = t->points;

    *t = (struct tape){ .meter = t->meter, .points = points };
}

/* ---- samples ---- */

static const struct tape_point *
point(const struct tape *t, uint64_t i)
{
    return &t->points[i % TAPE_POINTS];
}

/* By how much a total moved, across one wrap; negative: it went back. */
static double
moved(const struct said_meter *m, double from, double to)
{
    double d = to - from;

    if (d < 0 && m->range_j > 0 && d + m->range_j <= m->range_j / 2)
        d += m->range_j;
    return m->range_j > 0 && d > m->range_j / 2 ? -1 : d;
}

/* The trapezoid rule, or the difference of totals. */
static double
energy_nj(const struct tape *t, const struct said *s)
{
    if (t->meter.kind == SAID_ENERGY)
        return moved(&t->meter, t->last, s->value) * 1e9;
    return (t->last + s->value) / 2 * (double)(s->t_ns - t->sum.t_ns);
}

static void
add_sample(struct tape *t, const struct said *s, int64_t delay_ns)
{
    double period_ns = t->meter.period_us * 1000, gap_ns, nj;

    if (t->n == 0) {
        t->sum.t_ns = s->t_ns;
        t->last = s->value;
    }
    gap_ns = (double)(s->t_ns - t->sum.t_ns);
    nj = energy_nj(t, s);
    if (gap_ns < 0 || (t->meter.kind == SAID_ENERGY && nj < 0)) {
        t->sum.backwards++;
        t->last = gap_ns < 0 ? t->last : s->value;
        return;
    }
    if (gap_ns >= 2 * period_ns)
        t->sum.dropped += (uint32_t)fmin(gap_ns / period_ns - 1, 1e9);
    if (t->n == 0 || delay_ns < t->delay_ns)
        t->delay_ns = delay_ns;
    t->sum.nj += nj;
    t->sum.t_ns = s->t_ns;
    t->sum.delay_ns = delay_ns;
    t->last = s->value;
    t->points[t->n++ % TAPE_POINTS] = t->sum;
}

void
tape_add(struct tape *t, const struct said *s, int64_t arrival_ns)
{
    switch (s->what) {
    case SAID_SAMPLE:
        add_sample(t, s, arrival_ns - s->t_ns);
        break;
    case SAID_MARK:
        t->marks[t->n_marks++ % TAPE_MARKS] =
            (struct tape_mark){ s->t_ns, s->high };
        break;
    case SAID_DROPS:
        t->sum.dropped += (uint32_t)s->drops;
        break;
    case SAID_GARBAGE:
        t->sum.dropped++;
        break;
    case SAID_NOTHING:
        break;
    }
}

bool
tape_covers(const struct tape *t, int64_t host_ns)
{
    return t->n > 1 && t->sum.t_ns >= host_ns - t->delay_ns;
}

/* ---- windows ---- */

static uint64_t
oldest(const struct tape *t)
{
    return t->n > TAPE_POINTS ? t->n - TAPE_POINTS : 0;
}

/* The first point that is not before `t_ns`; n where there is none. */
static uint64_t
find(const struct tape *t, int64_t t_ns)
{
    uint64_t lo = oldest(t), hi = t->n;

    while (lo < hi) {
        uint64_t mid = lo + (hi - lo) / 2;

        if (point(t, mid)->t_ns < t_ns)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* The total at a time between two points. */
static double
total_at(const struct tape *t, uint64_t after, int64_t t_ns)
{
    const struct tape_point *b = point(t, after), *a;

    if (b->t_ns == t_ns || after == oldest(t))
        return b->nj;
    a = point(t, after - 1);
    return a->nj + (b->nj - a->nj) * (double)(t_ns - a->t_ns) /
                       (double)(b->t_ns - a->t_ns);
}

static int64_t
least_delay(const struct tape *t, uint64_t from, uint64_t end)
{
    int64_t least = INT64_MAX;

    for (uint64_t i = from; i < end; i++)
        if (point(t, i)->delay_ns < least)
            least = point(t, i)->delay_ns;
    return least;
}

/* Does its clock run as fast as ours?  The quickest line of the first third
 * and that of the last one took as long to come, but for two thirds of what
 * the clocks went apart. */
static enum status
check_speed(const struct tape *t, struct err *err)
{
    const uint64_t first = oldest(t), third = (t->n - first) / 3;
    const struct tape_point *a = point(t, first), *b = point(t, t->n - 1);
    double ours = (double)(b->t_ns + b->delay_ns - a->t_ns - a->delay_ns);
    double apart;

    if (third == 0)
        return ST_OK;
    apart = (double)(least_delay(t, t->n - third, t->n) -
                     least_delay(t, first, first + third));
    if (fabs(apart) <=
        SPEED * ours + 0.5e6 * t->meter.latency_ms + 2e3 * t->meter.period_us)
        return ST_OK;
    return err_set(err, ST_INVALID, "measure.meter_clock",
        "%s: its clock and ours went apart by %.3f s in %.3f s: are its times "
        "microseconds?",
        t->meter.name, fabs(apart) / 1e9, ours / 1e9);
}

/* What came between two points, the one before the first included. */
static enum status
check_samples(const struct tape *t, uint64_t first, uint64_t last,
    struct meter_window *out, struct err *err)
{
    const struct tape_point *a =
        point(t, first > oldest(t) ? first - 1 : first);
    const struct tape_point *b = point(t, last);

    out->taken = last - first + 1;
    out->dropped = b->dropped - a->dropped;
    if (b->backwards != a->backwards)
        return err_set(err, ST_INVALID, "measure.meter_negative",
            "%s: its time or its total went back", t->meter.name);
    if ((double)out->dropped <= DROPS * (double)(out->taken + out->dropped))
        return ST_OK;
    return err_set(err, ST_INVALID, "measure.meter_drops",
        "%s: %llu of %llu samples did not come", t->meter.name,
        (unsigned long long)out->dropped,
        (unsigned long long)(out->taken + out->dropped));
}

/* Between two times of the meter's clock. */
static enum status
window(const struct tape *t, int64_t from_ns, int64_t to_ns,
    struct meter_window *out, struct err *err)
{
    const int64_t early_ns = (int64_t)(t->meter.period_us * 1000);
    uint64_t first, last;
    enum status st;

    *out = (struct meter_window){ 0 };
    if (t->n > 1 && (st = check_speed(t, err)) != ST_OK)
        return st;
    if (t->n < 2 || from_ns < point(t, oldest(t))->t_ns - early_ns ||
        to_ns > t->sum.t_ns)
        return err_set(err, ST_INVALID, "measure.meter_window",
            "%s: no samples of the whole window are kept", t->meter.name);
    first = find(t, from_ns);
    last = find(t, to_ns);
    if ((st = check_samples(t, first, last, out, err)) != ST_OK)
        return st;
    out->window_ns = to_ns - from_ns;
    out->total_nj = total_at(t, last, to_ns) - total_at(t, first, from_ns);
    return ST_OK;
}

enum status
tape_between(const struct tape *t, int64_t from_ns, int64_t to_ns,
    struct meter_window *out, struct err *err)
{
    return window(t, from_ns - t->delay_ns, to_ns - t->delay_ns, out, err);
}

/* ---- pulses ---- */

/* The one pulse between two times; *n is how many there are. */
static void
find_pulse(const struct tape *t, int64_t from_ns, int64_t to_ns, int64_t *rise,
    int64_t *fall, int *n)
{
    uint64_t i = t->n_marks > TAPE_MARKS ? t->n_marks - TAPE_MARKS : 0;
    bool high = false;
    int64_t up = 0;

    for (*n = 0; i < t->n_marks; i++) {
        const struct tape_mark *m = &t->marks[i % TAPE_MARKS];

        if (m->high && m->t_ns >= from_ns && m->t_ns <= to_ns) {
            up = m->t_ns;
            high = true;
        } else if (!m->high && high) {
            *rise = up;
            *fall = m->t_ns;
            high = false;
            ++*n;
        }
    }
}

enum status
tape_marked(const struct tape *t, int64_t from_ns, int64_t to_ns,
    struct meter_window *out, struct err *err)
{
    int64_t rise = 0, fall = 0;
    int n;

    *out = (struct meter_window){ 0 };
    find_pulse(t, from_ns - t->delay_ns, to_ns - t->delay_ns, &rise, &fall, &n);
    if (n != 1)
        return err_set(err, ST_INVALID, "measure.meter_clock",
            "%s: it saw %d pulses of the board's pin in a run, not one: is the "
            "pin wired to it?",
            t->meter.name, n);
    if (fall < rise)
        return err_set(err, ST_INVALID, "measure.meter_negative",
            "%s: its time went back during the pulse of the board's pin",
            t->meter.name);
    return window(t, rise, fall, out, err);
}
