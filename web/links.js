// SPDX-License-Identifier: MIT
// The links of a device that were measured: what it takes to send bytes.  An
// emulated board's line has no time, only the bytes that went over it.
import { get, list, post } from "./api.js";
import { colour, figure, fours, key, powers, round } from "./charts.js";
import { h, problemBox, section } from "./dom.js";
import { table } from "./table.js";
import { amount, bytes, dash, flagList, grade, instant, known, percent,
    quantity, state, time } from "./format.js";

const ways = [["send", "→"], ["receive", "←"]];

const range = (v, kind) => `95 % interval ${amount(v.ci95_lo, kind)} to ${
    amount(v.ci95_hi, kind)}`;

// Above idle, of the end that asked; a dash without a meter.
function byteEnergy({ link: l, name }) {
    const e = l.energy?.[name];
    return e ? h("span", { title: `by ${l.energy.sensor}, the bound is ${
        amount(e.err_nj, "nj")}` }, amount(e.net_nj, "nj"))
        : dash(`${l.from} has no energy meter that could be used`);
}

// One row a direction.
const rowsOf = (links) => links.flatMap((l) => ways.map(([name, arrow]) =>
    ({ ...l, arrow, name, way: l.link[name] })));

const ends = { title: "Link", head: true, cell: (r) =>
    `${r.link.from} ${r.arrow} ${r.link.to}` };
const quality = [
    { title: "Grade", cell: (r) => grade(r.link.grade) },
    { title: "Flags", wrap: true, cell: (r) => flagList(r.link.flags) },
    { title: "Source", cell: (r) => r.link.source },
    { title: "When", cell: (r) => instant(r.link.finished_at) },
];

const linkTable = (links) => table("Links of this device", [ends,
    { title: "Base", number: true, key: (r) => r.way.base_ns.value,
        hint: "what an empty message takes, one way",
        cell: (r) => h("span", { title: range(r.way.base_ns, "ns") },
            time(r.way.base_ns.value)) },
    { title: "Rate", number: true, key: (r) => r.way.bytes_per_s,
        hint: "of the bytes that come after",
        cell: (r) => quantity(r.way.bytes_per_s, "B/s",
            "no time that grows with the bytes") },
    { title: "Off the line", number: true, hint: "how far base and rate are "
        + "from what was measured, on average over the sizes",
    cell: (r) => h("span", { title:
        `the worst size is ${percent(r.way.worst_rel, 1)} off` },
    percent(r.way.residual_rel, 1)) },
    { title: "Energy a byte", number: true, cell: (r) => byteEnergy(r) },
    ...quality,
], rowsOf(links));

// The largest message of a line, which the frames around it cost least.
const largest = (r) => r.way.exchanges.at(-1);
const framing = (r) => largest(r).line_bytes / largest(r).bytes - 1;

const lineTable = (links) => table("Emulated lines of this device: bytes, "
    + "the same in every run, and never a time", [ends,
    { title: "Message", number: true, cell: (r) => bytes(largest(r).bytes) },
    { title: "On the line", number: true,
        hint: "with the frames around it", cell: (r) =>
            bytes(largest(r).line_bytes) },
    { title: "Frames add", number: true, cell: (r) =>
        percent(framing(r), 0) },
    ...quality,
], rowsOf(links));

// Exchanges there and back by their size, both axes logarithmic.
function chart({ link: l }) {
    const sizes = l.send.exchanges.map((e) => e.bytes);
    const times = (way) => l[way].exchanges.map((e) => e.median_ns);
    const line = (way) => sizes.map((n) => 2 * l[way].base_ns.value
        + n * l[way].byte_ns.value);
    const dots = (name) => ({ width: 0, paths: () => null, points: {
        show: true, size: 7, width: 1.5, stroke: colour(name),
        fill: colour(name) } });
    const fit = (name) => ({ width: 1.5, stroke: colour(name),
        points: { show: false } });
    const result = figure(`Exchanges between ${l.from} and ${l.to}: ${
        sizes.length} sizes, each way with its line`, 240, {
        scales: { x: { time: false, distr: 3, log: 2 }, y: { distr: 3 } },
        axes: [powers("size of the message", (x) => round(x, "B"),
            { space: 60 }, fours),
        powers("there and back", (x) => round(x, "ns"), { size: 66 })],
        cursor: { y: false, drag: { x: false, y: false } },
        series: [{}, dots("--accent"), fit("--accent"), dots("--second"),
            fit("--second")],
        hooks: { setCursor: [({ cursor: { idx } }) => result.say(known(idx)
            ? `${amount(sizes[idx], "B")}: sent in ${
                amount(times("send")[idx], "ns")}, received in ${
                amount(times("receive")[idx], "ns")}, there and back`
            : null)] },
    }, [sizes, times("send"), line("send"), times("receive"),
        line("receive")], [key(`${l.from} sends`, "accent"),
        key(`${l.from} receives`, "second")]);
    return result.element;
}

const pending = (links) => links.map((l) => h("p", null, `Link to ${
    l.request.to}: `, state(l.state), l.error
    ? [" ", l.error.detail, " ", h("code", null, l.error.code)] : null));

const isTimed = ({ link: l }) => known(l.send.base_ns?.value);

// On a device's page: the newest first, and a button for one to the server.
export async function linksSection(page, name, again) {
    const at = encodeURIComponent(name);
    const [{ labels }, all] = await Promise.all([
        get(`/v1/devices/${at}`, page.signal),
        list("/v1/links", page.signal)]);
    const mine = all.filter((l) => [l.link?.from, l.link?.to,
        l.request.from, l.request.to].includes(name));
    const done = mine.filter((l) => l.link).slice(0, 10);
    const timed = done.filter(isTimed);
    const lines = done.filter((l) => !isTimed(l));
    // One that failed is news until the next one was measured.
    const open = mine.slice(0, mine.findIndex((l) => l.link) >>> 0)
        .filter((l) => l.state !== "cancelled");
    const board = labels?.kind === "mcu";
    const start = h("button", { type: "button", onclick: () =>
        post("/v1/links", { from: name, ...(board ? { to: "host" } : {}) })
            .then(again).catch((e) => start.after(problemBox(e))) },
    board ? "Measure the line to its host" : "Measure the link to the server");
    return section("Links", timed.length ? [chart(timed[0]), linkTable(timed)]
        : null, lines.length ? lineTable(lines) : null,
    done.length ? null : h("p", null, "No link of this device was measured "
        + "yet. Costs of splitting a network need one."),
    pending(open), h("p", { class: "send" }, start));
}
