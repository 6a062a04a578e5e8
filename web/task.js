// SPDX-License-Identifier: MIT
// A task in words: how far it is, what it waits for, why it failed and what to
// do about that.
import { isOver, list } from "./api.js";
import { h, link, progressBar } from "./dom.js";
import { clock, instant } from "./format.js";

// A bar with its phase; a job knows the seconds left.
export function taskProgress(task, eta_s) {
    const p = task.progress;
    const left = eta_s ? `, ${clock(eta_s)} left` : "";
    if (!p)
        return [progressBar("starting", null), " ",
            h("small", null, "starting", left)];
    const label = p.total
        ? `${p.phase} ${Math.floor(100 * p.done / p.total)} %` : p.phase;
    return [progressBar(label, p.total ? p.done / p.total : null), " ",
        h("small", null, label, left, p.detail && h("span",
            { class: "detail" }, p.detail))];
}

// Whose fault it was says what helps.
const remedies = {
    infra: "The lab failed, not the network: see the device's page, then "
        + "start it again.",
    device: "The device could not do it: see its page, or choose another one.",
    model: "The network is at fault: change the file, then start it again.",
    measure: "The measurement did not hold: repeat it with nothing else "
        + "running there, or with more time.",
    user: "What was asked for cannot be: change it, then start it again.",
};

export const failure = (e) => [h("code", null, e.code), " ", e.detail,
    remedies[e.class] && h("small", { class: "detail" }, remedies[e.class])];

// What a task that nobody has taken waits for.  Only where no device may take
// it is that trouble.
const waits = (task) => [task.waits_for
    ? h("span", { class: "warn" }, task.waits_for) : "waits for its turn",
task.queue_until && h("small", { class: "detail" }, "gives up at ",
    instant(task.queue_until))];

// The cell of a table of tasks.
export const taskStatus = (task, eta_s) => task.state === "leased"
    ? taskProgress(task, eta_s) : task.error ? failure(task.error)
        : task.state === "queued" ? waits(task) : null;

const taskOn = (job, device) => job.tasks.find((t) =>
    t.state === "leased" && t.device === device);

// The job and its task that this device runs, or null.
export async function workOf(device, signal) {
    const jobs = await list("/v1/jobs", signal);
    const job = jobs.find((j) => !isOver(j) && taskOn(j, device));
    return job ? { job, task: taskOn(job, device) } : null;
}

export const jobTitle = (job) => job.name || `Job ${job.id}`;

// Why a job that waits does: the device it asked for is busy, and with what.
export async function heldBy(job, signal) {
    const names = job.tasks.filter((t) => t.state === "queued"
        && !t.waits_for).map((t) => t.selector);
    const devices = names.length ? await list("/v1/devices", signal) : [];
    const busy = devices.filter((d) => d.busy && names.includes(d.name));
    return Promise.all(busy.map(async ({ name }) => {
        const work = await workOf(name, signal);
        return h("div", null, link(`#/devices/${encodeURIComponent(name)}`,
            name), " is busy", work ? [" with ",
            link(`#/jobs/${work.job.id}`, jobTitle(work.job)), ` (${
                work.task.kind})`] : ", not with a job");
    }));
}
