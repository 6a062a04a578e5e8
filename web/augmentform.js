// SPDX-License-Identifier: MIT
// The form that gives a plain network exits: what is its model, what to fit and
// test on, for which device, and how much accuracy may be given up.
import { list, post } from "./api.js";
import { canUpload, dataFields, dataOf, isReady, isUsed, select, wrong }
    from "./choices.js";
import { h } from "./dom.js";
import { field, form } from "./form.js";
import { noDevices } from "./empty.js";
import { register } from "./submit.js";

export async function augmentForm(page) {
    const [models, datasets, devices] = await Promise.all(["models",
        "datasets", "devices"].map((name) =>
        list(`/v1/${name}`, page.signal)));
    const used = devices.filter((d) => isUsed(d) && d.labels?.kind !== "mcu");
    return used.length ? draw(models.filter(isReady),
        datasets.filter(isReady), used) : noDevices();
}

const number = (name, blame, attributes) => h("input", { name, type: "number",
    step: "any", min: 0, "data-blame": blame, ...attributes });

function draw(models, datasets, devices) {
    const file = canUpload() && field("Its file (ONNX)", h("input", {
        type: "file", name: "file", accept: ".onnx", "data-blame": "file" }));
    const show = (id) => {
        if (file)
            file.hidden = id !== "";
    };
    show(models[0]?.id ?? "");
    return form("Give it exits", [
        field("Model without exits", select("model", [
            ...models.map((m) => [m.id, m.name || m.id.slice(0, 10)]),
            ...file ? [["", "from a file:"]] : []],
        { required: true, "data-blame": "model augmentation.exits",
            onchange: (event) => show(event.target.value) })),
        file, dataFields(datasets),
        field("Device", select("device", devices.map((d) =>
            [d.name, `${d.name}: ${d.state}`]), { "data-blame": "device" })),
        field("Accuracy to give up, points", number("drop",
            "max_drop search.max_drop", { max: 100, value: 1,
                required: true })),
        h("details", null, h("summary", null, "Limits and heads"), limits()),
    ], async (values, say) => {
        const model = values.get("model") || await uploaded(values, say);
        const dataset = await dataOf(values, model, say);
        say("Starting");
        const made = await post("/v1/augmentations",
            order(values, model, dataset));
        location.hash = `#/augmentations/${made.id}`;
    });
}

const limits = () => h("div", { class: "fields" },
    field("Longest path at most, ms", number("worst", "worst_case")),
    field("Exits kept at most, the last included", number("exits",
        "max_exits", { min: 1, max: 64, step: 1 })),
    field("Memory of the device, KiB", number("memory",
        "memory_bytes augmentation.memory")),
    field("Share of the rows to fit on", number("share",
        "fit_share augmentation.rows", { min: 0.05, max: 0.95,
            placeholder: "0.6" })),
    field("Kinds of heads", h("input", { name: "heads", "data-blame": "heads",
        placeholder: "pool, spatial, hidden" }), "also own, conv"),
    field("Boundaries tried", select("rule", ["all", "linear", "fine",
        "pareto", "golden", "natural"].map((r) => [r, r]),
    { "data-blame": "rule" })),
    field("A sample leaves by", select("score", [
        ["max_probability", "its largest probability"],
        ["margin", "the margin of the best two"], ["entropy", "entropy"],
        ["best", "the best of these, head by head"]],
    { "data-blame": "score" })));

async function uploaded(values, say) {
    const file = values.get("file");
    if (!file?.size)
        throw wrong("file", "Choose the network's file, or a model.");
    return (await register(file, say)).id;
}

function order(values, model, dataset) {
    const given = (name, times = 1) => values.get(name)
        ? Number(values.get(name)) * times : undefined;
    const heads = values.get("heads").split(",").map((x) => x.trim())
        .filter(Boolean);
    return { model, dataset, device: values.get("device"),
        fit_share: given("share"), memory_bytes: given("memory", 1024),
        options: { rule: values.get("rule"), score: values.get("score"),
            ...heads.length && { heads } },
        search: { max_drop: Number(values.get("drop")) / 100,
            worst_case: given("worst", 1e6), max_exits: given("exits"),
            ...values.get("dataset") || values.get("labels")?.size
                ? {} : { reference: "final" } } };
}
