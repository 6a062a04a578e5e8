/* SPDX-License-Identifier: MIT */
#include "server/cli/device_model.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/insn.h"
#include "base/json.h"

enum { FILE_MAX = 1 << 16 };

/* "MID" or "MID,LOW,HIGH" as the API takes it. */
static enum status
figure(const char *option, const char *text, json_t **out, struct err *err)
{
    double v[3];
    int n = 0;

    for (const char *at = text; n < 3; n++) {
        char *end;

        v[n] = strtod(at, &end);
        if (end == at || (*end != '\0' && *end != ','))
            break;
        at = end + 1;
        if (*end == '\0') {
            n++;
            break;
        }
    }
    *out = n == 1   ? json_real(v[0])
           : n == 3 ? json_pack("[f,f,f]", v[0], v[1], v[2])
                    : NULL;
    if (*out != NULL)
        return ST_OK;
    return err_set(err, ST_INVALID, "cli.option",
        "--%s takes a number, or MIDDLE,LOW,HIGH (such as 1.3,1.1,1.6)",
        option);
}

/* What the figures are put into: a file's declaration, or nothing. */
static enum status
begin_body(const struct model_wish *w, json_t **out, struct err *err)
{
    enum status st;
    char *text;
    size_t len;

    if (w->file == NULL &&
        (w->clock == NULL || w->cycles == NULL || w->from == NULL))
        return err_set(err, ST_INVALID, "cli.arguments",
            "a model needs --clock, --cpi and --from (where the figures come "
            "from), or a --file that has them");
    if (w->file == NULL) {
        *out = json_object();
        return *out ? ST_OK : err_nomem(err);
    }
    if ((st = file_read(w->file, FILE_MAX, &text, &len, err)) != ST_OK)
        return st;
    st = json_parse(text, len, out, err);
    free(text);
    if (st == ST_OK && !json_is_object(*out)) {
        json_decref(*out);
        *out = NULL;
        st = err_set(err, ST_INVALID, "cli.option",
            "--file %s: a model is a JSON object", w->file);
    }
    return st;
}

static enum status
body_of(const struct model_wish *w, json_t **out, struct err *err)
{
    const struct {
        const char *option, *member, *text;
    } given[] = {
        { "clock", "clock_hz", w->clock },
        { "cpi", "cycles_per_instruction", w->cycles },
        { "nj-per-cycle", "energy_per_cycle_nj", w->energy },
    };
    enum status st = begin_body(w, out, err);

    if (st != ST_OK)
        return st;
    if (w->from != NULL &&
        json_object_set_new(*out, "from", json_string(w->from)) != 0)
        st = err_nomem(err);
    for (size_t i = 0; st == ST_OK && i < 3; i++) {
        json_t *v = NULL;

        if (given[i].text == NULL)
            continue;
        st = figure(given[i].option, given[i].text, &v, err);
        if (st == ST_OK && json_object_set_new(*out, given[i].member, v) != 0)
            st = err_nomem(err);
    }
    if (st != ST_OK) {
        json_decref(*out);
        *out = NULL;
    }
    return st;
}

static void
print_figure(const char *title, const json_t *v, const char *unit)
{
    const json_t *low = json_array_get(v, 1), *high = json_array_get(v, 2);

    if (v == NULL || json_is_null(v))
        printf("%-24s not declared\n", title);
    else if (json_is_array(v))
        printf("%-24s %g %s (%g to %g)\n", title,
            json_number_value(json_array_get(v, 0)), unit,
            json_number_value(low), json_number_value(high));
    else
        printf("%-24s %g %s\n", title, json_number_value(v), unit);
}

/* One figure for all instructions, or one a class. */
static void
print_cycles(const json_t *cycles)
{
    const json_t *rest = json_object_get(cycles, "default");

    if (!json_is_object(cycles)) {
        print_figure("cycles an instruction", cycles, "");
        return;
    }
    printf("cycles an instruction, by class\n");
    for (int c = 0; c < INSN_COUNTS; c++) {
        const json_t *v = json_object_get(cycles, insn_name(c));
        char title[32];

        snprintf(title, sizeof(title), "  %s", insn_name(c));
        if (v != NULL)
            print_figure(title, v, "");
    }
    if (rest != NULL)
        print_figure("  any other", rest, "");
}

static void
print_model(const json_t *m)
{
    printf("%s, model %.0f, declared %s\n", json_get_string(m, "device", ""),
        json_get_number(m, "version"), json_get_string(m, "created_at", ""));
    print_figure("clock", json_object_get(m, "clock_hz"), "Hz");
    print_cycles(json_object_get(m, "cycles_per_instruction"));
    print_figure(
        "energy a cycle", json_object_get(m, "energy_per_cycle_nj"), "nJ");
    printf("%-24s %s\n", "from", json_get_string(m, "from", ""));
}

enum status
device_model_run(struct client *c, const char *name, const struct model_wish *w,
    struct err *err)
{
    json_t *body = NULL, *doc = NULL;
    char path[128];
    enum status st = ST_OK;

    snprintf(path, sizeof(path), "/v1/devices/%.80s/model", name);
    if (w->clock || w->cycles || w->energy || w->from || w->file)
        st = body_of(w, &body, err);
    if (st == ST_OK)
        st = client_call(c, body ? "PUT" : "GET", path, body, &doc, err);
    json_decref(body);
    if (st != ST_OK)
        return st;
    if (c->json)
        client_print(doc);
    else
        print_model(doc);
    json_decref(doc);
    return ST_OK;
}
