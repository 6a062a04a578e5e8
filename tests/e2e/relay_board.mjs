// SPDX-License-Identifier: MIT
// A mapped plan across an emulated Cortex-M33 and this machine: the board runs
// its layers (in int8 or float32, as the arguments say) and hands its tensor on; counts beside
// counts, and the outputs are those of the network (or its int8 image) in one
// piece.  Skipped without QEMU or the firmware.
import { needEmulator, startBoards } from './emulator.mjs';
import { cnn3Model, dataOf } from './fixture.mjs';
import { check, withService } from './service.mjs';

needEmulator('mps2-an505');

const instructions = (n) => ({ instructions: n });

// The board's own counts; the far machine is given what it would count.
async function planFor(s, { profile, records }) {
  const costs = await s.get(`/v1/export/costs?profile=${profile}`);
  const near = costs.exits.slice(0, 2);
  const room = near.reduce((a, e) => a + e.segment_bytes + e.head_bytes, 0)
    + Math.max(...near.map((e) => e.peak_bytes));
  const far = { ...costs, device: 'far', source: 'modelled',
    metrics: ['instructions'], exits: costs.exits.map((e, i) => ({ ...e,
      segment: i > 1 ? instructions(e.segment.instructions / 10)
        : { instructions: null },
      reason: i > 1 ? null : 'not here',
      head: e.head && instructions(e.head.instructions / 10) })) };
  const search = await s.post('/v1/searches?wait=50', { records, max_drop: 0.05,
    objective: 'instructions', grid: 16, keep: ['exit1'], system: {
      links: [{ from: 0, to: 1, per_byte: 1, base: 1e5 }],
      processors: [{ profile, memory_bytes: room }, { costs: far, wake: 3e6 }] } });
  return s.get(`/v1/plans/${search.plan}`);
}

async function boardProfile(s, base, type) {
  const job = await s.post('/v1/jobs', { model: base.model.id,
    devices: ['m33'], levels: ['L0', 'L6'],
    quantise: { type, dataset: base.data.id, calibrate: [0, 100],
      evaluate: [100, 400] } });
  const done = await s.until(`/v1/jobs/${job.id}`);
  return { profile: done.tasks.find((t) => t.kind === 'profile').profile,
    records: done.quantise.records };
}

async function validate(s, base, type) {
  const plan = await planFor(s, await boardProfile(s, base, type));
  check(plan.mapping.segments[1] === 'm33'
    && plan.mapping.segments.at(-1) === 'far',
  `${type}: ${plan.mapping.segments.join(', ')}`);
  const made = await s.post(`/v1/plans/${plan.id}/validations`,
    { max_rows: 12, budget_s: 20, devices: { far: 'host' } });
  const v = await s.until(`/v1/validations/${made.id}`);
  const { measured: m, predicted: p } = v;
  const left = (x) => x.exits.map((e) => `${e.name} ${e.n}`).join(', ');
  check(v.residual.same_shares === true,
    `${type}: as many leave at each exit: ${left(m)}; predicted ${left(p)}`);
  check(m.outputs.equal === true && m.outputs.same_exit === m.n
    && m.outputs.int8_exact === (type === 'int8'),
  `${type}: ${m.n} samples, outputs as in one piece, at most `
    + `${m.outputs.max_abs_diff} apart`);
  check(m.plan.mean_ns === null && m.rounds === 0
    && m.flags.includes('emulated') && v.residual.mean === null,
  `${type}: an emulated processor has no time, so there is none`);
  const [board, host] = m.processors;
  check(board.instructions > 1e4 && board.own_ns === null
    && host.instructions === null && p.processors[0].instructions > 1e4,
  `${type}: ${board.instructions} instructions a sample on the board, `
    + `predicted ${p.processors[0].instructions}`);
  const [tensor] = v.deployment.chain[0].gives;
  check(type === 'int8' ? tensor.int8.scale > 0
    && p.processors[0].send_bytes === tensor.bytes / 4
    : !tensor.int8 && p.processors[0].send_bytes === tensor.bytes,
  `${type}: ${p.processors[0].send_bytes} bytes cross`);
  check(m.handed_over > 0 && m.handed_over < m.n
    && v.deployment.chain[0].image.type === type,
    `${type}: ${m.handed_over} samples went on to the host`);
}

await withService(async (s) => {
  startBoards(s, { m33: 'qemu=mps2-an505' });
  s.startProbe('host', ['--link', '127.0.0.1']);
  const model = await cnn3Model(s);
  const data = await dataOf(s, model);
  await s.untilDevice('m33');
  await s.untilDevice('host');
  for (const type of process.argv.slice(2))
    await validate(s, { model, data }, type);
});
