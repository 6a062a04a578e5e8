// SPDX-License-Identifier: MIT
// How good is a measurement?  Three jobs each of four networks through the
// real service, one after the other on this machine, with a plain timing loop
// and ONNX Runtime's own profile of the same files before and after each job.
//   run_bench_measure          the long form
//   measure.mjs --once         one full job each
//   measure.mjs --minutes 10   no job begins that might end later (20)
//   measure.mjs --state FILE   keeps what was measured there after every job,
//                              and goes on from it
//   run_bench_measure_quick    (--quick) one coarse job each: does it work?
// Each job tells its figures as it ends; Ctrl-C prints the tables of those so
// far.
// Numbers of a noisy machine are worth less: the table says how noisy it was
// beside the goals that then hold.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { Service, quickPolicy, shared, skip, withService } from '../../e2e/service.mjs';

const quick = process.argv.includes('--quick');
const jobs = quick || process.argv.includes('--once') ? 1 : 3;
const policy = quick ? quickPolicy : {};
const option = (name) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? null : process.argv[at + 1];
};
const limitMs = Number(option('--minutes') ?? 20) * 60e3;
const state = option('--state');
const models = {
  'ResNet-20': 'resnet20_cifar10_9exits.onnx',
  'ResNet-8': 'resnet8_ic01_4exits.onnx',
  'DS-CNN': 'ds_cnn_kws01.onnx',
  MobileNet: 'mobilenet_vww96.onnx',
};
// By these the goals of a noisy machine hold: others ran on it, or its own
// pace wandered, as the sentinel between rounds saw it.
const steadyPace = 0.05;
const goals = { quiet: { closure: 0.03, aa: 0.01 },
  noisy: { closure: 0.05, aa: 0.03 } };
const start = Date.now();

const minutes = () => ((Date.now() - start) / 60e3).toFixed(1);
const sorted = (v) => v.filter(Number.isFinite).sort((a, b) => a - b);
const median = (v) => {
  const s = sorted(v), n = s.length;
  return n ? (s[(n - 1) >> 1] + s[n >> 1]) / 2 : NaN;
};
const sizes = (v) => v.filter(Number.isFinite).map(Math.abs);
const worst = (v) => sorted(sizes(v)).at(-1) ?? NaN;
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
  return { ...profile.closure, ...profile.spent, wall_s,
    l0_ns: profile.e2e.median_ns,
    residuals: profile.exits.map((e) => e.prefix_residual_rel),
    splits: profile.exits.map((e) => e.prefix_split_rel),
    shared: profile.flags.includes('shared_host') };
}

// How noisy the machine was over some jobs, in words, and which goals hold.
function machine(jobs) {
  const spread = worst(jobs.map((j) => j.pace_spread_rel));
  const shared = jobs.filter((j) => j.shared).length;
  const noisy = shared > 0 || spread > steadyPace;
  return { goals: noisy ? goals.noisy : goals.quiet,
    text: `${noisy ? 'noisy' : 'quiet'}: pace within ${percent(spread)}${
      shared ? `, others in ${shared}` : ''}` };
}

// What was measured before, by an interrupted run; and what is now.
const kept = state && existsSync(state)
  ? JSON.parse(readFileSync(state, 'utf8')) : {};

function keep(t) {
  if (!state) return;
  kept[t.name] = { ours: t.ours, others: t.others };
  writeFileSync(`${state}.new`, JSON.stringify(kept));
  renameSync(`${state}.new`, state);
}

async function prepare(s, name, file) {
  const model = await s.model(file, name);
  const fixed = s.path(`${name}.onnx`); // with the shape that is measured
  const answer = await fetch(
    `${s.url}/v1/blobs/sha256:${model.analysis.blob}`);
  writeFileSync(fixed, Buffer.from(await answer.arrayBuffer()));
  const before = kept[name] ?? { ours: [], others: [] };
  if (before.others.length === 0) before.others.push(baseline(fixed, s.folder));
  return { name, model, fixed, ...before };
}

async function study(s, t) {
  const longest = Math.max(0, ...t.ours.map((j) => 1e3 * j.wall_s));
  if (t.ours.length >= jobs || Date.now() - start + longest > limitMs) return;
  t.ours.push(await measure(s, t.model));
  t.others.push(baseline(t.fixed, s.folder));
  const j = t.ours.at(-1);
  console.log(`${minutes()} ${t.name}, job ${t.ours.length} of ${jobs}: ${
    j.wall_s.toFixed(1)} s, of it ${j.loop_s.toFixed(1)} s in loops and ${
    j.wait_s.toFixed(1)} s waiting; closure ${percent(j.closure_rel)}, A/A ${
    percent(j.aa_rel)}; ${machine([j]).text}`);
  keep(t);
}

function report(studies) {
  const done = studies.filter((t) => t.ours.length > 0);
  if (done.length === 0) return;
  print(`Jobs${quick ? ' (quick: coarse)' : ''}; load ${
    loadavg()[0].toFixed(1)}`, [
    ['network', 'jobs', 'L1 closure, median', 'each', 'A/A, worst',
      'prefix residual, median', 'worst', 'cuts not taken off', 'wall', 'in timed loops',
      'of that epochs', 'waiting', 'wall / loops', 'without waits',
      'machine, with its goals'],
    ...done.map(qualityRow)]);
  print('Methods, in the same run', [
    ['network', 'method', 'n', 'median', 'spread', 'error'],
    ...done.flatMap(methodRows)]);
  console.log(`\n${minutes()} minutes`);
}

function qualityRow({ name, ours }) {
  const of = (member) => ours.map((j) => j[member]);
  const { goals: goal, text } = machine(ours);
  const sum = (member) => of(member).reduce((a, b) => a + b, 0);
  const seconds = (member) => `${median(of(member)).toFixed(1)} s`;
  const ratio = sum('wall_s') / sum('loop_s');
  const working = (sum('wall_s') - sum('wait_s')) / sum('loop_s');
  return [name, ours.length,
    verdict(median(sizes(of('closure_rel'))), goal.closure),
    of('closure_rel').map(percent).join(' '),
    verdict(worst(of('aa_rel')), goal.aa),
    verdict(median(sizes(ours.flatMap((j) => j.residuals))), 0.05),
    percent(worst(ours.flatMap((j) => j.residuals))),
    percent(median(sizes(ours.flatMap((j) => j.splits)))),
    seconds('wall_s'), seconds('loop_s'), seconds('sample_s'),
    seconds('wait_s'),
    `${ratio.toFixed(2)} ${ratio <= 1.5 ? 'ok' : '(goal 1.50)'}`,
    working.toFixed(2), `${text}: closure ${percent(goal.closure)}, A/A ${
      percent(goal.aa)}`];
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
}, new Service({ patience_s: 86400 }));
