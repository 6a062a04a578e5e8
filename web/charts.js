// SPDX-License-Identifier: MIT
// uPlot in the page's colours.  Every chart is an image with a label for
// those who cannot see it; the table beside it has the numbers.
import uPlot from "./uPlot.js";
import { fill, h } from "./dom.js";
import { amount, amounts, known, percent } from "./format.js";

export const colour = (name) => () =>
    getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const ink = colour("--note");
const grid = { stroke: colour("--line"), width: 1 };
const font = "12px system-ui";

// An axis always says what it counts.
export const axis = (label, more) => ({ stroke: ink, grid, ticks: grid, font,
    label, labelFont: font, labelSize: 22, size: 34, ...more });
const dark = matchMedia("(prefers-color-scheme: dark)");

// Ticks in one unit, with the decimals that their step needs.
export const ticks = (kind) => (_u, at, _axis, _space, step) =>
    amounts(at, step, kind);

// A logarithmic axis of what is counted in `kind`: lines at `of` of every
// power of `base`, and words at as many as have room.
const decades = { base: 10, of: [1, 2, 3, 4, 5, 6, 7, 8, 9],
    said: (x) => [1, 2, 5].includes(Number(x.toExponential(0)[0])),
    fewer: (x) => x.toExponential(0)[0] === "1" };
export const fours = { base: 4, of: [1], said: () => true,
    fewer: () => true }; // as sizes of messages grow
export const powers = (label, text, more = {}, lines = decades) => axis(label, {
    splits: (_u, _axis, low, high) => between(lines, low, high),
    filter: (_u, at) => at,
    values: (_u, at) => at.map((x) => (at.length > 16 ? lines.fewer
        : lines.said)(x) ? text(x) : null), ...more });

function between({ base, of }, low, high) {
    const all = [];
    const least = Math.floor(Math.log(low) / Math.log(base));
    for (let p = least; base ** p <= high; p++)
        all.push(...of.map((i) => i * base ** p));
    return all.filter((x) => x >= low && x <= high);
}

// "20 µs" of a round number.
export const round = (x, kind) => amounts([x], x, kind)[0];

// Draw into a figure that follows the width of its place and the theme.
export function figure(label, height, options, data, legend) {
    const readout = h("figcaption", { class: "note" }, legend);
    const place = h("div", { role: "img", "aria-label": label });
    const element = h("figure", null, place, readout);
    let plot = null;
    const size = new ResizeObserver(([entry]) => {
        const width = Math.floor(entry.contentRect.width);
        if (plot && !element.isConnected) { // another view is shown
            size.disconnect();
            dark.removeEventListener("change", redraw);
            plot.destroy();
        } else if (plot) {
            plot.setSize({ width, height });
        } else if (width > 0) {
            plot = new uPlot({ ...options, width, height,
                legend: { show: false } }, data, place);
        }
    });
    const redraw = () => plot?.redraw();
    dark.addEventListener("change", redraw);
    size.observe(place);
    return { element, say: (text) => fill(readout, text ?? legend) };
}

// `mark`: "ring" for what is drawn as one.
export const key = (name, look, mark = "") =>
    h("span", { class: `key key-${look} ${mark}` }, name);

// points: [{ name, value, lo, hi, series }], text(point) for the one under
// the pointer; null values leave a gap.  `x` and `y` say what is counted, in
// `kind`.
export function bars({ label, series, points, text, x, y, kind = "ns" }) {
    const xs = points.map((_, i) => i);
    const looks = [colour("--accent"), colour("--second")];
    const of = (s) => points.map((p) => p.series === s ? p.value : null);
    const top = Math.max(...points.map((p) => p.hi ?? 0));
    const chart = figure(label, 240, {
        scales: { x: { time: false, range: [-0.6, points.length - 0.4] },
            y: { range: (_u, _lo, hi) => [0, Math.max(hi, top) * 1.05] } },
        axes: [axis(x, { grid: { show: false }, incrs: [1, 2, 5, 10, 20, 50,
            100, 200, 500, 1000], space: 30,
        values: (_u, at) => at.map((i) => i >= 0 && i < points.length
            ? i : "") }), axis(y, { size: 66, values: ticks(kind) })],
        cursor: { y: false, drag: { x: false, y: false },
            points: { show: false } },
        series: [{}, ...series.map((name, s) => ({ label: name,
            fill: looks[s], width: 0, points: { show: false },
            paths: uPlot.paths.bars({ size: [0.72, 48] }) }))],
        hooks: {
            draw: [(u) => whiskers(u, points)],
            setCursor: [({ cursor }) => chart.say(cursor.idx === null
                || cursor.idx === undefined ? null
                : `${cursor.idx} ${text(points[cursor.idx])}`)],
        },
    }, [xs, ...series.map((_, s) => of(s))], [
        series.map((name, s) => key(name, s ? "second" : "accent")),
        points.some((p) => known(p.lo))
            && key("95 % interval", "whisker")]);
    return chart.element;
}

// points: [{ value, lo, hi }], one a whole x.
export function whiskers(u, points) {
    const { ctx } = u;
    const cap = 3 * devicePixelRatio;
    ctx.save();
    ctx.strokeStyle = colour("--ink")();
    ctx.lineWidth = devicePixelRatio;
    ctx.beginPath();
    points.forEach((p, i) => {
        if (![p.lo, p.hi, p.value].every(known))
            return;
        const x = u.valToPos(i, "x", true);
        const [lo, hi] = [p.lo, p.hi].map((v) => u.valToPos(v, "y", true));
        ctx.moveTo(x, lo);
        ctx.lineTo(x, hi);
        for (const y of [lo, hi]) {
            ctx.moveTo(x - cap, y);
            ctx.lineTo(x + cap, y);
        }
    });
    ctx.stroke();
    ctx.restore();
}

