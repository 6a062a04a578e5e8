// SPDX-License-Identifier: MIT
// Online policies run for real through the service: a device runs the network
// segment by segment, and a replay of what it recorded makes the very same
// decisions; bad input is named; a device that goes away is no dead end.
import { cnn3Model, dataOf, profileOf } from './fixture.mjs';
import { check, withService } from './service.mjs';

withService(async (s) => {
  const probe = s.startProbe();
  const model = await cnn3Model(s);
  await s.untilDevice('localhost');
  const profile = await profileOf(s, model, 'localhost', ['L0', 'L6']);
  const { id: dataset } = await dataOf(s, model);
  const live = { device: 'localhost', dataset, rows: [20, 220] };
  const order = { live, profile, alpha: 0.6, weight: 0.6,
    link: { bytes_per_s: 1e6, base_ns: 20000, server: profile } };

  // All of them, and every decision twice.
  const { id } = await s.post('/v1/policies', order);
  const done = await s.until(`/v1/policies/${id}`);
  check(done.kind === 'trial' && done.tasks.map((t) => t.device).join()
    === ',localhost,', 'a worker prepares, the device runs, a worker replays');
  check(done.live.policies.length > 10 && done.live.n === 200,
    'every policy that a device can run had all the rows');
  done.live.policies.forEach((p, i) => {
    const replay = done.replay.policies[i];
    const { share, of, first } = replay.agree;
    if (replay.name !== p.name || share !== 1 || of !== p.n || first !== null)
      throw new Error(`${p.name}: ${JSON.stringify(replay.agree)}`);
    if (Math.abs(replay.cost / p.cost.predicted - 1) > 1e-9
      || Math.abs(replay.accuracy - p.accuracy) > 1e-12
      || replay.handed_over !== p.handed_over)
      throw new Error(`${p.name}: the accounts differ`);
    if (!(p.here.measured_ns > 0 && p.here.predicted_ns > 0
      && p.decide_ns > 0 && p.cost.measured > 0)
      || p.pulls.reduce((a, b) => a + b) !== p.n)
      throw new Error(`${p.name}: ${JSON.stringify(p)}`);
  });
  check(true, 'live and replay agree on every decision, and on the account');
  const bytes = (hex) => s.get(`/v1/blobs/sha256:${hex}`);
  const splitee = done.live.policies.find((p) => p.name === 'splitee');
  const steps = String(await bytes(splitee.steps)).trim().split('\n');
  check(steps.length === 201 && steps[1].startsWith('0,20,'),
    'every step can be read');
  check(done.curve.length === done.live.policies.length
    && done.curve.every((c) => c.points.at(-1)[0] === 200),
  'and how it went is kept');
  const stop = done.live.policies.find((p) => p.name === 'final');
  check(stop.pulls.at(-1) === 200 && stop.handed_over === 0
    && splitee.pulls.at(-1) < 200, 'a policy really stops before the end');

  // Constants of the papers, answers of the network as what is right.
  const papers = await s.post('/v1/policies', { live: { ...live,
    model: model.id }, policies: ['splitee'], offload: 0.5,
  reference: 'final' });
  const other = await s.until(`/v1/policies/${papers.id}`);
  check(other.live.reference === 'final' && other.live.timed === false
    && other.live.policies[0].cost.measured === null
    && other.replay.policies[0].agree.share === 1,
  'costs without a unit of time are not compared with times');

  // What cannot be.
  const bad = [
    [{ live: { ...live, device: 'mars' } }, 409, /mars/],
    [{ live: { ...live, rows: [3, 4] } }, 400, /1 samples for 4 exits/],
    [{ live: { ...live, rows: [0, 1e6] } }, 400, /live\.rows/],
    [{ live: { ...live, dataset: 99 } }, 404, /99/],
    [{ link: undefined }, 400, /offload/],
    [{ link: { bytes_per_s: 0 } }, 400, /bytes_per_s/],
    [{ profile: undefined, link: undefined, offload: 1 }, 400, /live\.model/],
    [{ records: 1 }, 400, /only one of them/],
    [{ alpha: 2 }, 400, /alpha/],
    [{ live: { ...live, model: 'f'.repeat(64) } }, 422, /leave live\.model/],
    [{ live: { ...live, budget_s: 0 } }, 400, /budget_s/],
  ];
  for (const [change, status, words] of bad) {
    const p = await s.post('/v1/policies', { ...order, ...change },
      { expect: status });
    if (!words.test(p.detail)) throw new Error(JSON.stringify(p));
  }
  check(true, `${bad.length} orders are refused by name`);
  const fails = async (change, code) => {
    const o = await s.post('/v1/policies', { ...order, ...change });
    const f = await s.until(`/v1/policies/${o.id}`, ['failed']);
    if (f.error.code !== code || f.tasks.length !== 1)
      throw new Error(JSON.stringify(f));
  };
  await fails({ policies: ['guess'] }, 'policy.name');
  await fails({ policies: ['splitee-s-published'] }, 'policy.name');
  await fails({ memory: 3 }, 'policy.setting');
  await fails({ link: undefined, offload: [1, 2] }, 'policy.offload');
  check(true, 'what contradicts fails before the device is troubled');

  // The device goes away in the middle; a person takes it up again.
  const long = await s.post('/v1/policies', { ...order, live: { ...live,
    rows: [0, 900], budget_s: 300 }, policies: ['splitee', 'follow',
    'final'] });
  let doc = await s.watch(`/v1/policies/${long.id}`, (d) => d.curve);
  check(doc.state === 'running' && doc.curve[0].points.length > 0,
    'the curve is there while it runs');
  await s.post(`/v1/policies/${long.id}:cancel`);
  doc = await s.until(`/v1/policies/${long.id}`, ['cancelled']);
  check(!doc.live && doc.curve.length > 0, 'cancelled, with what was seen');
  await probe.kill();
  await s.post(`/v1/policies/${long.id}:resume`);
  doc = await s.get(`/v1/policies/${long.id}`);
  check(doc.state !== 'cancelled', 'it waits for its device');
  s.startProbe();
  doc = await s.until(`/v1/policies/${long.id}`);
  check(doc.replay.policies.every((p) => p.agree.share === 1)
    && doc.curve.every((c) => c.points.length <= 65),
  'and runs from the beginning when it is back');
});
