/* SPDX-License-Identifier: MIT */
#include "base/insn.h"

static const struct {
    const char *name, *counter, *text;
} rows[] = {
#define X(name, text) { #name, "insn_" #name, text },
    INSN_CLASS_MAP(X) INSN_EXTRA_MAP(X)
#undef X
};

const char *
insn_name(enum insn_count c)
{
    return rows[c].name;
}

const char *
insn_counter(enum insn_count c)
{
    return rows[c].counter;
}

const char *
insn_text(enum insn_count c)
{
    return rows[c].text;
}

uint64_t
insn_sum(const struct insn_counts *c)
{
    uint64_t sum = 0;

    for (int i = 0; i < INSN_CLASSES; i++)
        sum += c->n[i];
    return sum;
}
