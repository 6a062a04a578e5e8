/* SPDX-License-Identifier: MIT */
/*
 * chart.h -- the control chart of a device: is it still what it was?
 *
 * Each golden kernel has a chart in each environment.  Its centre is the
 * median of its first five points; a later point whose whole interval (p10 to
 * p90 of its epochs where the machine's pace changed under it) lies more than
 * 5 % off the centre is out.  Five in a row out on one side are a
 * lasting change: the chart starts again from them.
 */
#ifndef OFFRAMP_SERVER_CHART_H
#define OFFRAMP_SERVER_CHART_H

#include <stdbool.h>

#include "base/json.h"
#include "db/chart.h"

enum { CHART_POINTS = 5 };

/* One kernel's; start as {0}. */
struct chart {
    double first[CHART_POINTS]; /* the points that make the centre */
    int n_first;
    double off[CHART_POINTS]; /* the newest run of points that are out */
    int n_off;
    bool above; /* that run's side */
};

struct chart_mark {
    double centre, low, high; /* NaN while there are too few points */
    bool out;
};

/* Judge the next point and take it in.  Pure.  NaN intervals count as the
 * median. */
struct chart_mark chart_next(
    struct chart *c, double median_ns, double lo_ns, double hi_ns);

/* The same for what an emulator counts: the first point is the centre, and
 * every other count is out. */
struct chart_mark chart_next_count(struct chart *c, double count);

/* {"items":[..]} of GET /v1/devices/{name}/chart; the caller owns *out. */
enum status chart_document(struct db *db, const char *device, json_t **out,
    struct err *err) MUST_CHECK;

/* Where the golden kernels just ran: in a profile, or in a task of their own
 * (the other one is 0). */
struct chart_run {
    const char *device, *env_fingerprint;
    int64_t profile, golden;
};

/* After such a run was stored: where one of its golden kernels is out, the
 * device becomes suspect, its earlier layer rows of this environment become
 * stale, and the profile's own rows get the flag out_of_control. */
enum status chart_watch(
    struct db *db, const struct chart_run *run, struct err *err) MUST_CHECK;

#endif
