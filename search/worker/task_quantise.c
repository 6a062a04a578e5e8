/* SPDX-License-Identifier: MIT */
/* The `quantise` task: a network becomes the image that a board is given, and
 * what int8 costs it is told: exit records are made on what will be deployed.
 */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "search/worker/evaluate.h"
#include "search/worker/image_document.h"
#include "search/worker/kinds.h"
#include "search/worker/quantise.h"
#include "search/worker/summary.h"

enum { MODEL_MAX = 1 << 30 };

/* What the payload asks for; borrowed from it. */
struct order {
    const char *type;
    json_t *analysis, *dataset;
    json_t *exits;                        /* [{name, output, score}] */
    struct row_range calibrate, evaluate; /* empty where there is no data */
};

static enum status
read_range(
    const json_t *a, const char *path, struct row_range *out, struct err *err)
{
    int64_t v[2] = { 0, 0 };
    size_t n = 0;
    enum status st;

    if (a == NULL)
        return ST_OK;
    if ((st = json_read_ints(a, path, v, 2, &n, err)) != ST_OK)
        return st;
    if (n != 2 || v[0] < 0 || v[0] >= v[1])
        return err_set(err, ST_INVALID, "request.field",
            "%s must be [from, to) with rows between them", path);
    *out = (struct row_range){ v[0], v[1] };
    return ST_OK;
}

static enum status
read_order(struct order *o, const json_t *payload, struct err *err)
{
    json_t *calibrate = NULL, *evaluate = NULL;
    const struct json_field fields[] = {
        { "type", JF_STR, true, &o->type, 0, 16 },
        { "analysis", JF_OBJ, true, &o->analysis, 0, 0 },
        { "dataset", JF_OBJ, false, &o->dataset, 0, 0 },
        { "exits", JF_ARR, false, &o->exits, 0, 0 },
        { "calibrate", JF_ARR, false, &calibrate, 0, 0 },
        { "evaluate", JF_ARR, false, &evaluate, 0, 0 },
    };
    enum status st;

    if ((st = JSON_READ(payload, "payload", fields, err)) != ST_OK ||
        (st = read_range(calibrate, "calibrate", &o->calibrate, err)) !=
            ST_OK ||
        (st = read_range(evaluate, "evaluate", &o->evaluate, err)) != ST_OK)
        return st;
    if (o->exits == NULL)
        o->exits = json_object_get(o->analysis, "exits");
    if (strcmp(o->type, "int8") != 0 && strcmp(o->type, "float32") != 0)
        return err_set(err, ST_INVALID, "request.field",
            "payload.type must be int8 or float32");
    if (strcmp(o->type, "int8") == 0 && o->calibrate.to == 0)
        return err_set(err, ST_INVALID, "request.field",
            "payload.calibrate: int8 needs rows to calibrate on");
    return ST_OK;
}

static enum status
check_rows(const struct order *o, const struct dataset *d, struct err *err)
{
    int64_t n = (int64_t)dataset_rows(d);

    if (o->calibrate.to <= n && o->evaluate.to <= n)
        return ST_OK;
    return err_set(err, ST_UNPROCESSABLE, "dataset.rows",
        "calibrate and evaluate must be within the data set's %lld rows",
        (long long)n);
}

/* The output behind each exit, of the lowered network, or (-1 - i) one of
 * those that it does not make; and its score. */
static enum status
find_exits(const struct boardnet *b, const struct order *o,
    struct boardnet_exit *out, int *n, struct err *err)
{
    const struct low_net *net = b->net;
    const json_t *x;
    enum status st;
    int missing = 0;
    size_t i;

    *n = 0;
    json_array_foreach(o->exits, i, x)
    {
        const char *name = json_get_string(x, "output", "");
        const char *score = json_get_string(x, "score", "max_probability");
        int k = 0;

        if (i == RECORDS_EXITS_MAX)
            return err_set(err, ST_TOO_LARGE, "model.too_many_exits",
                "a board's network has at most %d exits", RECORDS_EXITS_MAX);
        while (k < net->n_outputs && strcmp(net->outputs[k].name, name) != 0)
            k++;
        if ((st = score_read(score, "exits[].score", &out[*n].score, err)) !=
            ST_OK)
            return st;
        out[(*n)++].output = k < net->n_outputs ? k : -1 - missing++;
    }
    return ST_OK;
}

/* Whose numbers an exit's answers are: the image's alone, the image's from
 * what it was fed, or the float network's. */
static const char *
numbers_of(const struct boardnet *b, int output)
{
    const struct low_net *net = b->net;
    bool fed[PACK_TENSORS_MAX] = { false };

    if (output < 0)
        return "float32";
    for (int i = 0; i < net->n_feeds; i++)
        fed[net->feeds[i].tensor] = !net->feeds[i].input;
    for (int i = 0; i < net->n_layers; i++) {
        const struct pack_ends *e = &net->layers[i].ends;

        fed[e->out] = fed[e->in] || (e->in2 >= 0 && fed[e->in2]);
    }
    if (fed[net->outputs[output].tensor])
        return "mixed";
    return b->type == NN_I8 ? "int8" : "float32";
}

