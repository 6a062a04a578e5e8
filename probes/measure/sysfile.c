/* SPDX-License-Identifier: MIT */
#include "probes/measure/sysfile.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool
sysfile_text(const char *path, char *out, size_t size)
{
    FILE *f = fopen(path, "re");
    size_t n;

    if (f == NULL)
        return false;
    n = fread(out, 1, size - 1, f);
    fclose(f);
    while (n > 0 && (out[n - 1] == '\n' || out[n - 1] == '\0'))
        n--;
    out[n] = '\0';
    return n > 0;
}

double
sysfile_number(const char *path)
{
    char text[64], *end;
    double x;

    if (!sysfile_text(path, text, sizeof(text)))
        return NAN;
    x = strtod(text, &end);
    return end == text ? NAN : x;
}

bool
sysfile_key(const char *path, const char *key, char *out, size_t size)
{
    FILE *f = fopen(path, "re");
    size_t n = strlen(key);
    char line[512];
    bool found = false;

    if (f == NULL)
        return false;
    while (!found && fgets(line, sizeof(line), f) != NULL) {
        const char *p = line + n;

        if (strncmp(line, key, n) != 0)
            continue;
        p += strspn(p, " \t");
        if (*p != ':')
            continue;
        p += 1 + strspn(p + 1, " \t");
        snprintf(out, size, "%.*s", (int)strcspn(p, "\n"), p);
        found = true;
    }
    fclose(f);
    return found;
}
