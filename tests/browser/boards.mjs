// SPDX-License-Identifier: MIT
// boards.mjs -- what the page shows of boards, links and plans over several
// devices.  The documents are the API's, with a board's numbers put in: QEMU
// and a second probe would take a minute to say the same.
import { check } from '../e2e/service.mjs';
import { axe } from './access.mjs';
import { go, shoot } from './browser.mjs';

const layers = 12;
const portion = 250; // rows that a table shows at once

// Answers `path` with `document` until the function returned is called; who
// waits for a change of it waits.
async function instead(page, path, document) {
  const where = (url) => url.pathname === path;
  await page.route(where, (route) => {
    if (!new URL(route.request().url()).searchParams.has('since'))
      return route.fulfill({ json: document });
  });
  return () => page.unroute(where);
}

const lacking = { support: false, code: 'operator',
  reason: "node 'act' (Sigmoid): boards have no such layer" };

// Layer i executed 1000 + i instructions, a part of them loads; layer 1 cannot
// run.
const counted = (row, i) => ({ ...row, id: 1e6 + i, level: 'L2', index: i,
  name: `layer${i}`, source: 'emulated', median_ns: null, n_epochs: 3,
  iters_per_epoch: 1, flags: i === 1 ? ['unsupported'] : [], grade: 'A',
  support: i === 1 ? lacking : { support: true, code: 'supported',
    reason: 'int8 conv' },
  counters: i === 1 ? null : { instructions: 1000 + i, insn_alu: 600,
    insn_multiply: 100, insn_load: 300 + i, weight_bytes: 64,
    need_bytes: 128 } });

const rowsOf = (page, words) => page.locator('table', { hasText: words })
  .locator('tbody tr');

async function boardRows(page, url, profile) {
  await go(page, url, `#/profiles/${profile}`);
  await page.reload();
  await page.getByRole('img', { name: `Instructions of ${layers} layers` })
    .locator('canvas').waitFor();
  const table = rowsOf(page, 'Layers, counted');
  const cells = await table.nth(1).locator('td').allTextContents();
  check(cells[1] === '—' && cells.some((x) => x === `no ${lacking.reason}`),
    'a layer that a board lacks has a reason and no number');
  const mix = () => table.first().locator('svg.mix').getAttribute('aria-label');
  check(await mix() === 'arithmetic 60 %, products 10 %, memory 30 %',
    'the mix of classes is the API\'s');
  await page.getByRole('button', { name: 'Mix', exact: true }).click();
  await page.getByRole('button', { name: 'Mix', exact: true }).click();
  check(await mix() === 'arithmetic 59 %, products 10 %, memory 31 %',
    'and sorts by loads and stores');
  await axe(page, 'a board\'s profile');
  await shoot(page, 'board-profile');
  await page.getByRole('button', { name: /^layer11/ }).first().click();
  const classes = await rowsOf(page, 'Instructions by class')
    .allTextContents();
  check(classes.length === 3 && classes.includes('loadmemory31130.8 %'),
    `opened, it tells each class: ${classes}`);
  await page.keyboard.press('Escape');
}

async function manyRows(page) {
  await page.getByText(/^Every measured row/).click();
  const all = rowsOf(page, 'Rows by level');
  check(await all.count() === portion, 'a long table begins with some rows');
  await page.getByRole('button', { name: `Show ${layers} more` }).click();
  check(await all.count() === portion + layers, 'and has the rest on demand');
}

