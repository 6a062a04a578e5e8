/* SPDX-License-Identifier: MIT */
#include "base/opt.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/version.h"

static const char usual_exits[] =
    "0 done; 1 the work failed; 2 the command line or the input was wrong";

static enum status
set_value(const struct opt *o, const char *text, struct err *err)
{
    char *end;
    double x;

    switch (o->kind) {
    case OPT_FLAG:
        *(bool *)o->out = true;
        return ST_OK;
    case OPT_STR:
        *(const char **)o->out = text;
        return ST_OK;
    case OPT_LIST: {
        struct opt_list *l = o->out;

        if (l->n == OPT_LIST_MAX)
            return err_set(err, ST_INVALID, "cli.option",
                "--%s: more than %d times", o->name, OPT_LIST_MAX);
        l->item[l->n++] = text;
        return ST_OK;
    }
    case OPT_INT:
        errno = 0;
        *(int64_t *)o->out = strtoll(text, &end, 10);
        x = (double)*(int64_t *)o->out;
        break;
    default:
        errno = 0;
        x = *(double *)o->out = strtod(text, &end);
        break;
    }
    if (end == text || *end != '\0' || errno != 0 || !isfinite(x))
        return err_set(err, ST_INVALID, "cli.option", "--%s: '%s' is not %s",
            o->name, text, o->kind == OPT_INT ? "an integer" : "a number");
    if ((o->min != 0 || o->max != 0) && (x < o->min || x > o->max))
        return err_set(err, ST_INVALID, "cli.option",
            "--%s: %s is not within %.12g and %.12g", o->name, text, o->min,
            o->max);
    return ST_OK;
}

static const struct opt *
find_long(const struct opt_cmd *cmd, const char *name, size_t len)
{
    for (size_t i = 0; i < cmd->n_opts; i++)
        if (strlen(cmd->opts[i].name) == len &&
            strncmp(cmd->opts[i].name, name, len) == 0)
            return &cmd->opts[i];
    return NULL;
}

static const struct opt *
find_letter(const struct opt_cmd *cmd, char c)
{
    for (size_t i = 0; i < cmd->n_opts; i++)
        if (cmd->opts[i].letter == c)
            return &cmd->opts[i];
    return NULL;
}

static enum status
read_environment(const struct opt_cmd *cmd, struct err *err)
{
    for (size_t i = 0; i < cmd->n_opts; i++) {
        const struct opt *o = &cmd->opts[i];
        const char *v = o->env ? getenv(o->env) : NULL;
        enum status st;

        if (v != NULL && v[0] != '\0' && (st = set_value(o, v, err)) != ST_OK)
            return st;
    }
    return ST_OK;
}

enum status
opt_parse(const struct opt_cmd *cmd, int argc, char **argv, int *n_args,
    bool *done, struct err *err)
{
    enum status st;

    *n_args = 0;
    *done = false;
    if ((st = read_environment(cmd, err)) != ST_OK)
        return st;
    for (int i = 1; i < argc; i++) {
        const char *a = argv[i], *value = NULL;
        const struct opt *o;

        if (a[0] != '-' || a[1] == '\0') {
            argv[1 + (*n_args)++] = argv[i];
            continue;
        }
        if (strcmp(a, "--") == 0) {
            while (++i < argc)
                argv[1 + (*n_args)++] = argv[i];
            break;
        }
        if (strcmp(a, "--help") == 0 || strcmp(a, "-h") == 0) {
            opt_help(cmd, stdout);
            *done = true;
            return ST_OK;
        }
        if (strcmp(a, "--version") == 0) {
            printf("%s %s\n", cmd->name, OFFRAMP_VERSION);
            *done = true;
            return ST_OK;
        }
        if (a[1] == '-') {
            const char *eq = strchr(a, '=');

            o = find_long(
                cmd, a + 2, eq ? (size_t)(eq - a - 2) : strlen(a + 2));
            value = eq ? eq + 1 : NULL;
        } else {
            o = a[2] == '\0' ? find_letter(cmd, a[1]) : NULL;
        }
        if (o == NULL)
            return err_set(err, ST_INVALID, "cli.option",
                "unknown option %s (see %s --help)", a, cmd->name);
        if (o->kind == OPT_FLAG && value != NULL)
            return err_set(err, ST_INVALID, "cli.option",
                "--%s takes no argument", o->name);
        if (o->kind != OPT_FLAG && value == NULL) {
            if (++i == argc)
                return err_set(err, ST_INVALID, "cli.option",
                    "--%s needs an argument: %s", o->name, o->arg);
            value = argv[i];
        }
        if ((st = set_value(o, value, err)) != ST_OK)
            return st;
    }
    return ST_OK;
}

