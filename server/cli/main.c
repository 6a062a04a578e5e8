/* SPDX-License-Identifier: MIT */
/* offramp -- the command line: finds the verb and runs it. */
#include <string.h>

#include <curl/curl.h>

#include "base/hash.h"
#include "base/version.h"
#include "server/cli/cli.h"

const struct cli_verb cli_verbs[] = {
    { "submit", "measure a model on devices", cli_submit, &cli_submit_cmd },
    { "watch", "follow a job", cli_watch, &cli_watch_cmd },
    { "jobs", "list jobs and what they wait for, or cancel some", cli_jobs,
        &cli_jobs_cmd },
    { "table", "print a profile's costs layer by layer", cli_table,
        &cli_table_cmd },
    { "plan", "find or print an early-exit plan", cli_plan, &cli_plan_cmd },
    { "export", "write a profile in another tool's format", cli_export,
        &cli_export_cmd },
    { "search", "find a plan offline, from files", cli_search,
        &cli_search_cmd },
    { "augment", "give a plain network exits, for one device", cli_augment,
        &cli_augment_cmd },
    { "validate", "run a plan for real on its device", cli_validate,
        &cli_validate_cmd },
    { "take", "write a plan's models, plan.json and report", cli_take,
        &cli_take_cmd },
    { "run", "run a plan here, segment by segment", cli_run, &cli_run_cmd },
    { "devices", "list the devices, or take one out of service", cli_devices,
        &cli_devices_cmd },
    { "links", "list the measured links, or measure one", cli_links,
        &cli_links_cmd },
    { "import", "bring a native table of another server", cli_import,
        &cli_import_cmd },
    { "diff", "tell why two profiles' numbers differ", cli_diff,
        &cli_diff_cmd },
    { "compare", "compare online exit policies on records and costs",
        cli_compare, &cli_compare_cmd },
    { "partition", "cut a network between measured devices", cli_partition,
        &cli_partition_cmd },
    { "map", "exits, thresholds and processors, found together", cli_map,
        &cli_map_cmd },
    { "select", "choose one of several configurations for each sample",
        cli_select, &cli_select_cmd },
    { NULL, NULL, NULL, NULL },
};

static const char details[] =
    "Start with\n"
    "    offramp devices\n"
    "    offramp submit model.onnx --device localhost --watch\n"
    "    offramp submit model.onnx --device localhost --data x.npy \\\n"
    "        --labels y.npy --max-drop 0.01\n"
    "`offramp VERB --help` explains each verb.\n"
    "\n"
    "The server is --server, OFFRAMP_SERVER, or \"server\" in the JSON file\n"
    "~/.config/offramp; the token --token, OFFRAMP_TOKEN, or \"token\" there.\n"
    "Without any, http://127.0.0.1:8080 and no token.";

int
cli_fail(const struct err *err)
{
    fprintf(stderr, "offramp: %s [%s]\n", err->text, err->code);
    switch (err->status) {
    case ST_INVALID:
    case ST_NOT_FOUND:
    case ST_CONFLICT:
    case ST_UNPROCESSABLE:
    case ST_TOO_LARGE:
    case ST_UNAUTHORIZED:
    case ST_FORBIDDEN:
        return 2;
    default:
        return 1;
    }
}

static const struct cli_verb *
find_verb(const char *name)
{
    for (const struct cli_verb *v = cli_verbs; v->name != NULL; v++)
        if (strcmp(v->name, name) == 0)
            return v;
    return NULL;
}

static const struct opt_cmd program = {
    .name = "offramp",
    .summary = "measure networks on real boards, and let them leave early",
    .synopsis = "VERB [OPTION]... [ARGUMENT]...",
    .details = details,
};

static void
print_help(FILE *out)
{
    fprintf(out, "%s -- %s\n\nUsage: %s %s\n\nVerbs:\n", program.name,
        program.summary, program.name, program.synopsis);
    for (const struct cli_verb *v = cli_verbs; v->name != NULL; v++)
        fprintf(out, "  %-10s %s\n", v->name, v->summary);
    fprintf(out, "\n%s\n", details);
}

/* `offramp man [VERB]`: used by the build to make the man pages. */
static int
print_man(const char *verb)
{
    const struct cli_verb *v = verb ? find_verb(verb) : NULL;

    if (verb != NULL && v == NULL)
        return 2;
    opt_man(v ? v->cmd : &program, 1, stdout);
    return 0;
}

/* What a verb has printed must have arrived: a full disk behind `> FILE` is a
 * failure like any other. */
static int
flushed(int rc)
{
    struct err err = { 0 };

    if (fflush(stdout) == 0 && !ferror(stdout))
        return rc;
    err_set(&err, ST_IO, "cli.output",
        "not all of the output could be written: is the disk full?");
    return rc != 0 ? rc : cli_fail(&err);
}

int
main(int argc, char **argv)
{
    const struct cli_verb *v;
    struct err err = { 0 };
    int rc;

    if (argc < 2) {
        print_help(stderr);
        return 2;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        print_help(stdout);
        return flushed(0);
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("offramp %s\n", OFFRAMP_VERSION);
        return flushed(0);
    }
    if (strcmp(argv[1], "man") == 0)
        return flushed(print_man(argc > 2 ? argv[2] : NULL));
    if ((v = find_verb(argv[1])) == NULL) {
        fprintf(stderr,
            argv[1][0] == '-'
                ? "offramp: options stand after the verb, and '%s' before it "
                  "(see offramp --help)\n"
                : "offramp: no verb '%s' (see offramp --help)\n",
            argv[1]);
        return 2;
    }
    if (hash_start(&err) != ST_OK)
        return cli_fail(&err);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    rc = flushed(v->run(argc - 1, argv + 1));
    curl_global_cleanup();
    return rc;
}