/* How often image and float network answer with the same class. */
static json_t *
same_share(const struct boardnet_answers *a, int e)
{
    const size_t n = a->image.n, at = (size_t)e * n;
    size_t same = 0;

    for (size_t i = 0; i < n; i++)
        same += a->image.pred[at + i] == a->real.pred[at + i];
    return json_real((double)same / (double)n);
}

/* What int8 changed, beside the summary of its own records. */
static enum status
evaluation(struct task *t, const struct boardnet_answers *a,
    const char *const *numbers, const json_t *exits, struct row_range rows,
    json_t **out, struct err *err)
{
    char hex[HASH_HEX];
    struct buf csv;
    enum status st;
    json_t *x;
    size_t e;
    int rc = 0;

    *out = NULL;
    buf_init(&csv, RECORDS_BYTES_MAX);
    if ((st = records_write(&a->image, &csv, err)) == ST_OK &&
        (st = task_out(t, csv.data, csv.len, hex, err)) == ST_OK)
        st = summarise(&a->image, exits, hex, true, out, err);
    buf_clear(&csv);
    if (st != ST_OK)
        return st;
    json_array_foreach(json_object_get(*out, "exits"), e, x)
    {
        rc |= json_object_set_new(x, "accuracy_float",
            json_number_or_null(records_accuracy(&a->real, (int)e)));
        rc |= json_object_set_new(x, "same_as_float", same_share(a, (int)e));
        rc |= json_object_set_new(x, "numbers", json_string(numbers[e]));
    }
    rc |= json_object_set_new(
        *out, "rows", json_pack("[I,I]", rows.from, rows.to));
    return rc == 0 ? ST_OK : err_nomem(err);
}

static enum status
evaluate_image(struct task *t, struct boardnet *b, const struct order *o,
    const struct dataset *d, json_t *doc, struct err *err)
{
    const char *numbers[RECORDS_EXITS_MAX];
    struct boardnet_exit exits[RECORDS_EXITS_MAX];
    struct boardnet_answers a;
    json_t *part = NULL;
    enum status st;
    int n;

    if ((st = find_exits(b, o, exits, &n, err)) != ST_OK ||
        (st = boardnet_answer(b, t, d, o->evaluate, exits, n, &a, err)) !=
            ST_OK)
        return st;
    for (int e = 0; e < n; e++)
        numbers[e] = numbers_of(b, exits[e].output);
    st = evaluation(t, &a, numbers, o->exits, o->evaluate, &part, err);
    boardnet_answers_clear(&a);
    if (json_object_set_new(doc, "evaluation", part) < 0 && st == ST_OK)
        st = err_nomem(err);
    return st;
}

static enum status
describe(struct task *t, const struct boardnet *b, const struct order *o,
    json_t **doc, struct err *err)
{
    char image[HASH_HEX], sample[HASH_HEX];
    size_t n_sample = ((struct nn_image *)b->image)->in_bytes;
    enum status st;

    if ((st = task_out(t, b->image, b->len, image, err)) != ST_OK ||
        (st = task_out(t, b->sample, n_sample, sample, err)) != ST_OK ||
        (st = image_document(b, o->analysis, doc, err)) != ST_OK)
        return st;
    if (json_object_set_new(*doc, "image", json_string(image)) == 0 &&
        json_object_set_new(*doc, "sample", json_string(sample)) == 0 &&
        json_object_set_new(*doc, "calibration",
            o->calibrate.to == 0
                ? json_null()
                : json_pack("{s:[I,I]}", "rows", o->calibrate.from,
                      o->calibrate.to)) == 0 &&
        json_object_set_new(*doc, "evaluation", json_null()) == 0)
        return ST_OK;
    return err_nomem(err);
}

static enum status
work(struct task *t, const struct order *o, const struct dataset *d,
    json_t **result, struct err *err)
{
    struct boardnet b = { .type =
                              strcmp(o->type, "int8") == 0 ? NN_I8 : NN_F32 };
    char path[PATH_MAX], *onnx = NULL;
    size_t len = 0;
    enum status st;

    if ((st = task_blob_path(t, json_get_string(o->analysis, "blob", ""), path,
             err)) == ST_OK &&
        (st = file_read(path, MODEL_MAX, &onnx, &len, err)) == ST_OK &&
        (st = boardnet_make(&b, t,
             &(struct boardnet_model){ onnx, len, o->analysis }, d,
             o->calibrate, err)) == ST_OK)
        st = describe(t, &b, o, result, err);
    if (st == ST_OK && o->evaluate.to > 0)
        st = evaluate_image(t, &b, o, d, *result, err);
    boardnet_clear(&b);
    free(onnx);
    return st;
}

static enum status
run(struct task *t, json_t **result, struct err *err)
{
    struct order o = { 0 };
    struct dataset d;
    enum status st = read_order(&o, t->payload, err);

    if (st != ST_OK)
        return st;
    if (o.dataset == NULL)
        return work(t, &o, NULL, result, err);
    if ((st = dataset_open(&d, t, o.dataset, err)) == ST_OK &&
        (st = check_rows(&o, &d, err)) == ST_OK)
        st = work(t, &o, &d, result, err);
    dataset_close(&d);
    return st;
}

const struct task_kind task_quantise = {
    .name = "quantise",
    .run = run,
    .blame = TASK_MODEL,
};
