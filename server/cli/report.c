/* SPDX-License-Identifier: MIT */
/* report.c -- the words; report_svg.c has the plots. */
#include "server/cli/report.h"

#include <math.h>
#include <string.h>

#include "server/cli/text.h"
#include "server/cli/validation_relay.h"

/* "31.20 %"; "-" for NaN. */
static void
percent(double x, char out[TEXT_CELL])
{
    if (isfinite(x))
        snprintf(out, TEXT_CELL, "%.2f %%", 100 * x);
    else
        snprintf(out, TEXT_CELL, "-");
}

/* A time, or a time with its interval. */
static void
time_of(const json_t *v, char out[3 * TEXT_CELL])
{
    char t[TEXT_CELL], i[TEXT_CELL];

    if (!json_is_object(v)) {
        text_time(json_is_number(v) ? json_number_value(v) : NAN, t);
        snprintf(out, 3 * TEXT_CELL, "%s", t);
        return;
    }
    text_time(json_get_number(v, "median"), t);
    text_interval(json_get_number(v, "ci95_lo"), json_get_number(v, "median"),
        json_get_number(v, "ci95_hi"), i);
    snprintf(out, 3 * TEXT_CELL, "%s (%s)", t, i);
}

static enum status
add_plan(const json_t *plan, struct buf *out, struct err *err)
{
    const json_t *e;
    enum status st;
    size_t i;

    if ((st = buf_addf(out, err,
             "# Plan %.0f\n\nStatus: %s. Objective: %s. Accuracy is against "
             "the %s.\n\nA sample leaves at the first exit whose score is at "
             "least its threshold.\n\n| exit | kept | score | threshold | "
             "share "
             "| accuracy of who leaves |\n| --- | --- | --- | --- | --- | --- "
             "|\n",
             json_get_number(plan, "id"), json_get_string(plan, "status", "-"),
             json_get_string(plan, "objective", "-"),
             json_get_string(plan, "reference", "-"))) != ST_OK)
        return st;
    json_array_foreach(json_object_get(plan, "exits"), i, e)
    {
        double threshold = json_get_number(e, "threshold");
        char number[TEXT_CELL] = "-", share[TEXT_CELL], accuracy[TEXT_CELL];
        char name[TEXT_MARKDOWN];

        if (isfinite(threshold))
            snprintf(number, sizeof(number), "%.9g", threshold);
        percent(json_get_number(e, "share"), share);
        percent(json_get_number(e, "accuracy"), accuracy);
        if ((st = buf_addf(out, err, "| %s | %s | %s | %s | %s | %s |\n",
                 text_markdown(json_get_string(e, "name", "-"), name),
                 json_is_true(json_object_get(e, "kept")) ? "yes" : "no",
                 json_get_string(e, "score", "max_probability"), number, share,
                 accuracy)) != ST_OK)
            return st;
    }
    return buf_addstr(out,
        "\nShares are those of the calibration samples, which chose the "
        "thresholds.\n\n![accuracy against cost](front.svg)\n\n",
        err);
}

/* One half of the samples, beside the network without exits. */
static enum status
add_half(const char *name, const json_t *half, struct buf *out, struct err *err)
{
    double cost = json_get_number(half, "cost"),
           full = json_get_number(half, "cost_full");
    char less[TEXT_CELL], accuracy[TEXT_CELL], whole[TEXT_CELL];

    percent(1 - cost / full, less);
    percent(json_get_number(half, "accuracy"), accuracy);
    percent(json_get_number(half, "accuracy_full"), whole);
    return buf_addf(out, err, "| %s | %.0f | %s | %s | %s |\n", name,
        json_get_number(half, "n"), less, accuracy, whole);
}

/* What new data can be expected to lose, where that was asked for. */
static enum status
add_expected(const json_t *plan, struct buf *out, struct err *err)
{
    const json_t *c = json_object_get(plan, "cross"),
                 *g = json_object_get(plan, "guarantee");

    if (json_is_number(json_object_get(c, "drop")))
        return buf_addf(out, err,
            "\nBy cross-validation new data lose %.2f points (one deviation: "
            "%.2f); the cheapest plan that meets the floor on the calibration "
            "samples would lose %.2f.\n\n",
            100 * json_get_number(c, "drop"), 100 * json_get_number(c, "error"),
            100 * json_get_number(c, "drop_without"));
    if (json_is_object(g))
        return buf_addf(out, err,
            "\nWith probability %.4g new data lose at most %.4g points: "
            "%s.\n\n",
            1 - json_get_number(g, "delta"), 100 * json_get_number(g, "eps"),
            json_get_string(g, "status", "-"));
    return buf_addstr(out,
        "\nNothing was asked for new data: the plan is the best one for the "
        "calibration samples, which flatters it.\n\n",
        err);
}

