// SPDX-License-Identifier: MIT
// How good is a measurement?  Three jobs each of four networks through the
// real service, one after the other on this machine, with a plain timing loop
// and ONNX Runtime's own profile of the same files before and after each job.
//   run_bench_measure          the long form: under 12 minutes, then it stops
//   measure.mjs --once         one full job each
//   run_bench_measure_quick    (--quick) one coarse job each: does it work?
// Each job tells its figures as it ends; Ctrl-C prints the tables of those so
// far.
// Numbers of a busy machine are worth little: it says so.
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { quickPolicy, shared, skip, withService } from '../../e2e/service.mjs';

const quick = process.argv.includes('--quick');
const jobs = quick || process.argv.includes('--once') ? 1 : 3;
const policy = quick ? quickPolicy : {};
const limitMs = 11.5 * 60e3; // no job begins that might end after 12 minutes
const models = {
  'ResNet-20': 'resnet20_cifar10_9exits.onnx',
  'ResNet-8': 'resnet8_ic01_4exits.onnx',
  'DS-CNN': 'ds_cnn_kws01.onnx',
  MobileNet: 'mobilenet_vww96.onnx',
};
const start = Date.now();

const minutes = () => ((Date.now() - start) / 60e3).toFixed(1);
const sorted = (v) => v.filter(Number.isFinite).sort((a, b) => a - b);
const median = (v) => {
  const s = sorted(v), n = s.length;
  return n ? (s[(n - 1) >> 1] + s[n >> 1]) / 2 : NaN;
};
const worst = (v) => sorted(v.map(Math.abs)).at(-1) ?? NaN;
const percent = (x) => Number.isFinite(x) ? `${(100 * x).toFixed(2)} %` : '-';
const us = (ns) => Number.isFinite(ns) ? `${(ns / 1e3).toFixed(1)} us` : '-';
const verdict = (x, goal) => !Number.isFinite(x) ? '-'
  : `${percent(x)} ${x <= goal ? 'ok' : `(goal ${percent(goal)})`}`;

function print(title, rows) {
  const width = rows[0].map((_, c) =>
    Math.max(...rows.map((r) => `${r[c]}`.length)));
  console.log(`\n${title}`);
  for (const r of rows)
    console.log(r.map((cell, c) => `${cell}`.padEnd(width[c])).join('  ')
      .trimEnd());
}

const baseline = (file, folder) => JSON.parse(execFileSync(
  join(process.env.OFFRAMP_TESTS, 'bench_measure_baseline'),
  [file, join(folder, 'baseline-trace')], { stdio: ['ignore', 'pipe', 'ignore'] }));

// One job, as its user sees it: from asking to the answer.
async function measure(s, model, how = policy) {
  const before = Date.now();
  const job = await s.post('/v1/jobs', {
    model: model.id, devices: ['localhost'], policy: how, cache: 'off',
  });
  const done = await s.until(`/v1/jobs/${job.id}`);
  const wall_s = (Date.now() - before) / 1e3;
  const at = `/v1/profiles/${done.tasks[0].profile}`;
  const profile = await s.get(at);
  const { volatile: env } = (await s.get(`${at}/env`)).env;
  return { ...profile.closure, wall_s, loop_s: env.loop_s,
    sample_s: env.sample_s, l0_ns: profile.e2e.median_ns,
    residuals: profile.exits.map((e) => e.prefix_residual_rel ?? NaN),
    splits: profile.exits.map((e) => e.prefix_split_rel ?? NaN),
    noisy: profile.flags.includes('shared_host') };
}

async function prepare(s, name, file) {
  const model = await s.model(file, name);
  const fixed = s.path(`${name}.onnx`); // with the shape that is measured
  const answer = await fetch(
    `${s.url}/v1/blobs/sha256:${model.analysis.blob}`);
  writeFileSync(fixed, Buffer.from(await answer.arrayBuffer()));
  return { name, model, fixed, ours: [],
    others: [baseline(fixed, s.folder)] };
}

