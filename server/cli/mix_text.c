/* SPDX-License-Identifier: MIT */
#include "server/cli/mix_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/insn.h"
#include "server/cli/text.h"

struct share {
    const char *name;
    double n;
};

static int
larger_first(const void *a, const void *b)
{
    const struct share *x = a, *y = b;

    return (y->n > x->n) - (y->n < x->n);
}

void
mix_print(const json_t *row)
{
    const json_t *counters = json_object_get(row, "counters");
    struct share shares[INSN_CLASSES];
    char jumps[TEXT_CELL];
    double sum = 0;

    for (int c = 0; c < INSN_CLASSES; c++) {
        shares[c] = (struct share){ insn_name(c),
            json_get_number(counters, insn_counter(c)) };
        sum += shares[c].n;
    }
    if (!(sum > 0))
        return; /* NaN: not counted by class */
    qsort(shares, INSN_CLASSES, sizeof(shares[0]), larger_first);
    printf("by class:");
    for (int c = 0; c < INSN_CLASSES && shares[c].n > 0; c++)
        printf("%s %s %.1f %%", c > 0 ? "," : "", shares[c].name,
            100 * shares[c].n / sum);
    text_count(json_get_number(counters, insn_counter(INSN_jump)), jumps);
    printf("; %s jumps\n\n", jumps);
}
