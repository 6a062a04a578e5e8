/* SPDX-License-Identifier: MIT */
/* offramp import -- bring a native table of another server. */
#include "server/cli/cli.h"

#include "server/cli/client.h"

/* What the server takes too. */
enum { DOCUMENT_MAX_BYTES = 64 << 20 };

static struct client client;

static const struct opt opts[] = {
    CLIENT_OPTS(client),
};

const struct opt_cmd cli_import_cmd = {
    .name = "offramp import",
    .summary = "bring a native table of another server",
    .synopsis = "[OPTION]... FILE",
    .details =
        "FILE is what 'offramp export json' wrote.  The profile is shown, "
        "compared and\nexported like one that was measured here, but it is "
        "never reused for a job,\nand it is in no control chart.  The same "
        "file again is the same profile.\n"
        "    offramp --server http://lab:8080 export json 3 -o lab3.json\n"
        "    offramp import lab3.json",
    .opts = opts,
    .n_opts = sizeof(opts) / sizeof(opts[0]),
};

static void
print_profile(const json_t *p)
{
    const json_t *origin = json_object_get(p, "origin");

    printf("profile %lld: %s on %s, grade %s, from profile %lld of %s\n",
        (long long)json_integer_value(json_object_get(p, "id")),
        json_get_string(p, "model_name", ""), json_get_string(p, "device", ""),
        json_get_string(p, "grade", ""),
        (long long)json_integer_value(json_object_get(origin, "profile")),
        json_get_string(origin, "generator", "another server"));
}

int
cli_import(int argc, char **argv)
{
    json_t *table = NULL, *profile = NULL;
    struct err err = { 0 };
    enum status st;
    bool done;
    int n;

    if (opt_parse(&cli_import_cmd, argc, argv, &n, &done, &err) != ST_OK)
        return cli_fail(&err);
    if (done)
        return 0;
    if (n != 1) {
        err_set(&err, ST_INVALID, "cli.arguments",
            "name one file that 'offramp export json' wrote");
        return cli_fail(&err);
    }
    if ((st = client_open(&client, &err)) == ST_OK &&
        (st = json_file_load(argv[1], DOCUMENT_MAX_BYTES, &table, &err)) ==
            ST_OK &&
        (st = client_call(
             &client, "POST", "/v1/import", table, &profile, &err)) == ST_OK) {
        if (client.json)
            client_print(profile);
        else
            print_profile(profile);
    }
    json_decref(table);
    json_decref(profile);
    client_close(&client);
    return st == ST_OK ? 0 : cli_fail(&err);
}
