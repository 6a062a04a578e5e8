// SPDX-License-Identifier: MIT
// One of several configurations for each sample: premodels beside each
// configuration alone and the oracle, what features may cost, and who was
// taken for whom.
import { facts, h, section } from "./dom.js";
import { table } from "./table.js";
import { amount, known, percent, signed } from "./format.js";
import { objective } from "./plan.js";

// A plain count has no unit and need not be whole: four digits of it.
const cost = (s, x) => {
    const kind = objective(s.objective)[1];
    return amount(kind ? x : Number(x.toPrecision(4)), kind);
};

export function selectionSections(s) {
    const best = s.policies.reduce((a, b) => value(b) < value(a) ? b : a);
    return [
        section("Configurations and premodels", resultTable(s)),
        section("Does it pay?", payTable(s)),
        section(`Who ${nameOf(best)} chose`, confusionTable(s, best)),
        section("How it was done", facts([
            ["Samples", s.samples], ["Folds", s.folds],
            ["Features", s.features.map((f, i) => f ?? `column ${i}`)
                .join(", ")],
            ["They cost", cost(s, s.feature_cost)],
            [`Set by ${s.rule}`, s.sets[s.rule].join(", ")],
            ["Must add more than", percent(s.theta)]])),
    ];
}

const nameOf = (p) => `${p.premodel}, ${p.shape}`;
// The best is the most accurate, and of those the cheapest.
const value = (p) => p.test.cost - 1e18 * p.test.accuracy;

function resultTable(s) {
    const alone = s.configs.find((c) => c.name === s.best);
    const rows = [
        ...s.configs.map((c) => ({ name: c.name, kind: "always", ...c })),
        ...s.policies.map((p) => ({ name: nameOf(p), kind: "premodel",
            note: p.summary, ...p.test, ns: p.decision_ns, bytes: p.bytes })),
        { name: "oracle", kind: "bound", ...s.oracle, mark: "chosen" },
        { name: "oracle over the set", kind: "bound", ...s.oracle_set },
    ];
    return table("Features are paid for; nothing chosen counts as wrong", [
        { title: "Choice", head: true, cell: (r) => h("span",
            { title: r.note, "data-choice": r.name }, r.name) },
        { title: "Kind", cell: (r) => r.kind },
        { title: "Cost", number: true, key: (r) => r.cost,
            cell: (r) => cost(s, r.cost) },
        { title: `Against ${s.best}`, number: true, key: (r) => r.cost,
            cell: (r) => signed(r.cost / alone.cost - 1, 1) },
        { title: "Accuracy", number: true, key: (r) => r.accuracy,
            cell: (r) => percent(r.accuracy) },
        { title: "Nothing chosen", number: true, cell: (r) =>
            known(r.declined) ? percent(r.declined, 1) : "" },
        { title: "A decision", number: true, cell: (r) => known(r.ns)
            ? amount(r.ns, "ns") : "" },
        { title: "State", number: true, cell: (r) => known(r.bytes)
            ? amount(r.bytes, "B") : "" },
    ], rows);
}

const payTable = (s) => table(
    `What features may cost before ${s.best} alone is cheaper`, [
        { title: "Premodel", head: true, cell: nameOf },
        { title: "Break-even", number: true, cell: (p) =>
            cost(s, p.break_even) },
        { title: "They cost", number: true, cell: () =>
            cost(s, s.feature_cost) },
        { title: "Pays", cell: (p) => p.pays ? "yes" : "no" },
    ], s.policies);

function confusionTable(s, p) {
    const names = [...s.configs.map((c) => c.name), "none"];
    return table("Rows: the cheapest right one; columns: the one chosen", [
        { title: "Right", head: true, cell: (_r, i) => names[i] },
        ...names.map((name, j) => ({ title: name, number: true,
            cell: (row) => row[j] })),
    ], p.confusion);
}
