/* SPDX-License-Identifier: MIT */
#include "probes/deploy/runner.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A tensor that stages share. */
struct slot {
    char *name;           /* owned */
    struct tensor tensor; /* memory owned */
};

/* A loaded model tied to the slots; empty where there is none. */
struct part {
    struct net *net;
    struct binding *binding;
};

static const size_t NO_OUTPUT = (size_t)-1;

struct stage {
    struct part segment, head;
    size_t output; /* slot, or NO_OUTPUT */
    size_t classes;
    double threshold;
    enum score score;
    enum answer_scale scale;
};

struct runner {
    struct slot *slots; /* owned; the first is the network's input */
    size_t n_slots;
    struct stage stage[RUNNER_EXITS_MAX];
    int n;
    bool part;   /* of a plan: what it is given may be any tensors, and samples
                  * may go on elsewhere */
    int reached; /* segments of this sample that have run */
    int headed;  /* the last stage whose head has run; -1 */
};

static struct slot *
find_slot(const struct runner *r, const char *name)
{
    for (size_t i = 0; i < r->n_slots; i++)
        if (strcmp(r->slots[i].name, name) == 0)
            return &r->slots[i];
    return NULL;
}

/* Memory for one more tensor. */
static enum status
add_slot(struct runner *r, const struct tensor_info *t, struct err *err)
{
    struct slot *slots =
        realloc(r->slots, (r->n_slots + 1) * sizeof(*r->slots));
    int64_t n = tensor_elements(t);
    struct slot *s;

    if (slots == NULL)
        return err_nomem(err);
    r->slots = slots;
    s = &slots[r->n_slots];
    *s = (struct slot){ .name = strdup(t->name) };
    if (s->name == NULL)
        return err_nomem(err);
    r->n_slots++;
    if (n <= 0 || t->dtype == DTYPE_NONE)
        return err_set(err, ST_UNPROCESSABLE, "model.tensor_type",
            "tensor %s has an open shape or no plain type: analyse the model "
            "with fixed shapes",
            t->name);
    s->tensor = (struct tensor){ .dtype = t->dtype, .rank = t->rank };
    memcpy(s->tensor.dims, t->dims, sizeof(s->tensor.dims));
    s->tensor.bytes = (size_t)n * dtype_size(t->dtype);
    s->tensor.data = calloc((size_t)n, dtype_size(t->dtype));
    return s->tensor.data ? ST_OK : err_nomem(err);
}

/* Slots for what a net takes and makes.  A tensor that nobody has made yet is
 * the network's input, of which there is one; or, in a part, is given. */
static enum status
add_slots(struct runner *r, const struct net *net, struct err *err)
{
    size_t n_in, n_out;
    const struct tensor_info *in = net_inputs(net, &n_in);
    const struct tensor_info *out = net_outputs(net, &n_out);
    enum status st = ST_OK;

    for (size_t i = 0; st == ST_OK && i < n_in; i++) {
        if (find_slot(r, in[i].name) != NULL)
            continue;
        if (r->n_slots > 0 && !r->part)
            return err_set(err, ST_UNPROCESSABLE, "model.inputs",
                "tensor %s is made by no earlier part: a plan's network has "
                "one input, here %s",
                in[i].name, r->slots[0].name);
        st = add_slot(r, &in[i], err);
    }
    for (size_t i = 0; st == ST_OK && i < n_out; i++)
        if (find_slot(r, out[i].name) == NULL)
            st = add_slot(r, &out[i], err);
    return st;
}

static enum status
part_bind(struct runner *r, struct part *p, struct err *err)
{
    size_t n_in, n_out;
    const struct tensor_info *in = net_inputs(p->net, &n_in);
    const struct tensor_info *out = net_outputs(p->net, &n_out);
    struct tensor *t = calloc(n_in + n_out + 1, sizeof(*t));
    enum status st;

    if (t == NULL)
        return err_nomem(err);
    for (size_t i = 0; i < n_in; i++)
        t[i] = find_slot(r, in[i].name)->tensor;
    for (size_t i = 0; i < n_out; i++)
        t[n_in + i] = find_slot(r, out[i].name)->tensor;
    st = net_bind(&p->binding, p->net, t, t + n_in, err);
    free(t);
    return st;
}

