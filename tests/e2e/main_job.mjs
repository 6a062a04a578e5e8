// SPDX-License-Identifier: MIT
// The main job with real processes: a model and its data over REST, measured,
// evaluated, searched, exported.  `main_job.mjs fixture` uses the project's
// own network, `main_job.mjs resnet20` a larger real one where it is present.
import { existsSync, readFileSync } from 'node:fs';
import { cnn3, dataOf, recordsOf, resnet20 } from './fixture.mjs';
import { Service, check, quickPolicy, skip, withService }
  from './service.mjs';

const cases = {
  fixture: { ...cnn3,
    exits: 4, accuracy: 0.87, tolerance: 1e-9,
    levels: ['L0', 'L1', 'L2', 'L3', 'L4', 'L5', 'L6'],
  },
  resnet20: {
    ...resnet20, exits: 9, accuracy: 0.8135, tolerance: 0.001,
  },
};

const c = cases[process.argv[2]];
if (!existsSync(c.file)) skip(`${c.file} is not here`);

const column = (text, name) => {
  const [head, ...rows] = text.trim().split(/\r?\n/).map((l) => l.split(','));
  return rows.map((r) => r[head.indexOf(name)]);
};

// The worker's records against the ones PyTorch made.
async function compareRecords(s, records) {
  const ours = await s.get(`/v1/records/${records.id}/csv`);
  const theirs = readFileSync(c.records, 'utf8');
  for (let k = 0; k < c.exits; k++) {
    const a = column(ours, `pred_${k}`), b = column(theirs, `pred_${k}`);
    check(a.length === b.length && a.every((p, i) => p === b[i]),
      `exit ${k} predicts what PyTorch predicts`);
    const x = column(ours, `score_${k}`), y = column(theirs, `score_${k}`);
    check(x.every((v, i) => Math.abs(v - y[i]) < 1e-5),
      `exit ${k} scores agree within 1e-5`);
  }
}

function checkRows(rows, analysis) {
  const of = (level, role) => rows.filter(
    (r) => r.level === level && r.role === role);
  // Of a level's layers: a bound that is known, else the median.
  const sum = (level, bound) => of(level, 'layer')
    .reduce((s, r) => s + (r[bound] ?? r.median_ns), 0);
  const bad = rows.filter((r) => ['L0', 'L2', 'L3', 'L6'].includes(r.level)
    && !(r.ci95_lo_ns === null ? r.flags.includes('few_samples')
      : r.ci95_lo_ns > 0 && r.ci95_lo_ns <= r.median_ns
        && r.median_ns <= r.ci95_hi_ns));
  check(bad.length === 0, 'every latency lies within its interval');
  check(of('L2', 'layer').length === analysis.layers.length,
    `all ${analysis.layers.length} layers are measured`);
  if (c.levels) {
    check(of('L3', 'layer').length === analysis.layers.length
      && of('L3', 'layer').every((r) => r.iters_per_epoch === 1),
    'every layer is measured cold, one execution at a time');
    check(sum('L3', 'ci95_hi_ns') > sum('L2', 'ci95_lo_ns'),
      'cold layers do not take less than hot ones');
  } else {
    check(of('L3', 'layer').length === 0, 'nobody asked for cold layers');
  }
  check(of('L6', 'segment').length === c.exits, 'every segment is measured');
  check(of('L6', 'head').length === c.exits - 1, 'every head is measured');
  check(of('L6', 'prefix').length === c.exits, 'every prefix is measured');
  check(rows.every((r) => r.energy === null || r.energy.err_nj > 0),
    'energy is null or has an error bound');
}

async function checkExports(s, profile, layers) {
  const native = await s.get(`/v1/export/json?profile=${profile}`);
  check(native.layers.length > 0 && native.exits.length === c.exits,
    'the native export has layers and exits');
  const csv = await s.get(`/v1/export/csv?profile=${profile}`);
  check(column(csv, 'median_ns').length >= layers, 'the CSV has every layer');
  const trace = await s.get(`/v1/export/chrome?profile=${profile}`);
  check(trace.traceEvents.some((e) => e.ph === 'X'), 'the trace has events');
}

// The native table on another server, and back: equal but for its numbers.
async function checkImport(s, profile) {
  const there = new Service();
  const table = async (server, id) => (await fetch(
    `${server.url}/v1/export/json?profile=${id}`)).text();
  const bare = (text) => JSON.stringify(JSON.parse(text), (name, value) =>
    ['profile', 'origin', 'id', 'cached_from'].includes(name)
      && typeof value !== 'string' ? undefined : value);
  try {
    await there.startServer();
    const sent = await table(s, profile);
    const send = (expect) => there.post('/v1/import', Buffer.from(sent),
      { expect, headers: { 'Content-Type': 'application/json' } });
    const got = await send(201);
    check(got.origin.profile === profile, 'an import says where it is from');
    check(bare(await table(there, got.id)) === bare(sent),
      'a table on another server is the same table');
    check((await send(200)).id === got.id, 'importing again changes nothing');
  } finally {
    const faults = await there.stop();
    check(faults.length === 0, `the other server ends well ${faults}`);
  }
}

withService(async (s) => {
  s.startProbe();
  const model = await s.model(c.file, process.argv[2]);
  check(model.state === 'ready', 'the model is analysed');
  check(model.analysis.exits.length === c.exits, 'its exits are recognised');
  await s.untilDevice('localhost');
  const job = await s.post('/v1/jobs', {
    model: model.id, devices: ['localhost'], policy: quickPolicy,
    ...c.levels ? { levels: c.levels } : {},
  });
  const records = await recordsOf(s, model, await dataOf(s, model, c));
  check(Math.abs(records.accuracy_full - c.accuracy) <= c.tolerance,
    `full accuracy ${records.accuracy_full} is ${c.accuracy}`);
  if (c.records) await compareRecords(s, records);

  const done = await s.until(`/v1/jobs/${job.id}`);
  const { profile } = done.tasks[0];
  const rows = (await s.get(`/v1/profiles/${profile}/layers`)).items;
  checkRows(rows, model.analysis);
  await checkExports(s, profile, model.analysis.layers.length);
  await checkImport(s, profile);

  const search = await s.post('/v1/searches', {
    profile, records: records.id, max_drop: 0.01,
  });
  const found = await s.until(`/v1/searches/${search.id}`);
  const plan = await s.get(`/v1/plans/${found.plan}`);
  const cal = plan.calibration;
  check(cal.accuracy >= plan.floor - 1e-12, 'the plan keeps the floor');
  check(cal.cost < cal.cost_full,
    `the plan costs ${cal.cost} ns, the full network ${cal.cost_full} ns`);
  check(plan.exits.at(-1).kept, 'the final exit is kept');
  check(/^[ABCX]$/.test(plan.cost_quality.grade) &&
    plan.cost_quality.whole_ns > 0 && plan.cost_quality.full_ns > 0,
    `the plan says how good its costs are: ${JSON.stringify(plan.cost_quality)}`);
});