// The profile, as if a board had been counted.
export async function boards(page, s, id) {
  const path = `/v1/profiles/${id}`;
  const [profile, rows] = [await s.get(path), await s.get(`${path}/layers`)];
  const model = await s.get(`/v1/models/${profile.model}`);
  const row = rows.items.find((r) => r.role === 'layer');
  const [layer] = model.analysis.layers;
  const undo = [
    await instead(page, path, { ...profile,
      e2e: { ...counted(row, 0), level: 'L0', role: 'whole' } }),
    await instead(page, `${path}/layers`, { ...rows,
      items: Array.from({ length: portion + layers }, (_, i) => ({
        ...counted(row, i), role: i < layers ? 'layer' : 'aa' })) }),
    await instead(page, `/v1/models/${profile.model}`, { ...model,
      analysis: { ...model.analysis, exits: model.analysis.exits.slice(-1)
        .map((e) => ({ ...e, after_layer: layers - 1 })),
        layers: Array.from({ length: layers }, (_, i) => ({ ...layer,
          index: i, name: `layer${i}`, reads: i ? [i - 1] : [] })) } })];
  await boardRows(page, s.url, id);
  await manyRows(page);
  for (const each of undo) await each();
}

const near = (median) => ({ median, ci95_lo: 0.9 * median,
  ci95_hi: 1.1 * median });
const left = (share, path) => ({ index: 0, name: 'exit0', n: 26, share,
  accuracy: 0.9, path_ns: near(path), path_instructions: null });

const relayed = { id: 1, kind: 'validation', plan: 1, state: 'done',
  version: 1, error: null, request: { device: null, processors: [
    { name: 'near' }, { name: 'far' }] },
  tasks: [{ kind: 'relay', device: 'lab' }, { kind: 'relay',
    device: 'desk' }].map((t) => ({ ...t, state: 'done' })),
  predicted: { mean_ns: near(4e5), p50_ns: 3e5, p90_ns: 9e5,
    full_mean_ns: near(9e5), accuracy: 0.87, accuracy_full: 0.88,
    exits: [left(0.26, 9e4)], processors: [
      { name: 'near', share: 1, own_ns: 9e4, send_bytes: 36864,
        link_ns: 47e4 },
      { name: 'far', share: 0.74, own_ns: 44e4, send_bytes: null,
        link_ns: null }] },
  measured: { schema: 'offramp.relay/1', n: 100, flags: ['shared_host'],
    exits: [left(0.26, 4e4)], plan: { mean_ns: near(39e4),
      mean_all_ns: near(43e4), p50_ns: near(46e4), p90_ns: near(7e5),
      accuracy: 0.87 }, processors: [
      { name: 'near', share: 1, own_ns: 45e3, link_ns: 48e4,
        link_ci95_ns: [47e4, 49e4] },
      { name: 'far', share: 0.74, own_ns: 22e4, link_ns: null }],
    outputs: { equal: true, same_exit: 100, max_abs_diff: 2.4e-7 },
    full: null, energy: null },
  residual: { mean: { rel: -0.09 }, saving: null } };

// A plan that ran across two devices.
export async function relay(page, s) {
  const undo = await instead(page, '/v1/validations/1', relayed);
  await go(page, s.url, '#/validations/1');
  await page.getByText('The outputs equal the unsplit network\'s').waitFor();
  const rows = await rowsOf(page, 'Share of samples that reach')
    .evaluateAll((all) => all.map((r) => [...r.children]
      .map((c) => c.textContent).join()));
  check(rows[0] === 'near,desk,100.00 %,100.00 %,90.00 µs,45.00 µs,470.0 µs,'
    + '480.0 µs,36.00 KiB'
    && rows[1] === 'far,lab,74.00 %,74.00 %,440.0 µs,220.0 µs,—,—,—',
  `each processor has its device, share, work and hand-over: ${rows}`);
  await axe(page, 'a plan across devices');
  await shoot(page, 'relay');
  await undo();
}

const exchange = (bytes, median_ns) => ({ bytes, n: 9, median_ns });
const timed = { base_ns: { value: 12870, ci95_lo: 12622, ci95_hi: 13152 },
  byte_ns: { value: 0.3, ci95_lo: 0.26, ci95_hi: 0.35 }, bytes_per_s: 2 ** 30,
  residual_rel: 0.006, worst_rel: 0.06, exchanges: [exchange(1, 25810),
    exchange(64, 26000), exchange(65536, 45000)] };
