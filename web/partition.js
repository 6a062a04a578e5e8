// SPDX-License-Identifier: MIT
// A network cut between devices: the graph with its cut, what each stage and
// the link take, and the table of rates, actions or ways where there is one.
import { facts, h, section, svg, wide } from "./dom.js";
import { table } from "./table.js";
import { amount, bytes, dash, known, percent, time } from "./format.js";
import { edge, layout } from "./layout.js";

const box = { w: 46, h: 14 };
const pitch = { x: 112, y: 44 };
const drawable = 2000;

export function partitionSections(p) {
    return [
        section("What to do", h("p", null, ...sentence(p)), facts(bill(p))),
        p.layers && p.layers.length <= drawable
            && section("The cut", legend(p),
                wide("The network and its cut", drawing(p))),
        p.stages && section("Stages", stageTable(p)),
        p.ways && section("Ways of sending", wayTable(p)),
        p.codings && section("What coding does, edge by edge",
            codingTable(p)),
        p.rows && section("By rate of the link", rateTable(p)),
        p.choices && section("As the link changed", choiceTable(p)),
        p.front && section("Exits, cuts and bits", actionTable(p)),
    ];
}

const rate = (x) => amount(x, "B/s");
const plural = (n, what) => `${n} ${what}${n === 1 ? "" : "s"}`;

// Which device runs layer i.
function deviceOf(p) {
    if (p.stages)
        return (i) => p.stages.findIndex((s) => i <= s.to_layer);
    const first = new Set(p.on_first ?? p.rows?.[0]?.on_first ?? []);
    const until = p.cuts ? Math.max(...p.cuts) : 0;
    return (i) => p.cuts ? Number(i >= until) : first.has(i) ? 0 : 1;
}

function sentence(p) {
    if (p.plan === "pipeline")
        return [`${plural(p.stages.length, "stage")}: one sample every `,
            time(p.stage_ns), "."];
    if (p.plan === "jobs")
        return [`${plural(p.jobs, "sample")} at once: the last one is sent `,
            "after ", time(p.makespan_ns), ` (${p.status}).`];
    if (p.plan === "rates")
        return [`${plural(p.rows.length, "cut")} is best at some rate.`];
    if (p.plan === "exit")
        return p.action ? [`All samples leave at ${p.action.name}; ${
            plural(p.action.cut, "segment")} on ${p.first}, the rest on ${
            p.second}.`] : ["Nothing keeps to what was asked for."];
    return [`${plural(p.on_first.length, "layer")} of ${p.layers.length} on ${
        p.first.device}, the rest on ${p.second.device}${
        p.status ? ` (${p.status})` : ""}.`];
}

const lines = [["first device", "first_ns"], ["link", "link_ns"],
    ["second device", "second_ns"], ["one sample", "latency_ns"],
    ["longest stage", "stage_ns"], ["no cut is below", "bound_ns"],
    ["all on the device", "alone_ns"], ["all sent at once", "sent_ns"]];

const bill = (p) => [
    ...lines.filter(([, m]) => known(p[m])).map(([t, m]) => [t, time(p[m])]),
    known(p.first?.alone_ns) && [`alone on ${p.first.device}`,
        time(p.first.alone_ns)],
    known(p.second?.alone_ns) && [`alone on ${p.second.device}`,
        time(p.second.alone_ns)],
    known(p.tensors) && ["what crosses", [plural(p.tensors, "tensor"), ", ",
        bytes(p.bytes)]],
    p.link && ["the link", [`${rate(p.link.bytes_per_s)} ${
        p.link.source}${p.link.id ? `, link ${p.link.id}` : ""}`]],
    p.action && ["one sample", time(p.action.latency_ns)],
    p.action && ["accuracy, held out", percent(p.action.test_accuracy)],
];

const legend = (p) => h("ul", { class: "legend", "aria-label":
    "Colour of a layer by its device" }, p.devices.map((d, i) =>
    h("li", { class: `swatch cost-${i % 6}` }, d)));

function drawing(p) {
    const on = deviceOf(p);
    const places = layout(p.layers);
    const top = Math.min(...places.map((q) => q.lane));
    const middles = places.map((q) => ({ ...box,
        x: 8 + box.w + q.column * pitch.x,
        y: 48 + box.h + (q.lane - top) * pitch.y }));
    const width = Math.max(...middles.map((m) => m.x)) + box.w + 8;
    const height = Math.max(...middles.map((m) => m.y)) + box.h + 16;
    return svg("svg", { class: "graph", width, height, role: "img",
        viewBox: `0 0 ${width} ${height}`, "aria-label":
        `${p.layers.length} layers over ${p.devices.length} devices` },
    p.layers.flatMap((layer, i) => layer.reads.map((j) => svg("path", {
        class: on(i) === on(j) ? "edge" : "edge head",
        d: edge(middles[j], middles[i]) }))),
    p.layers.map((layer, i) => node(p, layer, i, on(i), middles[i])));
}

