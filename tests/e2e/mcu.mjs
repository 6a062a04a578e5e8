// SPDX-License-Identifier: MIT
// Microcontroller boards with real processes: a network is quantised, its
// exit records made in int8, every layer counted on emulated boards, and exits
// searched by instructions.  Skipped without QEMU or the firmware.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { needEmulator, startBoards } from './emulator.mjs';
import { cnn3Model, dataOf } from './fixture.mjs';
import { check, fixtures, withService } from './service.mjs';

needEmulator('mps2-an386', 'mps2-an505');

const boards = { m4: 'qemu=mps2-an386,desk=3', m33: 'qemu=mps2-an505,desk=3' };

const classes = ['alu', 'multiply', 'multiply_long', 'divide', 'load', 'store',
  'load_multiple', 'store_multiple', 'branch', 'fp', 'fp_accumulate',
  'fp_divide', 'vector', 'vector_load', 'vector_store', 'other'];

function checkRows(rows, analysis, name) {
  const of = (level, role) => rows.filter(
    (r) => r.level === level && r.role === role);
  check(rows.every((r) => r.source === 'emulated' && r.median_ns === null
    && r.flags.includes('emulated')), `${name}: counts, and no time at all`);
  check(of('L0', 'whole')[0].counters.instructions > 1e5,
    `${name}: the whole takes ${of('L0', 'whole')[0].counters.instructions} `
    + 'instructions');
  const layers = of('L2', 'layer');
  check(layers.length === analysis.layers.length
    && layers.every((r) => r.flags.includes('fused')
      || r.counters.instructions > 0), `${name}: every layer is counted`);
  const off = rows.filter((r) => r.counters).map(({ counters: c }) =>
    (classes.reduce((a, n) => a + c[`insn_${n}`], 0) / c.instructions) - 1);
  check(off.length > 20 && off.every((x) => x >= 0 && x < 1.1e-3),
    `${name}: classes add up to what the clock counts, within `
    + `${(100 * Math.max(...off)).toFixed(4)} %`);
  check(of('L0', 'whole')[0].counters.insn_multiply > 1e5
    && of('L0', 'whole')[0].counters.insn_jump > 1e4
    && of('L0', 'whole')[0].counters.insn_vector === 0,
  `${name}: products and jumps, and no vectors on this core`);
  check(of('L6', 'segment').length === analysis.exits.length
    && of('L6', 'prefix').length === analysis.exits.length,
  `${name}: segments and prefixes`);
  const sum = layers.reduce((a, r) => a + (r.counters?.instructions ?? 0), 0);
  const whole = of('L0', 'whole')[0].counters.instructions;
  check(Math.abs(sum / whole - 1) < 0.01,
    `${name}: layers add up to the whole (${(sum / whole - 1).toFixed(5)})`);
  check(of('L2', 'sentinel').length === 3, `${name}: golden kernels`);
}

// The same by class, from the published cycles of the core.
async function modelledByClass(s, path, profile, rows, offramp) {
  const file = join(fixtures, 'device_models', 'cortex-m4.json');
  const told = offramp('devices', 'model', 'm4', '--file', file, '--clock',
    '5e7');
  check(/by class/.test(told) && /load +1.5  \(1 to 3\)/.test(told)
    && /any other +1/.test(told), 'the command declares cycles by class');
  const { cycles_per_instruction: cycles } = await s.get(path);
  const view = await s.get(`/v1/profiles/${profile}/layers?source=modelled`);
  const of = (c, i) => {
    const f = cycles[c] ?? (/jump|word/.test(c) ? 0 : cycles.default);
    return Array.isArray(f) ? f[i] : f;
  };
  const ns = (counters, i) => 20 * [...classes, 'jump', 'word'].reduce(
    (sum, c) => sum + counters[`insn_${c}`] * of(c, i), 0);
  check(view.items.every((r, k) => rows[k].counters === null
    ? r.median_ns === null
    : [r.median_ns, r.ci95_lo_ns, r.ci95_hi_ns].every((x, i) =>
      Math.abs(x / ns(rows[k].counters, i) - 1) < 1e-9)
      && r.from.lacks === null),
  'times are the sums over classes, with the interval of each');
  const whole = view.items.findIndex((r) => r.role === 'whole');
  const { median_ns: mid, ci95_lo_ns: lo, ci95_hi_ns: hi } = view.items[whole];
  const cpi = (t) => (t / 20 / rows[whole].counters.instructions).toFixed(3);
  check(hi > lo && cpi(mid) > 1, `by class an instruction takes ${cpi(mid)} `
    + `cycles (${cpi(lo)} to ${cpi(hi)})`);
}

