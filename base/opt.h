/* SPDX-License-Identifier: MIT */
/*
 * opt.h -- command lines from tables.
 *
 * A program (or one verb of it) is a `struct opt_cmd`: parsing, `--help` and
 * the man page all read the same rows, so they cannot disagree.
 */
#ifndef OFFRAMP_BASE_OPT_H
#define OFFRAMP_BASE_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/status.h"

enum opt_kind {
    OPT_FLAG, /* bool *: no argument */
    OPT_STR,  /* const char **: borrowed from argv or the environment */
    OPT_INT,  /* int64_t *, within min..max */
    OPT_REAL, /* double *, within min..max */
    OPT_LIST, /* struct opt_list *: may be given several times */
};

enum { OPT_LIST_MAX = 64 };

struct opt_list {
    const char *item[OPT_LIST_MAX]; /* borrowed */
    size_t n;
};

struct opt {
    const char *name; /* long name, without "--" */
    char letter;      /* short name, or 0 */
    enum opt_kind kind;
    void *out;
    const char *arg;  /* "FILE": what the argument is called in the help */
    const char *help; /* one line; the default is said here */
    const char *env;  /* environment variable read first, or NULL */
    double min, max;  /* both 0: no range */
};

struct opt_cmd {
    const char *name;     /* "offramp search" */
    const char *summary;  /* one line, no full stop */
    const char *synopsis; /* the words after the name: "[OPTION].. FILE" */
    const char *details;  /* paragraphs: what it does, examples; or NULL */
    const struct opt *opts;
    size_t n_opts;
    const char *exits; /* exit codes, or NULL for the usual 0, 1, 2 */
};

/*
 * Read options from the environment, then from argv[1..].  `--help` and
 * `--version` are known to every command: they print and set *done.  What is
 * left is moved to the front of argv + 1 and counted in *n_args.
 * ST_INVALID names the option.  "--" ends the options.
 */
enum status opt_parse(const struct opt_cmd *cmd, int argc, char **argv,
    int *n_args, bool *done, struct err *err) MUST_CHECK;

void opt_help(const struct opt_cmd *cmd, FILE *out);

/* The man page, in roff, section `section`. */
void opt_man(const struct opt_cmd *cmd, int section, FILE *out);

#endif
