/* SPDX-License-Identifier: MIT */
#include "search/model/exit.h"

#include <stdlib.h>
#include <string.h>

#include "search/model/count.h"

/* Exits while they are sorted out. */
struct candidate {
    int output, at; /* value, place among the graph's outputs */
    uint64_t bit;
    int64_t macs;
    int nodes;    /* that it needs */
    int backbone; /* of these, in the backbone */
};

struct search {
    struct graph *g;
    struct candidate c[EXITS_MAX];
    int n;
    uint64_t *needed_by; /* for each node: bits of candidates */
    int *answers;        /* for each output: see answer_of() */
};

static int64_t
classes_of(const struct value *v)
{
    if (v->rank == 2 && v->dims[1] >= 2 && onnx_dtype_is_float(v->type))
        return v->dims[1];
    return 0;
}

/* The value an output gets its answer from: back through Softmax and such. */
static int
answer_of(const struct graph *g, int value)
{
    for (;;) {
        int p = g->values[value].producer;

        if (p < 0 || g->nodes[p].n_in < 1 || g->nodes[p].in[0] < 0 ||
            !op_keeps_answer(g->nodes[p].proto))
            return value;
        value = g->nodes[p].in[0];
    }
}

/* The number of classes that most outputs have; the later one of equals. */
static int64_t
common_classes(const struct graph *g)
{
    int64_t best = 0;
    int most = 0;

    for (int i = 0; i < g->n_outputs && i < EXITS_MAX; i++) {
        int64_t classes = classes_of(&g->values[g->outputs[i]]);
        int n = 0;

        for (int k = 0; k < g->n_outputs; k++)
            n += classes_of(&g->values[g->outputs[k]]) == classes;
        if (classes > 0 && n >= most) {
            best = classes;
            most = n;
        }
    }
    return best;
}

/* Of outputs with one answer keep the last. */
static bool
said_again(const struct search *s, int at, int64_t classes)
{
    const struct graph *g = s->g;

    for (int k = at + 1; k < g->n_outputs; k++)
        if (s->answers[k] == s->answers[at] &&
            classes_of(&g->values[g->outputs[k]]) == classes)
            return true;
    return false;
}

static enum status
add_candidate(struct search *s, int at, struct err *err)
{
    if (s->n == EXITS_MAX)
        return err_set(err, ST_UNPROCESSABLE, "model.too_many_exits",
            "more than %d outputs are classifiers", EXITS_MAX);
    s->c[s->n] = (struct candidate){
        .output = s->g->outputs[at], .at = at, .bit = UINT64_C(1) << s->n
    };
    s->n++;
    return ST_OK;
}

static enum status
find_candidates(struct search *s, struct err *err)
{
    const struct graph *g = s->g;
    int64_t classes = common_classes(g);
    enum status st = ST_OK;

    for (int i = 0; i < g->n_outputs; i++)
        s->answers[i] = answer_of(g, g->outputs[i]);
    for (int i = 0; i < g->n_outputs && st == ST_OK; i++) {
        const struct value *v = &g->values[g->outputs[i]];

        if (classes > 0 && classes_of(v) == classes && !v->constant &&
            v->producer >= 0 && !said_again(s, i, classes))
            st = add_candidate(s, i, err);
    }
    /* No classifier: the last output that is worked out stands for all. */
    for (int i = g->n_outputs - 1; i >= 0 && s->n == 0 && st == ST_OK; i--) {
        const struct value *v = &g->values[g->outputs[i]];

        if (!v->constant && v->producer >= 0)
            st = add_candidate(s, i, err);
    }
    if (st == ST_OK && s->n == 0)
        st = err_set(err, ST_UNPROCESSABLE, "model.empty",
            "no output depends on an input");
    return st;
}

/* One sweep backwards: a node is needed by whoever needs its readers. */
static void
trace_needs(struct search *s)
{
    const struct graph *g = s->g;

    for (int i = g->n_nodes - 1; i >= 0; i--) {
        const struct node *n = &g->nodes[i];
        uint64_t bits = 0;

        for (int k = 0; k < n->n_out; k++) {
            const struct value *v;

            if (n->out[k] < 0)
                continue;
            v = &g->values[n->out[k]];
            for (int u = 0; u < v->n_uses; u++)
                if (graph_needs(g, v->uses[u], v))
                    bits |= s->needed_by[v->uses[u]];
            for (int e = 0; v->output && e < s->n; e++)
                if (s->c[e].output == n->out[k])
                    bits |= s->c[e].bit;
        }
        s->needed_by[i] = bits;
    }
}

static void
count_needs(struct search *s)
{
    for (int i = 0; i < s->g->n_nodes; i++) {
        int64_t macs = count_node_macs(s->g, &s->g->nodes[i]);

        if (s->g->nodes[i].constant)
            continue;
        for (int e = 0; e < s->n; e++) {
            if (!(s->needed_by[i] & s->c[e].bit))
                continue;
            s->c[e].nodes++;
            if (macs < 0 ||
                __builtin_add_overflow(s->c[e].macs, macs, &s->c[e].macs))
                s->c[e].macs = INT64_MAX;
        }
    }
}

static int
find_final(const struct search *s)
{
    int best = 0;

    for (int e = 1; e < s->n; e++) {
        const struct candidate *a = &s->c[best], *b = &s->c[e];

        if (b->macs > a->macs || (b->macs == a->macs && b->nodes >= a->nodes))
            best = e;
    }
    return best;
}

