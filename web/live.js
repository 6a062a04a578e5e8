// SPDX-License-Identifier: MIT
// Online policies run for real on a device: how they go while they go, then
// what was measured beside what the cost table says, and live beside replay.
import { isOver, post } from "./api.js";
import { progress } from "./charts.js";
import { facts, h, link, problemBox, section } from "./dom.js";
import { table } from "./table.js";
import { amount, dash, flagList, known, percent, signed, time }
    from "./format.js";
import { taskStatus } from "./task.js";

export const isLive = (t) => Boolean(t.request.live);

// What stands behind "Trial 7": on which device, over which rows.
export const liveWords = (t) => {
    const { device, to, dataset, rows } = t.request.live;
    return [" of policies run on ", link(`#/devices/${device}`, device),
        to && [" and ", link(`#/devices/${to}`, to)],
        ` over ${rows ? `rows ${rows[0]} to ${rows[1] - 1} of ` : ""}data set ${
            dataset}`];
};

export const liveBody = (t) => [
    t.live ? null : waiting(t),
    t.curve?.length > 0 && section("As it went", curveOf(t)),
    t.live && section("Live beside replay", agreement(t), liveTable(t)),
    t.live && section("Where samples stopped", stops(t.live)),
    t.live && section("How it was done", facts([
        ["Device", t.live.device], ["Handed over to", t.live.to
            ?? "nobody: completed here, in the other's place"],
        ["Bytes that go over", t.live.bytes_over?.map((b, e) =>
            `exit ${e}: ${amount(b, "B")}`).join(", ")
            ?? dash("nothing went to another device")],
        ["Samples", t.live.n],
        ["Accuracy against", t.live.reference === "final"
            ? "the network's own answer" : "labels"],
        ["Full network, same rows", [time(t.live.full.mean_ns), ` (${
            known(t.live.full.predicted_ns) ? `predicted ${
                amount(t.live.full.predicted_ns, "ns")}` : "no prediction"})`]],
        ["Flags", flagList(t.live.flags)]])),
];

function action(t, verb, text) {
    const button = h("button", { type: "button", onclick: () =>
        post(`/v1/policies/${t.id}:${verb}`).catch((e) =>
            button.after(problemBox(e))) }, text);
    return h("p", null, button);
}

function waiting(t) {
    if (t.error && isOver(t))
        return [problemBox({ title: "The run failed",
            message: t.error.detail, code: t.error.code }),
        action(t, "resume", "Run it again")];
    if (isOver(t))
        return [h("p", null, "It was cancelled."),
            action(t, "resume", "Run it again")];
    const task = t.tasks.find((x) => ["queued", "leased"].includes(x.state))
        ?? t.tasks.at(-1);
    return [h("p", null, taskStatus(task)),
        action(t, "cancel", "Cancel this run")];
}

// The policy that runs now (or the last one): time here, and as predicted.
function curveOf(t) {
    const { policy, points } = t.curve.at(-1);
    const [done, here, , over, accuracy] = points.at(-1);
    return [progress({ label: `Mean time of a sample on the device, ${policy}`,
        steps: points.map(([n]) => n), lines: [
            { name: "measured", look: "accent", values: points.map((p) => p[1]) },
            { name: "predicted from the cost table", look: "note",
                values: points.map((p) => p[2]) }]
            .filter((l) => l.values.some(known)) }),
    h("p", { class: "note" }, `${policy}: after ${done} samples ${
        amount(here, "ns")} each, ${percent(over, 1)} handed over`,
    known(accuracy) && `, ${percent(accuracy, 1)} right`)];
}

function agreement(t) {
    if (!t.replay)
        return h("p", null, "The replay of what was recorded follows.");
    const off = t.replay.policies.filter((p) => p.agree.share < 1);
    const of = t.replay.policies.reduce((sum, p) => sum + p.agree.of, 0);
    return off.length ? problemBox({ title: "Live and replay differ",
        message: off.map((p) => `${p.name} from step ${p.agree.first.step}`)
            .join(", "), code: "policy.agree" })
        : h("p", null, `Live and replay agree on all ${of} decisions.`);
}

const difference = (r, why) => r ? h("span", { title: known(r.ci95_lo)
    ? `95 % interval ${signed(r.ci95_lo, 1)} to ${signed(r.ci95_hi, 1)}`
    : "no interval: too few blocks" }, signed(r.rel, 1)) : dash(why);

const untimed = "costs are no times";

function liveTable(t) {
    const replay = new Map(t.replay?.policies.map((p) => [p.name, p]));
    const of = (p, member) => replay.get(p.name)?.[member];
    return [table("Measured live; replay and prediction beside", [
        { title: "Policy", head: true, cell: (p) =>
            h("span", { "data-live": p.name }, p.name) },
        { title: "Here, measured", number: true, key: (p) => p.here.measured_ns,
            cell: (p) => time(p.here.measured_ns) },
        { title: "predicted", number: true, key: (p) => p.here.predicted_ns,
            cell: (p) => time(p.here.predicted_ns, untimed) },
        { title: "off by", number: true,
            hint: "median over blocks of the stream",
            key: (p) => p.here.residual?.rel ?? null,
            cell: (p) => difference(p.here.residual, untimed) },
        { title: "Handed over", number: true, key: (p) => p.handed_over,
            cell: (p) => percent(p.handed_over, 1) },
        { title: "each, measured", number: true,
            key: (p) => p.over.measured_ns, cell: (p) =>
                time(p.over.measured_ns, "nothing went to another device") },
        { title: "predicted", number: true, key: (p) => p.over.predicted_ns,
            cell: (p) => time(p.over.predicted_ns, known(p.here.predicted_ns)
                ? "nothing was handed over" : untimed) },
        { title: "off by", number: true, hint: "median over what went over",
            key: (p) => p.over.residual?.rel ?? null, cell: (p) =>
                difference(p.over.residual,
                    "nothing went to another device") },
        { title: "Cost, measured", number: true, key: (p) => p.cost.measured,
            hint: "here, and what was handed over",
            cell: (p) => time(p.cost.measured, untimed) },
        { title: "Accuracy", number: true, key: (p) => p.accuracy,
            cell: (p) => percent(p.accuracy) },
        { title: "Replay", number: true, hint: "its accuracy",
            cell: (p) => replay.size ? percent(of(p, "accuracy"))
                : dash("not replayed yet") },
        { title: "Regret", number: true, key: (p) => of(p, "regret") ?? null,
            cell: (p) => known(of(p, "regret")) ? of(p, "regret").toFixed(1)
                : dash("not replayed yet") },
        { title: "Agree", number: true, cell: (p) => replay.size
            ? percent(of(p, "agree").share, 1) : dash("not replayed yet") },
        { title: "Decides in", number: true, key: (p) => p.decide_ns,
            hint: "with four readings of the clock",
            cell: (p) => time(p.decide_ns) },
    ], t.live.policies)];
}

const stops = (live) => table("Share of samples by exit", [
    { title: "Policy", head: true, cell: (p) => p.name },
    ...live.policies[0].pulls.map((_, e) => ({ title: `exit ${e}`,
        number: true, key: (p) => p.pulls[e],
        cell: (p) => percent(p.pulls[e] / p.n, 1) })),
    { title: "Samples", number: true, cell: (p) => p.n },
], live.policies);