// Cost against accuracy.  lines: [{ name, look, points: [[cost, accuracy]],
// line: bool, size, legend: other words for the key, null: none }]; floor:
// accuracy or null; cost: what x counts, kind: its unit.
export function curve({ label, lines, floor, cost, kind }) {
    const data = uPlot.join(lines.map((l) => columnsOf(l.points)));
    const ys = lines.flatMap((l) => l.points.map(([, y]) => y))
        .concat(floor ?? []);
    const [low, high] = [Math.min(...ys), Math.max(...ys)];
    const pad = Math.max((high - low) * 0.12, 0.002);
    const chart = figure(label, 320, {
        scales: { x: { time: false, range: (_u, lo, hi) => {
            const side = (hi - lo) * 0.05 || hi * 0.05 || 1;
            return [lo - side, hi + side];
        } }, y: { range: [low - pad, high + pad] } },
        axes: [axis(`mean ${cost} of a sample`, { space: 80,
            values: ticks(kind) }),
        axis("accuracy", { size: 54, values: (_u, at) =>
            at.map((y) => percent(y, high - low < 0.05 ? 1 : 0)) })],
        cursor: { drag: { x: false, y: false } },
        series: [{}, ...lines.map(lineSeries)],
        hooks: {
            draw: [(u) => floor !== null && floorLine(u, floor)],
            setCursor: [(u) => chart.say(under(u, lines, kind))],
        },
    }, data, [lines.filter((l) => l.legend !== null)
        .map((l) => key(l.legend ?? l.name, l.look, l.line ? "" : "ring")),
        floor !== null && key("accuracy floor", "floor")].flat()
        .filter(Boolean));
    return chart.element;
}

// uPlot wants columns, by rising x, each x once.
function columnsOf(points) {
    const byX = new Map([...points].sort((a, b) => a[0] - b[0] || a[1] - b[1]));
    return [[...byX.keys()], [...byX.values()]];
}

function lineSeries({ name, look, line, size }) {
    const stroke = colour(`--${look}`);
    const hollow = colour("--paper");
    return { label: name, stroke, width: line ? 1.5 : 0, spanGaps: true,
        paths: line ? undefined : () => null,
        points: { show: true, size: size ?? 6, width: 1.5, stroke,
            fill: line ? stroke : hollow } };
}

function floorLine(u, floor) {
    const y = u.valToPos(floor, "y", true);
    const { ctx, bbox } = u;
    ctx.save();
    ctx.strokeStyle = colour("--warn")();
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([5, 4].map((d) => d * devicePixelRatio));
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.restore();
}

// What the pointer is nearest to, in words.
function under(u, lines, kind) {
    const { idx } = u.cursor;
    if (idx === null || idx === undefined)
        return null;
    const x = u.data[0][idx];
    const hits = lines.flatMap((l, i) => {
        const y = u.data[i + 1][idx];
        return y === null || y === undefined ? []
            : `${l.name} ${percent(y)}`;
    });
    return `${amount(x, kind)}: ${hits.join(", ")}`;
}

// Times over the samples done so far.  lines: [{ name, look, values }].
export function progress({ label, steps, lines }) {
    const chart = figure(label, 240, {
        scales: { x: { time: false }, y: { range: (_u, _lo, hi) =>
            [0, (hi || 1) * 1.1] } },
        axes: [axis("samples"), axis("mean time of a sample",
            { size: 66, values: ticks("ns") })],
        cursor: { drag: { x: false, y: false }, points: { show: false } },
        series: [{}, ...lines.map((l) => ({ label: l.name, width: 2,
            stroke: colour(`--${l.look}`), points: { show: false } }))],
        hooks: { setCursor: [({ cursor: { idx } }) => chart.say(
            idx === null || idx === undefined ? null : `${steps[idx]}: ${
                lines.filter((l) => l.values[idx] !== null).map((l) =>
                    `${l.name} ${amount(l.values[idx], "ns")}`)
                    .join(", ")}`)] },
    }, [steps, ...lines.map((l) => l.values)],
    lines.map((l) => key(l.name, l.look)));
    return chart.element;
}

// Regret over steps, both logarithmic.  lines: [{ name, look, strong, values }];
// what is not above 0 leaves a gap.
export function regret({ label, steps, lines }) {
    const chart = figure(label, 300, {
        scales: { x: { time: false, distr: 3 }, y: { distr: 3 } },
        axes: [powers("samples", (x) => round(x, "")),
            powers("regret, in cost", (x) => round(x, ""), { size: 58 })],
        cursor: { drag: { x: false, y: false }, points: { show: false } },
        series: [{}, ...lines.map((l) => ({ label: l.name,
            stroke: colour(`--${l.look}`), width: l.strong ? 2.5 : 1,
            points: { show: false } }))],
        hooks: { setCursor: [({ cursor: { idx } }) => chart.say(
            idx === null || idx === undefined ? null : `${steps[idx]}: ${
                [...lines].sort((a, b) => a.values[idx] - b.values[idx])
                    .map((l) => `${l.name} ${l.values[idx].toFixed(0)}`)
                    .join(", ")}`)] },
    }, [steps, ...lines.map((l) => l.values.map((r) => r > 0 ? r : null))],
    lines.filter((l) => l.strong).map((l) => key(l.name, l.look))
        .concat(key("another policy", "note")));
    return chart.element;
}
