/* SPDX-License-Identifier: MIT */
#include "server/token_cmd.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "db/token.h"
#include "server/auth.h"

struct token_options {
    const char *db, *name, *scope;
};

static enum status
add(struct db *db, const struct token_options *o, struct err *err)
{
    char text[AUTH_TOKEN_TEXT], hash[HASH_HEX], scopes[256];
    struct identity who = { 0 };
    enum status st;
    int64_t id;

    if (o->name == NULL || o->scope == NULL)
        return err_set(err, ST_INVALID, "cli.option",
            "token add needs --name NAME and --scope SCOPES");
    if (!auth_name_valid(o->name))
        return err_set(err, ST_INVALID, "cli.option",
            "--name: 1 to 63 letters, digits, '.', '_' or '-'");
    if ((st = auth_scopes_read(o->scope, &who, err)) != ST_OK)
        return st;
    snprintf(scopes, sizeof(scopes), "%s", o->scope);
    for (char *c = scopes; *c != '\0'; c++)
        if (*c == ',')
            *c = ' ';
    auth_token_make(text);
    hash_bytes(text, strlen(text), hash);
    st = db_token_add(db, o->name, scopes, hash, clock_utc_ms(), &id, err);
    if (st == ST_OK) {
        printf("%s\n", text);
        fprintf(stderr,
            "This is the only time it is shown.  Programs read it from "
            "OFFRAMP_TOKEN.\n");
    }
    return st;
}

static enum status
print(const struct token *t, void *ctx)
{
    char made[CLOCK_TEXT], used[CLOCK_TEXT] = "never";

    (void)ctx;
    clock_utc_text(t->created_ms, made);
    if (t->last_used_ms > 0)
        clock_utc_text(t->last_used_ms, used);
    printf("%-24s %-32s %-25s %s\n", t->name, t->scopes, made, used);
    return ST_OK;
}

static enum status
list(struct db *db, const struct token_options *o, struct err *err)
{
    (void)o;
    printf("%-24s %-32s %-25s %s\n", "NAME", "SCOPES", "MADE", "LAST USED");
    return db_token_list(db, print, NULL, err);
}

static enum status
revoke(struct db *db, const struct token_options *o, struct err *err)
{
    if (o->name == NULL)
        return err_set(
            err, ST_INVALID, "cli.option", "token revoke needs --name NAME");
    return db_token_remove(db, o->name, err);
}

static const struct {
    const char *word;
    enum status (*run)(
        struct db *db, const struct token_options *o, struct err *err);
} actions[] = {
    { "add", add },
    { "list", list },
    { "revoke", revoke },
};

static struct opt_cmd
command(struct token_options *o, struct opt opts[3])
{
    opts[0] = (struct opt){ .name = "db",
        .kind = OPT_STR,
        .out = &o->db,
        .arg = "FILE",
        .help = "the store (default offramp.db)",
        .env = "OFFRAMP_DB" };
    opts[1] = (struct opt){ .name = "name",
        .kind = OPT_STR,
        .out = &o->name,
        .arg = "NAME",
        .help = "what people call the token" };
    opts[2] = (struct opt){ .name = "scope",
        .kind = OPT_STR,
        .out = &o->scope,
        .arg = "SCOPES",
        .help = "read, submit, admin, agent:NAME; several with commas" };
    return (struct opt_cmd){ .name = "offrampd token",
        .summary = "make, list and revoke access tokens",
        .synopsis = "add|list|revoke [OPTION]..",
        .details =
            "add prints a new token once; the store keeps only its hash.\n"
            "A running server sees the change with the next request.\n\n"
            "  offrampd token add --name laptop --scope submit\n"
            "  offrampd token add --name bench --scope agent:bench-1\n"
            "  offrampd token revoke --name laptop\n",
        .opts = opts,
        .n_opts = 3 };
}

int
token_main(int argc, char **argv)
{
    struct token_options o = { .db = "offramp.db" };
    struct opt opts[3];
    struct opt_cmd cmd = command(&o, opts);
    struct err err = { 0 };
    struct db *db = NULL;
    enum status st;
    size_t i = 0, n = sizeof(actions) / sizeof(actions[0]);
    bool done;
    int n_args;

    if ((st = opt_parse(&cmd, argc, argv, &n_args, &done, &err)) == ST_OK &&
        done)
        return 0;
    while (st == ST_OK && n_args == 1 && i < n &&
           strcmp(argv[1], actions[i].word) != 0)
        i++;
    if (st == ST_OK && (n_args != 1 || i == n))
        st = err_set(&err, ST_INVALID, "cli.usage",
            "one of add, list, revoke is wanted (see offrampd token --help)");
    if (st == ST_OK && (st = db_open(&db, o.db, &err)) == ST_OK)
        st = actions[i].run(db, &o, &err);
    db_close(db);
    if (st == ST_OK)
        return 0;
    fprintf(stderr, "offrampd token: %s\n", err.text);
    return st == ST_INVALID ? 2 : 1;
}

void
token_man(FILE *out)
{
    struct token_options o = { 0 };
    struct opt opts[3];
    struct opt_cmd cmd = command(&o, opts);

    opt_man(&cmd, 8, out);
}
