// SPDX-License-Identifier: MIT
// Policies tried on records: cost against accuracy with the exact front behind,
// regret over time, and one table of all of them.
import { changes, isOver, list, post } from "./api.js";
import { curve, regret } from "./charts.js";
import { facts, h, link, problemBox, section } from "./dom.js";
import { table } from "./table.js";
import { amount, dash, instant, known, percent, signed, state }
    from "./format.js";
import { isLive, liveBody, liveWords } from "./live.js";
import { partitionSections } from "./partition.js";
import { objective } from "./plan.js";
import { policyForms } from "./policyform.js";
import { selectionSections } from "./selection.js";
import { taskStatus } from "./task.js";

export async function policiesView(page) {
    const all = await list("/v1/policies", page.signal);
    const wish = await policyForms(page);
    page.show("Policies", all.length ? table("Policies, partitions and selections", [
        { title: "Trial", head: true, cell: (t) =>
            link(`#/policies/${t.id}`, `Trial ${t.id}`) },
        { title: "State", cell: (t) => state(t.state) },
        { title: "Of", cell: (t) => of(t.request) },
        { title: "Costs", cell: (t) => source(t.request) },
        { title: "Started", cell: (t) => instant(t.created_at) },
    ], all) : h("p", null, "None yet. Start one with ", h("code", null,
        "offramp compare RECORDS --profile PROFILE --link BYTES_PER_S"),
    ", where both are numbers that this server gave."), wish);
}

const profile = (id) => link(`#/profiles/${id}`, `profile ${id}`);

// What was asked for, in words.
const of = (r) => r.live ? `live: ${r.live.device}`
    : r.partition ? `a network cut (${r.partition.plan ?? "light"})`
        : r.selection ? `${r.selection.configs.length} configurations`
            : `policies on records ${r.records}`;

const source = (r) => r.partition ? r.partition.profiles.map((id, i) =>
    [i ? ", " : null, profile(id)])
    : r.selection ? r.selection.configs.map((c, i) => [i ? ", " : null,
        c.profile ? profile(c.profile) : c.name])
        : r.profile ? profile(r.profile)
            : r.costs ? "sent with it" : "the papers' constants";

export async function policyView(page, id) {
    for await (const t of changes(`/v1/policies/${id}`, page.signal))
        page.show(`Trial ${id}`, h("p", { class: "meta" }, state(t.state),
            isLive(t) ? liveWords(t) : ` of ${of(t.request)}`, ", costs: ",
            source(t.request)),
        isLive(t) ? liveBody(t) : t.trial ? results(t.trial)
            : t.partition ? partitionSections(t.partition)
                : t.selection ? selectionSections(t.selection) : waiting(t));
}

function waiting(t) {
    if (t.error && isOver(t))
        return problemBox({ title: "The trial failed",
            message: t.error.detail, code: t.error.code });
    if (isOver(t))
        return h("p", null, "It ended without a result.");
    const cancel = h("button", { type: "button", onclick: () =>
        post(`/v1/policies/${t.id}:cancel`).catch((e) =>
            cancel.after(problemBox(e))) }, "Cancel this trial");
    return [h("p", null, taskStatus(t.tasks[0])), h("p", null, cancel)];
}

// What can be plotted over time earns something in each step.
const earning = (t) => t.policies.filter((p) => p.regret && p.regret_trace);

const results = (t) => [
    section("Cost against accuracy", costChart(t)),
    earning(t).length > 0
        && section("Regret over time", regretChart(t)),
    section("All policies", policyTable(t)),
    section("How it was done", facts([
        ["Samples", `${t.samples} of the held-out half`],
        ...t.ordered ? [["Order", "as they came, once"]]
            : [["Steps in a run", t.steps], ["Runs", t.shuffles]],
        ["Answered on the device from", `score ${t.alpha}`],
        ["Width of bounds", t.beta], ["Probes", t.probes],
        ["Memory", `${t.memory} steps`], ["Seed", t.seed],
        ["Domains", t.by_group ? "groups, one after the other" : "none"],
        ["Accuracy against", t.reference === "final"
            ? "the network's own answer" : "labels"]])),
];

// A plain count has no unit and need not be whole: four digits of it.
const cost = (t, x) => {
    const kind = objective(t.objective)[1];
    return amount(kind ? x : Number(x.toPrecision(4)), kind);
};

