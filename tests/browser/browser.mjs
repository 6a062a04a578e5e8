// SPDX-License-Identifier: MIT
// browser.mjs -- Debian's Chromium with a profile of its own, and everything
// that a page must not do, collected.
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { skip } from '../e2e/service.mjs';

const chromium = process.env.OFFRAMP_CHROMIUM ?? '/usr/bin/chromium';
const shots = process.env.OFFRAMP_SHOTS ?? join(tmpdir(), 'offramp-shots');

// Nothing is awaited longer than the test may take.
const patience = 540e3 * (process.env.OFFRAMP_PATIENCE ?? 1);

const args = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update',
  '--disable-sync',
];

async function playwright() {
  try {
    return await import('playwright-core');
  } catch {
    return skip('playwright-core is absent: run npm ci --ignore-scripts');
  }
}

// A page and `faults`, the list of what went wrong in it so far.
export async function openBrowser() {
  const { chromium: launcher } = await playwright();
  if (!existsSync(chromium)) skip(`${chromium} is absent: apt install chromium`);
  const folder = mkdtempSync(join(tmpdir(), 'offramp-chromium-'));
  const context = await launcher.launchPersistentContext(folder, {
    executablePath: chromium, headless: true, args,
    viewport: { width: 1280, height: 900 },
  });
  const page = context.pages()[0] ?? await context.newPage();
  page.setDefaultTimeout(patience);
  const close = async () => {
    await context.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return { page, faults: watchFaults(page), close };
}

// What the page asks for and gives up when it shows something else is no fault.
const givenUp = (r) => r.failure()?.errorText === 'net::ERR_ABORTED'
  && r.method() === 'GET' && new URL(r.url()).pathname.startsWith('/v1/');

function watchFaults(page) {
  const faults = [];
  page.on('console', (m) => {
    if (['error', 'warning'].includes(m.type()))
      faults.push(`console ${m.type()}: ${m.text()}`);
  });
  page.on('pageerror', (e) => faults.push(`exception: ${e.stack}`));
  page.on('request', (r) => {
    const { protocol, hostname } = new URL(r.url());
    if (protocol.startsWith('http') && hostname !== '127.0.0.1')
      faults.push(`${r.url()}: the page must do without the network`);
  });
  page.on('requestfailed', (r) => {
    if (!givenUp(r)) faults.push(`${r.url()}: ${r.failure()?.errorText}`);
  });
  page.on('response', (r) => {
    if (r.status() >= 400) faults.push(`${r.url()}: status ${r.status()}`);
  });
  return faults;
}

// Resolves when the view at this address has its content.
export async function go(page, url, address) {
  await page.goto(`${url}/${address}`);
  await page.waitForSelector('main:not([aria-busy]) h1');
}

// What is posted to `path` from now on is measured in this way.
export const measureBy = (page, path, policy) => page.route(`**${path}`,
  (route) => (route.request().method() !== 'POST' ? route.continue()
    : route.continue({ postData: JSON.stringify(
      { ...route.request().postDataJSON(), policy }) })));

export async function shoot(page, name) {
  mkdirSync(shots, { recursive: true });
  await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
}

const scale = { ns: 1, 'µs': 1e3, ms: 1e6, s: 1e9 };

// Is "812.3 µs" (or "812.3", with the unit of its column) this time, as
// exactly as its digits say?
export function says(text, ns, column) {
  const m = /^\s*(?<digits>\d+(\.(?<places>\d+))?)\s*(?<own>\S*)/.exec(text);
  if (!m) return false;
  const { digits, places = '', own } = m.groups;
  const unit = scale[own || column];
  return Math.abs(digits * unit - ns) <= unit * 10 ** -places.length * 0.5001;
}

// As good as nothing or twice as long, for all that is known.
export const unresolved = (row) => row?.ci95_lo_ns < 0.1 * row?.median_ns
  && row?.ci95_hi_ns > 2 * row?.median_ns;

// Is it this row's time?  One that is not resolved is only below a bound.
export const saysTime = (text, row, column) => unresolved(row)
  ? text.startsWith('<') && says(text.slice(1), row.ci95_hi_ns, column)
  : says(text, row.median_ns, column);
