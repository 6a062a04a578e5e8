// SPDX-License-Identifier: MIT
// The page, used as a person uses it: a model file is chosen and measured,
// its profile read, a plan searched; every number shown is compared with the
// API's.
import { join } from 'node:path';
import { check, fixtures, quickPolicy, withService } from '../e2e/service.mjs';
import { axe, calm, tabOrder } from './access.mjs';
import { boards, links, relay, waits } from './boards.mjs';
import { go, measureBy, openBrowser, says, saysTime, shoot, unresolved }
  from './browser.mjs';
import { epochs, graph, roofline, shownLayers } from './drawings.mjs';

const { page, faults, close } = await openBrowser();

// The page's links lead to documents, or say why not: some dialects have no
// words for this network.
async function followExports(s) {
  const links = page.locator('.links a');
  const { items } = await s.get('/v1/export');
  check(await links.count() === items.length && items.length > 3,
    `all ${items.length} exports are offered`);
  const refused = [];
  for (const href of await links.evaluateAll((all) => all.map((a) =>
    a.getAttribute('href')))) {
    const answer = await fetch(s.url + href);
    if (!answer.ok) refused.push((await answer.json()).code);
  }
  check(refused.length < items.length && refused.every((code) =>
    code === 'export.unsupported'), 'each is there or says why not');
  const [saved] = await Promise.all([page.waitForEvent('download'),
    links.first().click()]);
  check((await saved.createReadStream()) !== null
    && saved.suggestedFilename().startsWith('profile-'),
  'one is saved as a file');
}

// A device's page follows its task, lists what it measured and has its
// control charts.
async function watchDevice(s, job) {
  await go(page, s.url, '#/devices');
  await page.getByRole('link', { name: 'localhost' }).click();
  await page.getByRole('heading', { name: 'Device localhost' }).waitFor();
  await s.until(`/v1/jobs/${job}`);
  await page.getByText('No task runs on this device.').waitFor();
  const measured = page.locator('table', { hasText: 'Newest profiles' });
  check(await measured.locator('tbody tr').count() === 2,
    'a device\'s page follows its task and lists what it measured');
  await controlChart(s);
}

// A device that left its limits, whatever the noise of this machine lets
// into its own charts.
async function controlChart(s) {
  const where = '**/v1/devices/localhost/chart';
  const items = Array.from({ length: 7 }, (_, i) => ({ profile: i ? i + 1 : null,
    reason: i ? null : 'first', created_at: '2026-01-01T00:00:00Z', kernel: 'golden.compute',
    env_fingerprint: 'a'.repeat(64), median_ns: i === 6 ? 1200 : 1000 + i,
    lo: i === 6 ? 1190 : 995 + i, hi: i === 6 ? 1210 : 1005 + i,
    centre: i < 4 ? null : 1002, low_limit: i < 4 ? null : 952,
    high_limit: i < 4 ? null : 1052, out: i === 6 }));
  await page.route(where, (route) => route.fulfill({ json: { items } }));
  await go(page, s.url, '#/devices/localhost');
  await page.reload();
  await page.getByRole('img', { name:
    'Control chart of golden.compute, 7 points, 1 out' }).locator('canvas')
    .waitFor();
  await page.getByText('The same as numbers (7)').click();
  const states = await page.locator('table', { hasText: 'Control chart of' })
    .locator('tbody tr td:last-child').allTextContents();
  check(states.join() === 'learning,learning,learning,learning,in,in,out',
    'a control chart says which point is out');
  check(await page.getByRole('rowheader', { name: 'Check (first)' }).count()
    === 1, 'a check of golden kernels alone is told from a profile');
  await axe(page, 'a control chart');
  await shoot(page, 'control-chart');
  await page.unroute(where);
}

