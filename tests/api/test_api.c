/* SPDX-License-Identifier: MIT */
/* Every file of fixtures/api is a test. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/log.h"
#include "steps.h"

#define FOLDER OFFRAMP_FIXTURES "/api"

static void
runs_as_the_case_says(void **state)
{
    char path[512];
    struct err err = { 0 };
    struct world w;
    json_t *doc;

    snprintf(path, sizeof(path), FOLDER "/%s", (const char *)*state);
    if (json_file_load(path, 1 << 20, &doc, &err) != ST_OK)
        fail_msg("%s: %s", path, err.text);
    world_open(&w);
    steps_run(&w, *state, json_object_get(doc, "steps"));
    world_close(&w);
    json_decref(doc);
}

static int
is_case(const struct dirent *e)
{
    size_t n = strlen(e->d_name);

    return n > 5 && strcmp(e->d_name + n - 5, ".json") == 0;
}

/* test_api [CASE.json]..: all cases, or these. */
int
main(int argc, char **argv)
{
    struct dirent **files;
    int n = scandir(FOLDER, &files, is_case, alphasort), used = 0, failed;
    struct CMUnitTest *tests;

    if (n <= 0 || hash_start(NULL) != ST_OK)
        return 1;
    log_init("test_api", LOG_ERROR);
    tests = calloc((size_t)n, sizeof(*tests));
    for (int i = 0; i < n; i++) {
        bool wanted = argc == 1;

        for (int a = 1; a < argc; a++)
            wanted |= strcmp(argv[a], files[i]->d_name) == 0;
        if (wanted)
            tests[used++] = (struct CMUnitTest){ .name = files[i]->d_name,
                .test_func = runs_as_the_case_says,
                .initial_state = files[i]->d_name };
    }
    failed =
        _cmocka_run_group_tests("API cases", tests, (size_t)used, NULL, NULL);
    for (int i = 0; i < n; i++)
        free(files[i]);
    free(files);
    free(tests);
    return used == 0 || failed != 0;
}