static enum status
part_open(struct runner *r, struct part *p, struct runtime *rt,
    const struct net_source *src, struct err *err)
{
    /* One thread: as measured for the costs. */
    const struct net_options options = NET_OPTIONS_DEFAULT;
    enum status st;

    if (src->path == NULL && src->data == NULL)
        return ST_OK;
    if ((st = net_open(&p->net, rt, src, &options, err)) != ST_OK ||
        (st = add_slots(r, p->net, err)) != ST_OK)
        return st;
    return part_bind(r, p, err);
}

static enum status
stage_open(struct runner *r, struct runtime *rt, const struct runner_stage *s,
    struct err *err)
{
    struct stage *g = &r->stage[r->n++];
    const struct slot *output;
    enum status st;

    g->threshold = s->threshold;
    g->score = s->score;
    if ((st = part_open(r, &g->segment, rt, &s->segment, err)) != ST_OK ||
        (st = part_open(r, &g->head, rt, &s->head, err)) != ST_OK)
        return st;
    g->output = NO_OUTPUT;
    if (s->output == NULL && r->part)
        return ST_OK;
    if ((output = find_slot(r, s->output)) == NULL || output == r->slots)
        return err_set(err, ST_UNPROCESSABLE, "model.exit",
            "no part of the plan makes output %s", s->output);
    if (output->tensor.dtype != DTYPE_F4)
        return err_set(err, ST_UNPROCESSABLE, "model.tensor_type",
            "output %s is %s; an exit needs float32", s->output,
            dtype_name(output->tensor.dtype));
    g->output = (size_t)(output - r->slots);
    g->classes = output->tensor.bytes / sizeof(float);
    return ST_OK;
}

/* Samples come one at a time. */
static enum status
check_input(const struct runner *r, struct err *err)
{
    const struct tensor *t = &r->slots[0].tensor;

    if (t->dtype == DTYPE_F4 && t->rank >= 2 && t->dims[0] == 1)
        return ST_OK;
    return err_set(err, ST_UNPROCESSABLE, "model.inputs",
        "input %s must be float32 with a batch of 1 in front, to run sample by "
        "sample",
        r->slots[0].name);
}

static enum status
open_stages(struct runner *r, struct runtime *rt,
    const struct runner_stage *stages, int n, struct err *err)
{
    enum status st = ST_OK;

    if (n < 1 || n > RUNNER_EXITS_MAX)
        return err_set(err, ST_UNPROCESSABLE, "plan.exits",
            "a plan keeps 1 to %d exits, this one %d", RUNNER_EXITS_MAX, n);
    for (int i = 0; st == ST_OK && i < n; i++)
        st = stage_open(r, rt, &stages[i], err);
    return st == ST_OK && !r->part ? check_input(r, err) : st;
}

static enum status
open_any(struct runner **out, struct runtime *rt, bool part,
    const struct runner_stage *stages, int n, struct err *err)
{
    struct runner *r = calloc(1, sizeof(*r));
    enum status st;

    *out = NULL;
    if (r == NULL)
        return err_nomem(err);
    r->part = part;
    if ((st = open_stages(r, rt, stages, n, err)) != ST_OK) {
        runner_close(r);
        return st;
    }
    *out = r;
    return ST_OK;
}

enum status
runner_open(struct runner **out, struct runtime *rt,
    const struct runner_stage *stages, int n, struct err *err)
{
    return open_any(out, rt, false, stages, n, err);
}

enum status
runner_open_part(struct runner **out, struct runtime *rt,
    const struct runner_stage *stages, int n, struct err *err)
{
    return open_any(out, rt, true, stages, n, err);
}

const struct tensor *
runner_tensor(const struct runner *r, const char *name)
{
    const struct slot *s = find_slot(r, name);

    return s != NULL ? &s->tensor : NULL;
}

static void
part_close(struct part *p)
{
    binding_free(p->binding);
    net_close(p->net);
}

void
runner_close(struct runner *r)
{
    if (r == NULL)
        return;
    for (int i = 0; i < r->n; i++) {
        part_close(&r->stage[i].segment);
        part_close(&r->stage[i].head);
    }
    for (size_t i = 0; i < r->n_slots; i++) {
        free(r->slots[i].name);
        free(r->slots[i].tensor.data);
    }
    free(r->slots);
    free(r);
}

int
runner_stages(const struct runner *r)
{
    return r->n;
}

float *
runner_input(struct runner *r, size_t *elements)
{
    *elements = r->slots[0].tensor.bytes / sizeof(float);
    return r->slots[0].tensor.data;
}

const struct tensor *
runner_input_shape(const struct runner *r)
{
    return &r->slots[0].tensor;
}