// Times derived with a declared model: asked for by name, told everywhere.
async function modelled(s, profile, records) {
  const path = '/v1/devices/m4/model';
  const wanted = { profile, records, max_drop: 0.01, grid: 8,
    source: 'modelled' };
  const before = await s.post('/v1/searches', wanted, { expect: 404 });
  check(/offramp devices model/.test(before.detail),
    `without a model: ${before.detail}`);
  const good = { clock_hz: 1e8, cycles_per_instruction: [1.3, 1.1, 1.7],
    energy_per_cycle_nj: [0.1, 0.08, 0.15], from: 'Cortex-M4 TRM' };
  for (const [change, word] of [
    [{ clock_hz: 0 }, 'clock_hz'], [{ clock_hz: -1 }, 'clock_hz'],
    [{ clock_hz: 1e30 }, 'clock_hz'], [{ clock_hz: '100' }, 'clock_hz'],
    [{ cycles_per_instruction: [1.3, 1.5, 1.7] }, 'low <= middle'],
    [{ cycles_per_instruction: [1.3, 1.1] }, 'cycles_per_instruction'],
    [{ cycles_per_instruction: { load: 2, other: 1 } }, 'alu is missing'],
    [{ cycles_per_instruction: { mac: 2, default: 1 } }, 'mac'],
    [{ cycles_per_instruction: 0 }, 'cycles_per_instruction'],
    [{ energy_per_cycle_nj: -0.1 }, 'energy_per_cycle_nj'],
    [{ from: '' }, 'from'], [{ from: undefined }, 'from'],
    [{ volts: 3 }, 'volts']]) {
    const no = await s.call('PUT', path, { ...good, ...change },
      { expect: 400 });
    check(no.detail.includes(word), `refused: ${no.detail}`);
  }
  const nan = await fetch(s.url + path, { method: 'PUT',
    headers: { 'Content-Type': 'application/json' },
    body: '{"clock_hz":NaN,"cycles_per_instruction":1,"from":"x"}' });
  check(nan.status === 400, 'NaN is no number');
  const one = await s.call('PUT', path, good, { expect: 201 });
  const again = await s.call('PUT', path, good, { expect: 200 });
  check(one.version === 1 && again.version === 1, 'the same is no new version');

  const rows = (await s.get(`/v1/profiles/${profile}/layers`)).items;
  const view = await s.get(`/v1/profiles/${profile}/layers?source=modelled`);
  const near = (a, b) => Math.abs(a / b - 1) < 1e-9;
  check(view.items.length === rows.length && view.items.every((r, i) => {
    const n = rows[i].counters?.instructions;
    return r.source === 'modelled' && r.id === null && r.counters === null
      && r.flags.includes('modelled') && !r.flags.includes('emulated')
      && r.from.row === rows[i].id && r.from.model.version === 1
      && (n === undefined ? r.median_ns === null
        : near(r.median_ns, n * 13) && near(r.ci95_lo_ns, n * 11)
          && near(r.ci95_hi_ns, n * 17) && near(r.energy.net_nj, n * 0.13));
  }), 'modelled rows follow from counts, and say from which');
  check(rows.every((r) => r.median_ns === null),
    'the counted rows have no time as before');
  await s.get(`/v1/export/csv?profile=${profile}&source=modelled`).then(
    () => check(false, 'csv of modelled rows'),
    (e) => check(/422/.test(e.message), 'tables of counts stay counts'));
  const costs = await s.get(
    `/v1/export/costs?profile=${profile}&source=modelled`);
  check(costs.source === 'modelled' && costs.model.version === 1
    && costs.metrics.includes('latency_ns')
    && costs.metrics.includes('energy_nj')
    && !costs.metrics.includes('instructions'),
  'costs are modelled alone, and name the model');

  const search = await s.post('/v1/searches', wanted);
  const found = await s.until(`/v1/searches/${search.id}`);
  const plan = await s.get(`/v1/plans/${found.plan}`);
  check(plan.cost_source === 'modelled' && plan.cost_model.version === 1,
    `a plan of ${Math.round(plan.calibration.cost)} modelled ns says so`);
  const offramp = (...args) => execFileSync(join(process.env.OFFRAMP_BIN,
    'offramp'), [...args, '--server', s.url], { encoding: 'utf8' });
  check(/modelled, not measured: model 1 of m4 \(Cortex-M4 TRM\)/.test(
    offramp('plan', `${found.plan}`)), 'so does the command');
  const table = offramp('table', `${profile}`, '--modelled');
  check(/every time is modelled/.test(table)
    && /whole network, all outputs: .* ms .*grade C/.test(table),
  'and its table');

  offramp('devices', 'model', 'm4', '--clock', '2e8', '--cpi', '1.3,1.1,1.7',
    '--from', 'overclocked');
  const now = await s.get(`/v1/profiles/${profile}/layers?source=modelled`);
  check(now.model.version === 2 && now.items.every((r, i) =>
    r.median_ns === null || near(2 * r.median_ns, view.items[i].median_ns))
    && now.items.every((r) => r.energy === null),
  'a new version gives new times, without a new measurement');
  await modelledByClass(s, path, profile, rows, offramp);
  check((await s.get(`${path}?version=1`)).clock_hz === 1e8
    && (await s.get(`/v1/plans/${found.plan}`)).cost_model.version === 1,
  'what was derived before still says with what');
}

