// SPDX-License-Identifier: MIT
// The form for choosing one of several networks for each sample, before
// anything runs: each is a profile with exit records of the same samples.
import { post } from "./api.js";
import { datasetOptions, profileOptions, recordsOptions, select, wrong }
    from "./choices.js";
import { h } from "./dom.js";
import { field, form } from "./form.js";

const most = 8;

export function selectForm({ profiles, records, datasets }) {
    const rows = h("div", { class: "rows" });
    const add = () => rows.append(row(rows.children.length,
        { profiles, records }));
    const more = h("button", { type: "button", onclick: () => {
        add();
        more.disabled = rows.children.length === most;
        rows.lastElementChild.querySelector("input").focus();
    } }, "One more");
    add();
    add();
    return form("Choose", [rows, more,
        field("Features of", select("images", datasetOptions(datasets),
            { "data-blame": "selection.images dataset" }),
        "a data set of images (bytes), of the same samples"),
        field("Order of channels", select("channels", [["", "first"],
            ["last", "last"]], { "data-blame": "channels_last" })),
        field("Networks in the set", select("rule", [
            ["accuracy", "each that adds accuracy"],
            ["optimal", "each that is the best for some samples"]],
        { "data-blame": "selection.rule" })),
    ], async (values) => {
        const made = await post("/v1/policies", { selection: order(values) });
        location.hash = `#/policies/${made.id}`;
    });
}

const row = (i, { profiles, records }) => h("fieldset", null,
    h("legend", null, `Network ${i + 1}`),
    field("Name", h("input", { name: "name", required: true, maxlength: 64,
        value: String.fromCharCode(97 + i), "data-blame":
        `selection.configs[${i}]` })),
    field("Costs", select("profile", profileOptions(profiles))),
    field("Exit records", select("records", recordsOptions(records))),
    field("Leaves early by plan", h("input", { name: "plan", type: "number",
        min: 1, placeholder: "none" })));

function order(values) {
    const column = (name) => values.getAll(name);
    const [names, profiles, records, plans] = ["name", "profile", "records",
        "plan"].map(column);
    if (new Set(names).size !== names.length)
        throw wrong("selection.configs[0]", "Two networks have one name.");
    return { configs: names.map((name, i) => ({ name,
        profile: Number(profiles[i]), records: Number(records[i]),
        ...plans[i] && { plan: Number(plans[i]) } })),
    images: Number(values.get("images")), rule: values.get("rule"),
    channels_last: values.get("channels") === "last" };
}
