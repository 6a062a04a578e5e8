// SPDX-License-Identifier: MIT
// An augmentation is cut off in every way there is, with real processes: its
// worker killed while features stream and while heads are fitted, cancelled
// and resumed, out of disk.  Each time it goes on, and what comes out is, bit
// for bit, what an undisturbed one gives.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cnn3, cnn3Model, dataOf, plainModel } from './fixture.mjs';
import { Program, check, withService } from './service.mjs';

const TIMES = 2; // the fixture's rows, so that stages last a while
const options = { heads: ['hidden'], rule: [2] };

// A .npy file with its rows several times over; the header has room for the
// longer number.
function repeat(file, times) {
  const data = readFileSync(file), start = 10 + data.readUInt16LE(8);
  const old = data.toString('latin1', 10, start);
  const text = old.replace(/\((\d+)/, (_, n) => `(${n * times}`).trimEnd();
  const head = Buffer.concat([data.subarray(0, 10),
    Buffer.from(`${text.padEnd(start - 11)}\n`, 'latin1')]);
  return Buffer.concat([head, ...Array(times).fill(data.subarray(start))]);
}

// A worker of ours, so that it can be killed; `blocks` of 512 bytes are what
// it, and what it starts, may write into one file.
function startWorker(s, blocks) {
  const limited = ['sh', '-c',
    `trap '' XFSZ; ulimit -f ${blocks}; exec "$0" "$@"`];
  return s.add(new Program('offramp-worker', ['--server', s.url, '--id', 'w',
    '--spool', s.path('worker')], {}, blocks ? limited : []));
}

const features = (s) => {
  const folder = s.path('worker/work');
  return existsSync(folder) ? readdirSync(folder).filter((n) =>
    n.startsWith('features-')) : [];
};

// The flow's first task, once `wanted` holds of it.
async function reach(s, id, wanted) {
  const first = (a) => a.tasks.find((t) => t.kind === 'augment');
  const a = await s.watch(`/v1/augmentations/${id}`,
    (doc) => wanted(first(doc), doc));
  return { task: first(a), a };
}

// Until the features of the rows to fit on are complete; others still come.
async function streaming(s) {
  while (!features(s).some((n) => n.endsWith('.done')))
    await new Promise((r) => setTimeout(r, 5));
}

const finished = (s, id) => reach(s, id, (t, a) => a.augmentation);

// All that is said of an augmentation but how long it took.
function essence(a) {
  const { seconds, ...rest } = a.augmentation;
  return JSON.stringify(rest);
}

withService(async (s) => {
  const model = await plainModel(s, await cnn3Model(s));
  for (const name of ['inputs', 'labels'])
    writeFileSync(s.path(name), repeat(cnn3[name], TIMES));
  const dataset = await dataOf(s, model, { ...cnn3, inputs: s.path('inputs'),
    labels: s.path('labels') });
  await s.server.kill();
  await s.startServer(['--no-worker', '--lease-ttl', '5']);
  s.startProbe();
  await s.untilDevice('localhost');
  const order = () => s.post('/v1/augmentations', { model: model.id,
    dataset: dataset.id, device: 'localhost', validate: false,
    fit_share: 0.9, options, search: { max_drop: 0.02 } });

  let worker = startWorker(s);
  const first = await order();
  const whole = (await finished(s, first.id)).a;
  await s.post(`/v1/augmentations/${first.id}:cancel`);
  check(whole.augmentation.heads.some((h) => h.kept), 'undisturbed: heads');
  check(features(s).length === 0, 'its features are gone');

  const second = await order();
  await s.within(streaming(s), () => 'features that stream');
  await worker.kill('SIGKILL');
  check(features(s).length === 2, 'killed while features stream: they stay');
  worker = startWorker(s);
  await reach(s, second.id, (t) => t.progress?.phase === 'fit');
  await worker.kill('SIGKILL');
  check(features(s).length === 2, 'killed while heads are fitted: they stay');
  worker = startWorker(s);
  const again = await finished(s, second.id);
  check(again.task.attempt === 3, 'each costs an attempt');
  check(essence(again.a) === essence(whole), 'and the result is the same');
  check(again.a.augmentation.seconds.features
    < whole.augmentation.seconds.features / 2, 'features were not made again');
  check(features(s).length === 0, 'and are gone now');
  await s.post(`/v1/augmentations/${second.id}:cancel`);

  const third = await order();
  await reach(s, third.id, (t) => t.progress?.phase === 'fit');
  await s.post(`/v1/augmentations/${third.id}:cancel`);
  const cancelled = await s.until(`/v1/augmentations/${third.id}`,
    ['cancelled']);
  check(cancelled.augmentation === undefined, 'cancelled: no result');
  await s.post(`/v1/augmentations/${third.id}:resume`);
  check(essence((await finished(s, third.id)).a) === essence(whole),
    'resumed: the same result');
  await s.post(`/v1/augmentations/${third.id}:cancel`);
  await worker.kill();

  worker = startWorker(s, 2048);
  const fourth = await order();
  const full = await reach(s, fourth.id, (t) => t.error);
  check(full.task.error.code === 'infra.disk_full'
    && /features need \d+ MiB/.test(full.task.error.detail),
  `out of disk: ${full.task.error.detail}`);
  await worker.kill();
  worker = startWorker(s);
  if ((await s.get(`/v1/augmentations/${fourth.id}`)).state === 'failed')
    await s.post(`/v1/augmentations/${fourth.id}:resume`);
  check(essence((await finished(s, fourth.id)).a) === essence(whole),
    'with room again: the same result');
});
