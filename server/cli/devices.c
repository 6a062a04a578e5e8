/* SPDX-License-Identifier: MIT */
/* offramp devices -- list the devices and their state, or change one's. */
#include <stdlib.h>
#include <string.h>

#include "server/cli/cli.h"
#include "server/cli/client.h"
#include "server/cli/device_model.h"
#include "server/cli/text.h"

static struct client client;
static struct model_wish wish;

/* What can be done to a device: the action of the API, and to which one. */
enum { DRAIN, ACTIVATE, RETIRE, RESET, ACTIONS };
static const char *const actions[ACTIONS] = { "drain", "activate", "retire",
    "reset-health" };
static const char *device[ACTIONS];

static const struct opt opts[] = {
    { "drain", 0, OPT_STR, &device[DRAIN], "DEVICE",
        "let it end what it does, and give it no more", NULL, 0, 0 },
    { "activate", 0, OPT_STR, &device[ACTIVATE], "DEVICE", "give it work again",
        NULL, 0, 0 },
    { "retire", 0, OPT_STR, &device[RETIRE], "DEVICE",
        "take it out of service for good", NULL, 0, 0 },
    { "reset-health", 0, OPT_STR, &device[RESET], "DEVICE",
        "it was repaired: trust it again", NULL, 0, 0 },
    CLIENT_OPTS(client),
    { "clock", 0, OPT_STR, &wish.clock, "HZ",
        "with model: the clock, MIDDLE or MIDDLE,LOW,HIGH", NULL, 0, 0 },
    { "cpi", 0, OPT_STR, &wish.cycles, "N",
        "with model: cycles an instruction, the same way", NULL, 0, 0 },
    { "nj-per-cycle", 0, OPT_STR, &wish.energy, "NJ",
        "with model: energy a cycle, the same way", NULL, 0, 0 },
    { "from", 0, OPT_STR, &wish.from, "TEXT",
        "with model: where the figures come from", NULL, 0, 0 },
    { "file", 0, OPT_STR, &wish.file, "FILE",
        "with model: a declaration as the API takes it, such as cycles by "
        "class; the options above change what they name",
        NULL, 0, 0 },
};

const struct opt_cmd cli_devices_cmd = {
    .name = "offramp devices",
    .summary = "list the devices, change one's state, or say what it takes",
    .synopsis = "[OPTION]... [model DEVICE]",
    .details = "A device appears once its probe has registered:\n"
               "    offramp-probe --server http://127.0.0.1:8080 "
               "--device localhost\n"
               "Before a board is unplugged, and afterwards:\n"
               "    offramp devices --drain board1\n"
               "    offramp devices --activate board1\n"
               "An emulated device counts and takes no time.  With a declared "
               "model, times can be\nderived where they are asked for "
               "(--modelled); each declaration is a new version:\n"
               "    offramp devices model m4 --clock 100e6 --cpi 1.3,1.1,1.7 "
               "--from \"Cortex-M4 TRM, no wait states\"\n"
               "    offramp devices model m4 --file "
               "fixtures/device_models/cortex-m4.json --clock 64e6\n"
               "    offramp devices model m4",
    .opts = opts,
    .n_opts = sizeof(opts) / sizeof(opts[0]),
};

static enum status
print_device(struct text_table *t, const json_t *d, struct err *err)
{
    static const char *const names[] = { "name", "agent", "state", "health",
        "mode" };
    const json_t *labels = json_object_get(d, "labels");
    enum status st = ST_OK;
    char *text;

    for (size_t i = 0; st == ST_OK && i < sizeof(names) / sizeof(names[0]);
         i++) {
        const char *s = json_string_value(json_object_get(d, names[i]));

        st = text_cell(t, "%s", s ? s : "-");
    }
    if (st == ST_OK)
        st = text_cell(
            t, "%s", json_is_true(json_object_get(d, "busy")) ? "yes" : "no");
    text = text_selector(labels);
    if (st == ST_OK)
        st = text ? text_cell(t, "%s", text) : ST_NOMEM;
    free(text);
    return st == ST_OK ? ST_OK : err_nomem(err);
}

static enum status
print_devices(const json_t *doc, struct err *err)
{
    static const char *const columns[] = { "device", "agent", "state", "health",
        "mode", "busy", "labels", NULL };
    const json_t *items = json_object_get(doc, "items"), *d;
    struct text_table *t = text_table_new(columns);
    enum status st = t ? ST_OK : err_nomem(err);
    size_t i;

    if (json_array_size(items) == 0)
        fprintf(stderr,
            "no device yet: start one with offramp-probe --device NAME\n");
    json_array_foreach(items, i, d) if (st == ST_OK) st =
        print_device(t, d, err);
    if (st == ST_OK && json_array_size(items) > 0)
        text_table_print(t, stdout);
    text_table_free(t);
    return st;
}

/* The actions that were asked for, in the table's order. */
static enum status
act(struct err *err)
{
    enum status st = ST_OK;

    for (int i = 0; st == ST_OK && i < ACTIONS; i++) {
        char path[512], *name;
        json_t *doc = NULL;

        if (device[i] == NULL)
            continue;
        if ((name = rest_escape(device[i])) == NULL)
            return err_nomem(err);
        snprintf(path, sizeof(path), "/v1/devices/%.400s:%s", name, actions[i]);
        st = client_call(&client, "POST", path, NULL, &doc, err);
        json_decref(doc);
        free(name);
    }
    return st;
}

static enum status
list(struct err *err)
{
    json_t *doc = NULL;
    enum status st =
        client_call(&client, "GET", "/v1/devices?limit=500", NULL, &doc, err);

    if (st == ST_OK && client.json)
        client_print(doc);
    else if (st == ST_OK)
        st = print_devices(doc, err);
    json_decref(doc);
    return st;
}

int
cli_devices(int argc, char **argv)
{
    struct err err = { 0 };
    enum status st;
    bool done;
    int n;

    if (opt_parse(&cli_devices_cmd, argc, argv, &n, &done, &err) != ST_OK)
        return cli_fail(&err);
    if (done)
        return 0;
    if (n != 0 && (n != 2 || strcmp(argv[1], "model") != 0))
        st = err_set(&err, ST_INVALID, "cli.arguments",
            "give nothing, or model and a device");
    else
        st = client_open(&client, &err);
    if (st == ST_OK && n == 2)
        st = device_model_run(&client, argv[2], &wish, &err);
    else if (st == ST_OK && (st = act(&err)) == ST_OK)
        st = list(&err); /* as it is now, also after a change */
    client_close(&client);
    return st == ST_OK ? 0 : cli_fail(&err);
}