/* What nobody measured is said before any figure of it. */
static enum status
add_source(const json_t *plan, struct buf *out, struct err *err)
{
    const char *source = json_get_string(plan, "cost_source", "");
    const json_t *model = json_object_get(plan, "cost_model");
    char device[TEXT_MARKDOWN], from[TEXT_MARKDOWN];

    if (strcmp(source, "emulated") == 0)
        return buf_addstr(out,
            "The costs are counted by an emulator, not measured.\n\n", err);
    if (strcmp(source, "modelled") != 0)
        return ST_OK;
    return buf_addf(out, err,
        "The costs are **modelled**, not measured: counted instructions with "
        "model %.0f of %s (%s).\n\n",
        json_get_number(model, "version"),
        text_markdown(json_get_string(model, "device", "a processor"), device),
        text_markdown(json_get_string(model, "from", "see its costs"), from));
}

static enum status
add_halves(const json_t *plan, struct buf *out, struct err *err)
{
    enum status st;

    if ((st = buf_addstr(out, "## What to expect\n\n", err)) != ST_OK ||
        (st = add_source(plan, out, err)) != ST_OK ||
        (st = buf_addstr(out,
             "| samples | | cost less than without exits "
             "| accuracy | without exits |\n| --- | --- | --- | --- | --- |\n",
             err)) != ST_OK ||
        (st = add_half("calibration", json_object_get(plan, "calibration"), out,
             err)) != ST_OK ||
        (st = add_half("held out", json_object_get(plan, "test"), out, err)) !=
            ST_OK)
        return st;
    return add_expected(plan, out, err);
}

static enum status
add_time(const char *name, const json_t *predicted, const json_t *measured,
    const json_t *residual, struct buf *out, struct err *err)
{
    char a[3 * TEXT_CELL], b[3 * TEXT_CELL], r[TEXT_CELL] = "-";
    double rel = json_get_number(residual, "rel");

    time_of(predicted, a);
    time_of(measured, b);
    if (isfinite(rel))
        snprintf(r, sizeof(r), "%+.1f %%", 100 * rel);
    return buf_addf(out, err, "| %s | %s | %s | %s |\n", name, a, b, r);
}

static enum status
add_share(const char *name, double predicted, double measured, struct buf *out,
    struct err *err)
{
    char a[TEXT_CELL], b[TEXT_CELL];

    percent(predicted, a);
    percent(measured, b);
    return buf_addf(out, err, "| %s | %s | %s | |\n", name, a, b);
}

static enum status
add_energy(const json_t *measured, struct buf *out, struct err *err)
{
    const json_t *e = json_object_get(measured, "energy");
    char sensor[TEXT_MARKDOWN];

    if (!json_is_object(e))
        return buf_addstr(out, "\nEnergy: no meter there.\n", err);
    return buf_addf(out, err,
        "\nEnergy: %.4g uJ a sample above idle, +-%.2g uJ (%s).\n",
        json_get_number(e, "net_nj") / 1000,
        json_get_number(e, "err_nj") / 1000,
        text_markdown(json_get_string(e, "sensor", "-"), sensor));
}

