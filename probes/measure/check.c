/* SPDX-License-Identifier: MIT */
#include "probes/measure/check.h"

#include <math.h>
#include <string.h>

/* Compare one output; grows the errors in `out`. */
static enum status
compare(const char *name, const struct tensor *got, const struct tensor *want,
    struct check *out, struct err *err)
{
    size_t n = want->bytes / dtype_size(want->dtype);

    if (got->dtype != want->dtype || got->bytes != want->bytes)
        return err_set(err, ST_UNPROCESSABLE, "model.wrong_output",
            "output '%s' has another type or size than the reference", name);
    for (size_t i = 0; i < n; i++) {
        double a = tensor_get(got, i), b = tensor_get(want, i);
        double abs_err = fabs(a - b), rel_err = abs_err / fabs(b);

        if (!isfinite(a) || !isfinite(b))
            return err_set(err, ST_UNPROCESSABLE, "model.nan_output",
                "output '%s' holds %s at element %zu%s", name,
                isnan(a) || isnan(b) ? "NaN" : "infinity", i,
                isfinite(b) ? ", but not without optimisation" : "");
        if (abs_err > out->tolerance && rel_err > out->tolerance)
            return err_set(err, ST_UNPROCESSABLE, "model.wrong_output",
                "output '%s' differs from the reference at element %zu: %.9g "
                "instead of %.9g",
                name, i, a, b);
        out->max_abs_err = fmax(out->max_abs_err, abs_err);
        if (b != 0)
            out->max_rel_err = fmax(out->max_rel_err, rel_err);
    }
    return ST_OK;
}

static enum status
run_both(struct netbench *a, struct netbench *b, size_t set, struct err *err)
{
    enum status st = netbench_run(a, set, err);

    return st == ST_OK ? netbench_run(b, set, err) : st;
}

enum status
check_nets(struct netbench *net, struct netbench *reference, double tolerance,
    struct check *out, struct err *err)
{
    const struct tensor_info *infos, *ref_infos;
    const struct tensor *got, *want;
    size_t n, ref_n;
    enum status st = ST_OK;

    got = netbench_outputs(net, &infos, &n);
    want = netbench_outputs(reference, &ref_infos, &ref_n);
    *out = (struct check){ .outputs = n, .tolerance = tolerance };
    for (size_t set = 0; st == ST_OK && set < INPUT_SETS; set++) {
        st = run_both(net, reference, set, err);
        for (size_t i = 0; st == ST_OK && i < n && i < ref_n; i++)
            st = compare(infos[i].name, &got[i], &want[i], out, err);
    }
    return st;
}

enum status
check_prefix(struct netbench *prefix, struct netbench *reference,
    const char *name, double tolerance, struct err *err)
{
    struct check sum = { .tolerance = tolerance };
    const struct tensor_info *infos, *mine;
    const struct tensor *got, *want;
    size_t n, n_mine, at = 0;
    enum status st = ST_OK;

    got = netbench_outputs(prefix, &mine, &n_mine);
    want = netbench_outputs(reference, &infos, &n);
    while (at < n && strcmp(infos[at].name, name) != 0)
        at++;
    if (at == n || n_mine != 1)
        return err_set(err, ST_NOT_FOUND, "model.wrong_output",
            "the network has no output '%s' to compare with", name);
    for (size_t set = 0; st == ST_OK && set < INPUT_SETS; set++) {
        st = run_both(prefix, reference, set, err);
        if (st == ST_OK)
            st = compare(name, &got[0], &want[at], &sum, err);
    }
    return st;
}
