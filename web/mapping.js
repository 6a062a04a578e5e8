// SPDX-License-Identifier: MIT
// Which processor runs which segment, and what every other mapping would cost.
import { chip, h, section, svg, wide } from "./dom.js";
import { table } from "./table.js";
import { bytes, dash, known, percent, quantity } from "./format.js";

const whys = { unsupported: "cannot run", no_link: "no link",
    no_room: "no room", no_plan: "no plan" };

const processors = (m, unit) => table("Processors, in the order of the data", [
    { title: "Processor", head: true, cell: (p) => p.name },
    { title: "Costs are", cell: (p) => p.source
        ?? dash("the costs do not say where they are from") },
    { title: "Segments", number: true, cell: (p) =>
        m.segments.filter((name) => name === p.name).length },
    { title: "Reached by", number: true, key: (p) => p.reach,
        cell: (p) => percent(p.reach, 1) },
    { title: "Waking it", number: true, cell: (p) => quantity(p.wake, unit) },
    { title: "Memory", number: true, cell: (p) =>
        bytes(p.memory_bytes, "no limit was given") },
], m.processors);

// Each segment on its processor, as high as the share that reaches it.
function strip(plan, m) {
    const kept = plan.exits.map((e) => e.share ?? 0);
    const reach = (i) => 1 - kept.slice(0, i).reduce((a, b) => a + b, 0);
    const names = m.processors.map((p) => p.name);
    const tall = 44;
    return wide("Segments, drawn", svg("svg", { class: "strip", role: "img",
        width: m.segments.length * 132, height: tall + 38,
        viewBox: `0 0 ${m.segments.length * 132} ${tall + 38}`,
        "aria-label": m.segments.map((name, i) => `segment ${i} on ${name}, ${
            percent(Math.max(0, reach(i)), 0)} of samples`).join("; ") },
    m.segments.map((name, i) => {
        const high = Math.max(3, tall * reach(i));
        return svg("g", { class: `cost-${1 + 2 * names.indexOf(name) % 5}`,
            "data-segment": name },
        svg("rect", { x: i * 132, y: (tall - high) / 2, width: 126,
            height: high, rx: 4 }),
        svg("text", { x: i * 132 + 63, y: tall + 14, class: "name" },
            name.length > 18 ? `${name.slice(0, 17)}…` : name),
        svg("text", { x: i * 132 + 63, y: tall + 30 },
            `to ${plan.exits[i].name}`.slice(0, 20)));
    })));
}

// A run of equal names as one: "board x 3, server x 2".
function inWords(names) {
    const runs = [];
    for (const name of names)
        if (runs.at(-1)?.name === name)
            runs.at(-1).n++;
        else
            runs.push({ name, n: 1 });
    return runs.map((r) => `${r.name} × ${r.n}`).join(", ");
}

const options = (m, unit) => table("All mappings", [
    { title: "Segments", head: true, wrap: true,
        cell: (o) => inWords(o.segments) },
    { title: "Best found", number: true, key: (o) => o.cost,
        cell: (o) => quantity(o.cost, unit, o.why ?? "none found") },
    { title: "At least", number: true, key: (o) => o.lower_bound,
        cell: (o) => quantity(o.lower_bound, unit, o.why ?? "not known") },
    { title: "", wrap: true, cell: (o) => o.why
        ? [chip(whys[o.state] ?? o.state, "bad"), " ", o.why] : null },
], m.options);

// The nearest pool's tier answers: beside what was found, on the same tiers.
const difficulty = (d, unit) => [
    h("p", null, `By difficulty (the nearest pool by ${d.compares} at ${
        d.pools[0].exit}): `, quantity(d.test.cost, unit), ` and ${
        percent(d.test.accuracy)} right, held out`,
    d.meets ? "." : "; no pools keep the floor."),
    table("Samples by difficulty, on the same tiers", [
        { title: "Tier", head: true, cell: (p) => p.processor },
        { title: "Answers at", cell: (p) => p.exit },
        { title: "Samples", number: true, cell: (p) => percent(p.share, 1) },
        { title: "One costs", number: true, cell: (p) =>
            quantity(p.cost, unit) },
    ], d.pools)];

export function mapping(plan, unit) {
    const m = plan.mapping;
    if (!m)
        return null;
    const sources = new Set(m.processors.filter((p) => p.reach > 0)
        .map((p) => p.source));
    return section("Where segments run",
        h("p", { class: "meta" }, inWords(m.segments), sources.size > 1
            ? `. These costs are of different sources (${
                [...sources].map((s) => s ?? "unknown").join(", ")
            }): their sum is no measurement.` : ""),
        strip(plan, m), h("p", { class: "note" }, "A segment is as high as "
            + "the share of samples that reach it; a colour is a processor."),
        processors(m, unit),
        m.options.some((o) => known(o.cost) || o.why) ? options(m, unit) : null,
        m.difficulty ? difficulty(m.difficulty, unit) : null);
}
