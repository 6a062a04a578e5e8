// SPDX-License-Identifier: MIT
// drawings.mjs -- what the page draws from a profile, compared with the API.
import { check } from '../e2e/service.mjs';
import { axe } from './access.mjs';
import { go, saysTime, shoot } from './browser.mjs';

// The rows that the page shows first: layers in situ where they were timed so.
export function shownLayers(items) {
  const layers = items.filter((r) => r.role === 'layer');
  const level = layers.some((r) => r.level === 'L1') ? 'L1' : 'L2';
  return layers.filter((r) => r.level === level)
    .sort((a, b) => a.index - b.index);
}

// Open a row by keyboard and by mouse; its epochs are the API's.
export async function epochs(page, s, profile) {
  const { items } = await s.get(`/v1/profiles/${profile}/layers`);
  const row = shownLayers(items).find((r) => r.n_epochs > 0);
  const { epochs_ns: raw } = await s.get(
    `/v1/profiles/${profile}/epochs?row=${row.id}`);

  await go(page, s.url, `#/profiles/${profile}`);
  const opener = page.getByRole('button', { name: row.name }).first();
  await opener.focus();
  await page.keyboard.press('Enter');
  await page.locator('#epochs-count').waitFor();
  check(await page.locator('#epochs-count').textContent()
    === String(raw.length), `the sheet has the ${raw.length} epochs`);
  check(saysTime(await page.locator('#epochs-median').textContent(), row),
    'and their median');
  await page.locator('dialog canvas').nth(1).waitFor();
  check(await page.locator('dialog .flags li').count() === row.flags.length,
    'every flag is explained');
  for (const colorScheme of ['dark', 'light']) {
    await page.emulateMedia({ colorScheme });
    await axe(page, `a row's epochs, ${colorScheme}`);
    await shoot(page, `epochs-${colorScheme}`);
  }
  await page.keyboard.press('Escape');
  await page.locator('dialog.sheet').waitFor({ state: 'detached' });
  check(await opener.evaluate((e) => e === document.activeElement),
    'Escape closes the sheet and the focus goes back');

  await page.getByText(/^Every measured row/).click();
  const last = items.filter((r) => r.n_epochs > 0).at(-1);
  await page.locator('table', { hasText: 'Rows by level' })
    .locator('tr.opens').last().locator('td').last().click();
  await page.getByRole('heading', { name:
    `${last.name}, ${last.level} ${last.role}` }).waitFor();
  await page.getByRole('button', { name: 'Close' }).click();
  check(true, 'every row opens by a click');
}

// Every known layer's speed and intensity follow from the API's numbers, and
// the roofs are the highest of them.
export async function roofline(page, s, profile) {
  const { items } = await s.get(`/v1/profiles/${profile}/layers`);
  const layers = shownLayers(items).filter((r) => r.median_ns > 0
    && r.grade !== 'X' && !(r.ci95_hi_ns > 2 * r.median_ns));
  const moved = (r) => r.bytes_in + r.bytes_out + r.weight_bytes;
  const best = (f) => Number(Math.max(...layers.map(f)).toPrecision(3));

  await go(page, s.url, `#/profiles/${profile}`);
  check(await page.getByRole('img', { name: /^Speed against arithmetic/ })
    .locator('canvas').count() === 1, 'the roofline is drawn');
  const section = page.locator('section', { has: page.getByRole('heading',
    { name: 'Roofline' }) });
  const said = await section.locator('.note').last().textContent();
  check(said.startsWith(`Highest measured: ${best((r) => r.macs / r.median_ns)
  } GMAC/s`) && said.includes(`, ${best((r) => moved(r) / r.median_ns)} GB/s`),
  'its roofs are the highest measured');
  await section.locator('summary').click();
  const shown = await section.locator('tbody tr').evaluateAll((rows) =>
    rows.map((r) => [2, 3, 4].map((i) => Number(r.children[i].textContent))));
  check(shown.length === layers.length && layers.every((r, i) =>
    r.macs === 0 || shown[i].join() === [r.macs / moved(r), r.macs
      / r.median_ns, moved(r) / r.median_ns].map((x) =>
      Number(x.toPrecision(3))).join()), 'and its numbers follow from the API');
}

// Nodes, edges and steps of cost are the API's; arrows and Enter work.
export async function graph(page, s, profile) {
  const { model } = await s.get(`/v1/profiles/${profile}`);
  const { analysis } = await s.get(`/v1/models/${model}`);
  const { items } = await s.get(`/v1/profiles/${profile}/layers`);
  const timed = shownLayers(items);
  const most = Math.max(...timed.map((r) => r.median_ns));

  await go(page, s.url, `#/profiles/${profile}`);
  const nodes = page.locator('.graph .node');
  check(await nodes.count() === analysis.layers.length
    && await page.locator('.graph .edge').count()
    === analysis.layers.reduce((n, l) => n + l.reads.length, 0),
  'the graph has every layer and every edge');
  const looks = await nodes.evaluateAll((all) => all.map((e) => 
    e.getAttribute('class').match(/cost-(\d|none)/)[1]));
  check(looks.every((look, i) => {
    const share = timed[i].median_ns / most;
    return look === 'none' ? share === 0 : share <= 2 ** (look - 5) * 1.0001
      && (look === '0' || share > 2 ** (look - 6) * 0.9999);
  }), 'and each layer the colour of its cost');
  await nodes.first().focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name:
    `${timed[1].name}, ${timed[1].level} layer` })
    .waitFor();
  await page.keyboard.press('Escape');
  check(await page.evaluate(() => document.activeElement.dataset.node) === '1',
    'arrow keys go from layer to layer and Enter opens one');
}
