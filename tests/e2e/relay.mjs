// SPDX-License-Identifier: MIT
// A mapped plan run for real across processors: two probes on this machine,
// real TCP between them; what it says is what the network in one piece says.
// Then what goes wrong: a peer without a door, one that dies, cancelling.
import { cnn3Model, dataOf, recordsOf } from './fixture.mjs';
import { check, Program, quickPolicy, withService } from './service.mjs';

// Everything up to plans: one profile, whose costs are the other's too.
async function prepare(s) {
  const model = await cnn3Model(s);
  await s.untilDevice('near');
  const job = await s.post('/v1/jobs', { model: model.id, devices: ['near'],
    levels: ['L0', 'L6'], policy: quickPolicy });
  const data = await dataOf(s, model);
  const records = await recordsOf(s, model, data);
  const { profile } = (await s.until(`/v1/jobs/${job.id}`)).tasks[0];
  const costs = await s.get(`/v1/export/costs?profile=${profile}`);
  return { profile, costs, records: records.id };
}

// The near one has room for so many segments, and the far one cannot run them.
async function planFor(s, { profile, costs, records }, link, n, more) {
  const near = costs.exits.slice(0, n);
  const room = near.reduce((a, e) => a + e.segment_bytes + e.head_bytes, 0)
    + Math.max(...near.map((e) => e.peak_bytes));
  const exits = costs.exits.map((e, i) => i < n
    ? { ...e, segment: { ...e.segment, latency_ns: null }, reason: 'not here' }
    : e);
  const search = await s.post('/v1/searches?wait=50', { records, max_drop: 0.01,
    grid: 16, ...more, system: { links: [{ from: 0, to: 1, link }],
      processors: [{ profile, memory_bytes: room },
        { costs: { ...costs, exits, device: 'far' } }] } });
  return s.get(`/v1/plans/${search.plan}`);
}

function checkResult(v, plan) {
  const { measured: m, predicted: p, residual: r, deployment: d } = v;
  check(m.schema === 'offramp.relay/1' && m.processors.map((x) => x.name)
    .join() === 'near,far', 'both processors took part');
  check(m.outputs.compared === m.n && m.outputs.same_exit === m.n
    && m.outputs.equal === true && r.outputs_equal === true,
  `${m.n} samples: outputs as of the unsplit network, at most `
    + `${m.outputs.max_abs_diff} apart`);
  check(r.same_shares === true, 'as many leave at each exit as the replay says');
  check(Math.abs(m.plan.accuracy - p.accuracy) < 1e-9, 'as many are right');
  check(m.rounds >= 8 && m.plan.mean_ns.median > 0
    && m.plan.p90_ns.median >= m.plan.p50_ns.median,
  `mean ${m.plan.mean_ns.median} ns, predicted ${p.mean_ns.median}, `
    + `residual ${r.mean.rel}`);
  const [near, far] = m.processors;
  check(p.processors[0].link_ns > 0 && p.processors[1].link_ns === null
    && r.links.length === 2 && r.links[1] === null
    && Math.abs(near.link_ns / p.processors[0].link_ns - 1 - r.links[0].rel) < 1e-9
    && near.link_ci95_ns[0] <= near.link_ns && near.link_ns <= near.link_ci95_ns[1]
    && m.flags.includes('one_machine'),
  `the hand-over: predicted ${p.processors[0].link_ns} ns`);
  check(near.share === 1 && Math.abs(far.share - p.processors[1].share) < 1e-9
    && near.own_ns > 0 && far.own_ns > 0 && near.link_ns > 0
    && far.link_ns === null,
  `near ${near.own_ns} ns, link ${near.link_ns} ns, far ${far.own_ns} ns of `
    + `${far.share} of the samples`);
  check(m.handed_over === Math.round(far.share * m.n), 'and so many go over');
  check(d.chain[0].gives.length === 1
    && d.chain[0].gives[0].name === d.chain[1].takes[0].name,
  `handed over: ${d.chain[0].gives[0].name}`);
  check(plan.exits.filter((e) => e.kept).map((e) => e.name).join()
    === m.exits.map((e) => e.name).join(), 'kept exits only');
}