async function study(s, t) {
  const longest = Math.max(0, ...t.ours.map((j) => 1e3 * j.wall_s));
  if (Date.now() - start + longest > limitMs) return;
  t.ours.push(await measure(s, t.model));
  t.others.push(baseline(t.fixed, s.folder));
  const j = t.ours.at(-1);
  console.log(`${minutes()} ${t.name}, job ${t.ours.length} of ${jobs}: ${
    j.wall_s.toFixed(1)} s, of it ${j.loop_s.toFixed(1)} s in loops; closure ${
    percent(j.closure_rel)}, A/A ${percent(j.aa_rel)}${
    j.noisy ? '; others use the machine' : ''}`);
}

function report(studies) {
  const done = studies.filter((t) => t.ours.length > 0);
  if (done.length === 0) return;
  print(`Jobs${quick ? ' (quick: coarse)' : ''}; load ${
    loadavg()[0].toFixed(1)}`, [
    ['network', 'jobs', 'L1 closure, median', 'each', 'A/A, worst',
      'prefix residual, median', 'worst', 'cuts not taken off', 'wall', 'in timed loops',
      'of that epochs', 'wall / loops', 'machine'],
    ...done.map(qualityRow)]);
  print('Methods, in the same run', [
    ['network', 'method', 'n', 'median', 'spread', 'error'],
    ...done.flatMap(methodRows)]);
  console.log(`\n${minutes()} minutes`);
}

function qualityRow({ name, ours }) {
  const of = (member) => ours.map((j) => j[member]);
  const noisy = ours.some((j) => j.noisy);
  const sum = (member) => of(member).reduce((a, b) => a + b, 0);
  const ratio = sum('wall_s') / sum('loop_s');
  return [name, ours.length,
    verdict(median(of('closure_rel').map(Math.abs)), noisy ? 0.05 : 0.03),
    of('closure_rel').map(percent).join(' '),
    verdict(worst(of('aa_rel')), noisy ? 0.03 : 0.01),
    verdict(median(ours.flatMap((j) => j.residuals.map(Math.abs))), 0.05),
    percent(worst(ours.flatMap((j) => j.residuals))),
    percent(median(ours.flatMap((j) => j.splits.map(Math.abs)))),
    `${median(of('wall_s')).toFixed(1)} s`, `${median(of('loop_s'))
      .toFixed(1)} s`, `${median(of('sample_s')).toFixed(1)} s`,
    `${ratio.toFixed(2)} ${ratio <= 1.5 ? 'ok' : '(goal 1.50)'}`,
    noisy ? 'busy' : 'quiet'];
}

// Spread: the range of a method's values over their median; error: their
// median against the reference.
function methodRows({ name, ours, others }) {
  const truth = median(others.map((o) => o.reference_ns));
  const row = (what, values) => [name, what, values.length,
    us(median(values)),
    values.length < 2 ? '-'
      : percent((worst(values) - sorted(values)[0]) / median(values)),
    percent(median(values) / truth - 1)];
  return [
    row('reference: warm single runs', others.map((o) => o.reference_ns)),
    row('plain timing loop', others.map((o) => o.loop_ns)),
    row('Offramp, whole (L0)', ours.map((j) => j.l0_ns)),
    row('ONNX Runtime profile, sum', others.map((o) => o.profile_sum_ns)),
    row('Offramp, sum of layers (L1)',
      ours.map((j) => j.l0_ns * (1 + j.closure_rel))),
  ];
}

if (!Object.values(models).every((f) => existsSync(join(shared, 'models', f))))
  skip(`the models of ${shared}/models are not here`);

withService(async (s) => {
  const studies = [];
  s.startProbe();
  await s.untilDevice('localhost');
  for (const [name, file] of Object.entries(models))
    studies.push(await prepare(s, name, join(shared, 'models', file)));
  // A first job, not counted: the device's golden kernels come before it.
  await measure(s, studies[0].model, { ...quickPolicy, job_budget_s: 1 });
  process.on('SIGINT', () => {
    report(studies);
    s.stop().finally(() => process.exit(130));
  });
  for (let n = 0; n < jobs; n++)
    for (const t of studies) await study(s, t);
  report(studies);
});
