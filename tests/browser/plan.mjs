// SPDX-License-Identifier: MIT
// plan.mjs -- a plan on the page: where samples leave, the comparison, the
// promise, and a search that is watched and cancelled; each compared with the
// API, on a desk and on a phone.
import { readFileSync } from 'node:fs';
import { cnn3, importRecords } from '../e2e/fixture.mjs';
import { check, withService } from '../e2e/service.mjs';
import { axe, tabOrder } from './access.mjs';
import { go, openBrowser, says, shoot } from './browser.mjs';

const { page, faults, close } = await openBrowser();

// Made-up costs of so many exits; the last has no head.
const costs = (exits) => ({ schema: 'offramp.costs/1', device: 'made up',
  source: 'modelled', metrics: ['latency_ns', 'ops'],
  exits: Array.from({ length: exits }, (_, k) => ({ name: `exit${k}`,
    segment: { latency_ns: [100, 98, 102].map((x) =>
      1000 * x + 10000 * k), ops: 2000 - 100 * k },
    head: k < exits - 1 ? { latency_ns: 4000, ops: 50 } : null })) });

const postRecords = async (s, csv) =>
  (await importRecords(s, Buffer.from(csv))).id;

// Exits that know little of each other: hard to prove.
function hardRecords(exits, n) {
  let seed = 1;
  const random = () => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed / 2147483648;
  };
  const head = ['sample', 'label'];
  for (let k = 0; k < exits; k++) head.push(`pred_${k}`, `score_${k}`);
  const rows = Array.from({ length: n }, (_, i) => {
    const row = [i, 1];
    for (let k = 0; k < exits; k++) {
      const margin = random() + random() - 1.1 + 0.5 * k / exits;
      row.push(margin > -0.3 ? 1 : 0, (margin + 0.4 * random()).toFixed(4));
    }
    return row.join();
  });
  return [head.join(), ...rows].join('\n') + '\n';
}

async function flow(plan) {
  const groups = page.locator('[data-flow]');
  const kept = plan.exits.filter((e) => e.kept);
  check(await groups.count() === kept.length, 'every kept exit is drawn');
  const said = await groups.evaluateAll((all) => all.map((g) =>
    [...g.querySelectorAll('text')].map((t) => t.textContent)));
  check(said.every(([name, share, right], i) => name === kept[i].name
    && share === `${(100 * kept[i].share).toFixed(1)} %`
    && right === `${(100 * kept[i].accuracy).toFixed(1)} % right`),
  'with the API\'s share and accuracy');
  const wide = await groups.evaluateAll((all) => all.map((g) =>
    [...g.querySelectorAll('.right, .wrong')].map((r) =>
      Number(r.getAttribute('width')))));
  check(wide.every(([right, wrong], i) =>
    Math.abs((right + wrong) / wide[0].reduce((a, b) => a + b)
      - kept[i].share / kept[0].share) < 1e-6
    && Math.abs(right / (right + wrong) - kept[i].accuracy) < 1e-6),
  'as wide as they are');
}

async function compared({ comparison }) {
  for (const r of comparison.rows) {
    const row = page.locator('tr', { has: page.locator(
      `[data-method="${r.method}"]`) });
    const cells = await row.locator('td').allTextContents();
    const gap = await row.locator('[data-gap]').count();
    if (r.cost !== null && !says(cells[0], r.cost))
      throw new Error(`${r.method}: ${cells[0]}, not ${r.cost}`);
    if ((r.gap !== null) !== (gap === 1))
      throw new Error(`${r.method}: a gap must be there or not`);
  }
  check(comparison.rows.length > 10, 'every method has its row and numbers');
}

async function looks(url, address) {
  for (const [look, width, colorScheme] of [
    ['desk', 1280, 'light'], ['phone', 360, 'dark']]) {
    await page.setViewportSize({ width, height: 800 });
    await page.emulateMedia({ colorScheme });
    await go(page, url, address);
    const [needs, has] = await page.evaluate(
      () => [document.documentElement.scrollWidth, innerWidth]);
    check(needs <= has, `the plan fits ${width} pixels`);
    await axe(page, `the plan, ${colorScheme}`);
    await shoot(page, `plan-${look}`);
  }
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.emulateMedia({ colorScheme: 'light' });
}

