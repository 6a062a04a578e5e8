// SPDX-License-Identifier: MIT
// The links of a device that were measured: what it takes to send bytes.
import { get, list, post } from "./api.js";
import { axis, colour, figure, key, ticks } from "./charts.js";
import { h, link, problemBox, section, table } from "./dom.js";
import { amount, dash, flagList, grade, instant, known, percent, quantity, state,
    time } from "./format.js";

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

const linkTable = (links) => table("Links of this device", [
    { title: "Link", head: true, cell: (r) =>
        `${r.link.from} ${r.arrow} ${r.link.to}` },
    { title: "Base", number: true, key: (r) => r.way.base_ns.value,
        cell: (r) => h("span", { title: range(r.way.base_ns, "ns") },
            time(r.way.base_ns.value)) },
    { title: "Rate", number: true, key: (r) => r.way.bytes_per_s,
        cell: (r) => quantity(r.way.bytes_per_s, "B/s",
            "no time that grows with the bytes") },
    { title: "Fit", number: true, cell: (r) => h("span", { title:
        `the worst size is ${percent(r.way.worst_rel, 1)} off` },
    percent(r.way.residual_rel, 1)) },
    { title: "Energy a byte", number: true, cell: (r) => byteEnergy(r) },
    { title: "Grade", cell: (r) => grade(r.link.grade) },
    { title: "Flags", wrap: true, cell: (r) => flagList(r.link.flags) },
    { title: "Measured", cell: (r) => instant(r.link.finished_at) },
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
        scales: { x: { time: false, distr: 3 }, y: { distr: 3 } },
        axes: [{ ...axis, space: 60, values: ticks("B") },
            { ...axis, size: 82, values: ticks("ns") }],
        cursor: { y: false, drag: { x: false, y: false } },
        series: [{}, dots("--accent"), fit("--accent"), dots("--second"),
            fit("--second")],
        hooks: { setCursor: [({ cursor: { idx } }) => result.say(known(idx)
            ? `${amount(sizes[idx], "B")}: sent in ${
                amount(times("send")[idx], "ns")}, received in ${
                amount(times("receive")[idx], "ns")}, there and back`
            : null)] },
    }, [sizes, times("send"), line("send"), times("receive"),
        line("receive")], [key("sent", "accent"), key("received", "second")]);
    return result.element;
}

const pending = (links) => links.map((l) => h("p", null, `Link to ${
    l.request.to}: `, state(l.state)));

// On a device's page: the newest first, and a button for one to the server.
export async function linksSection(page, name, again) {
    const at = encodeURIComponent(name);
    const [{ labels }, from, to, all] = await Promise.all([
        get(`/v1/devices/${at}`, page.signal),
        list(`/v1/links?from=${at}`, page.signal, 10),
        list(`/v1/links?to=${at}`, page.signal, 10),
        list("/v1/links", page.signal, 20)]);
    const board = labels?.kind === "mcu";
    const links = [...from, ...to];
    const open = all.filter((l) => l.request.from === name
        && ["queued", "running"].includes(l.state));
    const start = h("button", { type: "button", onclick: () =>
        post("/v1/links", { from: name, ...(board ? { to: "host" } : {}) }).then(again).catch((e) =>
            start.after(problemBox(e))) }, board ? "Measure the line to its host"
        : "Measure the link to the server");
    return section("Links", links.length ? [chart(links[0]), linkTable(links)]
        : h("p", null, "No link of this device was measured yet. "
            + "Costs of splitting a network need one."),
    pending(open), h("p", { class: "send" }, start));
}