const float *
runner_output(const struct runner *r, int stage, size_t *n)
{
    *n = r->stage[stage].classes;
    return r->slots[r->stage[stage].output].tensor.data;
}

static enum status
part_run(struct part *p, struct err *err)
{
    return p->net != NULL ? net_run(p->net, p->binding, err) : ST_OK;
}

/* Run a stage's head and read what it says. */
static enum status
stage_answer(
    struct runner *r, int i, struct runner_answer *out, struct err *err)
{
    struct stage *g = &r->stage[i];
    const float *v = r->slots[g->output].tensor.data;
    struct answer a;
    enum status st;

    if ((st = part_run(&g->head, err)) != ST_OK)
        return st;
    for (size_t k = 0; k < g->classes; k++)
        if (!isfinite(v[k]))
            return err_set(err, ST_UNPROCESSABLE, "model.nan_output",
                "output %s is not a finite number", r->slots[g->output].name);
    a = answer_of(v, g->classes, g->score, &g->scale);
    *out = (struct runner_answer){ i, a.class, a.score };
    return ST_OK;
}

void
runner_begin(struct runner *r)
{
    r->reached = 0;
    r->headed = -1;
}

enum status
runner_reach(struct runner *r, int stage, bool heads, double *score,
    struct runner_answer *out, struct err *err)
{
    for (int i = heads ? r->headed + 1 : stage; i <= stage; i++) {
        enum status st = ST_OK;

        while (st == ST_OK && r->reached <= i)
            st = part_run(&r->stage[r->reached++].segment, err);
        if (st != ST_OK || (st = stage_answer(r, i, out, err)) != ST_OK)
            return st;
        score[i] = out->score;
        r->headed = i;
    }
    return ST_OK;
}

enum status
runner_run(struct runner *r, struct runner_answer *out, struct err *err)
{
    for (int i = 0; i < r->n; i++) {
        enum status st = part_run(&r->stage[i].segment, err);

        if (st != ST_OK)
            return st;
        if (r->stage[i].output == NO_OUTPUT)
            continue;
        if ((st = stage_answer(r, i, out, err)) != ST_OK)
            return st;
        if ((i == r->n - 1 && !r->part) || out->score >= r->stage[i].threshold)
            return ST_OK;
    }
    out->stage = -1;
    return ST_OK;
}

/* Is that tensor made by a segment in from..to? */
static bool
is_made(const struct runner *r, int from, int to, const char *name)
{
    for (int i = from; i <= to; i++) {
        size_t n = 0;
        const struct tensor_info *t =
            r->stage[i].segment.net ? net_outputs(r->stage[i].segment.net, &n)
                                    : NULL;

        for (size_t k = 0; k < n; k++)
            if (strcmp(t[k].name, name) == 0)
                return true;
    }
    return false;
}

static bool
is_listed(const struct tensor *list, size_t n, const struct tensor *t)
{
    for (size_t i = 0; i < n; i++)
        if (list[i].data == t->data)
            return true;
    return false;
}

/* What one part reads from before the border. */
static enum status
add_border(const struct runner *r, const struct part *p, int from, int at,
    struct tensor *out, size_t *n, struct err *err)
{
    size_t n_in = 0;
    const struct tensor_info *in = p->net ? net_inputs(p->net, &n_in) : NULL;

    for (size_t k = 0; k < n_in; k++) {
        const struct tensor *t = &find_slot(r, in[k].name)->tensor;

        if (is_made(r, from, at, in[k].name) || is_listed(out, *n, t))
            continue;
        if (*n == RUNNER_BORDER_MAX)
            return err_set(err, ST_UNPROCESSABLE, "model.border",
                "more than %d tensors cross the network behind exit %d",
                RUNNER_BORDER_MAX, from - 1);
        out[(*n)++] = *t;
    }
    return ST_OK;
}

enum status
runner_border(const struct runner *r, int stage,
    struct tensor out[RUNNER_BORDER_MAX], size_t *n, struct err *err)
{
    enum status st = ST_OK;

    *n = 0;
    for (int i = stage + 1; st == ST_OK && i < r->n; i++)
        st = add_border(r, &r->stage[i].segment, stage + 1, i - 1, out, n, err);
    if (st == ST_OK)
        st = add_border(
            r, &r->stage[r->n - 1].head, stage + 1, r->n - 1, out, n, err);
    return st;
}

void
runner_resume(struct runner *r, int stage)
{
    r->reached = stage + 1;
    r->headed = stage;
}
