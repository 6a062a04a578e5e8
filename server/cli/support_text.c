/* SPDX-License-Identifier: MIT */
#include "server/cli/support_text.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"

static bool
is_lacking(const json_t *row)
{
    const json_t *support = json_object_get(row, "support");
    const char *level = json_get_string(row, "level", "");

    return json_is_false(json_object_get(support, "support")) &&
           (strcmp(level, "L2") == 0 || strcmp(level, "L6") == 0);
}

void
support_print(const json_t *rows, const char *device)
{
    const json_t *row;
    size_t i, n = 0;

    json_array_foreach(rows, i, row)
    {
        if (!is_lacking(row))
            continue;
        if (n++ == 0)
            printf("\n%s cannot run:\n", device);
        printf("  %s %.0f %s: %s\n", json_get_string(row, "role", ""),
            json_get_number(row, "index"), json_get_string(row, "name", ""),
            json_get_string(
                json_object_get(row, "support"), "reason", "no reason given"));
    }
}
