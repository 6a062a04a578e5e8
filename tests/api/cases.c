/* SPDX-License-Identifier: MIT */
#include "cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"

#define FOLDER OFFRAMP_FIXTURES "/api"
enum { CASE_MAX = 1 << 20 };

static int
is_case(const struct dirent *e)
{
    size_t n = strlen(e->d_name);

    return n > 5 && strcmp(e->d_name + n - 5, ".json") == 0;
}

int
cases_list(struct dirent ***files)
{
    return scandir(FOLDER, files, is_case, alphasort);
}

void
case_run(struct world *w, const char *file)
{
    char path[512];
    struct err err = { 0 };
    json_t *doc;

    snprintf(path, sizeof(path), FOLDER "/%s", file);
    if (json_file_load(path, CASE_MAX, &doc, &err) != ST_OK)
        fail_msg("%s: %s", path, err.text);
    steps_run(w, file, json_object_get(doc, "steps"));
    json_decref(doc);
}
