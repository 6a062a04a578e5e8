// SPDX-License-Identifier: MIT
// A plan: which exits to keep, when a sample leaves, and what that costs.
import { get } from "./api.js";
import { bounds } from "./bounds.js";
import { curve } from "./charts.js";
import { comparison } from "./compare.js";
import { chip, facts, h, link, section, warnings } from "./dom.js";
import { table } from "./table.js";
import { flow } from "./flow.js";
import { mapping } from "./mapping.js";
import { amount, dash, flagList, grade, known, percent, points, quantity, state }
    from "./format.js";
import { validationSection } from "./validations.js";
import { sureness } from "./sure.js";

// What each objective counts, and its unit.
const objectives = { latency_ns: ["latency", "ns"], energy_nj: ["energy", "nj"] };
export const objective = (name) => objectives[name] ?? [name, ""];

const statuses = {
    optimal: "proved: no cheaper choice of exits and thresholds on this grid",
    feasible: "the best found; the proof is not complete",
    infeasible: "no choice of exits and thresholds reaches the accuracy asked "
        + "for; below is the most accurate one: ask for less, or give the "
        + "network better exits",
};

export async function planView(page, id) {
    const plan = await get(`/v1/plans/${id}`, page.signal);
    const search = await get(`/v1/searches/${plan.search}`, page.signal);
    page.show(`Plan ${id}`, h("p", { class: "meta" },
        link(`#/searches/${plan.search}`, `Search ${plan.search}`)),
    planBody(plan, search.curve ?? []),
    await validationSection(page, plan));
}

// Everything about a plan but its title; the search's page shows it too.
export function planBody(plan, choices) {
    return [
        h("p", { class: "meta" }, state(plan.status, statuses[plan.status]),
            " ", sourceChip(plan), " ", statuses[plan.status] ?? "", gapText(plan), plan.profile
            ? [", from ", link(`#/profiles/${plan.profile}`,
                `profile ${plan.profile}`)] : ", from costs sent with it"),
        outcomes(plan),
        warnings(plan), warning(plan.cost_quality),
        section("Where samples leave", flow(plan), exitTable(plan)),
        mapping(plan, objective(plan.objective)[1]),
        sureness(plan, objective),
        choices.length ? section("Exit curve", exitCurve(plan, choices),
            curveTable(plan, choices)) : null,
        plan.comparison ? section("Other methods", comparison(
            plan.comparison, objective(plan.objective)[1])) : null,
        section("How it was found", bounds(plan.trace ?? [],
            ...objective(plan.objective)), facts([
            ["Objective", [objective(plan.objective)[0],
                plan.cost_basis === "upper"
                    ? ", upper ends of the intervals" : ""]],
            ["Costs are", plan.cost_source
                ? [plan.cost_source, plan.cost_model ? `, with model ${
                    plan.cost_model.version} of ${plan.cost_model.device} (${
                    plan.cost_model.from})` : ""]
                : dash("nothing is said of their source")],
            ["Costs", plan.cost_quality ? [grade(plan.cost_quality.grade),
                " ", flagList(plan.cost_quality.flags)]
                : dash("nothing is said of their quality")],
            ["Accuracy against", plan.reference === "final"
                ? "the network's own answer" : "labels"],
            ["Accuracy floor", share(plan.floor)],
            ["Solver", `${plan.solver}, ${
                amount(plan.solve_ms * 1e6, "ns")}`],
            ["Thresholds tried", plan.grid === "all" ? "every score"
                : `${plan.grid} quantiles an exit`],
            ["Lower bound", cost(plan, plan.lower_bound,
                "the solver gave no bound")],
            ["Worst case", cost(plan, plan.worst_case, "not known")],
            ["Seed", plan.seed],
        ])),
    ];
}

// Costs that nobody measured say so first.
const notMeasured = {
    modelled: "the costs are derived from counts with a declared model: no "
        + "board took these times",
    emulated: "the costs are an emulator's counts: no board took them",
};
const sourceChip = (plan) => notMeasured[plan.cost_source]
    ? chip(plan.cost_source, "warn", notMeasured[plan.cost_source]) : null;

const share = (x, why) => known(x) ? percent(x)
    : dash(why ?? "not known");
const cost = (plan, x, why) =>
    quantity(x, objective(plan.objective)[1], why);
const gapText = (plan) => plan.status === "feasible" && known(plan.gap)
    ? `, at most ${percent(plan.gap)} from the optimum` : "";

// Costs that should not be relied on, and what to do about it.
function warning(quality) {
    const moved = Math.abs(quality?.moved_rel ?? 0) > 0.1;
    if (!moved && !["C", "X"].includes(quality?.grade))
        return null;
    return h("p", { class: "warn", role: "note" }, moved
        ? `The network took ${amount(quality.full_ns, "ns")} while its parts `
            + `were measured, and ${amount(quality.whole_ns, "ns")} when it `
            + "was measured itself: the machine was not the same. "
        : `The costs behind this plan are of grade ${quality.grade} (${
            quality.flags.join(", ")}). `,
    "Measure again, with nothing else running, before you rely on them.");
}