const behind = (p) => known(p.test_cost) && known(p.test_accuracy);

const families = { online: "online", fixed: "fixed beforehand",
    selection: "chosen by features", temporal: "repeating answers" };
const looks = { online: "second", fixed: "good", selection: "warn",
    temporal: "bad" };
// A temporal rule is one of several, by the exit that it looks at.
const nameOf = (p) => p.family === "temporal" ? `${p.name}, exit ${p.exit}`
    : p.name;

function costChart(t) {
    const [name, kind] = objective(t.objective);
    const lines = [
        { name: "exact front, device alone", look: "accent", line: true,
            points: t.front.filter(behind)
                .map((p) => [p.test_cost, p.test_accuracy]) },
        ...t.policies.map((p) => ({ name: nameOf(p), look: looks[p.family],
            size: 8, legend: p === t.policies.find((q) =>
                q.family === p.family) ? families[p.family] : null,
            points: [[p.cost[0], p.accuracy[0]]] })),
        { name: "full network", look: "note", size: 11,
            points: [[t.full.cost, t.full.accuracy]] },
    ].filter((l) => l.points.length);
    return curve({ lines, cost: name, kind, floor: null, label:
        `Accuracy against ${name}: ${t.policies.length} policies, the full` +
        ` network costs ${cost(t, t.full.cost)}` });
}

function regretChart(t) {
    const best = bestOf(t);
    return regret({ label: "Regret over time, mean of the runs",
        steps: earning(t)[0].regret_trace.map(([step]) => step),
        lines: earning(t).map((p) => ({ name: p.name,
            look: p === best ? "good" : p.name === "splitee" ? "accent"
                : "note", strong: p === best || p.name === "splitee",
            values: p.regret_trace.map(([, r]) => r) })) });
}

const bestOf = (t) => earning(t).filter((p) => p.family === "online"
    && p.realisable).reduce((a, b) => a && a.regret[0] <= b.regret[0] ? a : b,
null);

const between = ([, lo, hi], text) => known(lo)
    ? `95 % interval ${text(lo)} to ${text(hi)}` : "no interval: too few runs";
const share = (x) => percent(x, 1);

const missing = { probed: "not online: it does not probe",
    regret: "a repeated answer has no score to earn" };

function policyTable(t) {
    const column = (title, member, text) => ({ title, number: true,
        key: (p) => p[member]?.[0] ?? null,
        cell: (p) => p[member] ? h("span", { title: between(p[member], text) },
            text(p[member][0])) : dash(missing[member]) });
    const rows = t.policies.map((p) => p.name === "exact plan"
        ? { ...p, mark: "chosen" } : p);
    return [table("Each with its mean over the runs", [
        { title: "Policy", head: true, cell: (p) => h("span",
            { title: p.summary, "data-policy": nameOf(p) }, nameOf(p),
            p.realisable ? null : " *") },
        { title: "Kind", cell: (p) => families[p.family] },
        column("Cost", "cost", (x) => cost(t, x)),
        { title: "Change", number: true, key: (p) => p.cost[0],
            cell: (p) => signed(p.cost[0] / t.full.cost - 1, 1) },
        column("Accuracy", "accuracy", percent),
        column("Handed over", "offloaded", share),
        column("Probed", "probed", share),
        column("Regret", "regret", (x) => x.toFixed(0)),
        { title: "± 95 %", number: true, key: (p) => half(p),
            cell: (p) => known(half(p)) ? half(p).toFixed(0)
                : dash("no interval") },
        { title: "Exit", number: true, hint: "the one chosen most, or looked at",
            cell: (p) => p.favourite ?? p.exit ?? dash("not online") },
        { title: "A step", number: true, hint: "with the replay's account",
            key: (p) => p.step_ns ?? null, cell: (p) => known(p.step_ns)
                ? amount(p.step_ns, "ns") : dash("nothing to decide") },
        { title: "State", number: true, key: (p) => p.state_bytes ?? null,
            cell: (p) => p.state_bytes ? amount(p.state_bytes, "B")
                : dash("nothing to remember") },
    ], rows), t.policies.some((p) => !p.realisable)
        && h("p", { class: "note" },
            "* reads what no device knows: for comparison only")];
}

const half = (p) => known(p.regret?.[1]) ? p.regret[0] - p.regret[1] : null;
