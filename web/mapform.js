// SPDX-License-Identifier: MIT
// The form that spreads a multi-exit network over several devices: exits,
// thresholds and who runs which segment are found together.
import { list, post } from "./api.js";
import { linkFields, linkOf, profileOptions, recordsOptions, select }
    from "./choices.js";
import { h } from "./dom.js";
import { field, form } from "./form.js";

const hops = ["a", "b"]; // one name in the form for each link

// `profile` is the first processor's; `records` are of its model.
export async function mapForm(page, profile, records) {
    const [profiles, links] = await Promise.all([
        list(`/v1/profiles?model=${profile.model}`, page.signal),
        list("/v1/links", page.signal)]);
    const others = profiles.filter((p) => p.device !== profile.device);
    if (!others.length || !records.length)
        return h("p", null, others.length
            ? "It needs exit records, as a search does."
            : "Measure this network on a second device first.");
    return draw(profile, others, records, links.filter((l) => l.link));
}

const limits = (i) => [
    field("Its memory, KiB", h("input", { name: "memory", type: "number",
        min: 1, step: "any", placeholder: "no limit", "data-blame":
        `system.processors[${i}].memory_bytes` })),
    field("Waking it, ms", h("input", { name: "wake", type: "number", min: 0,
        step: "any", value: 0, "data-blame": `system.processors[${i}].wake` })),
];

function draw(profile, others, records, links) {
    const next = (i, options, attributes) => h("fieldset", attributes,
        h("legend", null, `Hand over to (${i + 1})`),
        field("Measured as", select("profile", options, { "data-blame":
            `system.processors[${i + 1}] search.model_mismatch`,
        onchange: (event) => show(i, event.target.value) })),
        limits(i + 1), linkFields(links, hops[i]));
    const third = next(1, [["", "nobody"], ...profileOptions(others)]);
    const linked = [...third.children].slice(2);
    const show = (i, value) => i === 1 && linked.forEach((f) => {
        f.hidden = value === "";
    });
    show(1, "");
    return form("Map", [
        h("fieldset", null, h("legend", null, `First: ${profile.device}`),
            field("Its memory, KiB", limits(0)[0].querySelector("input"))),
        next(0, profileOptions(others)), third,
        field("Exit records", select("records", recordsOptions(records),
            { "data-blame": "records" })),
        field("Accuracy to give up, points", h("input", { name: "drop",
            type: "number", min: 0, max: 100, step: "any", value: 1,
            required: true, "data-blame": "max_drop" })),
    ], async (values) => {
        const search = await post("/v1/searches", order(profile, values));
        location.hash = `#/searches/${search.id}`;
    });
}

function order(profile, values) {
    const others = values.getAll("profile").filter(Boolean).map(Number);
    const memory = values.getAll("memory");
    const wake = values.getAll("wake");
    const processors = [profile.id, ...others].map((id, i) => ({ profile: id,
        ...i && { wake: Number(wake[i - 1]) * 1e6 },
        ...memory[i] && { memory_bytes: Number(memory[i]) * 1024 } }));
    return { system: { processors, links: others.map((_, i) => ({ from: i,
        to: i + 1, ...cost(linkOf(values, hops[i])) })) },
    records: Number(values.get("records")),
    max_drop: Number(values.get("drop")) / 100 };
}

// As a search takes it: times of the objective.
const cost = ({ id, bytes_per_s: rate, base_ns: base }) => id
    ? { link: id } : { base, per_byte: 1e9 / rate };