// Choose the fixture in the form, and follow the job to its profile.
async function measureByForm(s) {
  await go(page, s.url, '');
  check(await page.getByText('Nothing has been measured yet').isVisible(),
    'an empty service explains how to begin');
  await shoot(page, 'empty');
  const form = page.locator('details[open] form');
  await form.locator('input[type=file]').setInputFiles(
    join(fixtures, 'cnn3.onnx'));
  await form.locator('select[name=effort]').selectOption('quick');
  await measureBy(page, '/v1/jobs', quickPolicy);
  await form.getByRole('button', { name: 'Measure' }).click();
  await page.waitForURL(/#\/jobs\/\d+$/);
  await page.locator('progress').waitFor();
  await shoot(page, 'job-running');
  const profile = page.getByRole('link', { name: /^Profile \d+$/ });
  await profile.waitFor();
  check(await page.getByText('done').first().isVisible(),
    'the job ends before the eyes, without a reload');
  await profile.click();
  await page.waitForURL(/#\/profiles\/\d+$/);
  await page.locator('#whole').waitFor();
  return Number(page.url().match(/\d+$/)[0]);
}

async function compareProfile(s, id) {
  const profile = await s.get(`/v1/profiles/${id}`);
  const { items } = await s.get(`/v1/profiles/${id}/layers`);
  const layers = shownLayers(items);
  const unit = (await page.locator('th', { hasText: 'Median,' })
    .textContent()).split(', ')[1];
  const cells = page.locator('[data-layer]');
  check(layers.length > 0 && await cells.count() === layers.length,
    `all ${layers.length} layers are shown`);
  for (const row of layers.filter((r) => r.median_ns !== null)) {
    const text = await page.locator(`[data-layer="${row.index}"]`)
      .textContent();
    if (!saysTime(text, row, unit))
      throw new Error(`layer ${row.index}: the page says ${text} ${unit
      }, the API ${row.median_ns} ns (up to ${row.ci95_hi_ns})`);
  }
  check(true, 'every layer has the median of the API');
  check(says(await page.locator('#whole').textContent(),
    profile.e2e.median_ns), 'the whole network too');
  await compareContext(items);
  await comparePrefixes(items);
  check(await page.locator('figure canvas').count() > 0
    && await page.getByRole('img', { name: /^Latency of/ }).count() === 1,
  'the bars are drawn and have a label');
}

// Timed in situ and hot, a layer says how much the two differ.
async function compareContext(items) {
  const at = (level, { index }) => {
    const row = items.find((r) => r.level === level
      && r.role === 'layer' && r.index === index);
    return unresolved(row) ? null : row?.median_ns;
  };
  const both = shownLayers(items).filter((r) => at('L1', r) && at('L2', r));
  const cells = page.locator('[data-context]');
  const said = new Map(await cells.evaluateAll((all) => all.map((e) =>
    [Number(e.dataset.context), e.textContent])));
  const wrong = both.filter((r) => said.get(r.index)
    !== (at('L1', r) / at('L2', r)).toFixed(2));
  check(wrong.length === 0, `${both.length} layers have their context factor${
    wrong.map((r) => `; ${r.name}: ${said.get(r.index)} for ${at('L1', r)} / ${
      at('L2', r)}`).join('')}`);
}

async function comparePrefixes(items) {
  const column = await page.locator('table', { hasText: 'Measured cost' })
    .locator('tbody tr').evaluateAll((rows) => rows.map(
      (r) => r.children[4].textContent));
  const prefixes = items.filter((r) => r.level === 'L6' && r.role === 'prefix')
    .sort((a, b) => a.index - b.index);
  check(prefixes.length > 1 && prefixes.every(
    (r, i) => saysTime(column[i], r)), 'every prefix is the API\'s');
}

async function searchByForm() {
  const box = page.locator('details', { hasText: 'Search for a plan' });
  await box.locator('input[type=file]').setInputFiles(
    join(fixtures, 'cnn3_records.csv'));
  await box.locator('input[name=drop]').fill('2');
  await box.getByRole('button', { name: 'Search' }).click();
  await page.waitForURL(/#\/searches\/\d+$/);
  await page.locator('[data-plan=test]').waitFor();
  return Number(page.url().match(/\d+$/)[0]);
}

async function comparePlan(s, search) {
  const { plan: id } = await s.get(`/v1/searches/${search}`);
  const plan = await s.get(`/v1/plans/${id}`);
  for (const half of ['calibration', 'test']) {
    const text = await page.locator(`[data-plan=${half}]`).textContent();
    check(says(text, plan[half].cost), `the plan's ${half} cost is the API's`);
  }
  const kept = await page.getByRole('cell', { name: 'kept', exact: true })
    .count();
  check(kept === plan.exits.filter((e) => e.kept).length,
    'the exits kept are the API\'s');
  check(await page.getByRole('img', { name: /^Accuracy against/ })
    .locator('canvas').count() === 1, 'the exit curve is drawn');
  return id;
}

// Measured once more, the page tells what differs.
async function compareTwo(s, first, job) {
  const { tasks: [{ profile: second }] } = await s.until(`/v1/jobs/${job}`);
  const diff = await s.get(`/v1/profiles/${first}/diff/${second}`);
  await go(page, s.url, `#/profiles/${first}`);
  await page.getByRole('button', { name: 'Compare' }).click();
  await page.waitForURL(new RegExp(`#/diff/${first}/${second}$`));
  // The address changes at once; the profile's own rows stand until then.
  await page.getByRole('heading', { name: /against profile/ }).waitFor();
  await page.getByText(/^All rows/).click();
  const rows = page.locator('details tbody tr');
  const ratios = await rows.locator('[data-ratio]').allTextContents();
  const wanted = diff.rows.filter((r) => r.ratio !== null)
    .map((r) => r.ratio.toFixed(3));
  check(await rows.count() === diff.rows.length && wanted.length > 20
    && ratios.join() === wanted.join(), 'both profiles are compared, row by row');
  check((await page.locator('.causes li').allTextContents()).join('|')
    === diff.summary.join('|'), 'and the causes are the API\'s');
  return `#/diff/${first}/${second}`;
}

// Every view at a desk in the light and on a phone in the dark.
async function tour(s, addresses) {
  for (const [look, width, colorScheme] of [
    ['desk', 1280, 'light'], ['phone', 360, 'dark']]) {
    await page.setViewportSize({ width, height: 800 });
    await page.emulateMedia({ colorScheme });
    const titles = [await page.title()];
    for (const address of addresses) {
      await go(page, s.url, address);
      await page.waitForFunction((last) => document.title !== last,
        titles.at(-1));
      titles.push(await page.title());
      const [needs, has] = await page.evaluate(
        () => [document.documentElement.scrollWidth, innerWidth]);
      check(needs <= has, `${address.slice(0, 20)} fits ${width} pixels`);
      await axe(page, `${address.slice(0, 20)}, ${colorScheme}`);
      await shoot(page, `${look}-${address.split('/')[1]}${
        address.split('/')[2] ? '-one' : ''}`);
    }
    check(new Set(titles.slice(1)).size === addresses.length,
      `titles differ: ${titles}`);
  }
}

// The way back is the browser's own.
async function back(s) {
  await go(page, s.url, '#/devices');
  await page.getByRole('link', { name: 'localhost' }).click();
  await page.getByRole('heading', { name: 'Device localhost' }).waitFor();
  await page.goBack();
  await page.getByRole('heading', { name: 'Devices', exact: true }).waitFor();
  check(page.url().endsWith('#/devices'), 'the back button leads back');
}

async function keyboard(s) {
  await go(page, s.url, '#/devices');
  await page.reload();
  await page.waitForSelector('main:not([aria-busy]) h1');
  const reached = [];
  for (let i = 0; i < 7; i++) {
    await page.keyboard.press('Tab');
    reached.push(await page.evaluate(
      () => document.activeElement.textContent.trim()));
  }
  check(reached.join() === 'Skip to the content,Offramp,Jobs,Models,'
    + 'Augmentations,Policies,Devices',
    'the keyboard reaches the menu');
}

await withService(async (s) => {
  try {
    s.startProbe();
    await s.untilDevice('localhost');
    const profile = await measureByForm(s);
    const { model } = await s.get(`/v1/profiles/${profile}`);
    const again = await s.post('/v1/jobs', { model, devices: ['localhost'],
      policy: quickPolicy });
    await compareProfile(s, profile);
    await followExports(s);
    await epochs(page, s, profile);
    await graph(page, s, profile);
    await roofline(page, s, profile);
    const search = await searchByForm();
    const plan = await comparePlan(s, search);
    await watchDevice(s, again.id);
    await waits(page, s, model);
    await links(page, s);
    await relay(page, s);
    await boards(page, s, profile);
    const diff = await compareTwo(s, profile, again.id);
    await tour(s, ['#/jobs', '#/jobs/1', '#/models', `#/models/${model}`,
      `#/profiles/${profile}`, `#/searches/${search}`, `#/plans/${plan}`,
      '#/devices', '#/devices/localhost', diff]);
    await back(s);
    await keyboard(s);
    await tabOrder(page, s.url, `#/profiles/${profile}`);
    await calm(page, s.url);
    check(faults.length === 0, `nothing went wrong in the browser${
      faults.map((f) => `\n${f}`).join('')}`);
  } finally {
    await close();
  }
});
