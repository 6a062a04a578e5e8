// SPDX-License-Identifier: MIT
// The raw epochs of one row: how they are spread, and how they came one after
// another, because a median cannot show drift or two groups of times.
import uPlot from "./uPlot.js";
import { get } from "./api.js";
import { axis, colour, figure, key, ticks } from "./charts.js";
import { facts, fill, h, problemBox, sheet } from "./dom.js";
import { amount, bytes, dash, flagWords, grade, known, measured, runs, short,
    time } from "./format.js";
import { byClass, mixTable } from "./mix.js";

// How a profile's rows are opened: for table(), null where there is nothing.
export const epochsOf = (profile) => (row) => row?.n_epochs > 0
    ? () => show(profile, row) : null;

async function show(profile, row) {
    if (row.source === "emulated")
        return sheet(`${row.name}, ${row.level} ${row.role}`, counted(row));
    const body = h("div", { "aria-busy": true }, "Fetching the epochs.");
    sheet(`${row.name}, ${row.level} ${row.role}`, body);
    try {
        const { epochs_ns: epochs } = await get(
            `/v1/profiles/${profile}/epochs?row=${row.id}`);
        fill(body, numbers(row, epochs), histogram(row, epochs),
            sequence(row, epochs), meaning(row.flags));
    } catch (e) {
        fill(body, problemBox(e));
    }
    body.removeAttribute("aria-busy");
}

// A board's counts have no epochs: every run is the same.
const counted = (row) => [facts([
    ["Executed", h("span", { id: "counted" }, measured(row))],
    ["Counted in", `${row.n_epochs} epochs of ${row.iters_per_epoch}, all equal`],
    ["Weights", bytes(row.counters?.weight_bytes)],
    ["Memory it needs beside", bytes(row.counters?.need_bytes)],
    ["Runs here", [runs(row), " ", row.support?.reason]],
    ["Grade", grade(row.grade)],
    ["Source", "emulated: a count, never a time"],
    row.kernel_key ? ["Kernel", short(row.kernel_key)] : null,
]), byClass(row) ? mixTable(row) : null, meaning(row.flags)];

function numbers(row, epochs) {
    const tail = known(row.p99_ns) ? time(row.p99_ns)
        : dash("needs at least 662 single executions");
    return facts([
        ["Median", h("span", { id: "epochs-median" }, measured(row))],
        ["95 % interval", known(row.ci95_lo_ns)
            ? `${amount(row.ci95_lo_ns, "ns")} to ${
                amount(row.ci95_hi_ns, "ns")}` : dash("too few epochs")],
        ["Epochs", h("span", { id: "epochs-count" }, epochs.length)],
        ["Executions an epoch", row.iters_per_epoch],
        ["Outliers", h("span", { title: "mild: beyond 1.5 times the quartile "
            + "distance; severe: beyond 3 times; counted, never dropped" },
        `${row.n_mild} mild, ${row.n_severe} severe`)],
        ["Least to most", `${amount(row.min_ns, "ns")} to ${
            amount(row.max_ns, "ns")}`],
        ["99 % within", tail],
        ["First execution", time(row.first_ns)],
        ["Neighbours alike", known(row.lag1) ? h("span", { title:
            "autocorrelation of neighbouring epochs: 0 is independent" },
        row.lag1.toFixed(2)) : dash("too few epochs")],
        ["Ended by", row.stop_reason?.replaceAll("_", " ")
            ?? dash("not recorded")],
        ["Grade", grade(row.grade)],
        ["Source", [row.source, row.cached_from
            ? `, from row ${row.cached_from}` : ""]],
        row.kernel_key ? ["Kernel", short(row.kernel_key)] : null,
    ]);
}

// Counts in bins of Freedman and Diaconis' width, 5 to 40 of them.
function binned(epochs) {
    const sorted = [...epochs].sort((a, b) => a - b);
    const at = (share) => sorted[Math.floor(share * (sorted.length - 1))];
    const [low, high] = [sorted[0], sorted.at(-1)];
    const wish = 2 * (at(0.75) - at(0.25)) / Math.cbrt(sorted.length);
    const n = high > low ? Math.min(40, Math.max(5,
        Math.ceil((high - low) / (wish || high - low)))) : 1;
    const width = (high - low) / n || Math.max(high * 0.01, 1);
    const counts = new Array(n).fill(0);
    for (const x of epochs)
        counts[Math.min(n - 1, Math.floor((x - low) / width))]++;
    return { low, width, counts };
}

