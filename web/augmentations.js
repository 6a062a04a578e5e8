// SPDX-License-Identifier: MIT
// A plain network given exits: its boundaries and heads, and what came of it.
import { changes, get, isOver, list } from "./api.js";
import { augmentForm } from "./augmentform.js";
import { h, link, problemBox, section, warnings } from "./dom.js";
import { table } from "./table.js";
import { amount, count, dash, instant, known, percent, points, shape, short,
    state, time } from "./format.js";
import { graphSection, macs, medians } from "./graph.js";
import { again, stages } from "./validations.js";

export async function augmentationsView(page) {
    const [all, models] = await Promise.all([
        list("/v1/augmentations", page.signal),
        list("/v1/models", page.signal)]);
    const names = new Map(models.map((m) => [m.id, m.name]));
    page.show("Augmentations", h("details", { class: "box",
        open: !all.length }, h("summary", null, "Give a network exits"),
    await augmentForm(page)), all.length ? table(
        "Plain networks that were given exits", [
            { title: "Augmentation", head: true, cell: (a) =>
                link(`#/augmentations/${a.id}`, `Augmentation ${a.id}`) },
            { title: "State", cell: (a) => state(a.state) },
            { title: "Model", cell: (a) => link(`#/models/${a.request.model}`,
                names.get(a.request.model) || short(a.request.model)) },
            { title: "Device", cell: (a) => a.request.device },
            { title: "Started", cell: (a) => instant(a.created_at) },
        ], all) : h("p", null, "None yet. Start one here, or with ", h("code",
        null, "offramp augment MODEL --data X --labels Y --max-drop 0.01")));
}

export async function augmentationView(page, id) {
    const path = `/v1/augmentations/${id}`;
    for await (const a of changes(path, page.signal)) {
        const plan = a.plan
            ? await get(`/v1/plans/${a.plan}`, page.signal) : null;
        const drawn = a.profile ? await drawing(a, page.signal) : null;
        page.show(`Augmentation ${id}`, h("p", { class: "meta" },
            state(a.state), " of ", link(`#/models/${a.request.model}`,
                short(a.request.model)), " for ", a.request.device),
        trouble(a, path), warnings(a.augmentation), results(a, plan), drawn,
        a.augmentation ? [boundaries(a.augmentation), heads(a.augmentation)]
            : null,
        a.cut_short?.length ? cutShort(a.cut_short, plan) : null,
        section("Stages", stages(a)));
    }
}

// The network with its heads at their boundaries; layers are coloured by their
// times where the order asked for these too, else by what they multiply.
async function drawing(a, signal) {
    const { analysis } = await get(`/v1/models/${a.model}`, signal);
    const { items } = await get(`/v1/profiles/${a.profile}/layers`, signal);
    const rows = items.filter((r) => r.role === "layer" && known(r.median_ns));
    const level = ["L1", "L2"].find((l) => rows.some((r) => r.level === l));
    if (!level)
        return graphSection(analysis.layers.map((l) => ({ row: l, facts: l })),
            analysis, macs, () => null);
    return graphSection(rows.filter((r) => r.level === level)
        .map((row) => ({ row })), analysis,
    medians(level === "L1" ? "in place" : "alone"), () => null);
}

function trouble(a, path) {
    if (a.error && isOver(a))
        return [problemBox({ title: "A stage failed", message: a.error.detail,
            code: a.error.code }), again(path)];
    return null;
}

const results = (a, plan) => h("ul", null, [
    a.model && ["The network with heads: ", link(`#/models/${a.model}`,
        short(a.model))],
    a.profile && ["Measured: ", link(`#/profiles/${a.profile}`,
        `profile ${a.profile}`)],
    a.search && ["The front: ", link(`#/searches/${a.search}`,
        `search ${a.search}`)],
    plan && ["The plan: ", link(`#/plans/${plan.id}`, `plan ${plan.id}`),
        `, ${plan.exits.filter((x) => x.kept).length} exits kept`],
    a.promised && ["The plan that promises the drop, not only expects it: ",
        link(`#/plans/${a.promised}`, `plan ${a.promised}`)],
    a.validation && ["Predicted against measured: ",
        link(`#/validations/${a.validation}`, `validation ${a.validation}`)],
].filter(Boolean).map((line) => h("li", null, line)));

// Why no exit stands at a boundary, and why a head was not kept: with the
// figure it was judged by.
const sites = { type: "heads need float32", batch: "no batch in front",
    rank: "heads read 2 to 4 dimensions", layout: "channels not in dimension 1",
    no_work: "no work since the one before",
    nothing_left: "no more work is left than a head costs",
    rule: "the rule places none here", limit: "beyond the most candidates" };
const rejects = { guessing: (x) => `it guesses: ${percent(x)} right`,
    constant_features: (x) => `${x} features never change`,
    dominated: (x) => `another one is ${x > 0 ? "cheaper and no worse"
        : `better by ${points(x)}`}`,
    no_extent: (x) => `no room for ${x} windows`,
    no_saving: (x) => `it saves ${amount(Math.round(x), "")} MACs only`,
    no_classifier: () => "the network ends in no dense layer",
    too_wide: (x) => `${x} features are too many`,
    memory: (x) => `${amount(x, "B")} more than the device has` };

function boundaries(g) {
    const headAt = (b) => g.heads.find((x) => x.boundary === b.index && x.kept);
    return section("Boundaries", table(
        "Where exactly one tensor is live, from the input on", [
            { title: "Boundary", head: true, number: true,
                cell: (b) => b.index },
            { title: "Tensor", cell: (b) => b.tensor },
            { title: "Shape", cell: (b) => shape(b.shape) },
            { title: "MACs before", number: true, cell: (b) =>
                count(b.macs_before) },
            { title: "Of the network", number: true, cell: (b) =>
                known(g.full?.macs) ? percent(b.macs_before / g.full.macs, 1)
                    : dash("not counted") },
            { title: "Exit", cell: (b) => headAt(b)?.exit
                ?? h("span", { class: "note" }, b.candidate
                    ? "no head was worth keeping"
                    : sites[b.reason] ?? b.reason) },
        ], g.boundaries));
}

const heads = (g) => section("Heads", table(
    "Accuracy on the rows that chose regularisation: it flatters a little", [
        { title: "Boundary", head: true, number: true,
            cell: (x) => x.boundary },
        { title: "Kind", cell: (x) => x.kind },
        { title: "Accuracy", number: true, cell: (x) => known(x.accuracy)
            ? percent(x.accuracy) : dash("fitted to agree, not to labels") },
        { title: "Agrees", number: true, cell: (x) => known(x.agreement)
            ? percent(x.agreement) : dash("not known") },
        { title: "MACs", number: true, cell: (x) => count(x.macs) },
        { title: "What became of it", cell: (x) => x.kept ? x.exit
            : h("span", { class: "note" },
                rejects[x.reason]?.(x.number) ?? x.reason) },
    ], g.heads));

const cutShort = (all, plan) => section("Cut short instead", table(
    "The network ended at one exit, which every sample takes", [
        { title: "Exit", head: true, cell: (x) => x.name },
        { title: "Accuracy", number: true, cell: (x) => known(x.accuracy)
            ? percent(x.accuracy) : dash("no labels") },
        { title: "Cost", number: true, cell: (x) =>
            !plan || plan.objective === "latency_ns" ? time(x.cost)
                : count(x.cost) },
        { title: "Keeps the floor", cell: (x) => x.meets_floor
            ? h("span", { class: "good" }, "yes") : "no" },
    ], all));
