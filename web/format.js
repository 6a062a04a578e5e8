// SPDX-License-Identifier: MIT
// Numbers as people read them.  Missing is a dash that says why, never 0.
import { chip, h } from "./dom.js";
import { flags } from "./flags.js";

const units = {
    ns: [[1e9, "s"], [1e6, "ms"], [1e3, "µs"], [1, "ns"]],
    nj: [[1e9, "J"], [1e6, "mJ"], [1e3, "µJ"], [1, "nJ"]],
    B: [[2 ** 30, "GiB"], [2 ** 20, "MiB"], [2 ** 10, "KiB"], [1, "B"]],
    "B/s": [[2 ** 30, "GiB/s"], [2 ** 20, "MiB/s"], [2 ** 10, "KiB/s"],
        [1, "B/s"]],
    "": [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"], [1, ""]],
};

export const known = (x) => typeof x === "number" && Number.isFinite(x);

export const dash = (why) => h("span", { class: "missing", title: why,
    "aria-label": `missing: ${why}` }, "—");

// Four digits that mean something: 1.234, 12.34, 123.4, 1234.
function digits(x) {
    const whole = Math.floor(Math.log10(Math.abs(x))) + 1;
    return x === 0 ? "0" : x.toFixed(Math.min(Math.max(4 - whole, 0), 4));
}

// "812.3 µs": `kind` is "ns", "nj", "B" or "" (a plain count).
export function amount(x, kind) {
    const [size, name] = units[kind].find(([s]) => Math.abs(x) >= s)
        ?? units[kind].at(-1);
    const text = size === 1 && kind !== "ns" && kind !== "nj" ? String(x)
        : digits(x / size);
    return name ? `${text} ${name}` : text;
}

// Several values a `step` apart, in one unit that tells them apart.
export function amounts(values, step, kind) {
    const most = Math.max(...values.map(Math.abs));
    const [size, name] = units[kind].find(([s]) => most >= s)
        ?? units[kind].at(-1);
    const whole = (p) => Math.abs(step / size * 10 ** p
        - Math.round(step / size * 10 ** p)) < 1e-6;
    const places = [0, 1, 2, 3, 4, 5].find((p) => step / size * 10 ** p > 0.5
        && whole(p)) ?? 6;
    return values.map((x) => x
        ? `${(x / size).toFixed(places)} ${name}`.trim() : "0");
}

export const quantity = (x, kind, why) => known(x)
    ? h("span", { title: exact(x, kind) }, amount(x, kind)) : dash(why);

const exact = (x, kind) => `${x.toLocaleString("en")} ${
    { ns: "ns", nj: "nJ", B: "bytes", "B/s": "bytes/s", "": "" }[kind]}`.trim();

export const time = (ns, why) => quantity(ns, "ns", why ?? "not measured");
export const count = (n, why) => quantity(n, "", why ?? "not counted");
export const bytes = (n, why) => quantity(n, "B", why ?? "not known");

export const percent = (share, places = 2) =>
    `${(100 * share).toFixed(places)} %`;
export const signed = (share, places = 2) =>
    `${share < 0 ? "−" : "+"}${percent(Math.abs(share), places)}`;

// A difference of shares, without its sign: "0.93 points".
export function points(difference) {
    const n = Number(Math.abs(100 * difference).toFixed(2));
    return `${n} point${n === 1 ? "" : "s"}`;
}

// One unit for a column of numbers, so that the eye can compare: chosen by
// the median, with decimals enough for the smallest.
export function columnUnit(values, kind) {
    const sorted = values.filter((x) => known(x) && x > 0)
        .sort((a, b) => a - b);
    const middle = sorted[sorted.length >> 1] ?? 1;
    const [size, name] = units[kind].find(([s]) => middle >= s)
        ?? units[kind].at(-1);
    const least = sorted.length ? Math.log10(sorted[0] / size) : 0;
    const places = Math.min(3, Math.max(1, 2 - Math.floor(least)));
    return { name, places, text: (x) => (x / size).toFixed(places),
        cell: (x, why) => known(x) ? h("span", { title: exact(x, kind) },
            (x / size).toFixed(places)) : dash(why) };
}

// Half the width of a row's 95 % interval, relative to its median; or null.
export function spread(row) {
    return known(row?.ci95_lo_ns) && known(row.ci95_hi_ns) && row.median_ns > 0
        ? (row.ci95_hi_ns - row.ci95_lo_ns) / 2 / row.median_ns : null;
}

// A time that may be as good as nothing or twice as long for all that is known:
// shorter than what took it can tell apart, so only its upper end says anything.
export const unresolved = (row) => row?.median_ns > 0
    && row.ci95_lo_ns < 0.1 * row.median_ns
    && row.ci95_hi_ns > 2 * row.median_ns;

// "812.3 µs", or "< 526 ns".
export const timeOf = (row) => unresolved(row)
    ? `< ${amount(row.ci95_hi_ns, "ns")}` : amount(row.median_ns, "ns");

// "812.3 µs ±0.4 %", the interval itself on hover.
export function measured(row, why) {
    if (known(row?.counters?.instructions) && row.source === "emulated")
        return instructions(row);
    if (!known(row?.median_ns))
        return dash(why ?? "not measured in this profile");
    if (unresolved(row))
        return h("span", { title: interval(row) }, timeOf(row));
    const half = spread(row);
    return [time(row.median_ns), " ", half === null
        ? dash("no interval: too few epochs")
        : h("small", { class: "spread", title: interval(row) },
            `±${percent(half)}`)];
}

// What an emulator counted stands where others have a time.
const instructions = (row) => h("span", {
    title: `${row.counters.instructions} instructions, the same in every run` },
`${amount(Math.round(row.counters.instructions), "")} instructions`);

export const interval = (row) => `95 % interval ${
    amount(row.ci95_lo_ns, "ns")} to ${amount(row.ci95_hi_ns, "ns")}`;

export function energy(e, member) {
    return quantity(e?.[member], "nj", flags.no_energy_sensor.text);
}

const grades = {
    A: ["good", "A: no flag touches it, interval at most 1 %"],
    B: ["good", "B: mild flags only, interval at most 3 %"],
    C: ["warn", "C: for ranking only"],
    X: ["bad", "X: do not use"],
};
export const grade = (g) => grades[g] ? chip(g, ...grades[g])
    : dash("not graded");

// Why the device cannot run what a row is of, or null; and the answer itself.
export const lack = (row) => row?.support?.support === false
    ? row.support.reason : null;
export const runs = (row) => !row?.support
    ? dash("this device runs all that it loads")
    : row.support.support ? chip("yes", "good", row.support.reason)
        : [chip("no", "bad"), " ", row.support.reason];

const flagLooks = { NOTE: "", MILD: "", RANK: "warn", BAD: "bad" };
export const flagList = (names) => (names ?? []).map((name) => [chip(name,
    flagLooks[flags[name]?.weight], flags[name]?.text), " "]);

// The same in words, for those who cannot point at one.
export const flagWords = (names) => h("ul", { class: "flags" },
    names.map((name) => h("li", null, flagList([name]),
        flags[name]?.text ?? "a newer server's flag")));

const stateLooks = { running: "busy", leased: "busy", analysing: "busy",
    checking: "busy", pending: "busy", done: "good", ready: "good",
    online: "good", good: "good", active: "good", optimal: "good",
    failed: "bad", rejected: "bad", bad: "bad", infeasible: "bad",
    suspect: "warn", draining: "warn", offline: "warn", cancelled: "warn" };
// A task that somebody leased runs.
export const state = (s, title) => chip(s === "leased" ? "running" : s,
    stateLooks[s], title);

// Local time of an ISO 8601 instant.
export function instant(text) {
    if (!text)
        return dash("not yet");
    const at = new Date(text);
    return h("time", { datetime: text, title: at.toString() },
        at.toLocaleString("sv-SE", { dateStyle: "short",
            timeStyle: "short" }));
}

// "1:05" minutes of a number of seconds.
export const clock = (s) => `${Math.floor(s / 60)}:${
    String(Math.floor(s % 60)).padStart(2, "0")}`;

export const shape = (dims) => (dims ?? []).join("×");
export const short = (hex) => h("code", { title: hex }, hex.slice(0, 10));
