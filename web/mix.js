// SPDX-License-Identifier: MIT
// Which instructions an emulated board executed: a bar of their classes.
import { amount, known, percent } from "./format.js";
import { h, svg } from "./dom.js";
import { table } from "./table.js";

// The classes of base/insn.h as a reader thinks of them; the stylesheet has a
// colour for each, in this order.
const groups = [
    ["arithmetic", ["alu"]],
    ["products", ["multiply", "multiply_long", "divide", "fp",
        "fp_accumulate", "fp_divide", "vector"],
    "also divisions, floating point and vectors"],
    ["memory", ["load", "store", "load_multiple", "store_multiple",
        "vector_load", "vector_store"]],
    ["branches", ["branch"]],
    ["other", ["other"]],
];

export const byClass = (row) => known(row?.counters?.insn_alu);

// [["memory", 0.31], ..]
function shares(counters) {
    const n = groups.map(([, classes]) => classes.reduce(
        (sum, name) => sum + (counters[`insn_${name}`] ?? 0), 0));
    const all = n.reduce((a, b) => a + b, 0);
    return groups.map(([name], i) => [name, all > 0 ? n[i] / all : 0]);
}

// The share of loads and stores: what a table of bars is sorted by.
export const memoryShare = (row) => byClass(row)
    ? shares(row.counters)[2][1] : null;

export function mixBar(row) {
    const parts = shares(row.counters);
    const text = parts.filter(([, share]) => share > 0)
        .map(([name, share]) => `${name} ${percent(share, 0)}`).join(", ");
    let at = 0;
    return svg("svg", { class: "mix", viewBox: "0 0 100 10", role: "img",
        preserveAspectRatio: "none", "aria-label": text },
    svg("title", null, text), parts.map(([, share], i) => {
        const bar = svg("rect", { class: `mix-${i}`, x: 100 * at, y: 0,
            width: 100 * share, height: 10 });
        at += share;
        return bar;
    }));
}

// Every class of one row that was executed, with its count.
export const mixTable = (row) => table("Instructions by class", [
    { title: "Class", head: true, cell: (c) => c.name.replaceAll("_", " ") },
    { title: "Group", cell: (c) => c.group },
    { title: "Executed", number: true, key: (c) => c.n,
        cell: (c) => amount(Math.round(c.n), "") },
    { title: "Share", number: true, key: (c) => c.n,
        cell: (c) => percent(c.n / row.counters.instructions, 1) },
], groups.flatMap(([group, classes]) => classes.map((name) => ({ group, name,
    n: row.counters[`insn_${name}`] ?? 0 }))).filter((c) => c.n > 0));

export const mixLegend = () => h("div", { class: "note swatches" },
    h("span", null, "Mix, by class:"), groups.map(([name, , more], i) =>
        h("span", null, svg("svg", { class: "mix", viewBox: "0 0 10 10",
            "aria-hidden": "true" }, svg("rect", { class: `mix-${i}`,
            width: 10, height: 10 })), name, more && ` (${more})`)));
