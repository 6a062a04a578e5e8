/* SPDX-License-Identifier: MIT */
/* Every file of fixtures/api is a test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"
#include "base/log.h"
#include "cases.h"

static void
runs_as_the_case_says(void **state)
{
    struct world w;

    world_open(&w);
    case_run(&w, *state);
    world_close(&w);
}

/* test_api [CASE.json]..: all cases, or these. */
int
main(int argc, char **argv)
{
    struct dirent **files;
    int n = cases_list(&files), used = 0, failed;
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