function node(p, layer, i, device, at) {
    const ns = layer.times_ns[device];
    return svg("g", { class: `node cost-${device % 6}`, "data-device": device },
        svg("title", null, `${i} ${layer.name}: ${p.devices[device] ??
            "elsewhere"}${known(ns) ? `, ${amount(ns, "ns")}` : ""}`),
        svg("rect", { x: at.x - at.w, y: at.y - at.h, width: 2 * at.w,
            height: 2 * at.h, rx: 6 }),
        svg("text", { x: at.x, y: at.y + 4 },
            layer.name.length > 12 ? `${i} ${layer.name.slice(-9)}`
                : layer.name));
}

const stageTable = (p) => table("Each stage and what it sends on", [
    { title: "Device", head: true, cell: (s) => s.device },
    { title: "Layers", cell: (s) => `${s.from_layer} to ${s.to_layer}` },
    { title: "Work", number: true, cell: (s) => time(s.work_ns) },
    { title: "Sending", number: true, cell: (s) => time(s.send_ns,
        "the last stage sends nothing") },
    { title: "Way", cell: (s) => s.way === null ? dash("nothing is sent")
        : p.ways[s.way].name },
    { title: "Goes over", number: true, cell: (s) => s.way === null
        ? dash("nothing is sent") : percent(s.coding?.share ?? 1, 1) },
    { title: "Answers that stay", number: true, cell: (s) =>
        known(s.coding?.agree) ? percent(s.coding.agree, 1)
            : dash(s.coding ? "nobody measured it" : "nothing is lost") },
], p.stages);

const wayTable = (p) => table("What a tensor may be sent as", [
    { title: "Way", head: true, cell: (w) => w.name },
    { title: "Source", cell: (w) => w.source },
    { title: "Edges", number: true, cell: (w) => w.edges },
    { title: "Bytes that go over", number: true, cell: (w) =>
        known(w.share) ? percent(w.share, 1) : dash("it differs by edge") },
], p.ways);

// One row an edge and way; times are of the worker's machine.
const codingTable = (p) => table(
    `Measured on ${p.codings.rows} rows, by one thread of the worker`, [
        { title: "Behind", head: true, cell: (r) => r.tensor },
        { title: "Bytes", number: true, key: (r) => r.bytes,
            cell: (r) => bytes(r.bytes) },
        { title: "Way", cell: (r) => r.name },
        figure("Goes over", "share", (x) => percent(x, 1)),
        figure("Coding a byte", "encode_ns", (x) => `${x.toFixed(3)} ns`),
        figure("Decoding a byte", "decode_ns", (x) => `${x.toFixed(3)} ns`),
        { title: "Answers that stay", number: true, key: (r) => r.agree,
            cell: (r) => known(r.agree) ? percent(r.agree, 1)
                : dash("the rest needs more than this tensor") },
    ], p.codings.edges.flatMap((e) => e.ways.map((w) => ({ ...e, ...w }))));

const figure = (title, member, text) => ({ title, number: true,
    key: (r) => r[member][0], cell: (r) => h("span", { title:
        `half of the rows ${text(r[member][1])} to ${text(r[member][2])}` },
    text(r[member][0])) });

const rateTable = (p) => table("The best cut by the link's rate", [
    { title: "From", head: true, cell: (r) => rate(r.from_bytes_per_s) },
    { title: "To", cell: (r) => known(r.to_bytes_per_s)
        ? rate(r.to_bytes_per_s) : "any" },
    { title: "Layers on the first", number: true, cell: (r) =>
        r.on_first.length },
    { title: "Without sending", number: true, cell: (r) => time(r.fixed_ns) },
    { title: "Bytes", number: true, cell: (r) => bytes(r.bytes) },
], p.rows);

const choiceTable = (p) => table(`${plural(p.changes, "change")} of the cut`, [
    { title: "Rate", head: true, cell: (c) => rate(c.bytes_per_s) },
    { title: "Row", number: true, cell: (c) => c.row },
    { title: "One sample", number: true, cell: (c) => time(c.latency_ns) },
    { title: "Best", number: true, cell: (c) => time(c.best_ns) },
], p.choices);

const actionTable = (p) => table("None of these is beaten by another", [
    { title: "Exit", head: true, cell: (a) => a.name },
    { title: "Segments on the first", number: true, cell: (a) => a.cut },
    { title: "Bits", number: true, cell: (a) => a.bits
        ?? dash("nothing is sent") },
    { title: "Bytes", number: true, cell: (a) => bytes(a.bytes) },
    { title: "One sample", number: true, cell: (a) => time(a.latency_ns) },
    { title: "Accuracy", number: true, cell: (a) => percent(a.accuracy) },
    { title: "Held out", number: true, cell: (a) => percent(a.test_accuracy) },
], p.front);
