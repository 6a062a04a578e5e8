// SPDX-License-Identifier: MIT
// Searches for a plan: start one from a profile, watch it, see the result.
import { bounds, pointOf } from "./bounds.js";
import { changes, get, isOver, list, post, postRecords } from "./api.js";
import { recordsOptions, select } from "./choices.js";
import { h, link, problemBox, section } from "./dom.js";
import { field, form } from "./form.js";
import { table } from "./table.js";
import { noRecords } from "./empty.js";
import { instant, known, percent, points, state } from "./format.js";
import { mapForm } from "./mapform.js";
import { objective, planBody } from "./plan.js";
import { taskProgress } from "./task.js";

export async function searchView(page, id) {
    const seen = []; // points of the bound, while it runs
    for await (const search of changes(`/v1/searches/${id}`, page.signal))
        page.show(`Search ${id}`, h("p", { class: "meta" },
            state(search.state), " ", wish(search.problem)),
        ...await result(page, search, seen));
}

async function result(page, search, seen) {
    if (search.plan)
        return planBody(await get(`/v1/plans/${search.plan}`, page.signal),
            search.curve ?? []);
    if (search.error)
        return [problemBox({ title: "The search failed",
            message: search.error.detail, code: search.error.code })];
    if (isOver(search))
        return [h("p", null, "It ended without a plan.")];
    const cancel = h("button", { type: "button", onclick: () =>
        post(`/v1/searches/${search.id}:cancel`).catch((e) =>
            cancel.after(problemBox(e))) },
    search.ending ? "End it at once, without a plan" : "Cancel this search");
    const point = pointOf(search);
    if (point)
        seen.push(point);
    return [h("p", null, search.state === "queued"
        ? "Waits for a worker." : taskProgress(search)),
        search.ending && h("p", { class: "note" },
            "Cancelled: it ends with the best plan it has."),
        bounds(seen, ...objective(search.problem.objective ?? "latency_ns")),
        h("p", null, cancel)];
}

// What was asked for, in a line.
function wish(problem) {
    if (!problem)
        return "";
    const floor = known(problem.max_drop)
        ? `accuracy at most ${points(problem.max_drop)} below the full network's`
        : known(problem.min_accuracy)
            ? `reach ${percent(problem.min_accuracy)} accuracy` : "";
    return `Least ${objective(problem.objective ?? "latency_ns")[0]}, ${floor}`;
}

// On a profile's page: the searches made from it, and a form for the next.
export async function searchSection(page, profile, model) {
    const [all, records] = await Promise.all([
        list("/v1/searches", page.signal), list("/v1/records", page.signal)]);
    const searches = all.filter((s) => s.profile === profile.id);
    const usable = records.filter((r) => r.state === "ready" &&
        r.exits.length === model.analysis.exits.length &&
        (r.model === null || r.model === model.id));
    return section("Plans", searches.length ? searchTable(searches) : null,
        h("details", { class: "box", open: !searches.length },
            h("summary", null, "Search for a plan"),
            searchForm(profile, usable),
            usable.length ? null : noRecords(model.id)),
        h("details", { class: "box" },
            h("summary", null, "Spread it over several devices"),
            await mapForm(page, profile, usable)));
}

const searchTable = (searches) => table("Searches from this profile", [
    { title: "Search", head: true, cell: (s) =>
        link(`#/searches/${s.id}`, `Search ${s.id}`) },
    { title: "Asked for", cell: (s) => wish(s.problem) },
    { title: "State", cell: (s) => state(s.state, s.error?.detail) },
    { title: "Plan", cell: (s) => s.plan
        ? link(`#/plans/${s.plan}`, `Plan ${s.plan}`) : null },
    { title: "Made", cell: (s) => instant(s.created_at) },
], searches);

function searchForm(profile, records) {
    const file = h("input", { type: "file", name: "csv", accept: ".csv",
        required: !records.length });
    return form("Search", [
        records.length ? field("Exit records", select("records",
            recordsOptions(records), { "data-blame": "records" })) : null,
        field(records.length ? "or a new CSV" : "Exit records (CSV)", file),
        field("Least", h("select", { name: "objective" },
            ["latency_ns", "energy_nj"].map((name) =>
                h("option", { value: name }, objective(name)[0])))),
        field("Accuracy to give up, points", h("input", { name: "drop",
            type: "number", min: 0, max: 100, step: "any", value: 1,
            required: true })),
        field("Against", h("select", { name: "reference" },
            h("option", { value: "label" }, "labels"),
            h("option", { value: "final" }, "the network's own answer"))),
        h("details", null, h("summary", null, "Limits"),
            field("Exits kept at most, the last included", h("input", {
                name: "max_exits", "data-blame": "max_exits", type: "number", min: 1, max: 64 })),
            field("Longest path at most, in the objective's unit", h("input", {
                name: "worst_case", "data-blame": "worst_case", type: "number", min: 0, step: "any" })),
            field("Exits that must be kept", h("input", { name: "keep",
                "data-blame": "keep", placeholder: "exit0, exit3" })),
            field("Exits that must be dropped", h("input", { name: "without",
                "data-blame": "without", placeholder: "exit1" })),
            field("Right at every early exit at least, %", h("input", {
                name: "exit_accuracy", type: "number", min: 0, max: 100,
                step: "any" }))),
        h("fieldset", null, h("legend", null, "Also"),
            tick("promise", "promise it for new data",
                "the loss is at most that with probability 0.9"),
            tick("bootstrap", "draw the costs again",
                "how often the plan stays the best within their intervals"),
            tick("compare", "compare with other methods")),
    ], async (values, say) => {
        const csv = values.get("csv");
        say(csv.size ? "Checking the records" : "Starting");
        const search = await post("/v1/searches", { profile: profile.id,
            records: csv.size ? (await postRecords(csv)).id
                : Number(values.get("records")),
            objective: values.get("objective"),
            reference: values.get("reference"),
            max_drop: Number(values.get("drop")) / 100,
            ...limits(values),
            ...values.has("promise") && { guarantee: {} },
            ...values.has("bootstrap") && { bootstrap: {} },
            ...values.has("compare") && { compare: true } });
        location.hash = `#/searches/${search.id}`;
    });
}

// The limits that were filled in, as members of a problem.
function limits(values) {
    const number = (name) => values.get(name) ? Number(values.get(name)) : NaN;
    const words = (name) => values.get(name).split(",").map((s) => s.trim())
        .filter(Boolean);
    const given = { max_exits: number("max_exits"),
        worst_case: number("worst_case"),
        min_exit_accuracy: number("exit_accuracy") / 100,
        keep: words("keep"), without: words("without") };
    return Object.fromEntries(Object.entries(given).filter(([, v]) =>
        Array.isArray(v) ? v.length : !Number.isNaN(v)));
}

const tick = (name, text, title) => h("label", { title },
    h("input", { type: "checkbox", name }), " ", text);
