/* SPDX-License-Identifier: MIT */
/* offramp validate -- run a plan for real on its device. */
#include <stdlib.h>
#include <string.h>

#include "server/cli/cli.h"
#include "server/cli/validation.h"

static struct client client;
static const char *device;
static int64_t dataset, max_rows;
static double budget_s, ci_rel;
static struct opt_list on;

static const struct opt opts[] = {
    CLIENT_OPTS(client),
    { "device", 'd', OPT_STR, &device, "SELECTOR",
        "run it there instead of on its profile's device", NULL, 0, 0 },
    { "on", 0, OPT_LIST, &on, "NAME=SELECTOR",
        "of a mapped plan: who is this processor (default: the device NAME)",
        NULL, 0, 0 },
    { "dataset", 0, OPT_INT, &dataset, "ID",
        "run this data set instead of the held-out rows", NULL, 1, 9e15 },
    { "max-rows", 'n', OPT_INT, &max_rows, "N",
        "at most N samples (default 1000)", NULL, 1, 100000 },
    { "budget", 0, OPT_REAL, &budget_s, "S",
        "measure for at most about S seconds (default 60)", NULL, 0.001,
        86400 },
    { "ci-rel", 0, OPT_REAL, &ci_rel, "R",
        "or until both means are known to R (default 0.01)", NULL, 1e-4, 1 },
};

const struct opt_cmd cli_validate_cmd = {
    .name = "offramp validate",
    .summary = "run a plan for real on its device, against its prediction",
    .synopsis = "[OPTION]... PLAN",
    .details =
        "The plan's network is cut at its exits and runs there sample by "
        "sample, each sample\nleaving where it leaves, turn about with the "
        "network without exits.  Samples are\nthose that the search did not "
        "choose by.\n"
        "    offramp validate 1\n"
        "A difference beyond both intervals flags the profile (residual).\n"
        "A plan that is mapped onto several processors runs across them, each "
        "handing its\ntensor to the next; all but the first need --link:\n"
        "    offramp validate 2 --on server=workstation\n"
        "Its outputs are compared with those of the network in one piece.\n"
        "A plan of a microcontroller board runs there as the image that was "
        "profiled, in\ninstructions where the board is emulated.",
    .opts = opts,
    .n_opts = sizeof(opts) / sizeof(opts[0]),
};

/* {NAME: SELECTOR} of --on. */
static enum status
read_on(json_t *body, struct err *err)
{
    json_t *devices = json_object();

    for (size_t i = 0; i < on.n; i++) {
        const char *eq = strchr(on.item[i], '=');

        if (eq == NULL || eq == on.item[i] || eq[1] == '\0') {
            json_decref(devices);
            return err_set(err, ST_INVALID, "cli.option",
                "--on %s: give a processor's name and a selector, such as "
                "server=workstation",
                on.item[i]);
        }
        json_object_setn_new(devices, on.item[i], (size_t)(eq - on.item[i]),
            json_string(eq + 1));
    }
    return json_object_set_new(body, "devices", devices) == 0 ? ST_OK
                                                              : err_nomem(err);
}

static enum status
validate(int64_t plan, struct err *err)
{
    json_t *body = json_object(), *made;
    char path[64];
    int64_t id;
    int bad = body == NULL;
    enum status st;

    if (device != NULL)
        bad |= json_object_set_new(body, "device", json_string(device));
    if (dataset > 0)
        bad |= json_object_set_new(body, "dataset", json_integer(dataset));
    if (max_rows > 0)
        bad |= json_object_set_new(body, "max_rows", json_integer(max_rows));
    if (budget_s > 0)
        bad |= json_object_set_new(body, "budget_s", json_real(budget_s));
    if (ci_rel > 0)
        bad |= json_object_set_new(body, "ci_rel", json_real(ci_rel));
    snprintf(path, sizeof(path), "/v1/plans/%lld/validations", (long long)plan);
    st = bad ? err_nomem(err) : on.n > 0 ? read_on(body, err) : ST_OK;
    if (st == ST_OK)
        st = client_call(&client, "POST", path, body, &made, err);
    json_decref(body);
    if (st != ST_OK)
        return st;
    id = json_integer_value(json_object_get(made, "id"));
    json_decref(made);
    return validation_follow(&client, id, err);
}

int
cli_validate(int argc, char **argv)
{
    struct err err = { 0 };
    enum status st;
    bool done;
    int n;

    if (opt_parse(&cli_validate_cmd, argc, argv, &n, &done, &err) != ST_OK)
        return cli_fail(&err);
    if (done)
        return 0;
    if (n != 1 || atoll(argv[1]) <= 0)
        st = err_set(&err, ST_INVALID, "cli.arguments",
            "give a plan's number: offramp validate 1");
    else if ((st = client_open(&client, &err)) == ST_OK)
        st = validate(atoll(argv[1]), &err);
    client_close(&client);
    return st == ST_OK ? 0 : cli_fail(&err);
}
