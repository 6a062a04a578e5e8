// SPDX-License-Identifier: MIT
// From a model file, or a model that is here, to a job.
import { list, post, randomKey, upload } from "./api.js";
import { h } from "./dom.js";
import { field, form } from "./form.js";
import { noDevices } from "./empty.js";
import { state } from "./format.js";

// How hard to try, as a policy of the probe.
const efforts = {
    careful: { text: "Careful: intervals of 1 %", policy: {} },
    quick: { text: "Quick look: intervals of 5 %, or half a minute",
        policy: { ci_rel: 0.05, max_rounds: 16, layer_budget_s: 1,
            job_budget_s: 30, warmup_s: 0.1 } },
};

// A form that starts a job; without `model` it asks for a file first.
export async function submitForm(page, model) {
    const devices = (await list("/v1/devices", page.signal))
        .filter((d) => d.mode !== "retired");
    if (!devices.length)
        return noDevices();
    if (!model && !globalThis.crypto?.subtle)
        return h("p", null, "Browsers hash files only on pages that come " +
            "from this machine or over TLS. Use ",
        h("code", null, "offramp submit"), " instead.");

    const keys = new Map(); // the same wish is one job, however often sent
    return form("Measure", [
        !model && field("Model (ONNX)", h("input", { type: "file",
            name: "file", required: true, accept: ".onnx" })),
        deviceChoice(devices),
        field("Effort", h("select", { name: "effort" },
            Object.entries(efforts).map(([name, { text }]) =>
                h("option", { value: name }, text)))),
        field("Name", h("input", { name: "name", maxlength: 200,
            placeholder: "optional" })),
    ], async (values, say) => {
        const chosen = model ?? await register(values.get("file"), say);
        say("Starting");
        const wish = { model: chosen.id, devices: pick(values),
            name: values.get("name") || chosen.name,
            policy: efforts[values.get("effort")].policy };
        const text = JSON.stringify(wish);
        if (!keys.has(text))
            keys.set(text, randomKey());
        const job = await post("/v1/jobs", wish,
            { "Idempotency-Key": keys.get(text) });
        location.hash = `#/jobs/${job.id}`;
    });
}

function deviceChoice(devices) {
    const online = devices.findIndex((d) => d.state === "online");
    return h("fieldset", null, h("legend", null, "Devices"),
        devices.map((d, i) => h("label", null,
            h("input", { type: "checkbox", name: "device", value: d.name,
                checked: i === online }),
            " ", d.name, " ", state(d.state))));
}

function pick(values) {
    const devices = values.getAll("device");
    if (!devices.length)
        throw new Error("Choose at least one device.");
    return devices;
}

// Upload, register, and wait for the analysis; a refused model throws.
export async function register(file, say) {
    const blob = await upload(file, say);
    const name = file.name.replace(/\.onnx$/i, "").slice(0, 200);
    let model;
    say("A worker reads the model");
    do
        model = await post("/v1/models?wait=50", { blob, name });
    while (model.state === "analysing");
    return model;
}
