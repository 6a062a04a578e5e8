// SPDX-License-Identifier: MIT
// The page on policies that run live on a device: the curve while they run,
// measured beside predicted, live beside replay.
import { cnn3Model, dataOf, profileOf } from '../e2e/fixture.mjs';
import { check, withService } from '../e2e/service.mjs';
import { axe } from './access.mjs';
import { go, openBrowser, shoot } from './browser.mjs';

const { page, faults, close } = await openBrowser();

withService(async (s) => {
  s.startProbe();
  const model = await cnn3Model(s);
  const { id: dataset } = await dataOf(s, model);
  await s.untilDevice('localhost');
  const costs = { schema: 'offramp.costs/1', metrics: ['latency_ns'],
    exits: [0, 1, 2, 3].map((k) => ({ name: `exit${k}`,
      segment: { latency_ns: 20000 }, head: k < 3 ? { latency_ns: 3000 }
        : null })) };
  const order = { live: { device: 'localhost', model: model.id, dataset },
    costs, offload: 30000, weight: 0.6,
    policies: ['splitee', 'kl-ucb', 'follow', 'final'] };
  const made = await s.post('/v1/policies', order);
  try {
    await go(page, s.url, `#/policies/${made.id}`);
    await page.waitForSelector('figure canvas');
    check(true, 'a curve is drawn while it runs, or after');
    await s.until(`/v1/policies/${made.id}`);
    await page.waitForSelector('text=Live and replay agree on all 6400');
    const { live } = await s.get(`/v1/policies/${made.id}`);
    for (const p of live.policies) {
      const row = page.locator('tr', { has: page.locator(
        `[data-live="${p.name}"]`) });
      const text = await row.textContent();
      if (!text.includes(`${(100 * p.accuracy).toFixed(2)} %`)
        || !text.includes('100.0 %'))
        throw new Error(`${p.name}: ${text}`);
    }
    check(live.policies.length === 4, 'each policy has its row and numbers');
    check((await page.textContent('main')).includes('predicted'),
      'what is measured and what is predicted is told apart');
    await axe(page, `#/policies/${made.id}`);
    await shoot(page, 'live');

    const gone = await s.post('/v1/policies', { ...order,
      policies: ['guess'] });
    await s.until(`/v1/policies/${gone.id}`, ['failed']);
    await go(page, s.url, `#/policies/${gone.id}`);
    await page.waitForSelector('.problem');
    check((await page.textContent('.problem')).includes('policy.name'),
      'a run that failed says why');
    await page.waitForSelector('text=Run it again');
    await go(page, s.url, '#/policies');
    await page.waitForSelector('text=live: localhost');

    // The form, on a profile's costs.
    await profileOf(s, model, 'localhost', ['L0', 'L6']);
    await go(page, s.url, '#/devices'); // so that the view is made anew
    await go(page, s.url, '#/policies');
    await page.waitForSelector('form');
    await axe(page, '#/policies');
    await page.selectOption('[name=target]', 'live:localhost');
    await shoot(page, 'policyform');
    await page.fill('[name=rows]', '0, 80');
    await page.fill('[name=policies]', 'splitee, final');
    await page.fill('[name=offload]', '50000');
    await page.click('form button[type=submit]');
    await page.waitForSelector('text=Live and replay agree on all 160');
    check(true, 'the form starts a live run and shows it');
    check(faults.length === 0, `nothing went wrong in the page ${faults}`);
  } finally {
    await close();
  }
});
