// SPDX-License-Identifier: MIT
// A job with an energy meter that is a recording: its rows reach the API, the
// exports and the costs, a search minimises them, and where the recording ends
// in the middle the job goes on without.
import { writeFileSync } from 'node:fs';
import { cnn3Model, dataOf, recordsOf } from './fixture.mjs';
import { check, quickPolicy, withService } from './service.mjs';

// Half a watt while the device is idle at first, 2 W from then on, said every
// 4 ms for so many seconds.
function record(path, seconds) {
  const lines = ['meter bench-supply kind=power period_us=4000 quantum=0.001 '
    + 'gain=0.002 window_ms=40 latency_ms=2'];
  for (let t = 0; t <= seconds * 1000; t += 4)
    lines.push(`s ${t * 1000} ${t < 5050 ? 0.5 : 2}`);
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}

const policy = { ...quickPolicy, job_budget_s: 60 };
const levels = ['L0', 'L2', 'L5', 'L6'];

withService(async (s) => {
  s.startProbe('localhost',
    ['--meter', `bench:trace=${record(s.path('long.txt'), 600)}`]);
  s.startProbe('short',
    ['--meter', `bench:trace=${record(s.path('short.txt'), 6)}`]);
  const model = await cnn3Model(s);
  const data = await dataOf(s, model);
  await s.untilDevice('localhost');
  await s.untilDevice('short');
  const [job, ended] = await Promise.all(['localhost', 'short'].map(
    (device) => s.post('/v1/jobs', { model: model.id, devices: [device],
      levels, policy })));
  const done = await s.until(`/v1/jobs/${job.id}`);
  const { profile } = done.tasks[0];

  const rows = (await s.get(`/v1/profiles/${profile}/layers`)).items
    .filter((r) => r.level === 'L5');
  check(rows.length > 8 && rows.every((r) => r.energy
    && r.energy.sensor === 'bench-supply' && r.energy.method === 'loop'),
  `${rows.length} rows have energy by the meter`);
  check(rows.every((r) => r.energy.err_nj > 0 && r.flags.includes('replayed')
    && 'CX'.includes(r.grade)), 'with a bound, and for what they are');
  // 2 W at work, and the mean of 0.5 W before and 2 W after as idle power: so
  // much more in every row, however long this machine took over it.  But the
  // first window, the whole network's, may begin before the 2 W do.
  const more = rows.filter((r) => r.role !== 'whole')
    .map((r) => r.energy.gross_nj / r.energy.idle_nj);
  check(more.every((x) => x > 1.5 && x < 1.65),
    `each of what was drawn, ${Math.min(...more)} to ${Math.max(...more)}`
    + ' times what idling takes');
  const env = await s.get(`/v1/profiles/${profile}/env`);
  check(env.env.stable.energy_sensor === 'bench-supply',
    'the environment names the meter');

  const native = await s.get(`/v1/export/json?profile=${profile}`);
  check(JSON.stringify(native).includes('bench-supply'),
    'the native export has it');
  check(native.exits.length > 1
    && native.exits.every((x) => x.prefix_energy_nj > 0),
  'and what leaving at each exit takes');
  const costs = await s.get(`/v1/export/costs?profile=${profile}`);
  check(costs.metrics.includes('energy_nj')
    && costs.exits[0].segment.energy_nj[2] > costs.exits[0].segment.energy_nj[0],
  'and so do the costs, with its bound');
  const { id } = await recordsOf(s, model, data);
  const search = await s.post('/v1/searches', { profile, records: id,
    max_drop: 0.02, objective: 'energy_nj' });
  const found = await s.until(`/v1/searches/${search.id}`);
  const { calibration, objective } = await s.get(`/v1/plans/${found.plan}`);
  check(calibration.cost > 0 && calibration.cost < calibration.cost_full,
    `a plan of ${calibration.cost.toFixed(0)} nJ (${objective ?? 'energy_nj'}),`
    + ` the full network takes ${calibration.cost_full.toFixed(0)}`);

  const lost = await s.until(`/v1/jobs/${ended.id}`);
  const short = (await s.get(
    `/v1/profiles/${lost.tasks[0].profile}/layers`)).items;
  check(short.some((r) => r.level === 'L2' && r.median_ns > 0)
    && short.filter((r) => r.level === 'L5').some((r) => r.energy === null
      && r.flags.includes('meter_lost')),
  'a meter that goes away costs the energy, not the job');
});
