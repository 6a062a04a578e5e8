/* SPDX-License-Identifier: MIT */
/* offramp run -- run a plan for real, here, sample by sample. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "search/data/preprocess.h"
#include "server/cli/cli.h"
#include "server/cli/client.h"
#include "server/cli/run_plan.h"
#include "server/cli/run_text.h"

static const char *plan_file, *model_file, *data_file, *labels_file,
    *preprocess_text;
static int64_t limit;
static bool json;

static const struct opt opts[] = {
    { "plan", 'p', OPT_STR, &plan_file, "FILE", "the plan, JSON", NULL, 0, 0 },
    { "model", 'm', OPT_STR, &model_file, "FILE",
        "the network with all its exits, ONNX", NULL, 0, 0 },
    { "data", 'd', OPT_STR, &data_file, "FILE", "inputs, .npy", NULL, 0, 0 },
    { "labels", 'l', OPT_STR, &labels_file, "FILE", "their classes, .npy", NULL,
        0, 0 },
    { "preprocess", 0, OPT_STR, &preprocess_text, "JSON",
        "how inputs are prepared, such as {\"scale\":0.0039}", NULL, 0, 0 },
    { "limit", 'n', OPT_INT, &limit, "N", "only the first N samples", NULL, 1,
        1e9 },
    { "json", 'j', OPT_FLAG, &json, NULL, "print JSON", NULL, 0, 0 },
};

const struct opt_cmd cli_run_cmd = {
    .name = "offramp run",
    .summary = "run a plan here, segment by segment, and really stop",
    .synopsis = "--plan FILE --model FILE --data FILE [OPTION]...",
    .details =
        "The reference for whoever writes a runner of their own: the network "
        "is cut at the\nplan's exits, each sample runs segment by segment and "
        "stops at the first kept exit\nwhose score is at least its "
        "threshold.\n"
        "    offramp plan 1 --json >plan.json\n"
        "    offramp run --plan plan.json --model net.onnx --data x.npy "
        "--labels y.npy\n"
        "Times are of this machine as it is now: one run a sample, nothing is "
        "repeated or\nset aside.  `offramp validate` measures on a plan's "
        "device.",
    .opts = opts,
    .n_opts = sizeof(opts) / sizeof(opts[0]),
};

/* What goes in, opened and checked against each other. */
struct samples {
    struct npy inputs, labels;
    struct preprocess prepare;
    bool labelled;
    size_t n;
};

static enum status
read_preprocess(struct preprocess *out, struct err *err)
{
    json_t *doc = NULL;
    enum status st = ST_OK;

    if (preprocess_text != NULL)
        st = json_parse(preprocess_text, strlen(preprocess_text), &doc, err);
    if (st == ST_OK)
        st = preprocess_read(doc, out, err);
    json_decref(doc);
    return st;
}

static enum status
samples_open(struct samples *s, struct err *err)
{
    enum status st;

    if ((st = read_preprocess(&s->prepare, err)) != ST_OK ||
        (st = npy_open(&s->inputs, data_file, "inputs", err)) != ST_OK)
        return st;
    s->labelled = labels_file != NULL;
    if (s->labelled &&
        (st = npy_open(&s->labels, labels_file, "labels", err)) != ST_OK)
        return st;
    if (s->labelled &&
        (s->labels.rank != 1 || s->labels.type == NPY_F4 ||
            s->labels.type == NPY_F2 || s->labels.dims[0] != s->inputs.dims[0]))
        return err_set(err, ST_UNPROCESSABLE, "dataset.labels",
            "labels: must be integers, one for each of the %lld inputs",
            (long long)s->inputs.dims[0]);
    s->n = (size_t)s->inputs.dims[0];
    if (limit > 0 && (size_t)limit < s->n)
        s->n = (size_t)limit;
    if (s->n == 0)
        return err_set(
            err, ST_UNPROCESSABLE, "dataset.shape", "inputs: there is no row");
    return ST_OK;
}

static void
samples_close(struct samples *s)
{
    npy_close(&s->inputs);
    if (s->labelled)
        npy_close(&s->labels);
}

/* A prepared row must be what the network takes. */
static enum status
check_shape(const struct samples *s, const struct tensor *t, struct err *err)
{
    int64_t dims[NPY_RANK];
    size_t rank;
    enum status st =
        preprocess_shape(&s->prepare, &s->inputs, dims, &rank, err);

    if (st != ST_OK)
        return st;
    if (rank + 1 == t->rank &&
        memcmp(dims, t->dims + 1, rank * sizeof(*dims)) == 0)
        return ST_OK;
    return err_set(err, ST_UNPROCESSABLE, "dataset.shape",
        "a row of the inputs has %zu elements in %zu dimensions, the network "
        "takes %zu in %zu",
        s->inputs.row_elements, rank, t->bytes / sizeof(float), t->rank - 1);
}

static enum status
run_all(struct runner *r, const struct samples *s, struct run_tally *t,
    struct err *err)
{
    size_t elements;
    float *input = runner_input(r, &elements);
    float *raw = malloc(elements * sizeof(*raw));
    enum status st = raw != NULL ? ST_OK : err_nomem(err);

    for (size_t i = 0; st == ST_OK && i < s->n; i++) {
        struct runner_answer a;
        int64_t start;

        npy_row(&s->inputs, i, raw);
        preprocess_row(&s->prepare, &s->inputs, raw, input);
        start = clock_ns();
        if ((st = runner_run(r, &a, err)) == ST_OK)
            run_tally_add(t, &a, (double)(clock_ns() - start),
                s->labelled ? npy_int(&s->labels, i) : -1);
    }
    free(raw);
    return st;
}

static enum status
run(struct err *err)
{
    struct samples s = { 0 };
    struct run_plan p = { 0 };
    struct run_tally t = { 0 };
    json_t *plan = NULL;
    enum status st;

    if (plan_file == NULL || model_file == NULL || data_file == NULL)
        return err_set(err, ST_INVALID, "cli.arguments",
            "give --plan FILE, --model FILE and --data FILE");
    if ((st = json_file_load(plan_file, 1 << 24, &plan, err)) == ST_OK &&
        (st = samples_open(&s, err)) == ST_OK &&
        (st = run_plan_open(&p, plan, model_file, err)) == ST_OK &&
        (st = check_shape(&s, runner_input_shape(p.runner), err)) == ST_OK &&
        (st = run_tally_init(&t, s.n, err)) == ST_OK &&
        (st = run_all(p.runner, &s, &t, err)) == ST_OK)
        st = run_text(&p, &t, json, err);
    run_tally_clear(&t);
    run_plan_close(&p);
    samples_close(&s);
    json_decref(plan);
    return st;
}

int
cli_run(int argc, char **argv)
{
    struct err err = { 0 };
    enum status st;
    bool done;
    int n;

    if (opt_parse(&cli_run_cmd, argc, argv, &n, &done, &err) != ST_OK)
        return cli_fail(&err);
    if (done)
        return 0;
    if (n != 0)
        st = err_set(&err, ST_INVALID, "cli.arguments",
            "%s is not an option of offramp run", argv[1]);
    else
        st = run(&err);
    return st == ST_OK ? 0 : cli_fail(&err);
}