// What costs drawn again, and other metrics, say.
async function drawn(s, records) {
  const { id } = await s.post('/v1/searches', { records, costs: costs(4),
    max_drop: 0.05, bootstrap: { draws: 200, solves: 8 },
    metrics: ['latency_ns', 'ops'] });
  const { plan: number } = await s.until(`/v1/searches/${id}`);
  const { bootstrap, metrics, knee } = await s.get(`/v1/plans/${number}`);
  await go(page, s.url, `#/plans/${number}`);
  check(await page.locator('#best').textContent()
    === `${(100 * bootstrap.chance_best).toFixed(1)} %`,
  'the chance that the plan stays the best is told');
  const rows = page.locator('table', { hasText: 'in every metric' })
    .locator('tbody tr');
  check(metrics.points.length > 2
    && await rows.count() === metrics.points.length,
  'every plan over both metrics has its row');
  await page.getByText('The curve as a table').click();
  check(await page.locator('table', { hasText: 'from cheap to accurate' })
    .locator('tbody tr').nth(knee).getByText('the knee').count() === 1,
  'the knee is marked');
  await axe(page, 'a plan over several metrics');
}

// Segments over two processors are drawn where they run.
async function mapped(s, records) {
  const on = (device, factor) => ({ ...costs(4), device,
    metrics: ['latency_ns'], exits: costs(4).exits.map((e, i) => ({
      name: e.name, segment: { latency_ns: 1e5 * factor },
      head: i < 3 ? { latency_ns: 4000 * factor } : null,
      input_bytes: 4096, segment_bytes: 5000, head_bytes: 400,
      peak_bytes: 20000 })) });
  const search = await s.post('/v1/searches?wait=50', { records, grid: 8,
    max_drop: 0.05, system: { links: [{ from: 0, to: 1, per_byte: 1 }],
      processors: [{ costs: on('board', 0.1), memory_bytes: 32000 },
        { costs: on('server', 1) }] } });
  const plan = await s.get(`/v1/plans/${search.plan}`);
  await go(page, s.url, `#/plans/${search.plan}`);
  check((await page.locator('[data-segment]').evaluateAll((all) =>
    all.map((e) => e.dataset.segment))).join() === plan.mapping.segments.join(),
  `segments are drawn on ${plan.mapping.segments}`);
  await axe(page, 'a plan over two processors');
}

// A search too hard to end soon: it says how far it is, and can be ended.
async function watched(s) {
  const records = await postRecords(s, hardRecords(14, 4000));
  const { id } = await s.post('/v1/searches', { records, costs: costs(14),
    max_drop: 0.01, grid: 64 });
  await go(page, s.url, `#/searches/${id}`);
  await page.getByText(/^best [\d.e+]+, bound/).waitFor();
  check(true, 'a running search tells its best cost and bound');
  await page.getByRole('img', { name: /^Best latency and proved bound/ })
    .waitFor();
  await shoot(page, 'search-running');
  await page.getByRole('button', { name: 'Cancel this search' }).click();
  await page.getByText('cancelled', { exact: true }).waitFor();
  const over = await s.get(`/v1/searches/${id}`);
  check(over.state === 'cancelled', 'and can be cancelled');
  const plan = await s.get(`/v1/plans/${over.plan}`);
  check(plan.status === 'feasible' && plan.lower_bound > 0 && plan.gap > 0,
    'with the best plan so far and its bound');
  await page.getByText('the best found').first().waitFor();
}

await withService(async (s) => {
  try {
    const records = await postRecords(s,
      readFileSync(cnn3.records));
    const { id } = await s.post('/v1/searches', { records, costs: costs(4),
      max_drop: 0.05, compare: true, guarantee: { delta: 0.1 } });
    const { plan: number } = await s.until(`/v1/searches/${id}`);
    const plan = await s.get(`/v1/plans/${number}`);
    await go(page, s.url, `#/plans/${number}`);
    await flow(plan);
    await compared(plan);
    check((await page.locator('#promise').textContent())
      .includes('With probability 0.9'), 'the promise is told');
    await looks(s.url, `#/plans/${number}`);
    await tabOrder(page, s.url, `#/plans/${number}`);
    await mapped(s, records);
    await drawn(s, records);
    await watched(s);
    check(faults.length === 0, `nothing went wrong in the browser${
      faults.map((f) => `\n${f}`).join('')}`);
  } finally {
    await close();
  }
});
