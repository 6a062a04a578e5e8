/* SPDX-License-Identifier: MIT */
/* What is refused before any graph is built; see onnx.h. */
#include <stdbool.h>
#include <string.h>

#include "search/model/onnx.h"
#include "search/model/onnx_tensor.h"
#include "search/model/op.h"

/* The operator sets whose meaning is known.  Others need code of their own
 * in the runtime. */
static const char *const domains[] = { "", "ai.onnx", "ai.onnx.ml",
    "com.microsoft" };

static enum status
refuse(struct err *err, const char *code, const char *text)
{
    return err_set(err, ST_UNPROCESSABLE, code, "%s", text);
}

static bool
domain_known(const char *domain)
{
    for (size_t i = 0; i < sizeof(domains) / sizeof(domains[0]); i++)
        if (strcmp(domain, domains[i]) == 0)
            return true;
    return false;
}

static bool
domain_imported(const Onnx__ModelProto *m, const char *domain)
{
    for (size_t i = 0; i < m->n_opset_import; i++) {
        const char *d = m->opset_import[i]->domain;

        if (onnx_domain_is_standard(domain) ? onnx_domain_is_standard(d)
                                            : d && strcmp(d, domain) == 0)
            return true;
    }
    return false;
}

static enum status
check_attribute(
    const Onnx__NodeProto *n, const Onnx__AttributeProto *a, struct err *err)
{
    enum status st = ST_OK;

    if (a->name == NULL || a->ref_attr_name != NULL)
        return err_set(err, ST_UNPROCESSABLE, "model.invalid",
            "node %.100s has an attribute without a name or value",
            onnx_node_label(n));
    if (a->g != NULL || a->n_graphs > 0)
        return err_set(err, ST_UNPROCESSABLE, "model.unsupported_op",
            "node %.100s (%.40s) contains a subgraph, which cannot be cut "
            "into layers: export the model without control flow",
            onnx_node_label(n), n->op_type);
    if (a->sparse_tensor != NULL || a->n_sparse_tensors > 0)
        return err_set(err, ST_UNPROCESSABLE, "model.unsupported_type",
            "node %.100s holds a sparse tensor: store it densely",
            onnx_node_label(n));
    if (a->t != NULL)
        st = onnx_tensor_check(a->t, onnx_node_label(n), err);
    for (size_t i = 0; i < a->n_tensors && st == ST_OK; i++)
        st = onnx_tensor_check(a->tensors[i], onnx_node_label(n), err);
    return st;
}

static enum status
check_node(const Onnx__ModelProto *m, const Onnx__NodeProto *n, struct err *err)
{
    const char *domain = n->domain != NULL ? n->domain : "";
    enum status st = ST_OK;

    if (n->op_type == NULL || n->op_type[0] == '\0')
        return err_set(err, ST_UNPROCESSABLE, "model.invalid",
            "node %.100s names no operator", onnx_node_label(n));
    if (!domain_known(domain))
        return err_set(err, ST_UNPROCESSABLE, "model.unsupported_op",
            "node %.100s uses operator %.60s of domain %.60s, which the "
            "runtime does not have",
            onnx_node_label(n), n->op_type, domain);
    if (!domain_imported(m, domain))
        return err_set(err, ST_UNPROCESSABLE, "model.invalid",
            "node %.100s uses domain \"%s\", of which the model imports no "
            "operator set",
            onnx_node_label(n), domain);
    if (op_kind(n) == OP_OTHER)
        return err_set(err, ST_UNPROCESSABLE, "model.unsupported_type",
            "node %.100s (%s) works on sequences or maps: only tensors can be "
            "measured",
            onnx_node_label(n), n->op_type);
    if (op_kind(n) == OP_RANDOM)
        return err_set(err, ST_UNPROCESSABLE, "model.unsupported_op",
            "node %.100s (%s) is random: its outputs cannot be checked "
            "against a reference; remove it",
            onnx_node_label(n), n->op_type);
    for (size_t i = 0; i < n->n_attribute && st == ST_OK; i++)
        st = check_attribute(n, n->attribute[i], err);
    return st;
}

static enum status
check_graph(const Onnx__GraphProto *g, struct err *err)
{
    if (g->n_node == 0)
        return refuse(err, "model.empty", "the graph has no nodes");
    if (g->n_node > ONNX_MAX_NODES)
        return err_set(err, ST_UNPROCESSABLE, "model.too_large",
            "the graph has %zu nodes, at most %d are accepted", g->n_node,
            ONNX_MAX_NODES);
    if (g->n_output == 0)
        return refuse(err, "model.no_outputs", "the graph has no outputs");
    if (g->n_output > ONNX_MAX_OUTPUTS)
        return err_set(err, ST_UNPROCESSABLE, "model.too_large",
            "the graph has %zu outputs, at most %d are accepted", g->n_output,
            ONNX_MAX_OUTPUTS);
    if (g->n_sparse_initializer > 0) {
        const Onnx__TensorProto *v = g->sparse_initializer[0]->values;

        return err_set(err, ST_UNPROCESSABLE, "model.unsupported_type",
            "initializer %.100s is sparse: store it densely",
            v != NULL && v->name != NULL ? v->name : "(unnamed)");
    }
    return ST_OK;
}

static enum status
check_initializers(const Onnx__GraphProto *g, struct err *err)
{
    enum status st = ST_OK;

    for (size_t i = 0; i < g->n_initializer && st == ST_OK; i++) {
        const char *name = g->initializer[i]->name;

        if (name == NULL || name[0] == '\0')
            return refuse(err, "model.invalid", "an initializer has no name");
        st = onnx_tensor_check(g->initializer[i], name, err);
    }
    return st;
}

/* All nodes are looked at, so that a person sees all that must change; the
 * error tells about the first. */
static enum status
check_nodes(const Onnx__ModelProto *m, json_t *nodes, struct err *err)
{
    enum status first = ST_OK;

    for (size_t i = 0; i < m->graph->n_node; i++) {
        const Onnx__NodeProto *n = m->graph->node[i];
        enum status st = check_node(m, n, err);

        if (st == ST_OK)
            continue;
        first = first != ST_OK ? first : st;
        if (json_array_size(nodes) >= ONNX_MAX_BLAMED)
            break;
        if (nodes != NULL &&
            json_array_append_new(nodes, json_string(onnx_node_label(n))) != 0)
            return err_nomem(err);
    }
    return first;
}

enum status
onnx_verify(const Onnx__ModelProto *m, json_t *nodes, struct err *err)
{
    const Onnx__GraphProto *g = m->graph;
    enum status st;

    if (!m->has_ir_version && g == NULL)
        return refuse(err, "model.parse",
            "not an ONNX model: neither an IR version nor a graph");
    if (g == NULL)
        return refuse(err, "model.empty", "the model has no graph");
    if ((st = check_graph(g, err)) != ST_OK)
        return st;
    if (m->n_functions > 0)
        return err_set(err, ST_UNPROCESSABLE, "model.unsupported_op",
            "the model defines functions of its own (%.100s): inline them "
            "when exporting",
            m->functions[0]->name != NULL ? m->functions[0]->name : "");
    if ((st = check_initializers(g, err)) != ST_OK)
        return st;
    return check_nodes(m, nodes, err);
}
