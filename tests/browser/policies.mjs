// SPDX-License-Identifier: MIT
// The page on a trial of online policies: charts, the table, and a failure.
import { readFileSync, writeFileSync } from 'node:fs';
import { cnn3, cnn3Model, importRecords, profileOf }
  from '../e2e/fixture.mjs';
import { float32 } from '../e2e/npy.mjs';
import { check, withService } from '../e2e/service.mjs';
import { axe } from './access.mjs';
import { go, openBrowser, shoot } from './browser.mjs';

const { page, faults, close } = await openBrowser();

withService(async (s) => {
  const csv = readFileSync(cnn3.records);
  const { id: records } = await importRecords(s, csv);
  const order = { records, offload: 0.5, steps: 500, shuffles: 5 };
  const name = (p) => p.family === 'temporal' ? `${p.name}, exit ${p.exit}`
    : p.name;
  const made = await s.post('/v1/policies', order);
  const { trial } = await s.until(`/v1/policies/${made.id}`);
  const config = (name, ns) => ({ name, records, costs: {
    schema: 'offramp.costs/1', metrics: ['latency_ns'],
    exits: trial.exact.exits.map((x) => ({ name: x.name,
      segment: { latency_ns: ns } })) } });
  const rows = String(csv).trim().split('\n').length - 1;
  const features = s.path('features.npy');
  writeFileSync(features, float32(rows, (i) => [i % 2 + i / rows, i % 3]));
  const chosen = await s.post('/v1/policies', { selection: {
    configs: [config('small', 10), config('large', 90)],
    features: await s.upload(features) } });
  await s.until(`/v1/policies/${chosen.id}`);
  s.startProbe();
  const model = await cnn3Model(s);
  await s.untilDevice('localhost');
  const profile = await profileOf(s, model, 'localhost', ['L0', 'L2']);
  const cut = await s.post('/v1/policies', { partition: { plan: 'pipeline',
    profiles: [profile, profile], link: { bytes_per_s: 1e12 } } });
  const { partition } = await s.until(`/v1/policies/${cut.id}`);
  const odd = await s.post('/v1/policies', { ...order, policies: ['guess'] });
  await s.until(`/v1/policies/${odd.id}`, ['failed']).catch(() => null);
  try {
    await go(page, s.url, '#/policies');
    await page.waitForSelector(`a[href="#/policies/${made.id}"]`);
    await axe(page, '#/policies');
    await go(page, s.url, `#/policies/${made.id}`);
    await page.waitForSelector('figure canvas');
    check(await page.locator('figure canvas').count() === 2, 'two charts');
    for (const p of trial.policies) {
      const row = page.locator('tr', { has: page.locator(
        `[data-policy="${name(p)}"]`) });
      const text = await row.textContent();
      if (!text.includes(`${(100 * p.accuracy[0]).toFixed(2)} %`)
        || !text.includes(p.regret[0].toFixed(0)))
        throw new Error(`${p.name}: ${text}`);
    }
    check(trial.policies.length > 10, 'each policy has its row and numbers');
    await axe(page, `#/policies/${made.id}`);
    await shoot(page, 'policies');
    await go(page, s.url, `#/policies/${chosen.id}`);
    await page.waitForSelector('[data-choice="oracle"]');
    check(await page.locator('table').count() === 3,
      'a selection shows results, break-even and confusion');
    await axe(page, `#/policies/${chosen.id}`);
    await go(page, s.url, `#/policies/${cut.id}`);
    await page.waitForSelector('svg.graph');
    for (const [i, stage] of partition.stages.entries())
      check(await page.locator(`[data-device="${i}"]`).count()
        === stage.to_layer - stage.from_layer + 1,
      `stage ${i} is drawn on its device`);
    await axe(page, `#/policies/${cut.id}`);
    await shoot(page, 'partition');
    await go(page, s.url, `#/policies/${odd.id}`);
    await page.waitForSelector('.problem');
    check((await page.textContent('.problem')).includes('policy.name'),
      'a trial that failed says why');
    check(faults.length === 0, `nothing went wrong in the page ${faults}`);
  } finally {
    await close();
  }
});
