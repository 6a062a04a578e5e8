// SPDX-License-Identifier: MIT
// How sure a plan is: the promise on new data, the chance that it stays the
// best when costs are drawn again, and what other metrics say.
import { chip, facts, h, section } from "./dom.js";
import { table } from "./table.js";
import { dash, known, percent, points, quantity } from "./format.js";

// Sections for what the plan has of these; `unit(metric)` gives its name and
// kind.
export const sureness = (plan, unit) => [
    plan.guarantee && section("Promise on new data",
        promise(plan.guarantee, plan, unit(plan.objective)[1])),
    plan.cross && section("What to expect on new data",
        expected(plan.cross, unit(plan.objective)[1])),
    plan.bootstrap && section("If the costs were measured again",
        again(plan.bootstrap, unit(plan.objective)[1])),
    plan.metrics?.points?.length > 0 && section("Several metrics",
        several(plan.metrics, unit)),
];

const promises = {
    certified: ["carried", "good"],
    full: ["only the full network carries it", "warn"],
    none: ["nothing carries it", "bad"],
};

function promise(g, plan, kind) {
    const [word, look] = promises[g.status] ?? [g.status, ""];
    const odds = (x) => Number(x.toPrecision(3));
    const loses = g.loss === "flips"
        ? `at most ${points(g.eps)} of right answers turn wrong on new data`
        : `accuracy on new data is at most ${
            points(g.eps)} below the full network's`;
    return [
        h("p", { id: "promise" }, chip(word, look), ` With probability ${
            odds(1 - g.delta)} over the calibration samples, ${loses}.`,
        g.reason ? ` ${g.reason[0].toUpperCase()}${g.reason.slice(1)}.` : ""),
        facts([
            ["Tested on", `${g.n_test} ${g.unit ?? "sample"}s, chosen on ${
                g.n_search}`],
            ["Plans tried", `${g.tried}, ${g.passed} passed`],
            ["Loss among the tested", known(g.drop) ? points(g.drop)
                : dash("nothing was tested")],
            ["p value", known(g.p_value) ? `${g.p_value.toPrecision(2)} (level ${
                odds(g.level)})` : dash("nothing was tested")],
            known(g.needed) ? ["Samples the next plan needs",
                `about ${g.needed}`] : null,
            g.without ? ["The same without a promise", [quantity(
                g.without.cost, kind, "no plan meets the floor"), " at ",
            percent(g.without.accuracy), ` accuracy, ${g.without.kept} exits`]]
                : null,
            ["How", `${g.test} test, ${g.family}, ${g.order}`],
        ])];
}

const expectations = {
    met: ["expected to be kept", "good"],
    full: ["only the full network keeps it", "warn"],
    none: ["nothing is expected to keep it", "bad"],
    stopped: ["not known: time ran out", "warn"],
};

function expected(c, kind) {
    const [word, look] = expectations[c.status] ?? [c.status, ""];
    const why = "not known";
    return [
        h("p", { id: "expected" }, chip(word, look), " Plans chosen on some ",
            "of the calibration samples were judged on the others, and the ",
            "floor was raised until those kept what was asked for."),
        facts([
            ["Expected drop", known(c.drop) ? [points(c.drop), known(c.error)
                ? h("small", null, ` (± ${points(c.error)})`) : null]
                : dash(why)],
            ["Accuracy asked of the calibration samples", percent(c.floor)],
            ["Folds", `${c.folds}, ${c.repeats} times, of ${c.unit}s`],
            ["Without that care", [quantity(c.without.cost, kind, why), " at ",
                percent(c.without.accuracy), known(c.drop_without)
                    ? `, with an expected drop of ${points(c.drop_without)}`
                    : ""]],
        ])];
}

const sources = { nothing: "nothing: every cost is exact",
    intervals: "intervals", epochs: "stored epochs",
    both: "stored epochs, and intervals where there are none" };

function again(b, kind) {
    const why = "there was nothing to draw, or no plan to judge";
    const cost = ([middle, lo, hi]) => known(middle) ? [quantity(middle, kind),
        h("small", null, " (", quantity(lo, kind, why), " to ",
            quantity(hi, kind, why), ")")] : dash(why);
    return facts([
        ["Chance that no other plan is cheaper", h("span", { id: "best" },
            known(b.chance_best) ? percent(b.chance_best, 1) : dash(why))],
        ["Cost, 95 % of draws", cost(b.cost ?? [])],
        ["Cost over the best, mean and 95 %", b.regret?.every(known)
            ? b.regret.map((x) => percent(x)).join(", ") : dash(why)],
        ["Draws", `${b.draws}, ${b.solves}${b.solves < b.solves_asked
            ? ` of ${b.solves_asked} (time was up)` : ""} searched anew, from ${
            sources[b.from] ?? b.from}`],
    ]);
}

function several(m, unit) {
    return [table("Plans that no other beats in every metric", [
        ...m.names.map((name, i) => ({ title: unit(name)[0], number: true,
            key: (p) => p.costs[i], cell: (p) => quantity(p.costs[i],
                unit(name)[1]) })),
        { title: "Accuracy", number: true, key: (p) => p.accuracy,
            cell: (p) => percent(p.accuracy) },
        { title: "Accuracy, held out", number: true,
            key: (p) => p.test_accuracy ?? null,
            cell: (p) => known(p.test_accuracy) ? percent(p.test_accuracy)
                : dash("no held-out samples") },
        { title: "Exits kept", number: true, cell: (p) => p.kept },
        { title: "", cell: (p) => p.knee ? chip("knee", "good",
            "most gain for what it gives up") : null },
    ], m.points.map((p, i) => ({ ...p, knee: i === m.knee }))),
    h("p", { class: "note" }, known(m.hypervolume)
        ? `They dominate ${percent(m.hypervolume, 1)} of the box from the full network's costs and the floor to cost 0 and accuracy 1.`
        : "", m.complete ? "" : m.fronts < m.fronts_asked
        ? ` There may be more: time was up after ${m.fronts} of ${m.fronts_asked} ways to weigh the metrics.`
        : " There may be more: not all was proved.")];
}