const line = { base_ns: null, byte_ns: null, bytes_per_s: null,
  exchanges: [{ bytes: 1024, n: 1, median_ns: null, line_bytes: 2816 }] };
const link = (id, to, way, more) => ({ id, state: 'done', request:
  { from: 'localhost', to }, link: { from: 'localhost', to, send: way,
  receive: way, energy: null, flags: [], grade: 'B', source: 'measured',
  finished_at: '2026-01-01T00:00:00Z', ...more } });

// A link with times, a line that has none, and one that failed since.
export async function links(page, s) {
  const failed = { id: 9, state: 'failed', link: null, request: { from:
    'localhost', to: 'far' }, error: { code: 'link.closed', detail: 'No door.' } };
  const undo = await instead(page, '/v1/links', { next: null, items: [failed,
    link(2, 'server', timed), link(1, 'host', line, { source: 'emulated' })] });
  await go(page, s.url, '#/devices/localhost');
  await page.reload();
  await page.getByRole('img', { name: /^Exchanges between/ }).locator('canvas')
    .waitFor();
  const cells = async (words) => (await rowsOf(page, words).first()
    .locator('td').allTextContents()).slice(0, 4).join();
  check(await cells('Links of this device')
    === '12.87 µs,1.000 GiB/s,0.6 %,—', 'a link has its base and rate');
  check(await cells('Emulated lines')
    === '1.000 KiB,2.750 KiB,175 %,B', 'an emulated line its bytes, no time');
  check(await page.getByText('No door.').count() === 1,
    'one that failed says why');
  await axe(page, 'a device\'s links');
  await shoot(page, 'links');
  await undo();
}

const task = (more) => ({ id: 5, kind: 'profile', device: null,
  selector: 'localhost', state: 'queued', attempt: 0, queue_until: null,
  waits_for: null, progress: null, error: null, profile: null, n_parts: 0,
  ...more });
const at = '2026-01-01T00:00:00Z';
const job = (id, name, state, tasks, more) => ({ id, name, state, version: 1,
  tasks, created_at: at, started_at: null, finished_at: null, ...more });

// A job behind another one says which and for how long; one that failed, what
// helps and where what it measured is.
export async function waits(page, s, model) {
  const behind = { ...job(77, 'behind', 'queued', [task({ queue_until: at })]),
    model, position: 2, eta_s: 95 };
  const failed = { ...job(78, 'broken', 'failed', [task({ state: 'failed',
    n_parts: 3, error: { class: 'infra', code: 'infra.lost',
      detail: 'The board is gone.' } })], { finished_at: at }), model };
  const before = job(76, 'before it', 'running',
    [task({ state: 'leased', device: 'localhost' })]);
  const { items } = await s.get('/v1/devices');
  const undo = [await instead(page, '/v1/jobs/77', behind),
    await instead(page, '/v1/jobs/78', failed),
    await instead(page, '/v1/jobs', { items: [behind, before], next: null }),
    await instead(page, '/v1/devices', { next: null,
      items: items.map((d) => ({ ...d, busy: true })) })];
  await go(page, s.url, '#/jobs/77');
  const said = await page.locator('dl.facts').textContent();
  check(/Tasks before it2.*localhost is busy with before it \(profile\).*1:35/
    .test(said), `a job that waits says for what: ${said}`);
  await axe(page, 'a job that waits');
  await go(page, s.url, '#/jobs/78');
  await page.getByText('The lab failed, not the network').waitFor();
  check(await page.getByRole('link', { name: 'Measure it again' }).count()
    + await page.getByRole('link', { name: '3 partial results' }).count() === 2,
  'a job that failed says what helps, and keeps what it has');
  await axe(page, 'a job that failed');
  for (const each of undo) await each();
}
