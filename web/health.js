// SPDX-License-Identifier: MIT
// A device's control charts: its golden kernels, run by run, against
// the limits that say whether the machine is still the one it was.
import { axis, colour, figure, key, ticks, whiskers } from "./charts.js";
import { chip, h, link } from "./dom.js";
import { table } from "./table.js";
import { amount, dash, instant, known, quantity, short } from "./format.js";

// `items` of the API; one chart an environment and kernel.
export function healthCharts(items) {
    const groups = new Map();
    for (const item of items) {
        // Emulated boards count; `unit` "" is a count.
        const p = { ...item, unit: known(item.median_ns) ? "ns" : "",
            value: item.median_ns ?? item.instructions };
        const name = `${p.env_fingerprint} ${p.kernel}`;
        groups.set(name, [...groups.get(name) ?? [], p]);
    }
    if (!groups.size)
        return h("p", null, "No golden kernel has a point yet: charts take "
            + "those of grade A and B only. Each profile adds one; measure "
            + "with nothing else running there.");
    return h("div", { class: "charts" }, [...groups.values()].map((points) => h("div", null,
        h("h3", null, points[0].kernel, " ", h("small", null, "environment ",
            short(points[0].env_fingerprint))),
        chart(points), known(points.at(-1).centre) ? null
            : h("p", { class: "note" }, points[0].unit === "" ? "The second "
                + "count will be held against the first: any other is out."
                : "The limits come with the fifth point: 5 % around the "
                + "median of the first five."),
        h("details", { class: "box" },
            h("summary", null, `The same as numbers (${points.length})`),
            table(`Control chart of ${points[0].kernel}, oldest first`,
                columns, points)))));
}

function chart(points) {
    const inside = (wanted) => points.map((p) =>
        p.out === wanted ? null : p.value);
    const dots = (name) => ({ width: 0, paths: () => null, points: {
        show: true, size: 7, width: 1.5, stroke: colour(name),
        fill: colour(name) } });
    const all = points.flatMap((p) => [p.value, p.lo, p.hi, p.low_limit,
        p.high_limit]).filter(known);
    const [low, high] = [Math.min(...all), Math.max(...all)];
    const pad = (high - low) * 0.08 || high * 0.05;
    const result = figure(`Control chart of ${points[0].kernel}, ${
        points.length} points, ${points.filter((p) => p.out).length} out`,
    200, {
        scales: { x: { time: false, range: [-0.6, points.length - 0.4] },
            y: { range: [low - pad, high + pad] } },
        axes: [axis("profile (#), or why it was checked", { space: 40,
            grid: { show: false }, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500],
            values: (_u, at) => at.map((i) => points[i]
                ? mark(points[i]) : "") }),
        axis(points[0].unit === "" ? "instructions" : "median time",
            { size: 74, values: ticks(points[0].unit) })],
        cursor: { y: false, drag: { x: false, y: false } },
        series: [{}, dots("--accent"), dots("--bad")],
        hooks: {
            drawAxes: [(u) => limits(u, points)],
            draw: [(u) => whiskers(u, points.map((p) =>
                ({ value: p.value, lo: p.lo, hi: p.hi })))],
            setCursor: [({ cursor: { idx } }) => result.say(known(idx)
                ? text(points[idx]) : null)],
        },
    }, [points.map((_, i) => i), inside(true), inside(false)],
    [key("run", "accent"), key("out", "bad"),
        key("95 % interval", "whisker"), key("limits", "floor")]);
    return result.element;
}

// A check has no profile, but a reason.
const mark = (p) => known(p.profile) ? `#${p.profile}` : p.reason;
const title = (p) => known(p.profile) ? `Profile ${p.profile}`
    : `Check (${p.reason})`;
const text = (p) => `${title(p)}: ${amount(p.value, p.unit)}${
    p.out ? ", out of its limits" : ""}`;

// Centre and limits as they were for each point: a chart may start again.
function limits(u, points) {
    const { ctx } = u;
    const line = (member, look, dashes) => {
        ctx.strokeStyle = colour(look)();
        ctx.setLineDash(dashes.map((d) => d * devicePixelRatio));
        ctx.beginPath();
        points.forEach((p, i) => {
            if (!known(p[member]))
                return;
            const y = u.valToPos(p[member], "y", true);
            ctx.moveTo(u.valToPos(i - 0.5, "x", true), y);
            ctx.lineTo(u.valToPos(i + 0.5, "x", true), y);
        });
        ctx.stroke();
    };
    ctx.save();
    ctx.lineWidth = devicePixelRatio;
    line("centre", "--note", []);
    line("low_limit", "--warn", [5, 4]);
    line("high_limit", "--warn", [5, 4]);
    ctx.restore();
}

const early = "fewer than five points so far";
const columns = [
    { title: "Run", head: true, cell: (p) => known(p.profile)
        ? link(`#/profiles/${p.profile}`, title(p)) : title(p) },
    { title: "Made", cell: (p) => instant(p.created_at) },
    { title: "Median", number: true, key: (p) => p.value,
        cell: (p) => quantity(p.value, p.unit) },
    { title: "95 % interval", number: true, cell: (p) => known(p.lo)
        ? `${amount(p.lo, "ns")} – ${amount(p.hi, "ns")}`
        : dash("too few epochs") },
    { title: "Centre", number: true, cell: (p) => quantity(p.centre, p.unit, early) },
    { title: "Limits", number: true, cell: (p) => known(p.low_limit)
        ? `${amount(p.low_limit, p.unit)} – ${amount(p.high_limit, p.unit)}`
        : dash(early) },
    { title: "State", cell: (p) => p.out ? chip("out", "bad")
        : known(p.centre) ? chip("in", "good") : chip("learning", "") },
];
