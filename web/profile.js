// SPDX-License-Identifier: MIT
// One measured run of one model on one device: the whole, its layers, its
// exits, how well they add up, and under which conditions.
import { download, get } from "./api.js";
import { diffSection } from "./diff.js";
import { facts, h, link, section } from "./dom.js";
import { table } from "./table.js";
import { amount, dash, energy, flagList, flagWords, grade, instant, known, lack,
    measured, quantity, short, signed, time } from "./format.js";
import { epochsOf } from "./epochs.js";
import { layerSections } from "./layers.js";
import { rowSection } from "./rows.js";
import { searchSection } from "./searches.js";

export async function profileView(page, id) {
    const path = `/v1/profiles/${id}`;
    const [profile, rows, env, formats] = await Promise.all([
        get(path, page.signal), get(`${path}/layers`, page.signal),
        get(`${path}/env`, page.signal), get("/v1/export", page.signal)]);
    // An import brings its analysis; its model need not be here.
    const model = profile.origin
        ? { id: profile.model, name: profile.model_name,
            analysis: await get(`${path}/analysis`, page.signal) }
        : await get(`/v1/models/${profile.model}`, page.signal);
    const open = epochsOf(id);
    const find = (level, role, index) => rows.items.find((r) =>
        r.level === level && r.role === role && r.index === index);

    page.show(`Profile ${id}: ${model.name} on ${profile.device}`,
        headline(profile, model), whole(profile, rows.items, find, open),
        layerSections(profile, rows.items, model.analysis, open),
        model.analysis.exits.length > 1 &&
            exitSection(profile, model.analysis, find),
        model.analysis.exits.length > 1 &&
            await searchSection(page, profile, model),
        rowSection(rows.items, open),
        await diffSection(page, profile),
        section("Export", exportList(profile, formats.items)),
        flagSection(profile, rows.items),
        section("Conditions", facts([
            ["Fingerprint", short(env.env_fingerprint)],
            ["Seed", profile.seed],
            ["Output check", check(profile.check)],
        ]), environment("Environment record", env.env),
        environment("Policy", { policy: profile.policy })));
}

// Every flag of this page in words: a chip says them only when pointed at.
function flagSection(profile, rows) {
    const names = [...new Set([profile, ...rows].flatMap((r) => r.flags))];
    return names.length > 0 && section("Flags", h("details", { class: "box" },
        h("summary", null, `What the flags here mean (${names.length})`),
        flagWords(names)));
}

const headline = (profile, model) => h("p", { class: "meta" },
    grade(profile.grade), " ", flagList(profile.flags),
    h("span", { class: "note" }, " measured ", instant(profile.created_at),
        profile.origin ? [", imported ", instant(profile.origin.imported_at),
            `: profile ${profile.origin.profile} of ${
                profile.origin.generator}${profile.origin.origin
                ? ", which had imported it too" : ""}, model ${model.name}`]
            : [" by ", link(`#/jobs/${profile.job}`, `job ${profile.job}`),
                ", ", link(`#/models/${profile.model}`,
                    `model ${model.name}`)]));

// How far the sum of parts may be off: measurement.md 8.
const closureLook = (x) => Math.abs(x) <= 0.03 ? "good"
    : Math.abs(x) <= 0.1 ? "warn" : "bad";

function ratio(x, look, why) {
    return known(x) ? h("span", { class: look(x) }, signed(x)) : dash(why);
}

function whole(profile, rows, find, open) {
    const { e2e, closure } = profile;
    const counted = e2e?.source === "emulated"; // has neither time nor energy
    return h("div", { class: "tiles" }, [
        tile("Whole network", h("span", { id: "whole" },
            measured(e2e, lack(e2e))), executions(e2e, open)),
        counted ? null : tailTile(e2e),
        tile("Sum of layers", counted ? counts(rows)
            : time(closure.sum_layers_ns),
        ["hot, against the whole ", ratio(closure.closure_hot_rel,
            closureLook, "layers or the whole were not measured"),
        known(closure.closure_rel) && ["; in situ ",
            ratio(closure.closure_rel, closureLook)]]),
        tile("Same layer twice", ratio(closure.aa_rel,
            (x) => Math.abs(x) <= 0.01 ? "good" : "warn",
            "no layer was measured twice"), "repeatability of this run"),
        counted ? null : tile("Took", seconds(profile.spent?.total_s),
            spending(profile.spent)),
        counted ? null : energyTile(find("L5", "whole", 0)?.energy),
    ]);
}

const executions = (e2e, open) => open(e2e) ? [h("button", { type: "button",
    class: "open", "aria-haspopup": "dialog", onclick: open(e2e) },
`${e2e.n_epochs} executions`), ", ", e2e.source]
    : lack(e2e) ?? e2e?.source ?? "this job did not measure it (level L0)";

