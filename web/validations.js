// SPDX-License-Identifier: MIT
// A plan run for real: what was predicted beside what its device measured.
import { changes, get, isOver, list, post } from "./api.js";
import { h, link, problemBox, section, warnings } from "./dom.js";
import { table } from "./table.js";
import { amount, dash, energy, flagList, instant, known, percent, signed, state,
    time } from "./format.js";
import { flags } from "./flags.js";
import { taskStatus } from "./task.js";

export async function validationView(page, id) {
    const path = `/v1/validations/${id}`;
    for await (const v of changes(path, page.signal))
        page.show(`Validation ${id}`, h("p", { class: "meta" }, state(v.state),
            " of ", link(`#/plans/${v.plan}`, `plan ${v.plan}`), " on ",
            v.request.device ?? v.request.processors.map((p) => p.name)
                .join(", then ")), ...body(v, path));
}

function body(v, path) {
    if (v.measured && isRelay(v))
        return [relayVerdict(v), warnings(v), isCounted(v) ? countTable(v) : timeTable(v),
            processorTable(v), shareTable(v), isAlone(v) ? energySection(v)
                : null, h("p", null, flagList(v.measured.flags))];
    if (v.measured)
        return [verdict(v), warnings(v), timeTable(v), shareTable(v),
            energySection(v), h("p", null, flagList(v.measured.flags))];
    if (v.error)
        return [problemBox({ title: "The validation failed",
            message: v.error.detail, code: v.error.code }),
        v.partial ? h("p", null, `Until then ${v.partial.n} of ${v.partial.rows
        } samples ran; their outputs ${v.partial.outputs?.equal
            ? "equal" : "differ from"} the unsplit network's.`) : null,
        again(path)];
    return isOver(v) ? [h("p", null, "It ended early."), again(path)]
        : [stages(v)];
}

const energySection = (v) => section("Energy", h("p", null, v.measured.energy
    ? energy(v.measured.energy, "net_nj") : ["Not measured: ",
        flags.no_energy_sensor.text, "."]));

// The tasks so far, each with what it is doing.
export const stages = (flow) => table("What was done, in order", [
    { title: "Stage", head: true, cell: (t) => t.kind },
    { title: "By", cell: (t) => t.device ?? t.selector
        ?? h("span", { class: "note" }, "a worker") },
    { title: "State", cell: (t) => state(t.state) },
    { title: "Progress", wrap: true, cell: (t) => taskStatus(t) },
], flow.tasks);

export const again = (path) => {
    const button = h("button", { type: "button", onclick: () =>
        post(`${path}:resume`).then(() => location.reload()).catch((e) =>
            button.after(problemBox(e))) }, "Take it up again");
    return button;
};

function verdict(v) {
    if (isRelay(v)) return relayVerdict(v);
    const r = v.residual;
    return h("p", null, "Measured, the plan takes ",
        h("strong", { class: r.saving > 0 ? "good" : "warn" },
            `${percent(Math.abs(r.saving), 1)} ${
                r.saving > 0 ? "less" : "more"}`),
        " than the network without exits, on ", v.measured.n,
        v.deployment.rows.of === "held_out"
            ? " rows that the search did not choose by; "
            : " rows of another data set; ",
        r.mean.within === false ? "the prediction is beyond the intervals."
            : r.mean.within ? "the prediction is within the intervals."
                : "without intervals nothing is said of the prediction.");
}

const withInterval = (x, why) => !x ? dash(why) : typeof x === "number"
    ? time(x) : h("span", { title: known(x.ci95_lo) ? `95 % interval ${
        amount(x.ci95_lo, "ns")} to ${amount(x.ci95_hi, "ns")}`
        : "no interval" }, time(x.median));
const residual = (r) => r && known(r.rel) ? signed(r.rel, 1)
    : dash("compared as a whole only");

function timeTable(v) {
    const { predicted: p, measured: { plan, full }, residual: r } = v;
    const rows = [
        ["Mean", p.mean_ns, plan.mean_ns, r.mean],
        ["Mean, interruptions too", null, plan.mean_all_ns],
        ["Half are faster than", p.p50_ns, plan.p50_ns],
        ["90 % are faster than", p.p90_ns, plan.p90_ns],
        ...full ? [["Mean without exits", p.full_mean_ns, full.mean_ns,
            r.full_mean]] : [],
    ];
    return section("Times of a sample", table("Predicted and measured", [
        { title: "Time", head: true, cell: (x) => x[0] },
        { title: "Predicted", number: true, cell: (x) =>
            withInterval(x[1], "costs are medians") },
        { title: "Measured", number: true, cell: (x) =>
            withInterval(x[2], isRelay(v) ? "an emulator has no time"
                : "not measured") },
        { title: "Residual", number: true, cell: (x) => residual(x[3]) },
    ], rows));
}

// What an emulated board has in place of times.
function countTable(v) {
    const { predicted: p, measured: { plan, full }, residual: r } = v;
    const rows = [["With exits", p.mean_instructions, plan.mean_instructions,
        r.mean_instructions], ["Without exits", p.full_mean_instructions,
        full.mean_instructions]];
    const count = (x) => known(x) ? amount(x, "") : dash("not counted");
    return section("Instructions of a sample", table("Predicted and counted", [
        { title: "Network", head: true, cell: (x) => x[0] },
        { title: "Predicted", number: true, cell: (x) => count(x[1]) },
        { title: "Counted", number: true, cell: (x) => count(x[2]) },
        { title: "Residual", number: true, cell: (x) => residual(x[3]) },
    ], rows));
}

