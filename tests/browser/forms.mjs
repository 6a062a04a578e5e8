// SPDX-License-Identifier: MIT
// The forms that start something: by keyboard, on a phone, in the dark; what is
// wrong is said at its field, and what is right leads to its result.
import { join } from 'node:path';
import { check, fixtures, quickPolicy, withService } from '../e2e/service.mjs';
import { axe } from './access.mjs';
import { go, measureBy, openBrowser, shoot } from './browser.mjs';

const { page, faults, close } = await openBrowser();
const file = (name) => join(fixtures, name);

async function prepare(s) {
  s.startProbe();
  s.startProbe('other');
  const model = await s.model(file('cnn3.onnx'), 'cnn3');
  const { blob } = model.analysis.exits.at(-1).prefix;
  await s.post('/v1/models?wait=50', { blob, name: 'plain' });
  const data = await s.post('/v1/datasets?wait=50', { name: 'pictures',
    model: model.id, inputs: await s.upload(file('cnn3_images_u8.npy')),
    labels: await s.upload(file('cnn3_labels.npy')),
    preprocess: { scale: 0.00392156862745098 } });
  const records = await s.post('/v1/records?wait=50', { model: model.id,
    dataset: data.id });
  for (const device of ['localhost', 'other']) {
    await s.untilDevice(device);
    const job = await s.post('/v1/jobs', { model: model.id,
      devices: [device], levels: ['L0', 'L2', 'L6'], policy: quickPolicy });
    await s.until(`/v1/jobs/${job.id}`);
  }
  return records;
}

const box = (title) => page.locator('details.box',
  { has: page.locator('summary', { hasText: title }) });

// Open it with the keyboard, as all of this can be done.
async function unfold(title) {
  const summary = box(title).locator('summary').first();
  if (await box(title).getAttribute('open') === null) {
    await summary.focus();
    await page.keyboard.press('Enter');
  }
  return box(title).locator('form').first();
}

async function problemAt(form, name, words) {
  const bad = form.locator('[aria-invalid]');
  await bad.waitFor();
  check(await bad.getAttribute('name') === name
    && await bad.evaluate((e) => e === document.activeElement),
  `${name} is marked, and has the focus`);
  const told = await bad.getAttribute('aria-describedby');
  const text = await page.textContent(`#${told}`);
  check(text.includes(words), `beside it stands why: ${text}`);
}

// Wider than the screen is only what scrolls in itself.
async function fits(what) {
  check(await page.evaluate(() => document.documentElement.scrollWidth
    <= innerWidth), `${what} is no wider than a phone`);
}

async function augmentation(s) {
  await go(page, s.url, '#/augmentations');
  const form = await unfold('Give a network exits');
  await axe(page, 'the form for exits, on a phone in the dark');
  await fits('the form for exits');
  await shoot(page, 'augmentform-phone');
  await form.locator('[name=model]').selectOption({ label: 'cnn3' });
  await form.locator('[name=drop]').fill('5');
  await page.keyboard.press('Enter');
  await problemAt(form, 'model', 'exits already');
  await axe(page, 'the form with its problem');
  await shoot(page, 'augmentform-problem');

  await form.locator('[name=model]').selectOption({ label: 'plain' });
  await form.locator('[name=dataset]').selectOption({ label: 'from files:' });
  await form.locator('[name=inputs]').setInputFiles(
    file('cnn3_images_u8.npy'));
  await form.locator('[name=labels]').setInputFiles(file('cnn3_labels.npy'));
  await form.locator('[name=scale]').fill('0.00392156862745098');
  await form.locator('[name=mean]').fill('0, x');
  await form.locator('[name=drop]').press('Enter');
  await problemAt(form, 'mean', 'x is not a number');
  await form.locator('[name=mean]').fill('');
  await measureBy(page, '/v1/augmentations', quickPolicy);
  await form.locator('[name=drop]').press('Enter');
  await page.waitForURL(/#\/augmentations\/\d+$/);
  await page.locator('progress').first().waitFor();
  check(true, 'its progress is shown while it runs');
  const id = page.url().split('/').pop();
  await page.waitForSelector('text=Predicted against measured');
  check((await s.get(`/v1/augmentations/${id}`)).plan > 0,
    'the form leads to a plan');
}

async function mapping(s) {
  const { items } = await s.get('/v1/profiles?device=localhost');
  const of = items.find((p) => p.model_name === 'cnn3');
  await go(page, s.url, `#/profiles/${of.id}`);
  const form = await unfold('Spread it over several devices');
  await axe(page, 'the form for a mapping');
  await fits('the form for a mapping');
  await form.locator('[name=drop]').fill('2');
  await form.locator('[name=drop]').press('Enter');
  await problemAt(form, 'a_rate', 'what the link carries');
  await form.locator('[name=a_rate]').fill('1e9');
  await form.locator('[name=a_rate]').press('Enter');
  await page.waitForSelector('text=Where segments run');
  check(true, 'a mapping leads to who runs which segment');
}

async function cut(s) {
  await go(page, s.url, '#/policies');
  let form = await unfold('Cut a network');
  await form.locator('[name=link_rate]').fill('1e9');
  await axe(page, 'the forms for policies');
  await fits('the forms for policies');
  await shoot(page, 'cutform-phone');
  await form.locator('[name=plan]').selectOption('pipeline');
  await form.locator('button[type=submit]').press('Enter');
  await page.waitForSelector('text=one sample every');
  check(true, 'a cut leads to its stages');

  await go(page, s.url, '#/policies');
  form = await unfold('Choose one of several networks');
  for (const [i, name] of ['small', 'large'].entries())
    await form.locator('[name=name]').nth(i).fill(name);
  await form.locator('button[type=submit]').press('Enter');
  await page.waitForSelector('[data-choice="oracle"]');
  check(true, 'a selection leads to its table');
}

withService(async (s) => {
  try {
    await prepare(s);
    await page.setViewportSize({ width: 390, height: 844 });
    await page.emulateMedia({ colorScheme: 'dark' });
    await cut(s);
    await mapping(s);
    await augmentation(s);
    const wrong = faults.filter((f) => !f.includes('422'));
    check(wrong.length === 0, `nothing went wrong in the page ${wrong}`);
  } finally {
    await close();
  }
});
