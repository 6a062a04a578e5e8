// SPDX-License-Identifier: MIT
// The devices that probes have announced, and one of them: what it does now,
// what it measured, and its conditions.
import { changes, get, isOver, list, post } from "./api.js";
import { facts, fill, h, link, problemBox, section } from "./dom.js";
import { table } from "./table.js";
import { noDevices } from "./empty.js";
import { dash, flagList, grade, instant, measured, short, state }
    from "./format.js";
import { healthCharts } from "./health.js";
import { linksSection } from "./links.js";
import { environment } from "./profile.js";
import { jobTitle, taskProgress, workOf } from "./task.js";

// What can be done to a device: verb, button, when it makes sense.
const verbs = [
    ["drain", "Drain", (d) => d.mode === "active"],
    ["activate", "Activate", (d) => d.mode !== "active"],
    ["retire", "Retire", (d) => d.mode !== "retired"],
    ["reset-health", "Reset health", (d) => d.health !== "good"],
];

const path = (name) => `/v1/devices/${encodeURIComponent(name)}`;

// Buttons that change a device, then show the view again.
const buttons = (device, trouble, again) => verbs
    .filter(([, , sensible]) => sensible(device))
    .map(([verb, text]) => h("button", { type: "button",
        "aria-label": `${text} ${device.name}`, onclick: async (event) => {
            event.target.disabled = true;
            try {
                await post(`${path(device.name)}:${verb}`);
                await again();
            } catch (e) {
                fill(trouble, problemBox(e));
                event.target.disabled = false;
            }
        } }, text));

const labels = (device) => Object.entries(device.labels ?? {})
    .map(([k, v]) => [h("code", { class: "label" }, `${k}=${v}`), " "]);

export async function devicesView(page) {
    const devices = await list("/v1/devices", page.signal);
    const trouble = h("div", { role: "alert" });
    page.show("Devices", devices.length ? table("Devices and their probes", [
        { title: "Device", head: true, key: (d) => d.name, cell: (d) =>
            link(`#/devices/${encodeURIComponent(d.name)}`, d.name) },
        { title: "State", cell: (d) => [state(d.state), d.busy
            ? [" ", h("small", null, "measuring")] : null] },
        { title: "Health", cell: (d) => state(d.health) },
        { title: "Mode", cell: (d) => state(d.mode) },
        { title: "Labels", wrap: true, cell: labels },
        { title: "Agent", cell: (d) => d.agent },
        { title: "Last seen", key: (d) => d.last_seen_at ?? "",
            cell: (d) => instant(d.last_seen_at) },
        { title: "Change", cell: (d) => buttons(d, trouble,
            () => devicesView(page)) },
    ], devices) : noDevices(), trouble);
}

export async function deviceView(page, part) {
    const name = decodeURIComponent(part);
    const [device, profiles, work, charts, links] = await Promise.all([
        get(path(name), page.signal), list(`/v1/profiles?device=${
            encodeURIComponent(name)}`, page.signal, 20),
        workOf(name, page.signal),
        get(`${path(name)}/chart`, page.signal),
        linksSection(page, name, () => deviceView(page, part))]);
    const trouble = h("div", { role: "alert" });
    const now = h("div");
    page.show(`Device ${name}`, facts([
        ["State", state(device.state)],
        ["Health", state(device.health)],
        ["Mode", state(device.mode)],
        ["Agent", device.agent],
        ["Last seen", instant(device.last_seen_at)],
        ["Checked", checked(device.golden)],
        ["Fingerprint", short(device.env_fingerprint)],
        Object.keys(device.labels ?? {}).length
            ? ["Labels", labels(device)] : null,
    ]), h("p", { class: "send" }, buttons(device, trouble,
        () => deviceView(page, part))), trouble,
    section("Now", now), section("Health", healthCharts(charts.items)),
    section("Measured here", profileTable(profiles)), links,
    section("Conditions", environment("Environment record",
        { stable: device.env })));
    fill(now, work ? null : h("p", null, "No task runs on this device. ",
        link("#/jobs", "Measure a model"), "."));
    if (work)
        await follow(page, work, now, () => deviceView(page, part));
}

// Its golden kernels: when they last ran, and whether they do now.
const checked = ({ state: now, last_at: last }) => now
    ? `golden kernels are ${now === "leased" ? "running" : "queued"}`
    : last ? instant(last) : dash("the golden kernels did not run alone yet");

// Show the task until it ends, then what comes after it.
async function follow(page, { job: { id }, task: { id: own } }, place, again) {
    for await (const job of changes(`/v1/jobs/${id}`, page.signal)) {
        const task = job.tasks.find((t) => t.id === own);
        if (task?.state !== "leased" || isOver(job))
            return again();
        fill(place, h("p", null, link(`#/jobs/${id}`, jobTitle(job)),
            `, ${task.kind} task, attempt ${task.attempt}: `,
            taskProgress(task, job.eta_s)));
    }
}

const profileTable = (profiles) => profiles.length
    ? table("Newest profiles of this device", [
        { title: "Profile", head: true, cell: (p) =>
            link(`#/profiles/${p.id}`, `Profile ${p.id}`) },
        { title: "Model", cell: (p) => p.origin ? p.model_name
            : link(`#/models/${p.model}`, p.model_name || short(p.model)) },
        { title: "Whole network", number: true,
            key: (p) => p.e2e?.median_ns ?? null, cell: (p) => measured(p.e2e) },
        { title: "Grade", cell: (p) => grade(p.grade) },
        { title: "Flags", wrap: true, cell: (p) => flagList(p.flags) },
        { title: "Made", cell: (p) => instant(p.created_at) },
    ], profiles) : h("p", null, "Nothing has been measured here yet.");
