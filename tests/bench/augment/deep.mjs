// SPDX-License-Identifier: MIT
// A ResNet-152 for 32 x 32 inputs, of generated weights, becomes a network
// with exits: features of 10,000 samples, every head fitted, profile, search,
// plan, validation.  Wall time by stage and the most memory of each process.
//   run_bench_augment_152   some ten minutes on two cores
//   deep.mjs 56 pool,conv   another depth (6 n + 2), other heads
// The published flow takes "under nine hours on a laptop CPU" for a trained
// network (arXiv 2403.07957); the aim is 25 minutes, and 2 GB.
import { execFileSync } from 'node:child_process';
import {
  existsSync, readdirSync, readFileSync, readlinkSync, realpathSync,
} from 'node:fs';
import { loadavg } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { Service, shared, skip, withService } from '../../e2e/service.mjs';

const data = ['images_u8', 'labels'].map((n) =>
  join(shared, `cifar10/train10k_${n}.npy`));
const depth = process.argv[2] ?? '152';
const heads = (process.argv[3] ?? 'pool,spatial,hidden,own,conv').split(',');
const bin = realpathSync(process.env.OFFRAMP_BIN);
const GOAL_S = 25 * 60, GOAL_MIB = 2048;

// The most memory of each program of ours so far; tasks are processes of the
// same program.  Features are mapped from a file: those pages are the
// kernel's to drop, so what a process holds itself is told beside.
class Memory {
  constructor() {
    this.most = new Map();
    this.timer = setInterval(() => this.look(), 500);
  }

  look() {
    for (const pid of readdirSync('/proc').filter((n) => /^\d+$/.test(n))) {
      try {
        const program = readlinkSync(`/proc/${pid}/exe`);
        if (dirname(program) !== bin) continue;
        const text = readFileSync(`/proc/${pid}/status`, 'utf8');
        const mib = (name) => Number(new RegExp(`^${name}:\\s+(\\S+)`, 'm')
          .exec(text)?.[1] ?? 0) / 1024;
        const was = this.most.get(basename(program)) ?? { own: 0, peak: 0 };
        this.most.set(basename(program), {
          own: Math.max(mib('RssAnon'), was.own),
          peak: Math.max(mib('VmHWM'), was.peak) });
      } catch { /* it has ended meanwhile, or is not ours to read */ }
    }
  }

  stop() { clearInterval(this.timer); }
}

const verdict = (ok) => (ok ? 'ok' : '(!)');

// The augmentation once it has ended; tells when each of its tasks did.
async function follow(s, id, start) {
  const told = new Set();
  let a;
  do {
    a = await s.get(`/v1/augmentations/${id}`);
    for (const t of a.tasks)
      if (t.state === 'done' && !told.has(t.id)) {
        told.add(t.id);
        console.log(`${((performance.now() - start) / 1000).toFixed(0)
          .padStart(6)} s: ${t.kind} done`);
      }
    await fetch(`${s.url}/v1/augmentations/${id}?wait=5&since=${a.version}`);
  } while (!['done', 'failed', 'cancelled'].includes(a.state));
  if (a.state !== 'done') throw new Error(JSON.stringify(a.error));
  return a;
}

function tell(a, search, plan, wall, memory) {
  const kept = a.augmentation.heads.filter((h) => h.kept);
  const chosen = a.augmentation.boundaries.filter((b) => b.chosen);
  const { features, fit } = a.augmentation.seconds;
  console.log(`${a.augmentation.boundaries.length} boundaries, ${
    chosen.length} candidates, ${a.augmentation.heads.length} heads tried, ${
    kept.length} kept, of ${a.augmentation.rows.used} rows`);
  console.log(`features ${features.toFixed(1)} s, fitting ${fit.toFixed(1)} s`);
  console.log(`front of ${search.curve.length} plans; plan ${plan.status}, ${
    plan.exits.filter((e) => e.kept).length} exits kept, cost ${
    (plan.test.cost / plan.test.cost_full).toFixed(3)} of the full network's`);
  console.log(`whole flow ${(wall / 60).toFixed(1)} min ${
    verdict(wall <= GOAL_S)}, goal ${GOAL_S / 60} min`);
  for (const [name, m] of memory)
    console.log(`${name}: at most ${m.own.toFixed(0)} MiB of its own, ${
      m.peak.toFixed(0)} MiB with mapped files ${
      verdict(m.peak <= GOAL_MIB)}, goal ${GOAL_MIB} MiB`);
}

if (!data.every(existsSync)) skip('train10k is not here');
withService(async (s) => {
  s.startProbe();
  await s.untilDevice('localhost');
  const file = s.path(`resnet${depth}.onnx`);
  execFileSync('/usr/bin/python3', [join(import.meta.dirname,
    '../dedup/make_resnet.py'), depth, file]);
  const memory = new Memory();
  console.log(`load average ${loadavg()[0].toFixed(1)}`);
  const start = performance.now();
  const model = await s.model(file, `resnet${depth}`);
  const dataset = await s.post('/v1/datasets?wait=50', { model: model.id,
    inputs: await s.upload(data[0]), labels: await s.upload(data[1]),
    preprocess: { scale: 0.00392156862745098,
      mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } });
  // Its weights are random and it says nothing worth keeping: heads learn the
  // labels, and the plan must reach an accuracy that several of them can.
  const made = await s.post('/v1/augmentations', { model: model.id,
    dataset: dataset.id, device: 'localhost', fit_share: 0.8,
    options: { heads, max_candidates: 24, threads: 2 },
    search: { min_accuracy: 0.4 } });
  const a = await follow(s, made.id, start);
  const wall = (performance.now() - start) / 1000;
  memory.stop();
  tell(a, await s.get(`/v1/searches/${a.search}`),
    await s.get(`/v1/plans/${a.plan}`), wall, memory.most);
  await s.until(`/v1/validations/${a.validation}`);
  console.log(`validated after ${
    ((performance.now() - start) / 60000).toFixed(1)} min in all`);
}, new Service({ patience_s: 86400 }));
