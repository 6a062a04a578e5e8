/* SPDX-License-Identifier: MIT */
/* report_svg.c -- the plots of a report: plain SVG, readable on light and
 * dark, with a title for those who cannot see it. */
#include <math.h>

#include "server/cli/report.h"
#include "server/cli/text.h"

enum {
    WIDTH = 640,
    HEIGHT = 320,
    LEFT = 70,
    RIGHT = 20,
    TOP = 20,
    BOTTOM = 50
};

static enum status
begin(struct buf *out, const char *title, struct err *err)
{
    return buf_addf(out, err,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
        "font-family=\"sans-serif\" font-size=\"12\" fill=\"#777\">"
        "<title>%s</title>\n",
        WIDTH, HEIGHT, title);
}

/* Where values lie on an axis of the plot. */
struct scale {
    double lo, hi, from, to;
};

static double
at(const struct scale *s, double x)
{
    double t = s->hi > s->lo ? (x - s->lo) / (s->hi - s->lo) : 0.5;

    return s->from + t * (s->to - s->from);
}

static void
widen(struct scale *s, double x)
{
    if (!isfinite(x))
        return;
    s->lo = fmin(s->lo, x);
    s->hi = fmax(s->hi, x);
}

static enum status
dot(struct buf *out, double x, double y, int r, const char *colour,
    const char *what, struct err *err)
{
    if (!isfinite(x) || !isfinite(y))
        return ST_OK;
    return buf_addf(out, err,
        "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%d\" fill=\"%s\"><title>%s"
        "</title></circle>\n",
        x, y, r, colour, what);
}

/* Five marks an axis: costs below, accuracies at the left. */
static enum status
axes(struct buf *out, const struct scale *x, const struct scale *y,
    struct err *err)
{
    enum status st = ST_OK;

    for (int i = 0; st == ST_OK && i <= 4; i++) {
        double cost = x->lo + (x->hi - x->lo) * i / 4,
               accuracy = y->lo + (y->hi - y->lo) * i / 4;
        char text[TEXT_CELL];

        text_count(cost, text);
        st = buf_addf(out, err,
            "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>"
            "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%.1f %%</text>\n",
            at(x, cost), HEIGHT - BOTTOM + 20, text, LEFT - 8,
            at(y, accuracy) + 4, 100 * accuracy);
    }
    return st;
}

enum status
report_front_svg(
    const json_t *plan, const json_t *search, struct buf *out, struct err *err)
{
    const json_t *curve = json_object_get(search, "curve"), *p;
    const json_t *cal = json_object_get(plan, "calibration");
    struct scale x = { INFINITY, -INFINITY, LEFT, WIDTH - RIGHT },
                 y = { INFINITY, -INFINITY, HEIGHT - BOTTOM, TOP };
    enum status st;
    size_t i;

    json_array_foreach(curve, i, p)
    {
        widen(&x, json_get_number(p, "cost"));
        widen(&y, json_get_number(p, "accuracy"));
    }
    widen(&x, json_get_number(cal, "cost_full"));
    widen(&y, json_get_number(cal, "accuracy_full"));
    widen(&x, json_get_number(cal, "cost"));
    widen(&y, json_get_number(cal, "accuracy"));
    if ((st = begin(out, "Accuracy against cost", err)) != ST_OK ||
        (st = axes(out, &x, &y, err)) != ST_OK)
        return st;
    json_array_foreach(curve, i, p) if (st == ST_OK) st = dot(out,
        at(&x, json_get_number(p, "cost")),
        at(&y, json_get_number(p, "accuracy")), 3, "#2a78d6", "a plan", err);
    if (st != ST_OK ||
        (st = dot(out, at(&x, json_get_number(cal, "cost_full")),
             at(&y, json_get_number(cal, "accuracy_full")), 6, "#777",
             "without exits", err)) != ST_OK ||
        (st = dot(out, at(&x, json_get_number(cal, "cost")),
             at(&y, json_get_number(cal, "accuracy")), 6, "#d65f2a",
             "this plan", err)) != ST_OK)
        return st;
    return buf_addf(out, err,
        "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s a sample; orange: "
        "this plan, grey: without exits</text></svg>\n",
        WIDTH / 2, HEIGHT - 10, json_get_string(plan, "objective", ""));
}

static enum status
bar(struct buf *out, double x, double width, double share, const char *colour,
    const char *what, struct err *err)
{
    const struct scale y = { 0, 1, HEIGHT - BOTTOM, TOP };

    if (!isfinite(share))
        return ST_OK;
    return buf_addf(out, err,
        "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" "
        "fill=\"%s\"><title>%s: %.2f %%</title></rect>\n",
        x, at(&y, share), width, at(&y, 0) - at(&y, share), colour, what,
        100 * share);
}

enum status
report_exits_svg(const json_t *v, struct buf *out, struct err *err)
{
    const json_t *m = json_object_get(json_object_get(v, "measured"), "exits"),
                 *p = json_object_get(json_object_get(v, "predicted"), "exits"),
                 *x;
    size_t i, n = json_array_size(m);
    double room = (double)(WIDTH - LEFT - RIGHT) / (double)(n > 0 ? n : 1);
    enum status st = begin(out, "Share of samples by exit", err);

    json_array_foreach(m, i, x)
    {
        double from = LEFT + room * (double)i;

        if (st == ST_OK)
            st = bar(out, from, 0.4 * room,
                json_get_number(json_array_get(p, i), "share"), "#9bbde8",
                "predicted", err);
        if (st == ST_OK)
            st = bar(out, from + 0.4 * room, 0.4 * room,
                json_get_number(x, "share"), "#2a78d6", "measured", err);
        if (st == ST_OK)
            st = buf_addf(out, err,
                "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%.0f</text>"
                "\n",
                from + 0.4 * room, HEIGHT - BOTTOM + 20,
                json_get_number(x, "index"));
    }
    return st == ST_OK ? buf_addf(out, err,
                             "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">"
                             "exit; light: predicted, dark: measured</text>"
                             "</svg>\n",
                             WIDTH / 2, HEIGHT - 10)
                       : st;
}
