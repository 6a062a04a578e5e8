// SPDX-License-Identifier: MIT
// The models, and what the analysis found in one.
import { download, get, list } from "./api.js";
import { facts, h, link, problemBox, section } from "./dom.js";
import { table } from "./table.js";
import { noModels } from "./empty.js";
import { bytes, count, dash, grade, flagList, instant, measured, shape, short,
    state } from "./format.js";
import { submitForm } from "./submit.js";

export async function modelsView(page) {
    const models = await list("/v1/models", page.signal);
    page.show("Models", models.length ? table("Models, newest first", [
        { title: "Model", head: true, key: (m) => m.name,
            cell: (m) => link(`#/models/${m.id}`, m.name || short(m.id)) },
        { title: "State", cell: (m) => state(m.state, m.error?.detail) },
        { title: "SHA-256", cell: (m) => short(m.id) },
        { title: "Labels", cell: (m) => labels(m.labels) },
        { title: "Registered", cell: (m) => instant(m.created_at) },
    ], models) : noModels());
}

const labels = (set) => Object.entries(set ?? {})
    .map(([k, v]) => `${k}=${v}`).join(", ");

export async function modelView(page, id) {
    const model = await readyModel(page, id);
    if (!model.analysis) {
        page.show(`Model ${model.name}`, h("p", null, state(model.state)),
            problemBox({ title: "The analysis refused this model",
                message: model.error?.detail ?? "", ...model.error }));
        return;
    }
    const a = model.analysis;
    const profiles = await list(`/v1/profiles?model=${id}`, page.signal);
    page.show(`Model ${model.name}`, summary(model),
        a.notes?.length ? h("ul", { class: "notes" },
            a.notes.map((note) => h("li", null, note))) : null,
        profileSection(profiles),
        h("details", { class: "box", open: !profiles.length },
            h("summary", null, "Measure it"), await submitForm(page, model)),
        section("Layers", layerTable(a)),
        a.exits.length > 1 && section("Exits", exitTable(a)),
        section("Boundaries", boundaryTable(a)));
}

// The analysis takes a moment: the server answers when it has ended.
async function readyModel(page, id) {
    for (;;) {
        const model = await get(`/v1/models/${id}?wait=50`, page.signal);
        if (model.state !== "analysing")
            return model;
        page.show(`Model ${model.name}`, h("p", null, state(model.state),
            " A worker reads the model."));
    }
}

function summary(model) {
    const { totals, inputs, outputs, opset, producer } = model.analysis;
    const tensor = (t) => h("div", null, h("code", null, t.name), " ",
        shape(t.shape), " ", h("small", null, t.dtype));
    return facts([
        ["SHA-256", short(model.id)],
        ["Inputs", some(inputs, tensor)],
        ["Outputs", some(outputs, tensor)],
        ["MACs", count(totals?.macs)],
        ["Parameters", count(totals?.params)],
        ["Weights", bytes(totals?.weight_bytes)],
        ["Peak activations", bytes(totals?.activation_bytes_peak)],
        ["Opset", `${opset}${producer ? `, ${producer}` : ""}`],
        Object.keys(model.labels ?? {}).length
            ? ["Labels", labels(model.labels)] : null,
    ]);
}

// The first few of a list that may be long.
function some(items, show, most = 3) {
    return [items.slice(0, most).map(show), items.length > most
        && h("small", { title: items.map((i) => i.name).join(", ") },
            `and ${items.length - most} more`)];
}

function profileSection(profiles) {
    return section("Profiles", profiles.length ? table(
        "Measured runs of this model", [
            { title: "Profile", head: true, cell: (p) =>
                link(`#/profiles/${p.id}`, `Profile ${p.id}`) },
            { title: "Device", key: (p) => p.device, cell: (p) =>
                p.origin ? `${p.device} (imported)` : p.device },
            { title: "Whole network", number: true,
                key: (p) => p.e2e?.median_ns ?? null,
                cell: (p) => measured(p.e2e) },
            { title: "Grade", cell: (p) => grade(p.grade) },
            { title: "Flags", wrap: true, cell: (p) => flagList(p.flags) },
            { title: "Made", cell: (p) => instant(p.created_at) },
        ], profiles) : h("p", null, "Not measured yet."));
}

function layerTable(a) {
    return table("Layers as they run, with static facts from the graph", [
        { title: "#", number: true, key: (l) => l.index,
            cell: (l) => l.index },
        { title: "Layer", head: true, cell: (l) => layerName(l) },
        { title: "Output", cell: (l) => l.output_shapes.map(shape)
            .join(", ") },
        { title: "MACs", number: true, key: (l) => l.macs,
            cell: (l) => count(l.macs) },
        { title: "Parameters", number: true, key: (l) => l.params,
            cell: (l) => count(l.params) },
        { title: "In", number: true, key: (l) => l.bytes_in,
            hint: "bytes of activations read",
            cell: (l) => bytes(l.bytes_in) },
        { title: "Out", number: true, key: (l) => l.bytes_out,
            hint: "bytes of activations written",
            cell: (l) => bytes(l.bytes_out) },
        { title: "Part of", cell: (l) => part(l, a.exits) },
        { title: "Kernel", cell: (l) => short(l.kernel_key),
            hint: "equal kernels are measured once a device" },
        { title: "File", cell: (l) => modelFile(l.blob,
            `layer-${l.index}.onnx`, "ONNX") },
    ], a.layers);
}

// What ran as one, and which nodes of the file that is.
export const layerName = (l) => [h("span", { class: "name",
    title: (l.onnx_nodes ?? []).join("\n") }, l.name), " ",
h("small", null, l.fusion_group ?? l.op_type ?? "")];

const part = (layer, exits) => layer.role === "head"
    ? `head of ${exits[layer.exit]?.name ?? `exit ${layer.exit}`}`
    : "backbone";

const modelFile = (blob, name, text) => blob
    ? download(`/v1/blobs/sha256:${blob}`, name, text)
    : dash("has no file of its own");

function exitTable(a) {
    const file = (e, kind) => modelFile(e[kind]?.blob,
        `${kind}-${e.index}.onnx`, kind);
    return table("Exits in graph order; the last is the network's own", [
        { title: "#", number: true, cell: (e) => e.index },
        { title: "Exit", head: true, cell: (e) => e.name },
        { title: "After layer", number: true, cell: (e) => e.after_layer },
        { title: "Classes", number: true, cell: (e) => e.classes },
        { title: "Segment MACs", number: true,
            cell: (e) => count(e.segment?.macs) },
        { title: "Head MACs", number: true, cell: (e) => count(e.head?.macs,
            "the last exit has no head of its own") },
        { title: "Prefix MACs", number: true,
            cell: (e) => count(e.prefix?.macs) },
        { title: "Files", cell: (e) => [file(e, "segment"), " ",
            file(e, "head"), " ", file(e, "prefix")] },
    ], a.exits);
}

function boundaryTable(a) {
    const name = (i) => a.layers[i]?.name ?? `layer ${i}`;
    return table("Where one tensor is live: here the network can be cut, " +
        "or an exit attached", [
        { title: "#", number: true, cell: (b) => b.index },
        { title: "After layer", head: true, cell: (b) =>
            `${b.after_layer} ${name(b.after_layer)}` },
        { title: "Shape", cell: (b) => shape(b.shape) },
        { title: "Bytes", number: true, key: (b) => b.bytes,
            cell: (b) => bytes(b.bytes) },
    ], a.boundaries);
}
