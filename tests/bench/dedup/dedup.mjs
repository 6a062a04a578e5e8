// SPDX-License-Identifier: MIT
// What measuring equal kernels once is worth: distinct kernels of real and
// deep networks, and what a second job of the same network takes.
//   run_bench_dedup   about ten minutes; prints one table
//   dedup.mjs --only resnet152   (or resnet20) one network
//   dedup.mjs --levels all       (or layers) one kind of job
// The baseline of each second job is the first one of the same run.  What a
// second job measures again is drawn by the job, so there are nine of them: the
// whole network, in situ, is rarely among them and takes as long as all else.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { Service, shared, withService } from '../../e2e/service.mjs';

const laterJobs = 9;
const option = (name) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? null : process.argv[at + 1];
};
const only = option('--only');
const form = option('--levels');
const audit = 0.05; // offrampd's own default
const percent = (x) => `${(100 * x).toFixed(1)} %`;
const told = (x, goal) => `${percent(x)} ${x <= goal ? 'ok' : '(!)'}, goal ${
  percent(goal)}`;

// What is measured once for all that have its key: layers alone, parts of
// exits and the whole.  Layers at L1 have their times from the whole there.
const isKeyed = (r) => r.kernel_key && r.role !== 'aa'
  && !(r.level === 'L1' && r.role === 'layer');
const median = (v) => v.sort((a, b) => a - b)[v.length >> 1];
const isCopy = (r) => r.flags.includes('cached');
// What the server would use again within the hour (server/README.md).
const cutShort = ['few_samples', 'partial', 'thermal_unstable', 'throttled',
  'undervoltage', 'closure_fail', 'wrong_output', 'multiplexed',
  'counter_pass_mismatch', 'out_of_control'];
const isReusable = (r) => r.grade <= 'B' || r.level === 'L4'
  || (r.grade === 'C' && !r.flags.some((f) => cutShort.includes(f)));

// Seconds in the measured loops of the rows that were measured.
const looped = (rows) => rows.filter((r) => isKeyed(r) && !isCopy(r))
  .reduce((s, r) =>
    s + r.n_epochs * r.iters_per_epoch * (r.mean_ns ?? 0) / 1e9, 0);

async function job(s, model, levels, cache) {
  const begin = Date.now();
  const { id } = await s.post('/v1/jobs', {
    model: model.id, devices: ['localhost'], levels, cache,
    policy: { job_budget_s: 150 },
  });
  const done = await s.until(`/v1/jobs/${id}`);
  const wall_s = (Date.now() - begin) / 1e3;
  const at = `/v1/profiles/${done.tasks[0].profile}`;
  const { spent } = await s.get(at);
  const { items } = await s.get(`${at}/layers`);
  return { ...spent, wall_s, worked_s: wall_s - spent.wait_s,
    reuse: done.reuse, looped_s: looped(items), rows: items };
}

async function bench(s, name, file, goal) {
  const model = await s.model(file, name);
  const { layers } = model.analysis;
  const keys = new Set(layers.map((l) => l.kernel_key)).size;
  console.log(`\n${name}: ${layers.length} layers, ${keys} distinct kernels, ${
    told(keys / layers.length, goal)}`);
  if (form !== 'all') await twice(s, model, ['L2'], 'layers alone');
  if (form !== 'layers') await twice(s, model, undefined, 'all levels');
}

// The same job again and again; the first measures everything.
async function twice(s, model, levels, what) {
  const first = await job(s, model, levels, 'refresh');
  const later = [];
  const keys = (rows, wanted) => new Set(rows.filter((r) =>
    isKeyed(r) && wanted(r)).map((r) => `${r.level} ${r.kernel_key}`));
  const all = keys(first.rows, () => true);
  const good = keys(first.rows, isReusable);
  const noisy = keys(first.rows, (r) => r.grade === 'C' && r.level !== 'L4');
  const line = (name, j) => console.log(`  ${what}, ${name}: ${
    j.wall_s.toFixed(1)} s, of it ${j.loop_s.toFixed(1)} s in timed loops (${
    j.looped_s.toFixed(2)} s what is in rows) and ${
    j.wait_s.toFixed(1)} s waiting; pace varied by ${
    percent(j.pace_spread_rel)}; hit rate ${percent(j.reuse.hit_rate)}, saved ${
    j.reuse.saved_s.toFixed(1)} s`);
  line('first job', first);
  for (let n = 2; n < 2 + laterJobs; n++) {
    const next = await job(s, model, levels, 'use');
    const again = [...keys(next.rows, (r) => !isCopy(r))];
    const audited = again.filter((k) => good.has(k)).length;
    line(`job ${n}`, next);
    console.log(`    measured ${audited} of the ${good.size} things that the `
      + `first left for others (the audit takes ${percent(audit)} and one), `
      + `and ${again.length - audited} of the ${all.size - good.size} others`);
    later.push(next);
  }
  if (noisy.size > 0)
    console.log(`  the machine was noisy: ${noisy.size} of ${all.size} things `
      + 'have grade C, and hold for an hour only');
  const of = (member) => median(later.map((j) => j[member])) / first[member];
  console.log(`  median of the later jobs: wall time ${
    told(of('wall_s'), 0.1)}, without waits ${percent(of('worked_s'))}; ${
    percent(of('loop_s'))} of the timed loops, and ${
    told(of('looped_s'), 0.1)} of what is in rows`);
}

withService(async (s) => {
  s.startProbe();
  await s.untilDevice('localhost');
  console.log(`load average ${loadavg()[0].toFixed(1)}`);
  const resnet20 = join(shared, 'models/resnet20_cifar10_9exits.onnx');
  if (existsSync(resnet20) && only !== 'resnet152')
    await bench(s, 'ResNet-20', resnet20, 0.5);
  if (only === 'resnet20') return;
  const made = s.path('resnet152.onnx');
  execFileSync('/usr/bin/python3', [join(import.meta.dirname, 'make_resnet.py'),
    '152', made]);
  await bench(s, 'ResNet-152, generated', made, 0.1);
}, new Service({ patience_s: 86400 }));
