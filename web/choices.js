// SPDX-License-Identifier: MIT
// What several forms ask for: a model, a data set (here, or from files), a
// profile, records, a link.  A field's `data-blame` is what problem documents
// call it: dom.js shows the problem there.
import { post, upload } from "./api.js";
import { h } from "./dom.js";
import { field } from "./form.js";
import { known, percent } from "./format.js";

// options: [value, text]; a value of "" stands for none.
export const select = (name, options, attributes) => h("select",
    { name, ...attributes }, options.map(([value, text]) =>
        h("option", { value }, text)));

export const isReady = (x) => x.state === "ready";

// Devices that a job can be sent to.
export const isUsed = (d) => d.mode !== "retired";

// Files are hashed by the browser, which it does on such pages only.
export const canUpload = () => Boolean(globalThis.crypto?.subtle);

const named = (what, x) => x.name ? `${what} ${x.id}: ${x.name}`
    : `${what} ${x.id}`;

export const profileOptions = (profiles) => profiles.map((p) => [p.id,
    `profile ${p.id}: ${p.model_name || p.model.slice(0, 10)} on ${p.device}`]);

export const recordsOptions = (records) => records.map((r) => [r.id,
    `${named("records", r)}, ${r.n} samples${known(r.accuracy_full)
        ? `, ${percent(r.accuracy_full)}` : ""}`]);

export const datasetOptions = (datasets) => datasets.map((d) => [d.id,
    `${named("data set", d)}${known(d.n) ? `, ${d.n} rows` : ""}`]);

// ---- a data set ----

const none = ["", "from files:"];

// One that is here, or `.npy` files and how they are prepared.
export function dataFields(datasets) {
    const files = canUpload() ? fileFields() : [];
    const options = [...datasetOptions(datasets), ...files.length ? [none] : []];
    const choice = select("dataset", options, { required: true, "data-blame":
        "dataset", onchange: (event) => toggle(event.target.value) });
    const toggle = (value) => files.forEach((f) => {
        f.hidden = value !== "";
    });
    toggle(options[0]?.[0] ?? "");
    return [field("Data set", choice), files];
}

const fileFields = () => [
    field("Inputs (.npy)", h("input", { type: "file", name: "inputs",
        accept: ".npy", "data-blame": "inputs npy dataset.shape" })),
    field("Labels (.npy)", h("input", { type: "file", name: "labels",
        accept: ".npy", "data-blame": "labels" }),
    "without: agreement with the network"),
    field("Times", h("input", { name: "scale", type: "number", step: "any",
        placeholder: "1", "data-blame": "preprocess.scale" }),
    "0.00392157 makes bytes 0 to 1"),
    field("Less", h("input", { name: "mean", placeholder: "0.485, 0.456, 0.406",
        "data-blame": "preprocess.mean" }), "mean, or one a channel"),
    field("Divided by", h("input", { name: "std",
        placeholder: "0.229, 0.224, 0.225", "data-blame": "preprocess.std" }),
    "deviation, or one a channel"),
    field("Layout", select("layout", [["", "as the model"], ["NCHW", "NCHW"],
        ["NHWC", "NHWC"]], { "data-blame": "preprocess.layout" })),
];

// The data set's number, registered for `model` where it comes from files.
export async function dataOf(values, model, say) {
    if (values.get("dataset"))
        return Number(values.get("dataset"));
    const [inputs, labels] = [values.get("inputs"), values.get("labels")];
    if (!inputs?.size)
        throw wrong("inputs", "Choose a file of inputs, or a data set.");
    const order = { model, name: inputs.name.slice(0, 200),
        inputs: await upload(inputs, say), preprocess: preprocess(values),
        ...labels.size && { labels: await upload(labels, say) } };
    say("A worker checks the data");
    let data;
    do
        data = await post("/v1/datasets?wait=50", order);
    while (data.state === "checking");
    return data.id;
}

function preprocess(values) {
    const list = (name) => values.get(name).split(",").map((x) => x.trim())
        .filter(Boolean).map((x) => {
            if (!Number.isFinite(Number(x)))
                throw wrong(`preprocess.${name}`, `${x} is not a number.`);
            return Number(x);
        });
    const all = { scale: values.get("scale") ? Number(values.get("scale"))
        : null, mean: list("mean"), std: list("std"),
    layout: values.get("layout") || null };
    return Object.fromEntries(Object.entries(all).filter(([, v]) =>
        v !== null && v.length !== 0));
}

// A mistake that the page itself sees, at its field.
export function wrong(at, message) {
    return Object.assign(new Error(message), { at, title: "Not yet" });
}

// ---- a link ----

// One that was measured, or a rate; named `name`, and told apart by it.
export function linkFields(links, name = "link") {
    const typed = [
        field("Bytes a second", h("input", { name: `${name}_rate`,
            type: "number", min: 0.001, step: "any", "data-blame":
            `${name}.bytes_per_s ${name}.per_byte` })),
        field("Before the first byte, ms", h("input", { name: `${name}_base`,
            type: "number", min: 0, step: "any", value: 0,
            "data-blame": `${name}.base` }))];
    const toggle = (value) => typed.forEach((f) => {
        f.hidden = value !== "";
    });
    toggle(links[0]?.id ?? "");
    return [field("Link", select(name, [...links.map(({ id, link: l }) =>
        [id, `link ${id}: ${l.from} to ${l.to}`]), ["", "as typed:"]],
    { "data-blame": name, onchange: (event) =>
        toggle(event.target.value) })), typed];
}

// {id} or {bytes_per_s, base_ns}.
export function linkOf(values, name = "link") {
    if (values.get(name))
        return { id: Number(values.get(name)) };
    if (!values.get(`${name}_rate`))
        throw wrong(`${name}.bytes_per_s`,
            "Say what the link carries, or choose a measured one.");
    return { bytes_per_s: Number(values.get(`${name}_rate`)),
        base_ns: Number(values.get(`${name}_base`)) * 1e6 };
}
