// SPDX-License-Identifier: MIT
// The REST API as the page uses it: calls, problems, long polls, the token.
import { fill, h, problemBox } from "./dom.js";

// A failed call; `message` is the problem document's detail.
export class Problem extends Error {
    constructor(status, doc) {
        super(doc.detail ?? "The server gave no reason.");
        this.status = status;
        this.title = doc.title ?? `Status ${status}`;
        this.code = doc.code;
        this.nodes = doc.nodes;
    }
}

const store = "offramp.token";
const token = () => sessionStorage.getItem(store);

// options: { body, type, headers, signal }.  Answers the Response, also 304;
// anything else from 300 on throws a Problem.
async function send(method, path, { body, type, headers, signal } = {}) {
    for (;;) {
        const sent = token();
        const response = await fetch(path, { method, body, signal,
            cache: "no-store", headers: { ...headers,
                ...(type && { "Content-Type": type }),
                ...(sent && { Authorization: `Bearer ${sent}` }) } });
        if (response.ok || response.status === 304)
            return response;
        if (response.status !== 401 || !await askToken(sent))
            throw new Problem(response.status,
                await response.json().catch(() => ({})));
    }
}

export async function get(path, signal) {
    return (await send("GET", path, { signal })).json();
}

export async function post(path, doc, headers) {
    const body = doc && { type: "application/json",
        body: JSON.stringify(doc) };
    return (await send("POST", path, { headers, ...body })).json();
}

// All pages of a list up to `most` items.
export async function list(path, signal, most = 200) {
    const items = [];
    let next = null;
    do {
        const join = path.includes("?") ? "&" : "?";
        const page = await get(path + (next
            ? `${join}cursor=${encodeURIComponent(next)}` : ""), signal);
        items.push(...page.items);
        next = page.next;
    } while (next && items.length < most);
    return items;
}

const ended = ["done", "failed", "cancelled"];
export const isOver = (doc) => ended.includes(doc.state);

// The document, and again after each change, until its work has ended.  Each
// wait is one suspended request at the server.  Hidden pages do not wait.
export async function* changes(path, signal) {
    let doc = await get(path, signal);
    yield doc;
    while (!isOver(doc)) {
        await visible(signal);
        const newer = await next(path, doc, signal);
        if (newer && JSON.stringify(newer) !== JSON.stringify(doc))
            yield doc = newer;
    }
}

// What goes before a queued document changes, and its version does not: look
// every few seconds.
const patience_s = (doc) => doc.state === "queued" ? 5 : 50;

// The next version, or null where the server says that nothing changed, or
// cannot be reached just now.
async function next(path, doc, signal) {
    const hidden = new AbortController();
    const hide = () => document.hidden && hidden.abort();
    document.addEventListener("visibilitychange", hide);
    try {
        const response = await send("GET",
            `${path}?wait=${patience_s(doc)}&since=${doc.version}`,
            { signal: AbortSignal.any([signal, hidden.signal]) });
        if (response.status !== 304)
            return await response.json();
        return doc.state === "queued" ? await get(path, signal) : null;
    } catch (e) {
        if (signal.aborted || (e instanceof Problem && e.status < 500))
            throw e;
        if (!hidden.signal.aborted)
            await pause(2000, signal); // the server restarts: try again
        return null;
    } finally {
        document.removeEventListener("visibilitychange", hide);
    }
}

function pause(ms, signal) {
    return new Promise((resolve, reject) => {
        const timer = setTimeout(resolve, ms);
        signal.addEventListener("abort", () => {
            clearTimeout(timer);
            reject(signal.reason);
        }, { once: true });
    });
}

export function visible(signal) {
    return new Promise((resolve, reject) => {
        const look = () => {
            if (signal.aborted)
                reject(signal.reason);
            else if (!document.hidden)
                resolve();
            else
                return;
            document.removeEventListener("visibilitychange", look);
        };
        document.addEventListener("visibilitychange", look);
        signal.addEventListener("abort", look, { once: true });
        look();
    });
}

// Upload a file under its hash; answers the hash.
export async function upload(file, say) {
    say(`Hashing ${file.name}`);
    const data = await file.arrayBuffer();
    const digest = await crypto.subtle.digest("SHA-256", data);
    const hex = hexOf(new Uint8Array(digest));
    say(`Uploading ${file.name}`);
    await send("PUT", `/v1/blobs/sha256:${hex}`,
        { body: data, type: "application/octet-stream" });
    return hex;
}

// A CSV of exit records; answers its summary.
export async function postRecords(file) {
    const name = encodeURIComponent(file.name.slice(0, 200));
    return (await send("POST", `/v1/records?wait=50&name=${name}`,
        { body: file, type: "text/csv" })).json();
}

const hexOf = (octets) => Array.from(octets,
    (b) => b.toString(16).padStart(2, "0")).join("");

export const randomKey = () =>
    hexOf(crypto.getRandomValues(new Uint8Array(16)));

// A link to a document of the API.  The page fetches it, with its token, and
// hands it over as a file: a refusal is then shown instead of saved.
export function download(path, name, ...children) {
    const anchor = h("a", { href: path, download: name, onclick: (event) => {
        event.preventDefault();
        fill(trouble);
        save(path, name).catch((e) => fill(trouble, problemBox(e)));
    } }, ...children);
    const trouble = h("span", { role: "alert" });
    return [anchor, trouble];
}

async function save(path, name) {
    const url = URL.createObjectURL(await (await send("GET", path)).blob());
    h("a", { href: url, download: name }).click();
    URL.revokeObjectURL(url);
}

let asking = null;

// Ask the person once, however many calls wait.  False: they would not say.
function askToken(refused) {
    if (token() !== refused)
        return Promise.resolve(true); // another call asked meanwhile
    asking ??= new Promise((resolve) => {
        const dialog = document.getElementById("token");
        const input = dialog.querySelector("input");
        input.value = "";
        fill(document.getElementById("token-why"), refused
            ? "The server refused this token." : "This server asks for one.");
        dialog.addEventListener("close", () => {
            const given = input.value.trim();
            const said = dialog.returnValue === "use" && given !== "";
            if (said)
                sessionStorage.setItem(store, given);
            asking = null;
            resolve(said);
        }, { once: true });
        dialog.returnValue = "";
        dialog.showModal();
    });
    return asking;
}
