// SPDX-License-Identifier: MIT
// A plain network is given exits, measured, searched and validated on the
// device, with real processes: the project's own, its exits cut off first.  The whole flow as a benchmark is
// tests/bench/augment.
import { cnn3Model, dataOf, plainModel } from './fixture.mjs';
import { check, quickPolicy, withService } from './service.mjs';

const MAX_DROP = 0.02;
const percent = (x) => `${(100 * x).toFixed(2)} %`;
const us = (ns) => `${(ns / 1000).toFixed(1)} us`;

async function order(s) {
  const model = await plainModel(s, await cnn3Model(s));
  check(model.analysis.exits.length === 1, 'the network has no early exits');
  const data = await dataOf(s, model);
  await s.untilDevice('localhost');
  return { model: model.id, dataset: data.id, device: 'localhost',
    policy: quickPolicy, options: { score: 'best' }, memory_bytes: 1e6,
    search: { max_drop: MAX_DROP } };
}

async function refusals(s, body) {
  check((await s.post('/v1/augmentations', { ...body, search: {} },
    { expect: 400 })).detail.includes('max_drop'), 'a floor is asked for');
  check((await s.post('/v1/augmentations', { ...body, memory_bytes: 100 },
    { expect: 422 })).code === 'augmentation.memory',
  'a device too small is refused, with what it would take');
  check((await s.post('/v1/augmentations', { ...body, device: 'nobody' },
    { expect: 409 })).code === 'job.unsatisfiable', 'so is one not there');
}

function tell(a, plan, v, seconds) {
  for (const h of a.augmentation.heads)
    console.log(`boundary ${h.boundary} ${h.kind}: ${percent(h.accuracy)} ${
      h.kept ? h.exit : `left out: ${h.reason} ${h.number}`}`);
  console.log(`plan on ${plan.test.n} held-out rows: accuracy ${
    percent(plan.test.accuracy)} of ${percent(plan.test.accuracy_full)}, cost ${
    us(plan.test.cost)} of ${us(plan.test.cost_full)}`);
  console.log(`measured ${us(v.measured.plan.mean_ns.median)}, predicted ${
    us(v.predicted.mean_ns.median)} (residual ${
    percent(v.residual.mean.rel)}); without exits ${
    us(v.measured.full.mean_ns.median)} (residual ${
    percent(v.residual.full_mean.rel)}); saving ${
    percent(v.residual.saving)}; whole flow ${seconds.toFixed(0)} s`);
}

withService(async (s) => {
  s.startProbe();
  const body = await order(s);
  await refusals(s, body);
  const start = performance.now();
  const made = await s.post('/v1/augmentations', body);
  const a = await s.until(`/v1/augmentations/${made.id}`);
  const kinds = a.tasks.map((t) => t.kind);
  check(['augment', 'analyse', 'profile', 'records', 'search']
    .every((k) => kinds.includes(k)), `stages: ${kinds.join(', ')}`);
  const plan = await s.get(`/v1/plans/${a.plan}`);
  const search = await s.get(`/v1/searches/${a.search}`);
  const v = await s.until(`/v1/validations/${a.validation}`);
  const seconds = (performance.now() - start) / 1000;
  tell(a, plan, v, seconds);
  check(a.augmentation.heads.some((h) => h.kept), 'some heads are kept');
  check(a.cut_short.length === plan.exits.length - 1,
    'the network cut short at each exit is offered beside the plan');
  const params = a.augmentation.heads.filter((h) => h.kept
    && plan.exits.some((x) => x.name === h.exit && x.kept))
    .reduce((sum, h) => sum + h.params, 0);
  check(a.memory.weight_bytes === 4 * params
    + a.augmentation.memory.plain_weight_bytes, 'the plan has its weights and '
    + 'those of the heads it keeps');
  check(a.memory.limit_bytes === body.memory_bytes && a.memory.spare_bytes > 0,
    'and fits what the device has');
  check(search.curve.length > 1, `the front has ${search.curve.length} plans`);
  check(plan.cross.drop <= MAX_DROP + 1e-9
    || plan.cross.status !== 'met', 'the plan is expected to keep the drop');
  const promised = await s.get(`/v1/plans/${a.promised}`);
  check(['certified', 'full'].includes(promised.guarantee.status),
    `beside it is one that promises to: ${promised.guarantee.status}`);
  for (const h of a.augmentation.heads.filter((x) => x.kept)) {
    const best = Object.keys(h.auc).reduce((x, y) =>
      h.auc[y] > h.auc[x] ? y : x);
    check(h.score === best && plan.exits.find((x) => x.name === h.exit).score
      === best, `${h.exit} is left by ${best}, in the plan too`);
  }
  check(v.request.budget_s === quickPolicy.job_budget_s,
    'what is measured for a short time is validated for no longer');
  check(v.residual.same_shares, 'the device decides as the replay says');
  check(Math.abs(v.measured.plan.accuracy - v.predicted.accuracy) < 1e-9,
    'and is as often right');
  const csv = await s.get(`/v1/records/${a.records}/csv`);
  const samples = csv.trim().split(/\r?\n/).slice(1)
    .map((l) => Number(l.split(',')[0]));
  const { all, used } = a.augmentation.rows;
  check(samples.length === all - used && new Set(samples).size === all - used
    && Math.min(...samples) < used, 'the rows that heads were not fitted on, '
    + 'drawn from all of them, are evaluated');
});
