/* SPDX-License-Identifier: MIT */
#include "probes/mcu/mix.h"

void
mix_add(struct mix *m, const struct board_run *run)
{
    m->known = m->known && run->by_class;
    for (int i = 0; m->known && i < INSN_COUNTS; i++)
        m->n[i] += (double)run->counts.n[i] / (double)run->count;
}

bool
mix_same(const struct mix *a, const struct mix *b)
{
    if (a->known != b->known)
        return false;
    for (int i = 0; a->known && i < INSN_COUNTS; i++)
        if (a->n[i] != b->n[i])
            return false;
    return true;
}

enum status
mix_json(const struct mix *m, json_t *counters, struct err *err)
{
    for (int i = 0; m->known && i < INSN_COUNTS; i++)
        if (json_object_set_new(
                counters, insn_counter(i), json_number_or_null(m->n[i])) != 0)
            return err_nomem(err);
    return ST_OK;
}