void
opt_help(const struct opt_cmd *cmd, FILE *out)
{
    fprintf(out, "%s -- %s\n\nUsage: %s %s\n", cmd->name, cmd->summary,
        cmd->name, cmd->synopsis);
    if (cmd->n_opts > 0)
        fprintf(out, "\nOptions:\n");
    for (size_t i = 0; i < cmd->n_opts; i++) {
        const struct opt *o = &cmd->opts[i];
        char left[64], letter[8] = "    ";

        if (o->letter)
            snprintf(letter, sizeof(letter), "-%c, ", o->letter);
        snprintf(left, sizeof(left), "%s--%s%s%s", letter, o->name,
            o->arg ? " " : "", o->arg ? o->arg : "");
        fprintf(out, "  %-30s %s%s%s%s\n", left, o->help, o->env ? " [" : "",
            o->env ? o->env : "", o->env ? "]" : "");
    }
    if (cmd->details != NULL)
        fprintf(out, "\n%s\n", cmd->details);
    fprintf(out, "\nExit codes: %s.\n", cmd->exits ? cmd->exits : usual_exits);
}

/* Text with what roff would take for a command made harmless. */
static void
roff_text(const char *s, FILE *out)
{
    bool line_start = true;

    for (; *s; s++) {
        if (line_start && (*s == '.' || *s == '\''))
            fputs("\\&", out);
        if (*s == '\\')
            fputs("\\e", out);
        else if (*s == '-')
            fputs("\\-", out);
        else
            fputc(*s, out);
        line_start = *s == '\n';
    }
}

void
opt_man(const struct opt_cmd *cmd, int section, FILE *out)
{
    fprintf(out, ".TH \"%s\" %d \"\" \"offramp %s\"\n.SH NAME\n", cmd->name,
        section, OFFRAMP_VERSION);
    roff_text(cmd->name, out);
    fputs(" \\- ", out);
    roff_text(cmd->summary, out);
    fprintf(out, "\n.SH SYNOPSIS\n.B ");
    roff_text(cmd->name, out);
    fputc('\n', out);
    roff_text(cmd->synopsis, out);
    fputc('\n', out);
    if (cmd->details != NULL) {
        fprintf(out, ".SH DESCRIPTION\n.nf\n");
        roff_text(cmd->details, out);
        fprintf(out, "\n.fi\n");
    }
    if (cmd->n_opts > 0)
        fprintf(out, ".SH OPTIONS\n");
    for (size_t i = 0; i < cmd->n_opts; i++) {
        const struct opt *o = &cmd->opts[i];

        fprintf(out, ".TP\n.B ");
        if (o->letter)
            fprintf(out, "\\-%c, ", o->letter);
        fputs("\\-\\-", out);
        roff_text(o->name, out);
        if (o->arg)
            fprintf(out, " \\fI%s\\fR", o->arg);
        fputc('\n', out);
        roff_text(o->help, out);
        if (o->env)
            fprintf(out, " Read from %s too.", o->env);
        fputc('\n', out);
    }
    fprintf(out, ".SH EXIT STATUS\n");
    roff_text(cmd->exits ? cmd->exits : usual_exits, out);
    fputs(".\n", out);
}
