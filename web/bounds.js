// SPDX-License-Identifier: MIT
// How a search went: the best cost and the proved bound over time.
import uPlot from "./uPlot.js";
import { axis, colour, figure, key, ticks } from "./charts.js";
import { amount, known, percent } from "./format.js";

// `trace` of a plan, or points seen live; `cost` names what is counted, kind
// is its unit.  Null with fewer than two points: there is nothing to draw.
export function bounds(trace, cost, kind) {
    if (trace.length < 2)
        return null;
    const all = trace.flatMap((p) => [p.cost, p.lower_bound]).filter(known);
    const [low, high] = [Math.min(...all), Math.max(...all)];
    const pad = (high - low) * 0.08 || high * 0.05 || 1;
    const step = (name) => ({ stroke: colour(name), width: 1.5,
        paths: uPlot.paths.stepped({ align: 1 }), points: { show: false } });
    const chart = figure(`Best ${cost} and proved bound over ${
        trace.at(-1).seconds.toFixed(1)} seconds: ${text(trace.at(-1), kind)}`,
    200, {
        scales: { x: { time: false }, y: { range: [low - pad, high + pad] } },
        axes: [axis("time since the search began", { space: 60, values:
            (_u, at) => at.map((s) => `${Number(s.toPrecision(3))} s`) }),
        axis(`mean ${cost} of a sample`, { size: 74, values: ticks(kind) })],
        cursor: { y: false, drag: { x: false, y: false } },
        series: [{}, step("--accent"), step("--second")],
        hooks: { setCursor: [({ cursor: { idx } }) => chart.say(known(idx)
            ? `${trace[idx].seconds.toFixed(2)} s: ${text(trace[idx], kind)}`
            : null)] },
    }, [trace.map((p) => p.seconds), trace.map((p) => p.cost),
        trace.map((p) => p.lower_bound)],
    [key("best plan", "accent"), key("no plan costs less", "second")]);
    return chart.element;
}

const text = (p, kind) => known(p.cost)
    ? `best ${amount(p.cost, kind)}, bound ${amount(p.lower_bound, kind)}, ${
        percent(Math.max(0, 1 - p.lower_bound / p.cost))} apart`
    : `no plan yet, bound ${amount(p.lower_bound, kind)}`;

// A point from the words of a running search's progress, or null.
export function pointOf(search) {
    const said = /^best ([\d.e+-]+), bound ([\d.e+-]+), (\d+) nodes/.exec(
        search.progress?.detail ?? "");
    return said && { seconds: (Date.now() - new Date(search.started_at)) / 1000,
        cost: Number(said[1]), lower_bound: Number(said[2]),
        nodes: Number(said[3]) };
}
