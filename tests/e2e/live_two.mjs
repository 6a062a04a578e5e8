// SPDX-License-Identifier: MIT
// Online policies live across two probes: what the first is not sure of goes
// with its tensors to the second, over a measured link, and comes back; one
// that dies in the middle is named, and both take it up again.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { cnn3, cnn3Model, dataOf, profileOf } from './fixture.mjs';
import { check, withService } from './service.mjs';

withService(async (s) => {
  s.startProbe('edge');
  let cloud = s.startProbe('cloud', ['--link', '127.0.0.1']);
  const model = await cnn3Model(s);
  const { id: dataset } = await dataOf(s, model);
  await s.untilDevice('edge');
  await s.untilDevice('cloud');
  const profile = await profileOf(s, model, 'cloud', ['L0', 'L6']);
  const { id: link } = await s.post('/v1/links', { from: 'edge', to: 'cloud',
    policy: { budget_s: 1, max_rounds: 24, max_bytes: 65536 } });
  const way = (await s.until(`/v1/links/${link}`)).link;

  const live = { device: 'edge', to: 'cloud', dataset, rows: [0, 400] };
  const order = { live, profile, alpha: 0.8, weight: 0.6,
    policies: ['splitee', 'splitee-s', 'thompson-probe', 'final'],
    link: { measured: link, server: profile } };
  const made = await s.post('/v1/policies', order);
  const done = await s.until(`/v1/policies/${made.id}`);
  check(done.tasks.map((t) => t.device).join() === ',cloud,edge,',
    'one serves while the other runs');
  check(done.live.device === 'edge' && done.live.to === 'cloud',
    'and the result says which is which');
  const [splitee, paths, probing, all] = done.live.policies;
  check(done.replay.policies.every((p) => p.agree.share === 1),
    'live and replay agree on every decision');
  for (const p of [splitee, paths, probing]) {
    const { n, measured_ns, far_ns, predicted_ns, residual } = p.over;
    // On a slow line it may well find that handing over never pays.
    if (p === probing && n === 0 && p.handed_over === 0)
      continue;
    if (!(n > 0 && n === Math.round(p.handed_over * p.n)
      && measured_ns > far_ns && far_ns > 0 && predicted_ns > 0
      && residual.ci95_lo <= residual.rel && p.over.completed_ns === null))
      throw new Error(JSON.stringify(p));
  }
  check(true, 'handing over is measured beside what the link predicts');
  check(all.over.n === 0 && all.over.measured_ns === null,
    'who hands nothing over has no such time');
  const table = await s.get(`/v1/export/costs?profile=${profile}`);
  const rest = (k) => table.exits.slice(k + 1)
    .reduce((sum, x) => sum + x.segment.latency_ns[0], 0);
  const sent = model.analysis.exits.slice(0, -1).map((x) => model.analysis
    .boundaries.find((b) => b.tensor === x.tensor).bytes);
  check(done.live.bytes_over.every((b, k) => b === sent[k] + 8),
    'exactly the tensors of each exit go over');
  const base = (w) => Math.max(0, w.base_ns.value);
  const steps = String(await s.get(`/v1/blobs/sha256:${splitee.steps}`))
    .trim().split('\n').slice(1).map((l) => l.split(','));
  const mean = steps.filter((x) => x[4] === '1').reduce((sum, x, _i, a) =>
    sum + (base(way.send) + base(way.receive) + sent[x[2]]
      * way.send.byte_ns.value + rest(Number(x[2]))) / a.length, 0);
  check(Math.abs(splitee.over.predicted_ns / mean - 1) < 1e-9,
    'the prediction is base and bytes of the link, and the rest over there');

  // What cannot be.
  const bad = [
    [{ live: { ...live, to: 'edge' } }, 422, /one agent/],
    [{ live: { ...live, to: 'mars' } }, 409, /mars/],
    [{ link: { measured: 99 } }, 404, /99/],
    [{ link: { measured: link, bytes_per_s: 1 } }, 400, /only one/],
    [{ link: { measured: link, base_ns: 1 } }, 400, /only one/],
    [{ link: {} }, 400, /bytes_per_s/],
  ];
  for (const [change, status, words] of bad) {
    const p = await s.post('/v1/policies', { ...order, ...change },
      { expect: status });
    if (!words.test(p.detail)) throw new Error(JSON.stringify(p));
  }
  check(true, `${bad.length} orders are refused by name`);
  const shut = await s.post('/v1/policies', { ...order, live: { ...live,
    device: 'cloud', to: 'edge' } });
  const closed = await s.until(`/v1/policies/${shut.id}`, ['failed']);
  check(closed.error.code === 'link.closed', 'an end that opens no port says so');

  // The command.
  const offramp = (...args) => spawnSync(join(process.env.OFFRAMP_BIN,
    'offramp'), ['run', '--policy', 'splitee', ...args], { encoding: 'utf8',
    env: { ...process.env, OFFRAMP_SERVER: s.url } });
  const at = ['--device', 'edge', '--profile', String(profile), '--alpha',
    '0.8', '--weight', '0.6'];
  const set = ['--dataset', String(dataset), '--rows', '0,100'];
  const doc1 = JSON.parse(offramp(...at, ...set, '--to', 'cloud',
    '--link-server', String(profile), '--json').stdout);
  check(doc1.request.link.measured === link
    && doc1.replay.policies[0].agree.share === 1 && doc1.live.n === 100,
  '`offramp run --policy --device --to` finds the link and runs it');
  const shown = offramp(...at, '--offload', '30000', '--data', cnn3.inputs,
    '--labels', cnn3.labels, '--preprocess', JSON.stringify(cnn3.preprocess),
    '--rows', '0,50');
  check(/splitee .* 100 %/.test(shown.stdout)
    && /50 samples live on edge/.test(shown.stdout)
    && /run/.test(shown.stderr), 'with progress, and a table of both');
  for (const [args, words] of [[[...at.slice(0, 2), ...set], /--profile/],
    [at, /--dataset ID or --data/], [[...at, ...set], /--offload/],
    [[...at, ...set, '--offload', '1', '--rows', '3'], /--rows/],
    [[...at, ...set, '--to', 'mars'], /no link between edge and mars/],
    [[...at, ...set, '--model', 'x.onnx'], /leave --plan/]]) {
    const r = offramp(...args);
    if (r.status === 0 || !words.test(r.stderr)) throw new Error(r.stderr);
  }
  check(true, 'and says what is missing');

  // The serving end dies in the middle.
  const long = await s.post('/v1/policies', { ...order, live: { ...live,
    rows: undefined, budget_s: 300 }, alpha: 1,
  policies: ['splitee', 'splitee-s', 'follow', 'window'] });
  const its = `/v1/policies/${long.id}`;
  await s.watch(its, (d) => d.curve);
  await cloud.kill('SIGKILL');
  const lost = (t) => t.error?.code === 'relay.peer_lost';
  const { tasks } = await s.watch(its, (d) => d.tasks.some(lost));
  check(/cloud/.test(tasks.find(lost).error.detail),
    'the device that was lost is named');
  cloud = s.startProbe('cloud', ['--link', '127.0.0.1']);
  const doc = await s.until(its);
  check(doc.state === 'done'
    && doc.replay.policies.every((p) => p.agree.share === 1),
  'and when it is back, both begin anew and come to an end');
});
