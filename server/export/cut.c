/* SPDX-License-Identifier: MIT */
#include "server/export/cut.h"

#include <math.h>
#include <string.h>

#include "server/export/export.h"

/* A value, and the squares of how far its interval reaches down and up. */
struct estimate {
    double ns, below, above;
};

static double
square(double x)
{
    return x * x;
}

/* Add `sign` times what a row measured; a row without interval adds none. */
static void
add(struct estimate *e, double sign, const json_t *rows, const char *role,
    size_t index)
{
    const json_t *row = export_row(rows, "L6", role, (int64_t)index);
    double ns = export_number(row, "median_ns");
    double down = fmax(0, ns - export_number(row, "ci95_lo_ns"));
    double up = fmax(0, export_number(row, "ci95_hi_ns") - ns);

    e->ns += sign * ns;
    e->below += square(sign > 0 ? down : up);
    e->above += square(sign > 0 ? up : down);
}

static double
median(const json_t *rows, const char *role, size_t index)
{
    return export_number(
        export_row(rows, "L6", role, (int64_t)index), "median_ns");
}

static bool
is_timed(const json_t *rows, const char *role, size_t index)
{
    return median(rows, role, index) > 0;
}

bool
cut_known(const json_t *rows, const json_t *exits)
{
    size_t n = json_array_size(exits);

    for (size_t k = 0; k < n; k++)
        if (!is_timed(rows, "segment", k) ||
            (k + 1 < n &&
                !(is_timed(rows, "joint", k) && is_timed(rows, "head", k))))
            return false;
    return n > 1;
}

/* With S the segment, H its exit's head, N the next segment and J the joint
 * file of S and N, the cut costs S + N - J: the segment is left with J - N, and
 * the head gets H + S + N - J. */
json_t *
cut_latency(const json_t *rows, const char *part, size_t index)
{
    struct estimate e = { 0 };
    double most = INFINITY;

    if (!is_timed(rows, "joint", index)) {
        add(&e, 1, rows, part, index);
    } else {
        bool head = strcmp(part, "head") == 0;

        if (head) {
            add(&e, 1, rows, "head", index);
            add(&e, 1, rows, "segment", index);
        }
        add(&e, head ? 1 : -1, rows, "segment", index + 1);
        add(&e, head ? -1 : 1, rows, "joint", index);
        most = median(rows, "segment", index) + median(rows, "head", index);
    }
    e.ns = fmin(fmax(e.ns, 0), most);
    return json_pack(
        "[f,f,f]", e.ns, fmax(0, e.ns - sqrt(e.below)), e.ns + sqrt(e.above));
}