/* Of a plan that ran across processors. */
static enum status
add_relay(const json_t *v, struct buf *out, struct err *err)
{
    const json_t *p = json_object_get(v, "predicted"),
                 *m = json_object_get(v, "measured"),
                 *plan = json_object_get(m, "plan");
    enum status st;

    if ((st = buf_addf(out, err,
             "## Across its processors\n\n%.0f samples that neither fitting "
             "nor "
             "search has seen ran one by one, each processor handing its "
             "tensor to the next.\n\n| | predicted | measured | residual |\n| "
             "--- | --- | --- | --- |\n",
             json_get_number(m, "n"))) != ST_OK ||
        (st = add_time("mean", json_object_get(p, "mean_ns"),
             json_object_get(plan, "mean_ns"),
             json_object_get(json_object_get(v, "residual"), "mean"), out,
             err)) != ST_OK ||
        (st = add_time("p50", json_object_get(p, "p50_ns"),
             json_object_get(plan, "p50_ns"), NULL, out, err)) != ST_OK ||
        (st = add_time("p90", json_object_get(p, "p90_ns"),
             json_object_get(plan, "p90_ns"), NULL, out, err)) != ST_OK ||
        (st = add_share("accuracy", json_get_number(p, "accuracy"),
             json_get_number(plan, "accuracy"), out, err)) != ST_OK ||
        (st = buf_addstr(out, "\n", err)) != ST_OK ||
        (st = validation_relay_text(v, out, err)) != ST_OK)
        return st;
    return buf_addstr(out, "\n![share of samples by exit](exits.svg)\n\n", err);
}

static enum status
add_validation(const json_t *v, struct buf *out, struct err *err)
{
    const json_t *p = json_object_get(v, "predicted"),
                 *m = json_object_get(v, "measured"),
                 *r = json_object_get(v, "residual"),
                 *plan = json_object_get(m, "plan"),
                 *full = json_object_get(m, "full");
    enum status st;

    if (validation_is_relay(v))
        return add_relay(v, out, err);
    if ((st = buf_addf(out, err,
             "## On the device\n\n%.0f samples that neither fitting nor search "
             "has seen ran one by one, in %.0f rounds, turn about with the "
             "network without exits.\n\n| | predicted | measured | residual "
             "|\n| --- | --- | --- | --- |\n",
             json_get_number(m, "n"), json_get_number(m, "rounds"))) != ST_OK ||
        (st = add_time("mean", json_object_get(p, "mean_ns"),
             json_object_get(plan, "mean_ns"), json_object_get(r, "mean"), out,
             err)) != ST_OK ||
        (st = add_time("mean, interruptions too", NULL,
             json_object_get(plan, "mean_all_ns"), NULL, out, err)) != ST_OK ||
        (st = add_time("p50", json_object_get(p, "p50_ns"),
             json_object_get(plan, "p50_ns"), NULL, out, err)) != ST_OK ||
        (st = add_time("p90", json_object_get(p, "p90_ns"),
             json_object_get(plan, "p90_ns"), NULL, out, err)) != ST_OK ||
        (st = add_time("mean without exits", json_object_get(p, "full_mean_ns"),
             json_object_get(full, "mean_ns"), json_object_get(r, "full_mean"),
             out, err)) != ST_OK ||
        (st = add_share("accuracy", json_get_number(p, "accuracy"),
             json_get_number(plan, "accuracy"), out, err)) != ST_OK ||
        (st = add_share("accuracy without exits",
             json_get_number(p, "accuracy_full"),
             json_get_number(full, "accuracy"), out, err)) != ST_OK)
        return st;
    if ((st = add_energy(m, out, err)) != ST_OK)
        return st;
    return buf_addf(out, err,
        "\nMeasured, the plan takes **%.1f %% less** than the network without "
        "exits.\n\n![share of samples by exit](exits.svg)\n\n",
        100 * json_get_number(r, "saving"));
}

static enum status
add_files(struct buf *out, struct err *err)
{
    return buf_addstr(out,
        "## Files\n\n- `network.onnx`: the network with the kept exits as its "
        "only outputs\n- `segment-K.onnx`, `head-K.onnx`: the same, to be run "
        "in turn; tensors are exchanged by name\n- `plan.json`: exits and "
        "thresholds\n- `all-exits.onnx`: the network that the plan was made "
        "for\n\n`offramp run --plan plan.json --model all-exits.onnx --data X` "
        "is the reference runner.\n",
        err);
}

enum status
report_markdown(const json_t *plan, const json_t *search,
    const json_t *validation, struct buf *out, struct err *err)
{
    size_t n = json_array_size(json_object_get(search, "curve"));
    enum status st;

    if ((st = add_plan(plan, out, err)) != ST_OK ||
        (st = buf_addf(out, err,
             "%zu plans on the front, from the most accurate to the "
             "cheapest.\n\n",
             n)) != ST_OK ||
        (st = add_halves(plan, out, err)) != ST_OK ||
        (st = add_validation(validation, out, err)) != ST_OK)
        return st;
    return add_files(out, err);
}
