// SPDX-License-Identifier: MIT
// The form for policies: replayed on records, or live on one device or across
// two; what handing a sample over costs is typed, or a measured link's.  Under
// it those for a cut and for a selection.
import { list, post } from "./api.js";
import { datasetOptions, isReady, isUsed, profileOptions, recordsOptions,
    select } from "./choices.js";
import { cutForm } from "./cutform.js";
import { h, section } from "./dom.js";
import { field, form } from "./form.js";
import { known } from "./format.js";
import { selectForm } from "./selectform.js";

export async function policyForms(page) {
    const [profiles, records, datasets, devices, links] = await Promise.all(
        ["profiles", "records", "datasets", "devices", "links"].map((name) =>
            list(`/v1/${name}`, page.signal)));
    const ready = { profiles, records: records.filter(isReady),
        datasets: datasets.filter(isReady),
        devices: devices.filter((d) => isUsed(d)
            && d.labels?.kind !== "mcu"),
        links: links.filter((l) => l.link) };
    if (!profiles.length)
        return null;
    return [
        ready.records.length || ready.datasets.length
            ? section("Try policies", draw(ready)) : null,
        box("Cut a network between devices", cutForm(ready)),
        ready.records.length && ready.datasets.length
            ? box("Choose one of several networks for each sample",
                selectForm(ready)) : null,
    ];
}

const box = (title, child) => h("details", { class: "box" },
    h("summary", null, title), child);

function draw({ profiles, records, datasets, devices, links }) {
    const live = [
        field("Data set", select("dataset", datasetOptions(datasets),
            { "data-blame": "live.dataset dataset policy.labels" })),
        field("Rows", h("input", { name: "rows", placeholder: "all",
            pattern: "\\d+ *, *\\d+", "data-blame": "live.rows policy.stream" }), "from, to: the last one is left out"),
        field("Hand over to", select("to", [["", "nobody: completed there"],
            ...devices.map((d) => [d.name, d.name])],
        { "data-blame": "live.to" }),
        "another agent's device, started with --link")];
    const toggle = (target) => live.forEach((f) => {
        f.hidden = !target.startsWith("live:");
    });
    const targets = [
        ...datasets.length ? devices.map((d) =>
            [`live:${d.name}`, `live on ${d.name}`]) : [],
        ...recordsOptions(records).map(([id, text]) =>
            [`records:${id}`, text])];
    toggle(targets[0]?.[0] ?? "");
    return form("Try", [
        field("On", select("target", targets, { "data-blame":
            "records live.device device policy.exits",
        onchange: (event) => toggle(event.target.value) })),
        live,
        field("Costs", select("profile", profileOptions(profiles),
            { "data-blame": "profile search" })),
        field("Handing over", select("link", [["", "costs, in ns:"],
            ...links.map(({ id, link: l }) =>
                [id, `link ${id}: ${l.from} to ${l.to}`])],
        { "data-blame": "link trial.link" })),
        field("Cost of it", h("input", { name: "offload", type: "number",
            min: 0, step: "any", value: 0 }), "where no link is chosen"),
        field("Policies", h("input", { name: "policies",
            placeholder: "all", "data-blame": "policies policy.name" }), "names with commas between them"),
        field("Answered from score", h("input", { name: "alpha",
            type: "number", min: 0, max: 1, step: "any", value: 0.7 })),
        field("Weight", h("input", { name: "weight", type: "number",
            min: 1e-9, step: "any", value: 1 }),
        "the full network's cost, in units of score"),
    ], async (values) => {
        const made = await post("/v1/policies", order(values));
        location.hash = `#/policies/${made.id}`;
    });
}

// What the fields say, as the API takes it.
function order(values) {
    const target = values.get("target");
    const name = target.slice(target.indexOf(":") + 1);
    const profile = Number(values.get("profile"));
    const words = values.get("policies").split(",").map((p) => p.trim())
        .filter(Boolean);
    const rows = values.get("rows").split(",").map(Number);
    const link = Number(values.get("link"));
    return { profile, policies: words, alpha: Number(values.get("alpha")),
        weight: Number(values.get("weight")),
        ...link ? { link: { measured: link, server: profile } }
            : { offload: Number(values.get("offload")) },
        ...target.startsWith("live:") ? { live: { device: name,
            to: values.get("to") || null,
            dataset: Number(values.get("dataset")),
            rows: rows.length === 2 && rows.every(known) ? rows : null } }
            : { records: Number(name) } };
}