// Until the near one is in the middle of a validation.
const inTheMiddle = (s, id) => s.watch(`/v1/validations/${id}`, (v) =>
  v.tasks.some((t) => t.kind === 'relay' && t.device === 'near'
    && t.progress?.phase === 'rounds'));

await withService(async (s) => {
  s.startProbe('near');
  const away = s.startProbe('away', ['--link', '127.0.0.1']);
  const base = await prepare(s);
  await s.untilDevice('away');
  const link = (await s.post('/v1/links', { from: 'near', to: 'away',
    policy: { budget_s: 1, max_rounds: 11, max_bytes: 65536 } })).id;
  await s.until(`/v1/links/${link}`);
  const one = await planFor(s, base, link, 1, { keep: ['exit0'] });
  check(one.mapping.segments.join() === 'near,far,far,far',
    `one segment near, three far: ${one.mapping.segments}`);
  const to = `/v1/plans/${one.id}/validations`;

  const nobody = await s.post(to, {}, { expect: 409 });
  check(nobody.code === 'job.unsatisfiable' && /far/.test(nobody.detail),
    'a processor that is no device is named');
  const both = await s.post(to, { devices: { far: 'near' } }, { expect: 422 });
  check(both.code === 'validation.same_agent',
    'one agent cannot be two processors');
  for (const body of [{ devices: { sun: 'near' } }, { device: 'near' }])
    check((await s.post(to, body, { expect: 400 })).code === 'request.field',
      `refused: ${JSON.stringify(body)}`);

  const far = s.startProbe('far');
  await s.untilDevice('far');
  const shut = await s.post(to, { max_rows: 50, budget_s: 1 });
  const closed = await s.until(`/v1/validations/${shut.id}`, ['failed']);
  check(closed.error.code === 'link.closed',
    'an agent without a door says how to start it');
  await far.kill();

  const made = await s.post(to,
    { devices: { far: 'away' }, max_rows: 200, budget_s: 60, ci_rel: 1 });
  const done = await s.until(`/v1/validations/${made.id}`);
  checkResult(done, one);
  check(done.tasks.filter((t) => t.kind === 'relay').map((t) => t.device)
    .join() === 'away,near', 'a task for each processor, the last one first');

  // Handed over where the plan has no exit.
  const two = await planFor(s, base, link, 2, { without: ['exit1'], keep: ['exit0'] });
  check(two.mapping.segments.join() === 'near,near,far,far'
    && !two.exits[1].kept, 'cut at an exit that is dropped');
  const cut = await s.post(`/v1/plans/${two.id}/validations`,
    { devices: { far: 'away' }, max_rows: 100, budget_s: 60, ci_rel: 1 });
  checkResult(await s.until(`/v1/validations/${cut.id}`), two);

  const cli = new Program('offramp', ['validate', `${one.id}`, '--server',
    s.url, '--on', 'far=away', '--max-rows', '100', '--ci-rel', '1']);
  const { code } = await cli.ended;
  check(code === 0 && /near/.test(cli.log) && /far/.test(cli.log)
    && /Outputs equal/.test(cli.log), 'offramp validate tells of each');

  // Both take their time: cancelled, and taken up again.
  const long = await s.post(to,
    { devices: { far: 'away' }, max_rows: 200, budget_s: 60, ci_rel: 1e-4 });
  await inTheMiddle(s, long.id);
  await s.post(`/v1/validations/${long.id}:cancel`);
  const over = await s.get(`/v1/validations/${long.id}`);
  check(over.state === 'cancelled', 'a validation can be cancelled');

  // A peer that dies in the middle.
  const dying = await s.post(to,
    { devices: { far: 'away' }, max_rows: 200, budget_s: 60, ci_rel: 1e-4 });
  await inTheMiddle(s, dying.id);
  await away.kill('SIGKILL');
  const dead = await s.until(`/v1/validations/${dying.id}`, ['failed']);
  check(dead.error.class === 'infra' && dead.error.code === 'relay.peer_lost'
    && /away/.test(dead.error.detail), `named: ${dead.error.detail}`);
  check(dead.partial.n > 0 && dead.partial.outputs.equal === true,
    `${dead.partial.n} samples are kept`);
  check(dead.tasks.filter((t) => t.kind === 'relay')
    .every((t) => t.attempt === 1), 'nobody tried again alone');
});
