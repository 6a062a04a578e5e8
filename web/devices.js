// SPDX-License-Identifier: MIT
// The devices that probes have announced.
import { list, post } from "./api.js";
import { h, problemBox, table } from "./dom.js";
import { noDevices } from "./empty.js";
import { environment } from "./profile.js";
import { instant, state } from "./format.js";

// What can be done to a device: verb, button, when it makes sense.
const verbs = [
    ["drain", "Drain", (d) => d.mode === "active"],
    ["activate", "Activate", (d) => d.mode !== "active"],
    ["retire", "Retire", (d) => d.mode !== "retired"],
    ["reset-health", "Reset health", (d) => d.health !== "good"],
];

export async function devicesView(page) {
    const devices = await list("/v1/devices", page.signal);
    const trouble = h("div", { role: "alert" });
    const act = (device, verb) => async (event) => {
        event.target.disabled = true;
        try {
            await post(`/v1/devices/${encodeURIComponent(device.name)}:${verb}`);
            await devicesView(page);
        } catch (e) {
            trouble.replaceChildren(problemBox(e));
            event.target.disabled = false;
        }
    };
    page.show("Devices", devices.length ? table("Devices and their probes", [
        { title: "Device", head: true, key: (d) => d.name,
            cell: (d) => d.name },
        { title: "State", cell: (d) => [state(d.state), d.busy
            ? [" ", h("small", null, "measuring")] : null] },
        { title: "Health", cell: (d) => state(d.health) },
        { title: "Mode", cell: (d) => state(d.mode) },
        { title: "Labels", cell: (d) => Object.entries(d.labels ?? {})
            .map(([k, v]) => h("code", { class: "label" }, `${k}=${v}`)) },
        { title: "Agent", cell: (d) => d.agent },
        { title: "Last seen", key: (d) => d.last_seen_at ?? "",
            cell: (d) => instant(d.last_seen_at) },
        { title: "Change", cell: (d) => verbs
            .filter(([, , sensible]) => sensible(d))
            .map(([verb, text]) => h("button", { type: "button",
                "aria-label": `${text} ${d.name}`,
                onclick: act(d, verb) }, text)) },
    ], devices) : noDevices(), trouble,
    devices.filter((d) => d.env).map((d) =>
        environment(`Environment of ${d.name}`, { stable: d.env.stable
            ?? d.env })));
}
