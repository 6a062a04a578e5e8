// SPDX-License-Identifier: MIT
// The form for cutting a network between devices, each by a profile of it.
import { post } from "./api.js";
import { datasetOptions, linkFields, linkOf, profileOptions, recordsOptions,
    select } from "./choices.js";
import { h } from "./dom.js";
import { field, form } from "./form.js";

// Each plan: what it is for, and which of the other fields it needs.
const plans = {
    light: ["one sample soonest", "second"],
    heavy: ["most samples a second, two devices", "second"],
    pipeline: ["most samples a second, any number of devices",
        "second third codings"],
    rates: ["the best cut for every rate of the link", "second"],
    jobs: ["several samples at once, one device and the link", "jobs"],
    exit: ["one exit, one cut and so many bits for all", "second records drop"],
};

export function cutForm({ profiles, records, datasets, links }) {
    const of = profileOptions(profiles);
    const second = select("profile", of,
        { "data-blame": "partition.profiles" });
    second.value = (of[1] ?? of[0])[0];
    const part = (name, ...fields) => fields.map((f) => [name, f]);
    const parts = [
        ...part("second", field("Then", second)),
        ...part("third", field("Then", select("profile",
            [["", "the answer"], ...of]))),
        ...part("jobs", field("Samples at once", h("input", { name: "jobs",
            type: "number", min: 1, max: 64, value: 2,
            "data-blame": "partition.jobs" }))),
        ...part("records", field("Exit records", select("records",
            recordsOptions(records), { "data-blame": "partition.records" }))),
        ...part("drop", field("Accuracy to give up, points", h("input", {
            name: "drop", type: "number", min: 0, max: 100, step: "any",
            value: 1, "data-blame": "partition.max_drop" }))),
        ...part("codings", field("Measure codings on", select("codings",
            [["", "none: tensors go over as they are"],
                ...datasetOptions(datasets)],
            { "data-blame": "partition.codings" }),
        "LZ4, Zstandard, half precision and 8 bits, edge by edge"),
        field("Answers that may change, %", h("input", { name: "disagree",
            type: "number", min: 0, max: 100, step: "any", value: 0,
            "data-blame": "partition.codings.max_disagree" }))),
    ];
    const toggle = (plan) => parts.forEach(([name, f]) => {
        f.hidden = !plans[plan][1].split(" ").includes(name);
    });
    toggle("light");
    return form("Cut", [
        field("For", select("plan", Object.entries(plans).map(
            ([name, [text]]) => [name, text]), { "data-blame":
            "partition.plan", onchange: (e) => toggle(e.target.value) })),
        field("Data starts at", select("profile", of,
            { "data-blame": "profile partition.model" })),
        parts.map(([, f]) => f),
        linkFields(links),
    ], async (values) => {
        const made = await post("/v1/policies", { partition: order(values) });
        location.hash = `#/policies/${made.id}`;
    });
}

function order(values) {
    const plan = values.get("plan");
    const needs = plans[plan][1].split(" ");
    const [first, second, third] = values.getAll("profile").map(Number);
    const link = linkOf(values);
    const codings = Number(values.get("codings"));
    return { plan, link: link.id ?? link,
        profiles: [first, needs.includes("second") && second,
            needs.includes("third") && third].filter(Boolean),
        ...needs.includes("jobs") && { jobs: Number(values.get("jobs")) },
        ...needs.includes("codings") && codings && { codings: { dataset:
            codings, max_disagree: Number(values.get("disagree")) / 100 } },
        ...needs.includes("records") && {
            records: Number(values.get("records")),
            max_drop: Number(values.get("drop")) / 100 } };
}
