// SPDX-License-Identifier: MIT
// The page on a plain network that was given exits: its heads, its plan, and
// predicted against measured.
import { cnn3Model, dataOf, plainModel } from '../e2e/fixture.mjs';
import { check, quickPolicy, withService } from '../e2e/service.mjs';
import { axe } from './access.mjs';
import { go, openBrowser } from './browser.mjs';

// From the project's own network without its early exits.
async function augment(s) {
  const plain = await plainModel(s, await cnn3Model(s));
  const data = await dataOf(s, plain);
  await s.untilDevice('localhost');
  const made = await s.post('/v1/augmentations', { model: plain.id,
    dataset: data.id, device: 'localhost', policy: quickPolicy,
    search: { max_drop: 0.05 } });
  const a = await s.until(`/v1/augmentations/${made.id}`);
  await s.until(`/v1/validations/${a.validation}`);
  return a;
}

// Each kept head is an exit of the drawing, at its boundary.
async function compareExits(page, a) {
  const kept = a.augmentation.heads.filter((x) => x.kept).map((x) => x.exit);
  const drawn = await page.locator('svg.graph').textContent();
  check(kept.length > 0 && kept.every((name) => drawn.includes(name)),
    `the network is drawn with ${kept.join(', ')}`);
}

withService(async (s) => {
  s.startProbe();
  const a = await augment(s);
  const { page, faults, close } = await openBrowser();
  const views = [
    ['#/augmentations', 'Augmentations', `Augmentation ${a.id}`],
    [`#/augmentations/${a.id}`, `Augmentation ${a.id}`, 'Cut short instead'],
    [`#/plans/${a.plan}`, `Plan ${a.plan}`, 'Run it on its device'],
    [`#/validations/${a.validation}`, `Validation ${a.validation}`,
      'Mean without exits'],
  ];
  try {
    for (const [address, title, words] of views) {
      await go(page, s.url, address);
      await page.waitForFunction(
        (t) => document.querySelector('h1')?.textContent === t, title);
      const text = await page.textContent('main');
      check(text.includes(words), `${address} says ${words}`);
      await axe(page, address);
      if (address === `#/augmentations/${a.id}`)
        await compareExits(page, a);
    }
    check(faults.length === 0, `nothing went wrong in the page ${faults}`);
  } finally {
    await close();
  }
});
