// SPDX-License-Identifier: MIT
// The list of jobs and one job, both as they move.
import { changes, download, get, isOver, list, post, visible }
    from "./api.js";
import { facts, fill, h, link, problemBox, section } from "./dom.js";
import { table } from "./table.js";
import { noJobs } from "./empty.js";
import { clock, dash, instant, short, state } from "./format.js";
import { submitForm } from "./submit.js";
import { heldBy, jobTitle as title, taskProgress, taskStatus }
    from "./task.js";

// A browser opens six connections to a server: leave some for the rest.
const followed = 3;

export async function jobsView(page) {
    const jobs = await list("/v1/jobs", page.signal);
    const models = await modelNames(page.signal);
    const live = jobs.map((job) => ({ job, cells: liveCells(job) }));

    page.show("Jobs", h("details", { class: "box", open: !jobs.length },
        h("summary", null, "Measure a model"), await submitForm(page)),
    jobs.length ? table("Jobs, newest first", [
        { title: "Job", head: true, cell: ({ job }) =>
            link(`#/jobs/${job.id}`, title(job)) },
        { title: "State", cell: (row) => row.cells.state },
        { title: "Progress", wrap: true, cell: (row) => row.cells.progress },
        { title: "Model", cell: ({ job }) => link(`#/models/${job.model}`,
            models.get(job.model) ?? short(job.model)) },
        { title: "Devices", cell: ({ job }) => devicesOf(job) },
        { title: "Asked for", cell: ({ job }) => instant(job.created_at) },
    ], live) : noJobs());
    await followAll(page, live.filter(({ job }) => !isOver(job)).reverse(),
        jobs[0]?.id ?? 0);
}

const devicesOf = (job) =>
    [...new Set(job.tasks.map((t) => t.device ?? t.selector)
        .filter(Boolean))].join(", ");

async function modelNames(signal) {
    const models = await list("/v1/models", signal);
    return new Map(models.map((m) => [m.id, m.name]));
}

// Oldest first: the jobs that run, then those that wait.
async function followAll(page, queue, newest) {
    const one = async () => {
        for (let row = queue.shift(); row; row = queue.shift()) {
            const path = `/v1/jobs/${row.job.id}`;
            for await (const job of changes(path, page.signal))
                row.cells.update(job);
        }
    };
    await Promise.all(Array.from({ length: followed }, one));
    await newJob(page, newest);
}

// With nothing left to follow, look again when somebody comes back.
async function newJob(page, newest) {
    for (;;) {
        await hiddenOnce(page.signal);
        await visible(page.signal);
        const [job] = (await get("/v1/jobs?limit=1", page.signal)).items;
        if (job && job.id !== newest)
            return jobsView(page);
    }
}

function hiddenOnce(signal) {
    return new Promise((resolve, reject) => {
        document.addEventListener("visibilitychange", resolve,
            { once: true, signal });
        signal.addEventListener("abort", () => reject(signal.reason),
            { once: true });
    });
}

// Two cells that change in place: links beside them keep the focus.
function liveCells(job) {
    const cells = { state: h("span"), progress: h("span") };
    cells.update = (now) => {
        fill(cells.state, state(now.state));
        fill(cells.progress, jobProgress(now));
    };
    cells.update(job);
    return cells;
}

// How much of the job is done: tasks that ended, and the phase of the others.
function jobProgress(job) {
    const active = job.tasks.find((t) => t.state === "leased");
    const failed = job.tasks.find((t) => t.error);
    if (isOver(job))
        return failed && failed.state === "failed"
            ? [h("code", null, failed.error.code), " ",
                h("small", null, failed.error.detail)]
            : job.finished_at ? took(job) : null;
    const stuck = job.tasks.find((t) => t.waits_for);
    if (!active && stuck)
        return h("span", { class: "warn" }, stuck.waits_for);
    if (!active)
        return job.position > 0 ? `${job.position} before it`
            : "waits for its turn";
    return taskProgress(active, job.eta_s);
}

const took = (job) => h("span", { class: "note" },
    `took ${clock((new Date(job.finished_at) - new Date(job.created_at)) / 1000)}`);

export async function jobView(page, id) {
    const path = `/v1/jobs/${id}`;
    const status = h("div");
    const tasks = h("div");
    const cancel = cancelButton(path);
    let model = null;

    for await (const job of changes(path, page.signal)) {
        if (!model) {
            model = await get(`/v1/models/${job.model}`, page.signal);
            page.show(job.name ? `Job ${id}: ${job.name}` : title(job), status, h("p", null, cancel),
                section("Tasks", tasks));
        }
        cancel.hidden = isOver(job);
        fill(status, jobFacts(job, model, await heldBy(job, page.signal)),
            job.state === "failed" && h("p", null, link(
                `#/models/${job.model}`, "Measure it again"),
            ", once what is said below is seen to."));
        fill(tasks, taskTable(job));
    }
}

function jobFacts(job, model, held) {
    return facts([
        ["State", state(job.state)],
        ["Model", link(`#/models/${job.model}`, model.name)],
        ["Asked for", instant(job.created_at)],
        isOver(job) && ["Ended", [instant(job.finished_at), " ", took(job)]],
        !isOver(job) && job.position > 0 && ["Tasks before it", job.position],
        held.length > 0 && ["Why it waits", held],
        !isOver(job) && ["Time left", job.eta_s ? clock(job.eta_s)
            : dash("no earlier task of this kind to judge by")],
    ]);
}

function taskTable(job) {
    return table("Tasks: one a device, and what a worker does before", [
        { title: "Task", head: true, cell: (t) => `${t.kind} ${t.id}` },
        { title: "Device", cell: (t) => t.device ?? t.selector
            ?? h("span", { class: "note" }, "a worker") },
        { title: "State", cell: (t) => state(t.state) },
        { title: "Attempt", number: true, cell: (t) => t.attempt },
        { title: "Progress", wrap: true, cell: (t) => taskStatus(t) },
        { title: "Result", cell: (t) => t.profile
            ? link(`#/profiles/${t.profile}`, `Profile ${t.profile}`)
            : t.n_parts > 0 && isOver(job) ? partials(job, t)
                : dash(isOver(job) ? "it made no profile" : "not yet") },
    ], job.tasks);
}

// What was measured before a task failed is kept.
const partials = (job, t) => download(`/v1/jobs/${job.id}/parts`,
    `job-${job.id}-parts.json`, `${t.n_parts} partial results`);

function cancelButton(path) {
    const button = h("button", { type: "button", onclick: async () => {
        button.disabled = true;
        try {
            await post(`${path}:cancel`);
        } catch (e) {
            button.after(problemBox(e));
        }
    } }, "Cancel this job");
    return button;
}
