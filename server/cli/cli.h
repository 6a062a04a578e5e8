/* SPDX-License-Identifier: MIT */
/*
 * cli.h -- the `offramp` command: one file a verb, one row a verb.
 *
 * A verb is called with argv[0] being its own name and returns the exit code:
 * 0 done, 1 the work failed, 2 the command line or the input was wrong.  One
 * thread; everything a verb allocates it frees.
 */
#ifndef OFFRAMP_CLI_CLI_H
#define OFFRAMP_CLI_CLI_H

#include <stdio.h>

#include "base/opt.h"
#include "base/status.h"

struct cli_verb {
    const char *name, *summary;
    int (*run)(int argc, char **argv);
    const struct opt_cmd *cmd; /* for the man page */
};

/* Ends with a NULL name. */
extern const struct cli_verb cli_verbs[];

int cli_submit(int argc, char **argv);
int cli_watch(int argc, char **argv);
int cli_jobs(int argc, char **argv);
int cli_table(int argc, char **argv);
int cli_plan(int argc, char **argv);
int cli_export(int argc, char **argv);
int cli_search(int argc, char **argv);
int cli_devices(int argc, char **argv);
int cli_diff(int argc, char **argv);
int cli_import(int argc, char **argv);
int cli_run(int argc, char **argv);
int cli_augment(int argc, char **argv);
int cli_take(int argc, char **argv);
int cli_validate(int argc, char **argv);
int cli_compare(int argc, char **argv);
int cli_partition(int argc, char **argv);
int cli_links(int argc, char **argv);
int cli_map(int argc, char **argv);
int cli_select(int argc, char **argv);

extern const struct opt_cmd cli_submit_cmd, cli_watch_cmd, cli_table_cmd,
    cli_plan_cmd, cli_export_cmd, cli_search_cmd, cli_devices_cmd, cli_diff_cmd,
    cli_import_cmd, cli_run_cmd, cli_augment_cmd, cli_take_cmd,
    cli_validate_cmd, cli_compare_cmd, cli_partition_cmd, cli_links_cmd,
    cli_map_cmd, cli_select_cmd, cli_jobs_cmd;

/* Print an error on standard error and return the exit code it means: 2 for
 * what the user can correct, 1 for the rest. */
int cli_fail(const struct err *err);

#endif
