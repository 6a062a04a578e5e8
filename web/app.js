// SPDX-License-Identifier: MIT
// The router: an address after the # is one view.  A view is an async
// function (page, ...parts of the address); it calls page.show() as often as
// it likes and ends when page.signal does.
import { augmentationView, augmentationsView } from "./augmentations.js";
import { deviceView, devicesView } from "./devices.js";
import { diffView } from "./diff.js";
import { fill, h, problemBox } from "./dom.js";
import { jobView, jobsView } from "./jobs.js";
import { modelView, modelsView } from "./model.js";
import { planView } from "./plan.js";
import { policiesView, policyView } from "./policies.js";
import { profileView } from "./profile.js";
import { searchView } from "./searches.js";
import { validationView } from "./validations.js";

// Pattern, the entry of the menu it belongs to, view.
const routes = [
    [/^#\/jobs$/, "#/jobs", jobsView],
    [/^#\/jobs\/(\d+)$/, "#/jobs", jobView],
    [/^#\/models$/, "#/models", modelsView],
    [/^#\/models\/([0-9a-f]{64})$/, "#/models", modelView],
    [/^#\/profiles\/(\d+)$/, "#/models", profileView],
    [/^#\/diff\/(\d+)\/(\d+)$/, "#/models", diffView],
    [/^#\/searches\/(\d+)$/, "#/models", searchView],
    [/^#\/plans\/(\d+)$/, "#/models", planView],
    [/^#\/validations\/(\d+)$/, "#/models", validationView],
    [/^#\/augmentations$/, "#/augmentations", augmentationsView],
    [/^#\/augmentations\/(\d+)$/, "#/augmentations", augmentationView],
    [/^#\/policies$/, "#/policies", policiesView],
    [/^#\/policies\/(\d+)$/, "#/policies", policyView],
    [/^#\/devices$/, "#/devices", devicesView],
    [/^#\/devices\/([^/]+)$/, "#/devices", deviceView],
];

const main = document.getElementById("main");
let leaving = new AbortController();
let first = true;

function startPage(signal) {
    let shown = false;
    return { signal, show(title, ...children) {
        if (signal.aborted)
            return;
        document.title = `${title} · Offramp`;
        const heading = h("h1", { tabindex: -1 }, title);
        fill(main, heading, children);
        main.removeAttribute("aria-busy");
        if (!shown && !first)
            heading.focus(); // a screen reader hears where it is
        shown = true;
        first = false;
    } };
}

async function open() {
    const address = location.hash || "#/jobs";
    const [pattern, menu, view] = routes.find(([p]) => p.test(address))
        ?? [/^/, null, unknownView];
    leaving.abort();
    leaving = new AbortController();
    const page = startPage(leaving.signal);
    for (const entry of document.querySelectorAll("nav a")) {
        if (entry.getAttribute("href") === menu)
            entry.setAttribute("aria-current", "page");
        else
            entry.removeAttribute("aria-current");
    }
    main.setAttribute("aria-busy", "true");
    try {
        await view(page, ...pattern.exec(address).slice(1));
    } catch (e) {
        if (!page.signal.aborted)
            page.show("This did not work", problemBox(e));
    }
}

async function unknownView(page) {
    page.show("No such page", h("p", null, "The address names no view: ",
        h("a", { href: "#/jobs" }, "see the jobs"), "."));
}

document.getElementById("skip").addEventListener("click", (event) => {
    event.preventDefault(); // the hash is the router's
    main.focus();
});
addEventListener("hashchange", open);
open();
