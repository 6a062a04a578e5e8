/* SPDX-License-Identifier: MIT */
/* What a profile result did not measure, taken from rows that did. */
#include "server/accept_profile.h"

/* What to fill in, and what to ask the store for. */
struct filling {
    struct db *db;
    struct profile_rows_in *in;
    const struct cache_query *q;
};

/* `o` of the analysis has the key under `member`. */
static enum status
fill_place(const struct filling *f, struct cache_fill fill, const json_t *o,
    const char *member, struct err *err)
{
    const char *key = json_string_value(json_object_get(o, member));
    struct measure m = { 0 };
    enum status st;

    if (key == NULL || !rows_in_asked(f->in, fill.level) ||
        rows_in_find(f->in, fill.level, fill.role, fill.index) != NULL ||
        rows_in_fill_find(f->in, fill.level, fill.role, fill.index) != NULL)
        return ST_OK;
    st = db_cache_get(f->db, f->q, fill.level, key, &m, NULL);
    if (st == ST_NOT_FOUND)
        return ST_OK; /* not measured before either */
    if (st != ST_OK)
        return err_set(err, st, NULL, "an earlier row could not be read");
    fill.from = m.id;
    fill.median_ns = m.median_ns;
    fill.ci_rel = row_ci_rel(&m);
    st = rows_in_add_fill(f->in, &fill, err);
    measure_clear(&m);
    return st;
}

/* The levels at which each role has rows that stand for its key. */
#define AT(level) (1u << (level))
static const struct fillable {
    enum role role;
    unsigned levels;
} fillable[] = {
    { ROLE_WHOLE, AT(LEVEL_L0) | AT(LEVEL_L4) | AT(LEVEL_L5) },
    { ROLE_LAYER, AT(LEVEL_L2) | AT(LEVEL_L3) | AT(LEVEL_L4) | AT(LEVEL_L5) },
    { ROLE_SEGMENT, AT(LEVEL_L5) | AT(LEVEL_L6) },
    { ROLE_HEAD, AT(LEVEL_L5) | AT(LEVEL_L6) },
    { ROLE_PREFIX, AT(LEVEL_L5) | AT(LEVEL_L6) },
    { ROLE_JOINT, AT(LEVEL_L6) },
    { ROLE_STAGE, AT(LEVEL_L6) },
};

/* All things of one role at one level. */
static enum status
fill_all(
    const struct filling *f, enum role role, enum level level, struct err *err)
{
    struct cache_fill fill = { .level = level, .role = role };
    const json_t *list = json_object_get(
        f->in->analysis, role == ROLE_LAYER ? "layers" : "exits");
    enum status st = ST_OK;

    if (role == ROLE_WHOLE) {
        fill.name = role_words[role];
        return fill_place(f, fill, f->in->analysis, "blob", err);
    }
    for (size_t i = 0; st == ST_OK && i < json_array_size(list); i++) {
        const json_t *o = json_array_get(list, i);

        fill.index = (int64_t)i;
        fill.name = json_string_value(json_object_get(o, "name"));
        st = role == ROLE_LAYER
                 ? fill_place(f, fill, o, "kernel_key", err)
                 : fill_place(f, fill, json_object_get(o, role_words[role]),
                       "blob", err);
    }
    return st;
}

enum status
rows_in_fill(struct db *db, struct profile_rows_in *in,
    const struct cache_query *q, struct err *err)
{
    const struct filling f = { db, in, q };
    enum status st = ST_OK;

    for (size_t k = 0; k < sizeof(fillable) / sizeof(fillable[0]); k++)
        for (int l = 0; st == ST_OK && level_words[l] != NULL; l++)
            if (fillable[k].levels & AT(l))
                st = fill_all(&f, fillable[k].role, (enum level)l, err);
    return st;
}
