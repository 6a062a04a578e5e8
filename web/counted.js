// SPDX-License-Identifier: MIT
// The layers of an emulated board: counts, which are the same in every run
// and never a time.
import { bars } from "./charts.js";
import { amount, dash, count, bytes, flagList, grade, known, lack, percent,
    runs } from "./format.js";
import { h, section } from "./dom.js";
import { table } from "./table.js";
import { graphSection, instructions as counts } from "./graph.js";
import { byClass, memoryShare, mixBar, mixLegend } from "./mix.js";
import { layerName } from "./model.js";

const elsewhere = "another layer does its work on this board";
const instructions = (l) => l.row.counters?.instructions ?? null;
const each = (l) => l.facts.macs > 0 && known(instructions(l))
    ? instructions(l) / l.facts.macs : null;

// `open(row)`: what opens a row, or null.
export function countedSections(rows, analysis, open) {
    const sum = rows.reduce((s, r) => s + (r.counters?.instructions ?? 0), 0);
    const layers = rows.filter((r) => r.level === "L2")
        .sort((a, b) => a.index - b.index)
        .map((row) => ({ row, facts: { ...row, ...analysis.layers[row.index] },
            share: known(row.counters?.instructions)
                ? row.counters.instructions / sum : null }));
    const classed = layers.some(({ row }) => byClass(row));
    return [section("Layers", chart(layers), h("p", { class: "note" },
        "Source of every row: emulated. An emulator counts instructions, "
        + "the same in every run; how long they take only a board can tell."),
    classed && mixLegend(),
    table("Layers, counted on an emulated board",
        columns.filter((c) => classed || c !== mix), layers,
        ({ row }) => open(row))),
    graphSection(layers, analysis, counts, open)];
}

function chart(layers) {
    const head = layers.some((l) => l.facts.role === "head");
    return bars({ label: `Instructions of ${layers.length} layers`,
        x: "layer", y: "instructions", kind: "",
        series: head ? ["backbone", "exit heads"] : ["layers"],
        points: layers.map((l) => ({ name: l.row.name, lo: null, hi: null,
            value: instructions(l), series: l.facts.role === "head" ? 1 : 0 })),
        text: ({ name, value }) => known(value)
            ? `${name}: ${amount(Math.round(value), "")} instructions`
            : `${name}: not counted` });
}

const mix = { title: "Mix", key: (l) => memoryShare(l.row),
    hint: "instructions by class; sorted by loads and stores",
    cell: (l) => byClass(l.row) ? mixBar(l.row)
        : dash(lack(l.row) ?? "not counted by class") };

const columns = [
    { title: "#", number: true, key: (l) => l.row.index,
        cell: (l) => l.row.index },
    { title: "Layer", head: true, cell: (l) => layerName(l.facts) },
    { title: "Instructions", number: true, key: instructions,
        cell: (l) => h("span", { "data-layer": l.row.index },
            count(known(instructions(l)) ? Math.round(instructions(l))
                : null, lack(l.row) ?? elsewhere)) },
    { title: "Share", number: true, key: (l) => l.share,
        cell: (l) => l.share === null ? dash(lack(l.row) ?? elsewhere)
            : percent(l.share, 1) },
    mix,
    { title: "MACs", number: true, key: (l) => l.facts.macs ?? null,
        cell: (l) => count(l.facts.macs) },
    { title: "a MAC", number: true, key: each,
        hint: "instructions for one multiplication and addition",
        cell: (l) => each(l)?.toFixed(2) ?? dash("it multiplies nothing") },
    { title: "Weights", number: true,
        key: (l) => l.row.counters?.weight_bytes ?? null,
        cell: (l) => bytes(l.row.counters?.weight_bytes,
            lack(l.row) ?? elsewhere) },
    { title: "Activations", number: true,
        hint: "what the layer itself needs of the board's memory",
        key: (l) => l.row.counters?.need_bytes ?? null,
        cell: (l) => bytes(l.row.counters?.need_bytes,
            lack(l.row) ?? elsewhere) },
    { title: "Runs here", wrap: true,
        key: (l) => lack(l.row) ? 0 : 1, cell: (l) => runs(l.row) },
    { title: "Grade", key: (l) => l.row.grade,
        cell: (l) => grade(l.row.grade) },
    { title: "Flags", wrap: true, cell: (l) => flagList(
        l.row.flags.filter((name) => name !== "emulated")) },
];
