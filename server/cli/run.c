/* SPDX-License-Identifier: MIT */
/* offramp run -- run a plan for real, here, sample by sample. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "server/cli/cli.h"
#include "server/cli/client.h"
#include "server/cli/run_live.h"
#include "server/cli/run_plan.h"
#include "server/cli/run_policy.h"
#include "server/cli/run_text.h"

static const char *plan_file, *model_file;
static struct run_files files;
static struct run_policy_wish wish = RUN_POLICY_WISH;
static struct run_live_wish live;

static const struct opt opts[] = {
    { "plan", 'p', OPT_STR, &plan_file, "FILE", "the plan, JSON", NULL, 0, 0 },
    { "model", 'm', OPT_STR, &model_file, "FILE",
        "the network with all its exits, ONNX", NULL, 0, 0 },
    { "data", 'd', OPT_STR, &files.data, "FILE", "inputs, .npy", NULL, 0, 0 },
    { "labels", 'l', OPT_STR, &files.labels, "FILE", "their classes, .npy",
        NULL, 0, 0 },
    { "preprocess", 0, OPT_STR, &files.preprocess, "JSON",
        "how inputs are prepared, such as {\"scale\":0.0039}", NULL, 0, 0 },
    { "limit", 'n', OPT_INT, &files.limit, "N", "only the first N samples",
        NULL, 1, 1e9 },
    RUN_POLICY_OPTS(wish),
    RUN_LIVE_OPTS(live),
};

const struct opt_cmd cli_run_cmd = {
    .name = "offramp run",
    .summary = "run a plan or a policy here, segment by segment, and stop",
    .synopsis = "--plan FILE|--policy NAME --model FILE --data FILE "
                "[OPTION]...",
    .details =
        "The reference for whoever writes a runner of their own: the network "
        "is cut at the\nplan's exits, each sample runs segment by segment and "
        "stops at the first kept exit\nwhose score is at least its "
        "threshold.\n"
        "    offramp plan 1 --json >plan.json\n"
        "    offramp run --plan plan.json --model net.onnx --data x.npy "
        "--labels y.npy\n"
        "    offramp run --policy splitee --offload 0.5 --model net.onnx "
        "--data "
        "x.npy\n"
        "A policy chooses an exit for each sample before it runs; what is not "
        "sure enough\nthere (below --alpha) is handed over, and completed here "
        "in the other device's place.\nWith --records it is replayed instead: "
        "the same scores give the same choices.\n"
        "With --device the service runs it on a device, and with --to across "
        "two of them (the\nsecond one's agent started with --link), then "
        "replays the same stream:\n"
        "    offramp run --policy splitee --device pi5 --to jetson --profile 3 "
        "--dataset 2\n"
        "--policy all runs every one that a device can.  here and each are "
        "measured, predicted\nis what the cost table and the link say, off "
        "their difference, agree the share of\nequal decisions.\n"
        "Times are of this machine as it is now: one run a sample, nothing is "
        "repeated or\nset aside.  `offramp validate` measures on a plan's "
        "device.",
    .opts = opts,
    .n_opts = sizeof(opts) / sizeof(opts[0]),
};

static enum status
run_all(struct runner *r, const struct run_samples *s, struct run_tally *t,
    struct err *err)
{
    size_t elements;
    float *input = runner_input(r, &elements);
    float *raw = malloc(elements * sizeof(*raw));
    enum status st = raw != NULL ? ST_OK : err_nomem(err);

    for (size_t i = 0; st == ST_OK && i < s->n; i++) {
        struct runner_answer a;
        int64_t start;

        run_samples_read(s, i, raw, input);
        start = clock_ns();
        if ((st = runner_run(r, &a, err)) == ST_OK)
            run_tally_add(
                t, &a, (double)(clock_ns() - start), run_samples_label(s, i));
    }
    free(raw);
    return st;
}

static enum status
run_a_plan(const struct run_samples *s, struct err *err)
{
    struct run_plan p = { 0 };
    struct run_tally t = { 0 };
    json_t *plan = NULL;
    enum status st;

    if ((st = json_file_load(plan_file, 1 << 24, &plan, err)) == ST_OK &&
        (st = run_plan_open(
             &p, plan, SCORE_MAX_PROBABILITY, model_file, err)) == ST_OK &&
        (st = run_samples_fit(s, runner_input_shape(p.runner), err)) == ST_OK &&
        (st = run_tally_init(&t, s->n, err)) == ST_OK &&
        (st = run_all(p.runner, s, &t, err)) == ST_OK)
        st = run_text(&p, &t, live.client.json, err);
    run_tally_clear(&t);
    run_plan_close(&p);
    json_decref(plan);
    return st;
}

static enum status
on_device(struct err *err)
{
    if (wish.policy == NULL || model_file != NULL || wish.costs_file != NULL)
        return err_set(err, ST_INVALID, "cli.arguments",
            "--device runs a policy on a device of the service: give --policy "
            "and --profile, leave --plan, --model and --costs out (a plan is "
            "run there by `offramp validate`)");
    return run_live(&live, &wish, &files, err);
}

static enum status
run(struct err *err)
{
    struct run_samples s = { 0 };
    const bool replay = wish.records_file != NULL;
    enum status st;

    if ((plan_file == NULL) == (wish.policy == NULL))
        return err_set(err, ST_INVALID, "cli.arguments",
            "give --plan FILE or --policy NAME, and only one of them");
    if (replay &&
        (plan_file != NULL || model_file != NULL || files.data != NULL))
        return err_set(err, ST_INVALID, "cli.arguments",
            "--records replays a policy: leave --plan, --model and --data "
            "out");
    if (replay)
        return run_policy(&wish, NULL, NULL, live.client.json, err);
    if (live.device != NULL)
        return on_device(err);
    if (model_file == NULL || files.data == NULL)
        return err_set(err, ST_INVALID, "cli.arguments",
            "give --model FILE and --data FILE");
    if ((st = run_samples_open(&s, &files, err)) == ST_OK)
        st = plan_file != NULL
                 ? run_a_plan(&s, err)
                 : run_policy(&wish, model_file, &s, live.client.json, err);
    run_samples_close(&s);
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