// Predicted against the full network, on both halves of the records.
function outcomes(plan) {
    const halves = [["Calibration", plan.calibration, "chosen on this half"],
        ["Held out", plan.test, "never seen by the search"]];
    return h("div", { class: "tiles" }, halves.filter(([, o]) => o)
        .map(([name, o, note], i) => h("div", { class: "tile" },
            h("div", { class: "tile-name" }, `${name}: ${
                o.n} samples, ${note}`),
            h("div", { class: "tile-value" },
                h("span", { "data-plan": i ? "test" : "calibration" },
                    cost(plan, o.cost, "not predicted")), " ",
                h("small", null, "of ",
                    cost(plan, o.cost_full, "not known"))),
            h("div", null, saved(o)),
            h("div", { class: "note" }, "accuracy ", share(o.accuracy),
                " of ", share(o.accuracy_full), drop(o)))));
}

const saved = (o) => known(o.cost) && o.cost_full > 0
    ? h("strong", { class: o.cost < o.cost_full ? "good" : "warn" },
        o.cost < o.cost_full
            ? `${percent(1 - o.cost / o.cost_full, 1)} saved`
            : `${percent(o.cost / o.cost_full - 1, 1)} more`)
    : dash("no cost of the full network to compare with");

const drop = (o) => known(o.accuracy) && known(o.accuracy_full)
    ? `, ${points(o.accuracy - o.accuracy_full)} ${
        o.accuracy < o.accuracy_full ? "less" : "more"}` : "";

function exitCurve(plan, choices) {
    const both = (x, y) => choices.filter((p) => known(p[x]) && known(p[y]))
        .map((p) => [p[x], p[y]]);
    const at = (o, suffix) => o && known(o[`cost${suffix}`])
        ? [[o[`cost${suffix}`], o[`accuracy${suffix}`]]] : [];
    const lines = [
        { name: "calibration", look: "accent", line: true,
            points: both("cost", "accuracy") },
        { name: "proved", look: "good", size: 5,
            points: choices.filter((p) => p.proved)
                .map((p) => [p.cost, p.accuracy]) },
        { name: "held out", look: "second",
            points: both("test_cost", "test_accuracy") },
        { name: "knee", look: "warn", size: 11,
            points: at(choices[plan.knee], "") },
        { name: "full network", look: "note", size: 11,
            points: at(plan.calibration, "_full") },
        { name: "chosen plan", look: "ink", size: 13,
            points: at(plan.calibration, "") },
    ].filter((l) => l.points.length);
    const [name, kind] = objective(plan.objective);
    return curve({ lines, cost: name, kind, floor: known(plan.floor) ? plan.floor : null,
        label: `Accuracy against ${name}: ${choices.length} choices, the plan` +
            ` costs ${plan.calibration ? amount(plan.calibration.cost, kind)
                : "nothing known"}` });
}

function curveTable(plan, choices) {
    const column = (title, member) => ({ title, number: true,
        key: (p) => p[member] ?? null,
        cell: (p) => cost(plan, p[member], "no held-out samples") });
    const accuracy = (title, member) => ({ title, number: true,
        key: (p) => p[member] ?? null, cell: (p) => share(p[member],
            "no held-out samples") });
    return h("details", null, h("summary", null, "The curve as a table"),
        table("Choices from cheap to accurate", [
            column("Cost", "cost"), accuracy("Accuracy", "accuracy"),
            column("Cost, held out", "test_cost"),
            accuracy("Accuracy, held out", "test_accuracy"),
            { title: "Exits kept", number: true, cell: (p) => p.kept },
            { title: "Proof", cell: (p) => [p.proved
                ? h("span", { class: "good" }, "proved")
                : h("span", { class: "note" }, "best found"),
            p === choices[plan.knee] ? " the knee" : ""] },
        ], choices));
}

const scoreWords = { max_probability: "largest probability",
    margin: "margin of the best two", entropy: "entropy" };

function exitTable(plan) {
    return table("A sample leaves at the first kept exit that is sure enough", [
        { title: "Exit", head: true, cell: (e) => e.name },
        { title: "Kept", cell: (e) => e.kept ? h("span", { class: "good" },
            "kept") : h("span", { class: "note" }, "dropped") },
        { title: "Score", hint: "what the exit is judged by", cell: (e) =>
            scoreWords[e.score ?? "max_probability"] ?? e.score },
        { title: "Leaves at score", number: true, cell: (e) =>
            known(e.threshold) ? `≥ ${Number(e.threshold.toPrecision(6))}`
                : dash(e.kept ? "the last exit takes all that is left"
                    : "the exit is dropped") },
        { title: "Share", number: true, hint: "of calibration samples",
            cell: (e) => share(e.share, "nobody leaves here") },
        { title: "Accuracy", number: true, hint: "of those that leave here",
            cell: (e) => share(e.accuracy, "nobody leaves here") },
    ], plan.exits.map((e) => ({ ...e, mark: e.kept ? null : "dropped" })));
}