withService(async (s) => {
  startBoards(s, boards);
  const model = await cnn3Model(s);
  const data = await dataOf(s, model);
  for (const name of Object.keys(boards)) await s.untilDevice(name);
  const { labels } = await s.get('/v1/devices/m4');
  check(labels.kind === 'mcu' && labels.core === 'cortex-m4'
    && labels.source === 'emulated' && labels.desk === '3',
  'a board is a device with labels');

  await s.post('/v1/jobs', { model: model.id, devices: ['m4'] },
    { expect: 409 });
  await s.post('/v1/jobs', { model: model.id, devices: ['m4'], quantise: {} },
    { expect: 422 });
  await s.post('/v1/jobs', { model: model.id, devices: ['m4'], quantise: {
    dataset: data.id, calibrate: [0, 50], evaluate: [40, 90] } },
  { expect: 422 });
  check(true, 'a board needs an image, int8 needs rows of its own');

  const job = await s.post('/v1/jobs', { model: model.id,
    devices: Object.keys(boards), quantise: { dataset: data.id,
      calibrate: [0, 100], evaluate: [100, 500] } });
  const done = await s.until(`/v1/jobs/${job.id}`);
  const { image, records } = done.quantise;
  const last = image.evaluation.exits.at(-1);
  check(last.accuracy > last.accuracy_float - 0.05 && last.same_as_float > 0.9,
    `int8 ${last.accuracy}, float ${last.accuracy_float}, same class `
    + `${last.same_as_float}`);
  const made = await s.get(`/v1/records/${records}`);
  check(made.state === 'ready' && made.n === image.evaluation.n,
    'the exit records are those of the image');

  const agents = await Promise.all(Object.keys(boards).map(
    async (name) => (await s.get(`/v1/devices/${name}`)).agent));
  check(agents.join() === 'desk.m4,desk.m33',
    'each board is an agent of its own, so that both work at the same time');

  const profiles = done.tasks.filter((t) => t.kind === 'profile');
  check(profiles.length === 2, 'both boards were measured');
  for (const t of profiles) {
    const p = await s.get(`/v1/profiles/${t.profile}`);
    check(p.grade === 'A' && p.check.pass && p.closure.aa_rel === 0,
      `${t.device}: grade ${p.grade}, A/A the same`);
    const rows = (await s.get(`/v1/profiles/${t.profile}/layers`)).items;
    checkRows(rows, model.analysis, t.device);
  }

  const { profile } = profiles[0];
  const timed = await s.post('/v1/searches', { profile, records,
    max_drop: 0.01 }, { expect: 422 });
  check(/source modelled/.test(timed.detail), `no time: ${timed.detail}`);
  await modelled(s, profile, records);
  const search = await s.post('/v1/searches', {
    profile, records, max_drop: 0.01, objective: 'instructions' });
  const found = await s.until(`/v1/searches/${search.id}`);
  const { calibration } = await s.get(`/v1/plans/${found.plan}`);
  check(calibration.cost < calibration.cost_full,
    `a plan of ${calibration.cost} instructions, the full network has `
    + `${calibration.cost_full}`);
  const chart = (await s.get('/v1/devices/m4/chart')).items;
  check(chart.length >= 6 && chart.every((p) => p.instructions > 0 && !p.out),
    'the control chart counts');
  const csv = await s.get(`/v1/export/csv?profile=${profile}`);
  check(csv.includes('emulated'), 'exports say emulated');
});
