// SPDX-License-Identifier: MIT
// Why two profiles' numbers differ: the likely causes, where they were made,
// and every row of both side by side.
import { get, list } from "./api.js";
import { chip, h, link, section } from "./dom.js";
import { field, form } from "./form.js";
import { table } from "./table.js";
import { dash, flagList, grade, instant, known, measured, short }
    from "./format.js";

export async function diffView(page, a, b) {
    const [diff, models] = await Promise.all([
        get(`/v1/profiles/${a}/diff/${b}`, page.signal),
        modelNames(page.signal)]);
    const apart = diff.rows.filter((row) => row.overlap === false);
    const close = diff.rows.filter((row) => row.overlap === true);
    page.show(`Profile ${a} against profile ${b}`,
        sides(diff, models),
        section("In short, the likeliest cause first", h("ol", { class: "causes" },
            diff.summary.map((line) => h("li", null, line)))),
        section("Conditions", diff.env.length ? environments(diff.env)
            : h("p", null, "Both were made under the same conditions, as far "
                + "as they are recorded.")),
        section("Rows", apart.length ? rowTable(
            "Rows whose 95 % intervals lie apart, or whose counts differ",
            apart) : h("p", null, close.length
                ? `All ${close.length} rows that both have agree: their 95 % `
                + "intervals overlap, counts are equal."
                : "No row is in both."),
        h("details", { class: "box" },
            h("summary", null, `All rows (${diff.rows.length})`),
            h("p", { class: "note" }, `Matched by ${
                diff.matched_by.replaceAll("_", " ")}. B / A is the ratio of `
                + "medians; p the chance of a difference like this between "
                + "equal things (Mann and Whitney's test on the epochs)."),
            rowTable("Every row of both", diff.rows))),
        h("p", null, link(`#/diff/${b}/${a}`, "The other way round")));
}

async function modelNames(signal) {
    const models = await list("/v1/models", signal);
    return new Map(models.map((m) => [m.id, m.name]));
}

const sides = ({ a, b, flags }, models) => table("What is compared", [
    { title: "Side", head: true, cell: (s) => s.side },
    { title: "Profile", cell: ({ p }) =>
        link(`#/profiles/${p.id}`, `Profile ${p.id}`) },
    { title: "Model", cell: ({ p }) => link(`#/models/${p.model}`,
        models.get(p.model) ?? short(p.model)) },
    { title: "Device", cell: ({ p }) => p.device },
    { title: "Measured", cell: ({ p }) => instant(p.created_at) },
    { title: "Grade", cell: ({ p }) => grade(p.grade) },
    { title: "Flags of this one only", wrap: true, cell: (s) => s.only.length
        ? flagList(s.only) : "none" },
], [{ side: "A", p: a, only: flags.only_a },
    { side: "B", p: b, only: flags.only_b }]);

const environments = (env) => table("What differs between the environments", [
    { title: "Name", head: true, key: (e) => e.name, cell: (e) => e.name },
    { title: "A", wrap: true, cell: (e) => said(e.a) },
    { title: "B", wrap: true, cell: (e) => said(e.b) },
    { title: "Kind", key: (e) => e.kind, cell: (e) => e.kind === "stable"
        ? chip("stable", "warn", "part of the fingerprint: another machine, "
            + "software or setting") : chip(e.kind, "", "of the moment") },
], env);

const said = (value) => value === null ? dash("not recorded")
    : known(value) ? String(Number(value.toPrecision(6)))
    : typeof value === "object" ? JSON.stringify(value) : String(value);

const numberOf = (side) => side?.median_ns ?? side?.instructions ?? null;

// As a row of a profile has what was counted.
const counted = (side) => side
    && { ...side, counters: { instructions: side.instructions } };

const rowTable = (caption, rows) => table(caption, [
    { title: "Level", key: (r) => r.level, cell: (r) => r.level },
    { title: "Of", key: (r) => r.role, cell: (r) => r.role },
    { title: "#", number: true, key: (r) => r.index, cell: (r) => r.index },
    { title: "Name", head: true, key: (r) => r.name, cell: (r) => r.name },
    { title: "A", number: true, key: (r) => numberOf(r.a),
        cell: (r) => measured(counted(r.a), "A has no such row") },
    { title: "B", number: true, key: (r) => numberOf(r.b),
        cell: (r) => measured(counted(r.b), "B has no such row") },
    { title: "B / A", number: true, key: (r) => r.ratio,
        cell: (r) => known(r.ratio) ? h("span", { "data-ratio": "",
            class: r.overlap === false && "warn" }, r.ratio.toFixed(3))
            : dash("not in both") },
    { title: "Intervals", hint: "of counts: whether they are equal",
        key: (r) => r.overlap === null ? null : Number(r.overlap),
        cell: (r) => r.overlap === null
            ? dash("not in both, or too few epochs")
            : r.overlap ? chip("overlap", "") : chip("apart", "warn") },
    { title: "p", number: true, key: (r) => r.p_value,
        hint: "two-sided, Mann and Whitney, on the stored epochs",
        cell: (r) => known(r.p_value) ? r.p_value < 0.001 ? "< 0.001"
            : r.p_value.toFixed(3)
            : dash("epochs are missing, or these are counts") },
], rows);

// On a profile's page: choose the other one; those of its model come first.
export async function diffSection(page, profile) {
    const [all, models] = await Promise.all([
        list("/v1/profiles", page.signal), modelNames(page.signal)]);
    const others = all.filter((p) => p.id !== profile.id)
        .sort((p, q) => (q.model === profile.model)
            - (p.model === profile.model));
    return section("Compare", others.length ? form("Compare", [
        field("This profile with", h("select", { name: "other" },
            others.map((p) => h("option", { value: p.id }, `Profile ${p.id}: ${
                models.get(p.model) ?? p.model.slice(0, 10)} on ${p.device}${
                p.origin ? " (imported)" : ""}, ${
                p.created_at.slice(0, 16).replace("T", " ")} UTC`)))),
    ], async (values) => {
        location.hash = `#/diff/${profile.id}/${values.get("other")}`;
    }) : h("p", null, "There is no other profile yet to compare this with."));
}
