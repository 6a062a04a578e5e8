/* SPDX-License-Identifier: MIT */
/* The kept heads into the model, and the document of all that was tried. */
#include "search/worker/augment.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/chance.h"

static const char *
reject_word(enum reject r)
{
    static const char *const words[] = {
#define X(name, word) word,
        REJECT_MAP(X)
#undef X
    };
    return words[r];
}

static enum status
write_model(struct augment *a, char hex[HASH_HEX], struct err *err)
{
    struct attach to;
    uint8_t *data = NULL;
    enum status st;
    size_t len;
    int exits = 0;

    attach_begin(&to, a->plain.m);
    for (size_t i = 0; i < a->n_heads; i++) {
        struct aug_head *h = &a->head[i];

        if (h->reject != REJECT_NOT)
            continue;
        snprintf(h->exit, sizeof(h->exit), "%s%d", to.prefix, exits++);
        head_write(&to, &a->plain.site[h->site], &h->head, h->exit);
    }
    if ((st = attach_end(&to, err)) == ST_OK &&
        (st = onnx_write(a->plain.m, &data, &len, err)) == ST_OK)
        st = task_out(a->task, data, len, hex, err);
    free(data);
    return st;
}

/* ---- the document ---- */

static json_t *
flags_json(bool set, const char *name)
{
    json_t *list = json_array();

    if (set)
        json_array_append_new(list, json_string(name));
    return list;
}

static json_t *
site_json(const struct site *s, int index)
{
    bool candidate = s->reason == SITE_OK || s->reason == SITE_RULE ||
                     s->reason == SITE_LIMIT;

    return json_pack("{s:i, s:s, s:o, s:I, s:b, s:b, s:s?, s:s?}", "index",
        index, "tensor", s->tensor, "shape",
        json_int_array(s->dims, (size_t)s->rank), "macs_before",
        (json_int_t)s->macs_before, "candidate", candidate, "chosen",
        s->reason == SITE_OK, "reason", site_reason_word(s->reason), "text",
        site_reason_text(s->reason));
}

/* What fitting found out; nulls where there was none. */
static json_t *
report_json(const struct augment *a, const struct aug_head *h)
{
    const struct fit_report *r = &h->report;
    const struct site *s = &a->plain.site[h->site];
    const bool f = h->fitted;

    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:I}",
        "macs", f ? json_integer(head_macs(&h->head, s)) : json_null(),
        "params", f ? json_integer(head_params(&h->head, s)) : json_null(),
        "accuracy", json_number_or_null(f ? h->accuracy : NAN), "agreement",
        json_number_or_null(f ? h->agreement : NAN), "loss",
        json_number_or_null(f ? r->loss : NAN), "temperature",
        json_number_or_null(f ? r->temperature : NAN), "gradient_norm",
        json_number_or_null(f ? r->gradient_norm : NAN), "tolerance",
        json_number_or_null(f ? r->tolerance : NAN), "iterations",
        f ? json_integer(r->iterations) : json_null(), "l2",
        json_number_or_null(f ? r->l2 : NAN), "constant_features",
        (json_int_t)r->constant);
}

/* Whether there is a confidence head, and how both scores rank. */
static json_t *
sure_json(const struct aug_head *h)
{
    if (h->sure.n == 0)
        return json_null();
    return json_pack("{s:b, s:o, s:o, s:I}", "kept", h->head.sure.out > 0,
        "auc", json_number_or_null(h->sure.auc), "auc_probability",
        json_number_or_null(h->sure.auc_probability), "n",
        (json_int_t)h->sure.n);
}

/* The area under the ROC curve of each score; null where nothing was fitted.
 */
static json_t *
areas_json(const struct aug_head *h)
{
    json_t *o = h->fitted ? json_object() : json_null();

    for (int s = 0; h->fitted && s < SCORE_KINDS; s++)
        if (json_object_set_new(o, score_word((enum score)s),
                json_number_or_null(h->area[s])) != 0) {
            json_decref(o);
            return NULL;
        }
    return o;
}

