/* SPDX-License-Identifier: MIT */
#include "server/profile_doc.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "db/import.h"
#include "db/job.h"
#include "server/support.h"
#include "server/view.h"

static enum status
keep_row(const struct measure *m, void *ctx)
{
    json_t **out = ctx;

    if (*out == NULL)
        *out = view_row(m);
    return *out ? ST_OK : ST_NOMEM;
}

/* The whole model's L0 row, or null. */
static enum status
whole_row(struct db *db, int64_t profile, json_t **out, struct err *err)
{
    const struct measure_filter f = {
        .profile = profile, .level = LEVEL_L0, .role = ROLE_WHOLE
    };
    enum status st;

    *out = NULL;
    st = db_measure_list(db, &f, keep_row, out, err);
    if (st == ST_NOMEM)
        return err_nomem(err);
    if (st == ST_OK && *out == NULL)
        *out = json_null();
    return st;
}

/* What a profile is of, and where it is from: the model that is here, or what
 * came with an import. */
struct of_model {
    struct model model;
    struct import import; /* zero: measured here */
};

static void
of_model_clear(struct of_model *s)
{
    if (s->import.id == 0)
        model_clear(&s->model);
    import_clear(&s->import);
}

static enum status
of_model_get(
    struct db *db, const struct profile *p, struct of_model *s, struct err *err)
{
    enum status st;

    memset(s, 0, sizeof(*s));
    if (p->import == 0)
        return db_model_get(db, p->model, &s->model, err);
    if ((st = db_import_get(db, p->import, &s->import, err)) == ST_OK)
        s->model = (struct model){ .id = p->model,
            .name = s->import.model_name,
            .labels = (char *)"{}",
            .blob = p->model,
            .state = ITEM_READY,
            .analysis = s->import.analysis,
            .created_ms = s->import.created_ms };
    return st;
}

enum status
profile_document(
    struct db *db, const struct profile *p, json_t **out, struct err *err)
{
    struct of_model s;
    json_t *e2e = NULL;
    enum status st;

    *out = NULL;
    if ((st = of_model_get(db, p, &s, err)) == ST_OK &&
        (st = whole_row(db, p->id, &e2e, err)) == ST_OK) {
        *out = view_profile(p, s.model.name, view_origin(&s.import), e2e);
        st = *out ? ST_OK : err_nomem(err);
    }
    of_model_clear(&s);
    return st;
}

struct collect {
    const json_t *analysis;
    json_t *support; /* owned; NULL: the device runs all that it loads */
    json_t *rows, *omitted;
    json_t *in_situ; /* owned: layer -> median at L1, which comes first */
    char min_grade;
};

/* What a layer costs in its place against what it costs alone: on the row of
 * the latter. */
static int
add_context(json_t *row, const struct measure *m, json_t *in_situ)
{
    const json_t *v;
    char key[24];

    if (m->role != ROLE_LAYER || isnan(m->median_ns))
        return 0;
    snprintf(key, sizeof(key), "%lld", (long long)m->index);
    if (m->level == LEVEL_L1)
        return json_object_set_new(in_situ, key, json_real(m->median_ns));
    v = m->level == LEVEL_L2 ? json_object_get(in_situ, key) : NULL;
    return v == NULL ? 0
                     : json_object_set_new(row, "context_factor",
                           json_real(json_real_value(v) / m->median_ns));
}

static enum status
add_row(const struct measure *m, void *ctx)
{
    struct collect *c = ctx;
    json_t *to = m->grade > c->min_grade ? c->omitted : c->rows;
    json_t *row = view_row(m);

    if (row == NULL || view_row_facts(row, m, c->analysis) != 0 ||
        add_context(row, m, c->in_situ) != 0 ||
        support_add(row, m, c->support) != 0) {
        json_decref(row);
        return ST_NOMEM;
    }
    return json_array_append_new(to, row) < 0 ? ST_NOMEM : ST_OK;
}

enum status
profile_rows(struct db *db, const struct profile *p, const json_t *analysis,
    char min_grade, json_t *rows, json_t *omitted, struct err *err)
{
    const struct measure_filter f = {
        .profile = p->id, .level = -1, .role = -1
    };
    struct collect c = { .analysis = analysis,
        .rows = rows,
        .omitted = omitted,
        .in_situ = json_object(),
        .support = p->support ? view_document(p->support) : NULL,
        .min_grade = min_grade };
    enum status st = c.in_situ != NULL
                         ? db_measure_list(db, &f, add_row, &c, err)
                         : ST_NOMEM;

    json_decref(c.in_situ);
    json_decref(c.support);
    return st == ST_NOMEM ? err_nomem(err) : st;
}

enum status
profile_analysis(
    struct db *db, const struct profile *p, json_t **out, struct err *err)
{
    struct of_model s;
    enum status st = of_model_get(db, p, &s, err);

    *out = NULL;
    if (st == ST_OK && s.model.analysis != NULL)
        st = json_parse(s.model.analysis, strlen(s.model.analysis), out, err);
    else if (st == ST_OK)
        *out = json_object(); /* the model is being analysed again */
    of_model_clear(&s);
    return st == ST_OK && *out == NULL ? err_nomem(err) : st;
}

/* The grades as text that lives for ever. */
static const char *
grade_text(char grade)
{
    static const char *const texts[] = { "A", "B", "C", "X" };

    return texts[strchr("ABCX", grade) - "ABCX"];
}

enum status
profile_image(
    struct db *db, const struct profile *p, json_t **out, struct err *err)
{
    struct job j = { 0 };
    json_t *quantise, *image;
    enum status st;

    *out = NULL;
    if (p->job == 0)
        return ST_OK;
    if ((st = db_job_get(db, p->job, &j, err)) == ST_OK && j.quantise != NULL) {
        quantise = view_document(j.quantise);
        image = json_object_get(quantise, "image");
        *out = json_is_object(image) ? json_incref(image) : NULL;
        json_decref(quantise);
    }
    job_clear(&j);
    return st;
}

static enum status
fill(struct db *db, const struct profile *p, char min_grade,
    struct export_input *in, struct err *err)
{
    struct of_model s;
    enum status st = of_model_get(db, p, &s, err);

    if (st == ST_OK) {
        in->min_grade = grade_text(min_grade);
        in->model = view_model(&s.model);
        in->env = view_document(p->env);
        in->rows = json_array();
        in->omitted = json_array();
        if (s.import.id != 0)
            in->omitted_there = view_document(s.import.omitted);
    }
    of_model_clear(&s);
    if (st != ST_OK)
        return st;
    if (!in->model || !in->env || !in->rows || !in->omitted)
        return err_nomem(err);
    if ((st = profile_document(db, p, &in->profile, err)) != ST_OK ||
        (st = profile_image(db, p, &in->image, err)) != ST_OK)
        return st;
    if ((st = profile_rows(db, p, json_object_get(in->model, "analysis"),
             min_grade, in->rows, in->omitted, err)) != ST_OK)
        return st;
    /* What the grade leaves out stands in no other place either. */
    if (export_row(in->rows, "L0", "whole", 0) == NULL &&
        json_object_set_new(in->profile, "e2e", json_null()) != 0)
        return err_nomem(err);
    return ST_OK;
}

enum status
profile_export_input(struct db *db, int64_t id, char min_grade,
    struct export_input *out, struct err *err)
{
    struct profile p = { 0 };
    enum status st = db_profile_get(db, id, &p, err);

    memset(out, 0, sizeof(*out));
    if (st == ST_OK && (st = fill(db, &p, min_grade, out, err)) != ST_OK)
        export_input_clear(out);
    profile_clear(&p);
    return st;
}
