// SPDX-License-Identifier: MIT
// How fast layers multiply against how much they multiply for each byte they
// move.  The roofs are the highest that this profile measured, so they say
// what the device has shown, not what its maker promises.
import { colour, figure, key, powers } from "./charts.js";
import { h, section } from "./dom.js";
import { table } from "./table.js";
import { dash, percent } from "./format.js";
import { layerName } from "./model.js";

// `layers`: [{ row, facts }] of one level, `how` says which in words.
export function rooflineSection(layers, how, open) {
    const points = layers.map(point).filter(Boolean);
    const drawn = points.filter((p) => p.macs > 0)
        .sort((a, b) => a.intensity - b.intensity);
    const roof = { speed: Math.max(...points.map((p) => p.speed)),
        bandwidth: Math.max(...points.map((p) => p.bandwidth)) };
    if (drawn.length < 2)
        return null;
    for (const p of points)
        p.limit = Math.min(roof.speed, roof.bandwidth * p.intensity);
    return section("Roofline", chart(drawn, roof, how),
        h("p", { class: "note" }, explain(points, drawn, layers, roof)),
        h("details", { class: "box" },
            h("summary", null, "The same as numbers"),
            table(`Roofline, layers measured ${how}`, columns, points,
                (p) => open(p.row))));
}

// One MAC a ns is 1 GMAC/s, one byte a ns 1 GB/s.  A time that may be twice as
// long for all that is known would raise the roof to what nobody has seen.
function point({ row, facts: f }) {
    const moved = f.bytes_in + f.bytes_out + f.weight_bytes;
    const known = row.median_ns > 0 && row.grade !== "X"
        && !(row.ci95_hi_ns > 2 * row.median_ns);
    return known && moved > 0 ? { row, facts: f, macs: f.macs,
        intensity: f.macs / moved, speed: f.macs / row.median_ns,
        bandwidth: moved / row.median_ns } : null;
}

const digits = (x) => String(Number(x.toPrecision(3)));

function explain(points, drawn, layers, roof) {
    const best = (member) => points.find((p) => p[member] === roof[member])
        .row.name;
    const left = [[points.length - drawn.length, "multiply nothing"],
        [layers.length - points.length, "have no usable time"]]
        .filter(([n]) => n).map(([n, why]) => ` ${n} layers ${why}.`);
    return [`Highest measured: ${digits(roof.speed)} GMAC/s (${
        2 * digits(roof.speed)} GFLOP/s) by ${best("speed")}, ${
        digits(roof.bandwidth)} GB/s by ${best("bandwidth")}. Bytes are `,
    "the activations and weights a layer must move; caches may spare it some.",
    left.length > 0 && [" Not drawn:", left]];
}

function chart(points, roof, how) {
    const heads = (wanted) => points.map((p) =>
        (p.facts.role === "head") === wanted ? p.speed : null);
    const dots = (look) => ({ width: 0, paths: () => null,
        points: { show: true, size: 8, width: 1.5, stroke: colour(look),
            fill: colour("--paper") } });
    const some = points.some((p) => p.facts.role === "head");
    const result = figure(`Speed against arithmetic intensity of ${
        points.length} layers, measured ${how}`, 320, {
        scales: { x: { time: false, distr: 3, range: around },
            y: { distr: 3, range: around } },
        axes: [powers("MACs a byte moved", digits, { space: 60 }),
            powers("GMAC/s", digits, { size: 56, space: 28 })],
        cursor: { drag: { x: false, y: false }, points: { show: false } },
        series: [{}, dots("--accent"), dots("--second")],
        hooks: {
            drawAxes: [(u) => drawRoof(u, roof)],
            setCursor: [(u) => result.say(text(nearest(u, points)))],
        },
    }, [points.map((p) => p.intensity), heads(false), heads(true)],
    [key(some ? "backbone" : "layers", "accent", "ring"),
        some && key("exit heads", "second", "ring"),
        key("highest measured", "floor")]);
    return result.element;
}

const around = (_u, low, high) => [low / 1.6, high * 1.6];

// Two lines that meet where layers stop to wait for memory.
function drawRoof(u, roof) {
    const { ctx, bbox } = u;
    const ridge = roof.speed / roof.bandwidth;
    const { min, max } = u.scales.x;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.strokeStyle = colour("--warn")();
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([5, 4].map((d) => d * devicePixelRatio));
    ctx.beginPath();
    [min, Math.min(Math.max(ridge, min), max), max].forEach((x, i) =>
        ctx[i ? "lineTo" : "moveTo"](u.valToPos(x, "x", true),
            u.valToPos(Math.min(roof.speed, roof.bandwidth * x), "y", true)));
    ctx.stroke();
    ctx.restore();
}

// The point under the pointer, by both axes.
function nearest(u, points) {
    const { left, top } = u.cursor;
    const far = (p) => Math.hypot(u.valToPos(p.intensity, "x") - left,
        u.valToPos(p.speed, "y") - top);
    const best = left >= 0 && points.reduce((a, b) =>
        far(b) < far(a) ? b : a);
    return best && far(best) < 40 ? best : null;
}

const text = (p) => p && `${p.row.index} ${p.row.name}: ${digits(p.speed)
} GMAC/s at ${digits(p.intensity)} MACs a byte, ${
    percent(p.speed / p.limit, 0)} of the roof`;

const number = (title, hint, value, show = digits) => ({ title, hint,
    number: true, key: value, cell: (p) => value(p) === null
        ? dash("it multiplies nothing") : show(value(p)) });
const multiplied = (value) => (p) => p.macs > 0 ? value(p) : null;

const columns = [
    { title: "#", number: true, key: (p) => p.row.index,
        cell: (p) => p.row.index },
    { title: "Layer", head: true, cell: (p) => layerName(p.facts) },
    number("MACs a byte", "arithmetic intensity",
        multiplied((p) => p.intensity)),
    number("GMAC/s", "MACs over the median", multiplied((p) => p.speed)),
    number("GB/s", "bytes moved over the median", (p) => p.bandwidth),
    number("Of the roof", "against the highest measured at this intensity",
        multiplied((p) => p.speed / p.limit), (x) => percent(x, 0)),
];
