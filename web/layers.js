// SPDX-License-Identifier: MIT
// A profile's layers: bars with intervals, and the table behind them.
import { bars } from "./charts.js";
import { countedSections } from "./counted.js";
import { fill, h, section } from "./dom.js";
import { table } from "./table.js";
import { amount, columnUnit, count, dash, energy, flagList, grade, interval,
    known, lack, measured, percent, signed, spread, unresolved }
    from "./format.js";
import { flags } from "./flags.js";
import { graphSection, medians } from "./graph.js";
import { layerName } from "./model.js";
import { rooflineSection } from "./roofline.js";

// How layers can be timed, the most telling first; in words; a column's title.
const levels = {
    L1: ["in place, inside the running network", "In situ"],
    L2: ["alone, in a hot loop", "Hot"],
    L3: ["alone, with cold caches", "Cold"],
};

// Answers the layers' sections.  `open(row)`: what opens a row, or null.
export function layerSections(profile, rows, analysis, open) {
    const layers = rows.filter((r) => r.role === "layer");
    const present = Object.keys(levels).filter((level) =>
        layers.some((r) => r.level === level));
    const body = h("div");
    const drawings = h("div");
    if (!present.length)
        return section("Layers", h("p", null,
            "This job did not measure single layers (level L2)."));
    if (layers.every((r) => r.source === "emulated"))
        return countedSections(layers, analysis, open);
    const show = (level) => {
        const [how] = levels[level];
        const rest = rows.filter((r) => r.level === level
            && r.role === "dispatch");
        const joined = join(layers, level, analysis, rest);
        fill(body, ...levelView(joined, how, [
            ...present.filter((l) => l !== level).map(beside),
            ...present.includes("L1") && present.includes("L2")
                ? [context] : []], rest.map(left), open),
        level === "L1" && disturbance(profile.closure));
        fill(drawings, graphSection(joined, analysis, medians(how), open),
            rooflineSection(joined, how, open));
    };
    show(present[0]);
    return [section("Layers", present.length > 1 && levelChoice(present, show),
        body), drawings];
}

const levelChoice = (present, show) => h("label", { class: "field" },
    h("span", null, "Measured"), h("select", {
        onchange: (event) => show(event.target.value) },
    present.map((l) => h("option", { value: l }, `${l}: ${levels[l][0]}`))));

// One object a layer: its timed row, those of other levels, its facts.  A
// share is of all that this level accounts for, with `rest` between layers.
function join(layers, level, analysis, rest) {
    const of = new Map(layers.map((r) => [`${r.level} ${r.index}`, r]));
    const timed = layers.filter((r) => r.level === level)
        .sort((a, b) => a.index - b.index);
    const sum = [...timed, ...rest]
        .reduce((s, r) => s + (r.median_ns ?? 0), 0);
    return timed.map((row) => ({ row, facts: { ...row,
        ...analysis.layers[row.index] }, sum,
    at: (other) => of.get(`${other} ${row.index}`),
    share: known(row.median_ns) && sum > 0 ? row.median_ns / sum : null,
    counters: of.get(`L4 ${row.index}`)?.counters,
    energy: of.get(`L5 ${row.index}`)?.energy }));
}

// What no layer accounts for, as the last line of the table.
const left = (row) => (sum) => ({ row, sum, at: () => undefined,
    facts: { name: "between layers", fusion_group: "dispatch" },
    share: known(row.median_ns) && sum > 0 ? row.median_ns / sum : null });

const beside = (level) => ({ title: levels[level][1], number: true,
    hint: `measured ${levels[level][0]}`,
    key: (l) => l.at(level)?.median_ns ?? null,
    cell: (l) => measured(l.at(level)) });

const factor = (l) => {
    const [place, hot] = [l.at("L1"), l.at("L2")];
    return place?.median_ns > 0 && hot?.median_ns > 0
        && !unresolved(place) && !unresolved(hot)
        ? place.median_ns / hot.median_ns : null;
};
const context = { title: "Context factor", number: true, key: factor,
    hint: "in situ over hot: what the network around a layer costs it",
    cell: (l) => h("span", l.row.role === "layer"
        && { "data-context": l.row.index }, factor(l)?.toFixed(2)
        ?? dash("not timed both in situ and hot, or too short to tell")) };

const disturbance = ({ overhead_rel: rel }) => known(rel) && h("p",
    { class: "note" }, "The profiler that times layers in situ changed the "
    + `whole network's time by ${signed(rel)}; that is taken off the layers.`);