const share = (x, why) => known(x) ? percent(x) : dash(why);

// To an exit: a time, or instructions.
const way = (x) => known(x?.path_ns?.median) || !known(x?.path_instructions)
    ? x?.path_ns : { instructions: x.path_instructions };
const wayCell = (x, why) => known(x?.instructions)
    ? `${amount(x.instructions, "")} instructions`
    : withInterval(known(x?.median) ? x : null, why);

function shareTable(v) {
    const { predicted: p, measured: m } = v;
    const rows = [...m.exits.map((x, i) => ({ name: `Leave at ${x.name}`,
        p: p.exits[i]?.share, m: x.share, was: way(p.exits[i]),
        is: way(x) })),
    { name: "Accuracy", p: p.accuracy, m: m.plan.accuracy },
    { name: "Accuracy without exits", p: p.accuracy_full,
        m: m.full?.accuracy }];
    return section("Exits", table("Shares of samples, and the way to each exit", [
        { title: "Share", head: true, cell: (x) => x.name },
        { title: "Predicted", number: true, cell: (x) =>
            share(x.p, "not known") },
        { title: "Measured", number: true, cell: (x) =>
            share(x.m, "not known") },
        { title: "Way, predicted", number: true, cell: (x) =>
            wayCell(x.was, "no way of its own") },
        { title: "Way, measured", number: true, cell: (x) =>
            wayCell(x.is, "nobody left here") },
    ], rows));
}

const isRelay = (v) => v.measured?.schema === "offramp.relay/1";
const isAlone = (v) => v.measured.processors.length === 1;
const isCounted = (v) => known(v.measured.full?.mean_instructions);

function relayVerdict(v) {
    const { outputs: o, n } = v.measured;
    return h("p", null, h("strong", { class: o?.equal ? "good" : "warn" },
        o?.equal ? "The outputs equal the unsplit network's"
            : "The outputs differ from the unsplit network's"),
    ` ${isAlone(v) ? "on the board" : "across its processors"}: ${n} samples, ${
        o?.same_exit ?? 0} left at the same exit, values at most ${o ? o.max_abs_diff.toPrecision(2) : "?"
        } apart${o?.int8_exact ? " (0 asked for of int8 on a board)" : ""}.`,
    known(v.residual.saving) ? ` The plan takes ${
        percent(Math.abs(v.residual.saving), 1)} ${v.residual.saving > 0
        ? "less" : "more"} than the network without exits.` : "");
}

const work = (p, why) => known(p?.instructions)
    ? `${amount(p.instructions, "")} instructions`
    : known(p?.own_ns) ? time(p.own_ns) : dash(why);

// What each processor was expected to do, and did.
const processorTable = (v) => section("Processors", table(
    "Share of samples that reach a processor, and what one takes there", [
        { title: "Processor", head: true, cell: ([, m]) => m.name },
        { title: "Device", cell: ([, m], i) => v.tasks.filter((t) =>
            t.kind === "relay").reverse()[i]?.device ?? dash("not known") },
        { title: "Reached, predicted", number: true, cell: ([p]) =>
            share(p?.share, "not known") },
        { title: "Measured", number: true, cell: ([, m]) =>
            share(m.share, "not known") },
        { title: "Work, predicted", number: true, cell: ([p]) =>
            work(p, "its costs have neither") },
        { title: "Measured", number: true, cell: ([, m]) =>
            work(m, "nobody reached it, or it has no clock") },
        { title: "Hand-over, predicted", number: true, cell: ([p]) =>
            known(p?.link_ns) ? time(p.link_ns) : dash("none, or no clock") },
        { title: "Measured", number: true, cell: ([, m]) =>
            known(m.link_ns) ? time(m.link_ns) : dash("none, or no clock") },
        { title: "Bytes", number: true, cell: ([p]) =>
            known(p?.send_bytes) ? amount(p.send_bytes, "B")
                : dash("nothing is handed on") },
    ], v.measured.processors.map((m, i) =>
        [v.predicted.processors?.[i], m])));

// On a plan's page: its validations, and a button for the next.
export async function validationSection(page, plan) {
    const all = await list(`/v1/plans/${plan.id}/validations`, page.signal);
    const last = all.find((v) => v.state === "done");
    const newest = last && await get(`/v1/validations/${last.id}`, page.signal);
    const start = h("button", { type: "button", onclick: () =>
        post(`/v1/plans/${plan.id}/validations`, {}).then((v) => {
            location.hash = `#/validations/${v.id}`;
        }).catch((e) => start.after(problemBox(e))) },
    plan.mapping ? "Run it across its processors" : "Run it on its device");
    return section("On the device", newest ? verdict(newest) : null,
        all.length ? table("Validations of this plan", [
            { title: "Validation", head: true, cell: (v) =>
                link(`#/validations/${v.id}`, `Validation ${v.id}`) },
            { title: "State", cell: (v) => state(v.state) },
            { title: "Started", cell: (v) => instant(v.created_at) },
        ], all) : h("p", null, "Predicted only: it was not run yet."),
        (plan.profile || plan.mapping) && plan.status !== "infeasible" ? h("p", null, start)
            : null);
}
