// SPDX-License-Identifier: MIT
// access.mjs -- can everybody use the page?  axe-core's rules, the Tab key,
// and nothing that moves for people who asked for calm.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { check, skip } from '../e2e/service.mjs';
import { go } from './browser.mjs';

function axeSource() {
  try {
    return readFileSync(createRequire(import.meta.url)
      .resolve('axe-core/axe.min.js'), 'utf8');
  } catch {
    return skip('axe-core is absent: run npm ci --ignore-scripts');
  }
}

const source = axeSource();

// No serious or critical violation in what is shown now.
export async function axe(page, what) {
  await page.evaluate(source);
  const found = await page.evaluate(async () => {
    const { violations, passes } = await globalThis.axe.run(document);
    return { passed: passes.length, bad: violations
      .filter((v) => ['serious', 'critical'].includes(v.impact))
      .map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join('; ')}`) };
  });
  check(found.passed > 10 && found.bad.length === 0,
    `axe finds nothing serious in ${what}${
      found.bad.map((b) => `\n${b}`).join('')}`);
}

// Tab goes through the page from top to bottom, and what has the focus shows
// it.
export async function tabOrder(page, url, address) {
  await go(page, url, address);
  await page.reload();
  await page.waitForSelector('main:not([aria-busy]) h1');
  await page.evaluate(() => { globalThis.reached = []; });
  let more = true;
  while (more) {
    await page.keyboard.press('Tab');
    more = await page.evaluate(() => {
      const { activeElement: now, body } = document;
      const { reached } = globalThis;
      if (now === body || now === reached[0]) return false;
      reached.push(now);
      return reached.length < 500;
    });
  }
  const [n, wrong] = await page.evaluate(() => {
    const { reached } = globalThis;
    return [reached.length, reached.filter((e, i) => i > 0
      && !(reached[i - 1].compareDocumentPosition(e)
        & Node.DOCUMENT_POSITION_FOLLOWING)).map((e) => e.outerHTML)];
  });
  check(n > 10 && wrong.length === 0,
    `Tab reaches ${n} things in ${address}, from top to bottom ${wrong}`);
}

// Only rules for people who do not mind may move things.
export async function calm(page, url) {
  await go(page, url, '#/jobs');
  await page.emulateMedia({ reducedMotion: 'reduce' });
  const [read, moving] = await page.evaluate(() => {
    const active = (rules) => [...rules].flatMap((r) => {
      if (r.media && !matchMedia(r.media.mediaText).matches) return [];
      return r.cssRules?.length ? active(r.cssRules) : [r];
    });
    const all = [...document.styleSheets].flatMap((s) => active(s.cssRules));
    const still = ['', 'unset', 'none', 'auto', '0s'];
    return [all.length, all.filter((r) => ['transitionDuration',
      'animationName', 'scrollBehavior'].some((name) =>
      !still.includes(r.style?.[name] ?? ''))).map((r) => r.selectorText)];
  });
  await page.emulateMedia({ reducedMotion: null });
  check(read > 50 && moving.length === 0,
    `nothing moves where less motion is asked for ${moving}`);
}