function histogram(row, epochs) {
    const { low, width, counts } = binned(epochs);
    const edges = (i) => [low + i * width, low + (i + 1) * width];
    const chart = figure(`How the ${epochs.length} epochs of ${row.name
    } are spread, ${counts.length} bins`, 190, {
        scales: { x: { time: false, range: [low - width / 2,
            low + (counts.length + 0.5) * width] },
        y: { range: (_u, _lo, hi) => [0, hi * 1.08] } },
        axes: [axis("mean time of an epoch's executions",
            { grid: { show: false }, space: 90, values: ticks("ns") }),
        axis("epochs", { size: 44, incrs: [1, 2, 5, 10, 20, 50, 100, 200,
            500] })],
        cursor: { y: false, drag: { x: false, y: false },
            points: { show: false } },
        series: [{}, { fill: colour("--accent"), width: 0,
            points: { show: false },
            paths: uPlot.paths.bars({ size: [0.94, 400] }) }],
        hooks: {
            drawAxes: [(u) => band(u, row, "x")],
            draw: [(u) => middle(u, row, "x")],
            setCursor: [({ cursor: { idx } }) => chart.say(known(idx)
                ? `${counts[idx]} epochs from ${edges(idx).map((x) =>
                    amount(x, "ns")).join(" to ")}` : null)],
        },
    }, [counts.map((_, i) => low + (i + 0.5) * width), counts],
    [key("epochs", "accent"), ...keys()]);
    return [h("h3", null, "Spread"), chart.element];
}

const keys = () => [key("median", "whisker"),
    key("95 % interval of the median", "band")];

function sequence(row, epochs) {
    const fence = outside(row);
    const [usual, far] = [(x) => !fence(x), fence].map((kept) =>
        epochs.map((x) => kept(x) ? x : null));
    const dots = (name, size) => ({ width: 0, paths: () => null,
        points: { show: true, size, width: 1.5, stroke: colour(name),
            fill: colour(name) } });
    const chart = figure(`The ${epochs.length} epochs of ${row.name
    } in the order they were measured`, 190, {
        scales: { x: { time: false, range: [0.4, epochs.length + 0.6] } },
        axes: [axis("epoch", { grid: { show: false }, space: 40,
            incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000] }),
        axis("mean time", { size: 74, values: ticks("ns") })],
        cursor: { y: false, drag: { x: false, y: false } },
        series: [{}, dots("--accent", 5), dots("--warn", 7)],
        hooks: {
            drawAxes: [(u) => band(u, row, "y")],
            draw: [(u) => middle(u, row, "y")],
            setCursor: [({ cursor: { idx } }) => chart.say(known(idx)
                ? `epoch ${idx + 1}: ${amount(epochs[idx], "ns")}` : null)],
        },
    }, [epochs.map((_, i) => i + 1), usual, far],
    [key("epoch", "accent"), key("outlier", "warn"), ...keys()]);
    return [h("h3", null, "In order"), chart.element];
}

// Tukey's fences, as the outliers were counted.
function outside({ p25_ns: low, p75_ns: high }) {
    const reach = 1.5 * (high - low);
    return known(reach) ? (x) => x < low - reach || x > high + reach
        : () => false;
}

// The interval, under the data, across the axis it is measured on.
function band(u, row, scale) {
    if (!known(row.ci95_lo_ns) || !known(row.ci95_hi_ns))
        return;
    const [a, b] = [row.ci95_lo_ns, row.ci95_hi_ns].map((v) =>
        u.valToPos(v, scale, true)).sort((x, y) => x - y);
    strip(u, scale, colour("--bar")(), a, b);
}

const middle = (u, row, scale) => {
    const at = u.valToPos(row.median_ns, scale, true);
    strip(u, scale, colour("--ink")(), at - devicePixelRatio / 2,
        at + devicePixelRatio / 2);
};

// Fill from a to b along one axis, clipped to the plot.
function strip({ ctx, bbox }, scale, style, a, b) {
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.fillStyle = style;
    if (scale === "x")
        ctx.fillRect(a, bbox.top, b - a, bbox.height);
    else
        ctx.fillRect(bbox.left, a, bbox.width, b - a);
    ctx.restore();
}

const meaning = (names) => names.length > 0 && [h("h3", null, "Flags"),
    flagWords(names)];