// `more`: columns, `rest`: lines below the layers.
function levelView(layers, how, more, rest, open) {
    const sources = new Set(layers.map((l) => l.row.source));
    const common = layers[0].row.flags.filter((name) =>
        layers.every((l) => l.row.flags.includes(name)));
    const head = layers.some((l) => l.facts.role === "head");
    return [
        bars({
            label: `Latency of ${layers.length} layers, measured ${how}`,
            x: "layer", y: "median time",
            series: head ? ["backbone", "exit heads"] : ["layers"],
            points: layers.map(({ row, facts: f }) => ({
                name: row.name, value: row.median_ns, lo: row.ci95_lo_ns,
                hi: row.ci95_hi_ns, series: f.role === "head" ? 1 : 0 })),
            text: ({ name, value, lo, hi }) => known(value)
                ? `${name}: ${amount(value, "ns")}${known(lo) && known(hi)
                    ? `, ${interval({ ci95_lo_ns: lo, ci95_hi_ns: hi })}`
                    : ""}` : `${name}: not measured`,
        }),
        h("p", { class: "note" }, sources.size > 1 ? null
            : `Source of every row: ${layers[0].row.source}. `,
        common.length ? ["Flags of every row: ", flagList(common)] : null,
        " Open a row to see its epochs."),
        table(`Layers, measured ${how}`,
            columns(layers, common, sources.size > 1, more),
            [...layers, ...rest.map((line) => line(layers[0].sum))],
            ({ row }) => open(row)),
    ];
}

// `common`: the flags that all rows have, said once above the table, as is a
// source that all share.
function columns(layers, common, mixed, more) {
    const unit = columnUnit(layers.map((l) => l.row.median_ns), "ns");
    const most = Math.max(...layers.map((l) => l.share ?? 0));
    const optional = (member, list) =>
        layers.some((l) => l[member]) ? list : [];
    return [
        { title: "#", number: true, key: (l) => l.row.index,
            cell: (l) => l.row.role === "layer" && l.row.index },
        { title: "Layer", head: true, cell: (l) => layerName(l.facts) },
        { title: `Median, ${unit.name}`, number: true,
            key: (l) => l.row.median_ns, hint: "median of epoch means",
            cell: ({ row }) => h("span", { "data-layer":
                row.role === "layer" && row.index }, unresolved(row)
                ? `< ${unit.text(row.ci95_hi_ns)}`
                : unit.cell(row.median_ns, lack(row) ?? (
                    row.flags.includes("fused") ? flags.fused.text
                        : "not measured: the job ended first"))) },
        { title: "95 % interval", number: true, key: (l) => spread(l.row),
            hint: "order statistics of the epochs; no distribution assumed",
            cell: ({ row }) => spread(row) === null
                ? dash("too few epochs")
                : h("span", { title: effort(row) },
                    `${unit.text(row.ci95_lo_ns)} – ${
                        unit.text(row.ci95_hi_ns)} `, unresolved(row) ? null
                        : h("small", null, `±${percent(spread(row))}`)) },
        { title: "Grade", key: (l) => l.row.grade,
            cell: (l) => grade(l.row.grade) },
        ...more,
        { title: "Share", number: true, key: (l) => l.share,
            hint: "of the sum of all lines", cell: (l) => shareCell(l, most) },
        { title: "MACs", number: true, key: (l) => l.facts.macs ?? null,
            cell: (l) => count(l.facts.macs) },
        { title: "GMAC/s", number: true, key: speed,
            hint: "MACs over the median: how well the kernel runs",
            cell: (l) => speed(l) === null ? dash("it multiplies nothing")
                : speed(l).toPrecision(3) },
        ...optional("counters", [
            { title: "Instructions", number: true,
                key: (l) => l.counters?.PAPI_TOT_INS ?? null,
                cell: (l) => count(l.counters?.PAPI_TOT_INS) },
            { title: "per cycle", number: true, key: ipc,
                cell: (l) => ipc(l)?.toFixed(2) ?? dash("not counted") }]),
        ...optional("energy", [{ title: "Energy, net", number: true,
            key: (l) => l.energy?.net_nj ?? null,
            cell: (l) => energy(l.energy, "net_nj") }]),
        { title: "Flags", wrap: true, cell: (l) => flagList(
            l.row.flags.filter((name) => !common.includes(name))) },
        ...mixed ? [{ title: "Source", cell: (l) => l.row.source }] : [],
    ];
}

const speed = ({ row, facts: f }) => f.macs > 0 && row.median_ns > 0
    ? f.macs / row.median_ns : null;

const effort = (row) => `${row.n_epochs} epochs of ${row.iters_per_epoch
} executions${row.stop_reason ? `, ended by ${row.stop_reason}` : ""}`;

const ipc = ({ counters: c }) => c?.PAPI_TOT_CYC > 0 && known(c.PAPI_TOT_INS)
    ? c.PAPI_TOT_INS / c.PAPI_TOT_CYC : null;

function shareCell(l, most) {
    if (l.share === null)
        return dash("not measured");
    const bar = h("span", { class: "share" }, percent(l.share, 1));
    bar.style.setProperty("--share", most > 0 ? l.share / most : 0);
    return bar;
}