function tailTile(e2e) {
    const tail = (p, n) => known(e2e?.[p]) ? time(e2e[p])
        : dash(`needs at least ${n} single executions`);
    return tile("90 / 99 % within", [tail("p90_ns", 64), " / ",
        tail("p99_ns", 662)], ["first run ", time(e2e?.first_ns)]);
}

const energyTile = (e) => tile("Energy", energy(e, "net_nj"),
    e ? [`±${amount(e.err_nj, "nj")}, ${e.method}, ${e.sensor}`]
        : "net of idle, an execution: no sensor there");

const counts = (rows) => {
    const layers = rows.filter((r) => r.role === "layer" && r.level === "L2"
        && known(r.counters?.instructions));
    return layers.length ? `${amount(Math.round(layers.reduce((sum, r) =>
        sum + r.counters.instructions, 0)), "")} instructions`
        : dash("no layer was counted");
};

const seconds = (s) => known(s) ? `${s.toFixed(1)} s`
    : dash("the probe did not say");

// What of a job's time was measuring, and how steady the machine was.
const spending = (spent) => spent ? [seconds(spent.loop_s), " in timed loops",
    spent.wait_s >= 0.05 && [", waited ", seconds(spent.wait_s),
        " for the clock"],
    known(spent.pace_spread_rel) && `; its pace varied by ${
        (100 * spent.pace_spread_rel).toFixed(1)} %`] : "on the device";

const tile = (name, value, note) => h("div", { class: "tile" },
    h("div", { class: "tile-name" }, name),
    h("div", { class: "tile-value" }, value),
    h("div", { class: "note" }, note));

function exitSection(profile, analysis, find) {
    const sums = new Map(profile.exits.map((e) => [e.index, e]));
    const sum = (e, name) => sums.get(e.index)?.[name] ?? null;
    const cut = (title, name, hint) => ({ title, number: true, hint,
        key: (e) => sum(e, name), cell: (e) => quantity(sum(e, name), "ns",
            "nothing is cut there, or it was not measured") });
    const column = (title, role, hint, why) => ({ title, number: true, hint,
        key: (e) => find("L6", role, e.index)?.median_ns ?? null,
        cell: (e) => measured(find("L6", role, e.index), (e.last && why)
            || lack(find("L6", role, e.index))) });
    const exits = analysis.exits.map((e, i) => ({ ...e,
        last: i === analysis.exits.length - 1 }));
    return section("Exits", table("Measured cost of every exit", [
        { title: "Exit", head: true, cell: (e) => e.name },
        { title: "After layer", number: true, cell: (e) => e.after_layer },
        column("Segment", "segment", "backbone since the exit before"),
        column("Head", "head", "what the exit adds",
            "the last exit has no head of its own"),
        column("Prefix", "prefix",
            "from the input to this exit's answer, measured as one"),
        cut("Cut", "cut_ns",
            "what the segments before and after this exit take apart beyond " +
            "what they take as one file"),
        cut("Head's cut", "head_cut_ns", "the same of segment and head"),
        { title: "Parts / prefix", number: true,
            hint: "sum of segments and this head, each run as a file of its " +
                "own, against the prefix",
            cell: (e) => ratio(sum(e, "prefix_split_rel"), () => "",
                "prefix or parts were not measured") },
        { title: "Less cuts", number: true,
            hint: "the same after the cuts are taken off",
            cell: (e) => ratio(sum(e, "prefix_residual_rel"), closureLook,
                "the prefix is one of those files itself, or something was " +
                "not measured") },
        { title: "Grade", cell: (e) => grade(
            find("L6", "prefix", e.index)?.grade) },
    ], exits));
}

const exportList = (profile, formats) => h("ul", { class: "links" },
    formats.map((f) => h("li", null, download(
        `/v1/export/${f.name}?profile=${profile.id}`,
        `profile-${profile.id}.${f.extension}`, f.name),
    " ", h("span", { class: "note" }, f.summary))));

const check = (c) => c && "pass" in c ? h("span",
    { class: c.pass ? "good" : "bad", title: c.reference },
    c.pass ? `the ${c.outputs} outputs agree with the reference` :
        "outputs differ from the reference",
    known(c.max_rel_err) ? ` (largest error ${c.max_rel_err.toExponential(1)})`
        : "") : dash("outputs were not compared");

// Any record of names and values, one box a group, folded away.
export function environment(title, groups) {
    return h("details", { class: "box" }, h("summary", null, title),
        Object.entries(groups).filter(([, g]) => g).map(([name, group]) =>
            [h("h3", null, name), facts(Object.entries(group)
                .map(([k, v]) => [k, fact(v)]))]));
}

function fact(value) {
    if (value === null || value === "")
        return dash("not known on this machine");
    if (/^[0-9a-f]{64}$/.test(value))
        return short(value);
    if (typeof value !== "object")
        return String(value);
    return Object.entries(value).map(([k, v]) => Array.isArray(value)
        ? String(v) : `${k} ${v}`).join(", ");
}