static json_t *
head_json(const struct augment *a, const struct aug_head *h)
{
    const bool kept = h->reject == REJECT_NOT;
    json_t *o =
        json_pack("{s:i, s:s?, s:s, s:o, s:s?, s:o, s:b, s:s?, s:o, s:o, s:I}",
            "boundary", h->site, "exit", kept ? h->exit : NULL, "kind",
            head_kind_word(h->head.kind), "confidence", sure_json(h), "score",
            h->fitted ? score_word(h->score) : NULL, "auc", areas_json(h),
            "kept", kept, "reason", reject_word(h->reject), "number",
            json_number_or_null(kept ? NAN : h->number), "flags",
            flags_json(h->fitted && !h->report.converged, "not_converged"),
            "features", (json_int_t)front_width(&h->head.front));
    json_t *report = report_json(a, h);

    if (o != NULL && report != NULL && json_object_update(o, report) == 0) {
        json_decref(report);
        return o;
    }
    json_decref(report);
    json_decref(o);
    return NULL;
}

/* Share of held-out rows with a label that the network itself has right, and
 * how many there are. */
static double
full_accuracy(const struct augment *a, int64_t *n)
{
    int64_t right = 0, labelled = 0;

    for (size_t i = a->n_fit; i < a->n; i++) {
        int32_t label = augment_label(a, a->at[i]);

        labelled += label >= 0;
        right += label >= 0 && label == augment_own(a, a->at[i]);
    }
    *n = labelled;
    return labelled ? (double)right / (double)labelled : NAN;
}

/* The classes that a part has no row of. */
static json_t *
missing_json(const struct augment *a, bool held)
{
    const size_t classes = (size_t)a->plain.classes;
    json_t *list = json_array();

    for (size_t k = 0; list != NULL && k < classes; k++)
        if (!a->seen[held * classes + k] &&
            json_array_append_new(list, json_integer((json_int_t)k)) != 0) {
            json_decref(list);
            list = NULL;
        }
    return list;
}

static json_t *
rows_json(const struct augment *a)
{
    return json_pack("{s:I, s:O?, s:I, s:I, s:I, s:I, s:{s:o, s:o}}", "all",
        (json_int_t)dataset_rows(&a->data), "chosen", a->opt.rows, "used",
        (json_int_t)a->n, "fit", (json_int_t)a->n_fit, "held_out",
        (json_int_t)a->n_held, "seed", (json_int_t)a->opt.seed, "missing",
        "fit", missing_json(a, false), "held_out", missing_json(a, true));
}

static json_t *
lists_json(const struct augment *a, bool sites)
{
    size_t n = sites ? (size_t)a->plain.n : a->n_heads;
    json_t *list = json_array();

    for (size_t i = 0; list != NULL && i < n; i++) {
        json_t *item = sites ? site_json(&a->plain.site[i], (int)i)
                             : head_json(a, &a->head[i]);

        if (json_array_append_new(list, item) != 0) {
            json_decref(list);
            list = NULL;
        }
    }
    return list;
}

enum status
augment_write(struct augment *a, json_t **out, struct err *err)
{
    char hex[HASH_HEX];
    int64_t n;
    const double accuracy = full_accuracy(a, &n);
    enum status st;

    task_progress(a->task, "write", 0, 1, NULL);
    if ((st = write_model(a, hex, err)) != ST_OK)
        return st;
    *out = json_pack(
        "{s:s, s:s, s:O?, s:I, s:o, s:o, s:{s:o, s:I, s:I}, s:o, s:o, "
        "s:o, s:{s:f, s:f}, s:{s:o, s:I, s:I, s:I, s:I}}",
        "schema", "offramp.augmentation/1", "model", hex, "options", a->options,
        "classes", (json_int_t)a->plain.classes, "rows", rows_json(a),
        "warnings", chance_warnings(accuracy, n, a->plain.classes), "full",
        "accuracy", json_number_or_null(accuracy), "macs",
        (json_int_t)a->plain.macs, "params", (json_int_t)a->plain.params,
        "boundaries", lists_json(a, true), "heads", lists_json(a, false),
        "flags", flags_json(a->class_missing, "class_missing"), "seconds",
        "features", a->seconds_pass, "fit", a->seconds_fit, "memory",
        "limit_bytes", json_number_or_null(a->opt.memory_bytes),
        "plain_weight_bytes", (json_int_t)a->memory.weights,
        "plain_activation_bytes_peak", (json_int_t)a->memory.peak,
        "weight_bytes", (json_int_t)a->memory.weights_kept,
        "activation_bytes_peak", (json_int_t)a->memory.peak_kept);
    if (*out == NULL)
        return err_nomem(err);
    task_progress(a->task, "write", 1, 1, NULL);
    return ST_OK;
}
