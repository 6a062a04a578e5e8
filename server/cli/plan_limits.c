/* SPDX-License-Identifier: MIT */
#include "server/cli/plan_limits.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "server/cli/text.h"

/* A number and nothing else, or NULL. */
static json_t *
number(const char *text)
{
    char *end;
    double x = strtod(text, &end);

    return end == text || *end != '\0' ? NULL : json_real(x);
}

/* "0.8", or "exit0=0.9,exit3=0.8" as {"exit0":0.9,..}; NULL: neither. */
static json_t *
accuracy(const char *text)
{
    json_t *o, *list, *v;
    size_t i;
    int rc = 0;

    if (strchr(text, '=') == NULL)
        return number(text);
    o = json_object();
    list = text_words(text);
    json_array_foreach(list, i, v)
    {
        const char *word = json_string_value(v), *is = strrchr(word, '=');
        json_t *x = is && is > word ? number(is + 1) : NULL;
        char *name = is ? strndup(word, (size_t)(is - word)) : NULL;

        rc |= x == NULL || name == NULL || json_object_set(o, name, x) != 0;
        json_decref(x);
        free(name);
    }
    json_decref(list);
    if (rc == 0)
        return o;
    json_decref(o);
    return NULL;
}

enum status
limit_wish_put(const struct limit_wish *w, json_t *problem, struct err *err)
{
    int rc = 0;

    if (w->accuracy != NULL) {
        json_t *a = accuracy(w->accuracy);

        if (a == NULL)
            return err_set(err, ST_INVALID, "cli.arguments",
                "--min-exit-accuracy wants a share such as 0.8, or "
                "EXIT=SHARE,EXIT=SHARE");
        rc |= json_object_set_new(problem, "min_exit_accuracy", a);
    }
    if (w->keep != NULL)
        rc |= json_object_set_new(problem, "keep", text_words(w->keep));
    if (w->without != NULL)
        rc |= json_object_set_new(problem, "without", text_words(w->without));
    if (isfinite(w->worst_case))
        rc |= json_object_set_new(
            problem, "worst_case", json_real(w->worst_case));
    return rc == 0 ? ST_OK : err_nomem(err);
}
