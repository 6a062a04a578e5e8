// SPDX-License-Identifier: MIT
// The form for policies: replayed on records, or live on one device or across
// two; what handing a sample over costs is typed, or a measured link's.
import { list, post } from "./api.js";
import { field, form, h, section } from "./dom.js";
import { known } from "./format.js";

export async function policyForm(page) {
    const [profiles, records, datasets, devices, links] = await Promise.all(
        ["profiles", "records", "datasets", "devices", "links"].map((name) =>
            list(`/v1/${name}`, page.signal)));
    const ready = { profiles, records: records.filter(isReady),
        datasets: datasets.filter(isReady),
        devices: devices.filter((d) => d.mode !== "retired"
            && d.labels?.kind !== "mcu"),
        links: links.filter((l) => l.link) };
    if (!profiles.length || !(ready.records.length || ready.datasets.length))
        return null;
    return section("Try policies", draw(ready));
}

const isReady = (x) => x.state === "ready";

const select = (name, options, handler) => h("select", { name,
    onchange: handler }, options.map(([value, text]) =>
    h("option", { value }, text)));

function draw({ profiles, records, datasets, devices, links }) {
    const live = [
        field("Data set", select("dataset", datasets.map((d) =>
            [d.id, d.name ? `${d.id}: ${d.name}` : d.id]))),
        field("Rows", h("input", { name: "rows", placeholder: "all",
            pattern: "\\d+ *, *\\d+" }), "from, to: the last one is left out"),
        field("Hand over to", select("to", [["", "nobody: completed there"],
            ...devices.map((d) => [d.name, d.name])]),
        "another agent's device, started with --link")];
    const toggle = (target) => live.forEach((f) => {
        f.hidden = !target.startsWith("live:");
    });
    const targets = [
        ...datasets.length ? devices.map((d) =>
            [`live:${d.name}`, `live on ${d.name}`]) : [],
        ...records.map((r) => [`records:${r.id}`,
            `records ${r.id}${r.name ? `: ${r.name}` : ""}`])];
    toggle(targets[0]?.[0] ?? "");
    return form("Try", [
        field("On", select("target", targets,
            (event) => toggle(event.target.value))),
        live,
        field("Costs", select("profile", profiles.map((p) =>
            [p.id, `profile ${p.id}: ${p.device}`]))),
        field("Handing over", select("link", [["", "costs, in ns:"],
            ...links.map(({ id, link: l }) =>
                [id, `link ${id}: ${l.from} to ${l.to}`])])),
        field("Cost of it", h("input", { name: "offload", type: "number",
            min: 0, step: "any", value: 0 }), "where no link is chosen"),
        field("Policies", h("input", { name: "policies",
            placeholder: "all" }), "names with commas between them"),
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