static int
by_position(const void *pa, const void *pb)
{
    const struct candidate *a = pa, *b = pb;

    if (a->backbone != b->backbone)
        return a->backbone < b->backbone ? -1 : 1;
    return a->at < b->at ? -1 : a->at > b->at;
}

/* Sort by how much of the backbone each exit needs; the final one last. */
static void
order_exits(struct search *s)
{
    int final = find_final(s);
    uint64_t final_bit = s->c[final].bit;
    struct candidate last;

    for (int i = 0; i < s->g->n_nodes; i++) {
        if (!(s->needed_by[i] & final_bit) || s->g->nodes[i].constant)
            continue;
        for (int e = 0; e < s->n; e++)
            s->c[e].backbone += (s->needed_by[i] & s->c[e].bit) != 0;
    }
    last = s->c[final];
    s->c[final] = s->c[s->n - 1];
    qsort(s->c, (size_t)(s->n - 1), sizeof(s->c[0]), by_position);
    s->c[s->n - 1] = last;
}

/* Give every node its part; nodes that no exit needs run with the last
 * segment. */
static void
assign_parts(struct search *s)
{
    uint64_t final = s->c[s->n - 1].bit;

    for (int i = 0; i < s->g->n_nodes; i++) {
        uint64_t bits = s->needed_by[i];
        int first = s->n - 1;

        for (int e = s->n - 1; e >= 0; e--)
            if (bits & s->c[e].bit)
                first = e;
        s->g->nodes[i].part = bits == 0 || (bits & final) ? part_segment(first)
                                                          : part_head(first);
    }
}

/* Stable counting sort by part. */
static enum status
order_nodes(struct search *s, struct err *err)
{
    struct graph *g = s->g;
    int *order = malloc((size_t)g->n_nodes * sizeof(*order));
    int start[2 * EXITS_MAX + 1] = { 0 };
    enum status st;

    if (order == NULL)
        return err_nomem(err);
    for (int i = 0; i < g->n_nodes; i++)
        start[g->nodes[i].part + 1]++;
    for (int p = 1; p <= 2 * EXITS_MAX; p++)
        start[p] += start[p - 1];
    for (int i = 0; i < g->n_nodes; i++)
        order[start[g->nodes[i].part]++] = i;
    st = graph_permute(g, order, err);
    free(order);
    return st;
}

/* Where an early exit's head starts. */
static void
find_branch(struct exit *x, const struct graph *g, int part)
{
    int seen_last = -1;

    x->n_tensors = 0;
    for (int i = 0; i < g->n_nodes; i++) {
        const struct node *n = &g->nodes[i];

        for (int k = 0; k < n->n_in && n->part == part && !n->constant; k++) {
            const struct value *v = &g->values[n->in[k] >= 0 ? n->in[k] : 0];

            if (n->in[k] < 0 || v->constant || n->in[k] == seen_last ||
                (v->producer >= 0 && g->nodes[v->producer].part == part))
                continue;
            seen_last = n->in[k];
            if (x->n_tensors++ == 0 ||
                v->producer > g->values[x->tensor].producer)
                x->tensor = n->in[k];
        }
    }
}

static enum status
describe_exits(struct exits *x, const struct search *s, struct err *err)
{
    enum status st = ST_OK;

    x->n = s->n;
    for (int e = 0; e < s->n && st == ST_OK; e++) {
        struct exit *item = &x->item[e];
        int output = s->c[e].output;

        *item = (struct exit){ .output = output,
            .classes = classes_of(&s->g->values[output]),
            .tensor = output };
        if (e < s->n - 1)
            find_branch(item, s->g, part_head(e));
        if (item->n_tensors > 1)
            st = graph_note(s->g, err,
                "the head of exit %.80s starts from %d tensors: its cut has "
                "several inputs",
                s->g->values[output].name, item->n_tensors);
    }
    return st;
}

/* Tell about outputs that are no exits. */
static enum status
note_others(const struct exits *x, struct graph *g, struct err *err)
{
    for (int i = 0; i < g->n_outputs; i++) {
        bool known = false;

        for (int e = 0; e < x->n && !known; e++)
            known = x->item[e].output == g->outputs[i];
        if (known)
            continue;
        if (graph_note(g, err, "output %.100s is not an exit of its own",
                g->values[g->outputs[i]].name) != ST_OK)
            return ST_NOMEM;
    }
    return ST_OK;
}

enum status
exits_find(struct exits *x, struct graph *g, struct err *err)
{
    struct search s = { .g = g };
    enum status st;

    s.needed_by = calloc((size_t)g->n_nodes, sizeof(*s.needed_by));
    s.answers = calloc((size_t)g->n_outputs, sizeof(*s.answers));
    if (s.needed_by == NULL || s.answers == NULL)
        st = err_nomem(err);
    else if ((st = find_candidates(&s, err)) == ST_OK) {
        trace_needs(&s);
        count_needs(&s);
        order_exits(&s);
        assign_parts(&s);
        st = order_nodes(&s, err);
    }
    if (st == ST_OK)
        st = describe_exits(x, &s, err);
    if (st == ST_OK)
        st = note_others(x, g, err);
    free(s.needed_by);
    free(s.answers);
    return st;
}
