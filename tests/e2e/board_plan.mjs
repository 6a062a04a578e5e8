// SPDX-License-Identifier: MIT
// A plan validated on a single emulated board: the image that is deployed runs
// there sample by sample, each leaving where the board's own outputs say, and
// stands beside the records that the plan was made from; counts beside counts
// and never a time.  In int8 and float32, as the arguments say.  Skipped without QEMU or the firmware.
import { needEmulator, startBoards } from './emulator.mjs';
import { cnn3Model, dataOf } from './fixture.mjs';
import { Program, check, withService } from './service.mjs';

needEmulator('mps2-an386');

async function planOf(s, base, type) {
  const job = await s.post('/v1/jobs', { model: base.model.id,
    devices: ['m4'], levels: ['L6'], quantise: { type,
      dataset: base.data.id, calibrate: [0, 40], evaluate: [40, 240] } });
  const done = await s.until(`/v1/jobs/${job.id}`);
  const { profile } = done.tasks.find((t) => t.kind === 'profile');
  const search = await s.post('/v1/searches?wait=50', { profile,
    records: done.quantise.records, max_drop: 0.05, grid: 16,
    objective: 'instructions', keep: ['exit1'] });
  return { profile, records: done.quantise.records,
    plan: await s.get(`/v1/plans/${search.plan}`) };
}

const near = (a, b, rel) => Math.abs(a / b - 1) <= rel;

function checkResult(v, plan, type) {
  const { measured: m, predicted: p, residual: r, deployment: d } = v;
  check(m.schema === 'offramp.relay/1' && m.processors.length === 1
    && m.processors[0].name === 'm4' && m.handed_over === 0
    && d.chain.length === 1 && d.chain[0].image.type === type,
  `${type}: all of it ran on the board`);
  check(m.exits.map((e) => e.name).join()
    === plan.exits.filter((e) => e.kept).map((e) => e.name).join(),
  `${type}: kept exits only`);
  check(r.same_shares === true && Math.abs(m.plan.accuracy - p.accuracy) < 1e-9
    && Math.abs(m.full.accuracy - p.accuracy_full) < 1e-9,
  `${type}: ${m.n} samples, ${m.exits.map((e) => `${e.name} ${e.share}`)
    .join(', ')}, accuracy ${m.plan.accuracy} (${m.full.accuracy} without `
    + 'exits), all as its records say');
  check(m.outputs.equal === true && m.outputs.same_exit === m.n
    && m.outputs.int8_exact === (type === 'int8'),
  `${type}: outputs at most ${m.outputs.max_abs_diff} from those in one piece`);
  check(m.exits.every((e, i) => e.path_ns === null && (e.n === 0
    || near(e.path_instructions, p.exits[i].path_instructions, 0.01))),
  `${type}: ways of ${m.exits.map((e) => e.path_instructions)} instructions, `
    + `predicted ${p.exits.map((e) => e.path_instructions)}`);
  check(near(m.plan.mean_instructions, p.mean_instructions, 0.01)
    && near(m.full.mean_instructions, p.full_mean_instructions, 0.01)
    && Math.abs(r.mean_instructions.rel) <= 0.01 && r.saving > 0,
  `${type}: ${m.plan.mean_instructions} instructions a sample, predicted `
    + `${p.mean_instructions}; ${m.full.mean_instructions} without exits, so `
    + `${(100 * r.saving).toFixed(1)} % less`);
  check(m.plan.mean_ns === null && m.full.mean_ns === null && r.mean === null
    && r.full_mean === null && m.energy === null && m.rounds === 0
    && m.flags.includes('emulated') && r.same_env === true,
  `${type}: and no time or energy at all`);
}

async function validate(s, base, type) {
  const { plan, ...from } = await planOf(s, base, type);
  const to = `/v1/plans/${plan.id}/validations`;
  const made = await s.post(to, { max_rows: 8, budget_s: 60 });
  const v = await s.until(`/v1/validations/${made.id}`);
  checkResult(v, plan, type);
  check(v.request.device === 'm4'
    && v.tasks.find((t) => t.kind === 'relay').device === 'm4',
  `${type}: on the board of its profile, without --link`);
  return { plan, ...from };
}

// Times that follow from a declared model are not what a board is held to.
async function modelled(s, { profile, records }) {
  await s.call('PUT', '/v1/devices/m4/model', { clock_hz: 1e8,
    cycles_per_instruction: 1.3, from: 'made up' }, { expect: 201 });
  const search = await s.post('/v1/searches?wait=50', { profile, records,
    source: 'modelled', max_drop: 0.05, grid: 8 });
  const made = await s.post(`/v1/plans/${search.plan}/validations`,
    { max_rows: 1 });
  const v = await s.until(`/v1/validations/${made.id}`);
  check(v.predicted.mean_ns.median === null && v.residual.mean === null
    && Math.abs(v.residual.mean_instructions.rel) <= 0.01,
  'a plan of modelled times is held against the counts behind them');
}

async function refused(s, { plan }) {
  const to = `/v1/plans/${plan.id}/validations`;
  const host = await s.post(to, { device: 'host' }, { expect: 409 });
  check(host.code === 'job.unsatisfiable' && /host/.test(host.detail),
    `no image for a host: ${host.detail}`);
  const devices = await s.post(to, { devices: { m4: 'm4' } }, { expect: 400 });
  check(devices.code === 'request.field', 'one device is named by device');
  const cli = new Program('offramp', ['validate', `${plan.id}`, '--server',
    s.url, '--max-rows', '1', '--device', 'm4']);
  const { code } = await cli.ended;
  check(code === 0 && /instructions/.test(cli.log) && /less than without exits/
    .test(cli.log) && /Outputs equal/.test(cli.log),
  'offramp validate takes a board');
}

await withService(async (s) => {
  startBoards(s, { m4: 'qemu=mps2-an386' });
  s.startProbe('host');
  const model = await cnn3Model(s);
  const data = await dataOf(s, model);
  await s.untilDevice('m4');
  await s.untilDevice('host');
  let first;
  for (const type of process.argv.slice(2)) {
    const made = await validate(s, { model, data }, type);
    first ??= made;
  }
  await modelled(s, first);
  await refused(s, first);
});
