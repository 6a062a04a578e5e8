// SPDX-License-Identifier: MIT
// A plan run for real on its device: the same decisions as the search's
// replay, measured times beside the predicted ones.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { cnn3, dataOf, profileOf, recordsOf, resnet20 } from './fixture.mjs';
import { check, Program, skip, withService } from './service.mjs';

const cases = {
  fixture: cnn3,
  resnet20,
};

const c = cases[process.argv[2]];
if (!existsSync(c.file)) skip(`${c.file} is not here`);

// From the files to a plan.
async function makePlan(s) {
  const model = await s.model(c.file, process.argv[2]);
  await s.untilDevice('localhost');
  const profile = await profileOf(s, model, 'localhost', ['L0', 'L6']);
  const dataset = await dataOf(s, model, c);
  const records = await recordsOf(s, model, dataset);
  const search = await s.post('/v1/searches', {
    profile, records: records.id, max_drop: 0.01,
  });
  const { plan } = await s.until(`/v1/searches/${search.id}`);
  return { plan: await s.get(`/v1/plans/${plan}`), dataset };
}

function checkResult(v, plan) {
  const { predicted: p, measured: m, residual: r } = v;
  const near = (a, b) => Math.abs(a - b) < 1e-9;
  check(m.n === Math.min(plan.test.n, 300), `${m.n} held-out rows ran`);
  check(r.same_shares, 'as many leave at each exit as the replay says');
  check(near(m.plan.accuracy, p.accuracy)
    && near(m.full.accuracy, p.accuracy_full), 'and as many are right');
  check(p.exits.length === plan.exits.filter((x) => x.kept).length,
    'kept exits only');
  for (const x of ['mean_ns', 'p50_ns', 'p90_ns'])
    check(m.plan[x].ci95_lo <= m.plan[x].median
      && m.plan[x].median <= m.plan[x].ci95_hi, `${x} has an interval`);
  check(m.energy === null ? m.flags.includes('no_energy_sensor')
    : m.energy.err_nj > 0, 'energy is null and says why, or has a bound');
  check(r.same_env, 'profile and validation are of one environment');
  console.log(`mean ${m.plan.mean_ns.median} ns, predicted `
    + `${p.mean_ns.median}, residual ${(100 * r.mean.rel).toFixed(1)} %; `
    + `without exits ${m.full.mean_ns.median}, predicted `
    + `${p.full_mean_ns.median}, residual `
    + `${(100 * r.full_mean.rel).toFixed(1)} %; saving `
    + `${(100 * r.saving).toFixed(1)} %, predicted `
    + `${(100 * (1 - p.mean_ns.median / p.full_mean_ns.median)).toFixed(1)} %`);
}

async function checkRefusals(s, plan, dataset) {
  const to = `/v1/plans/${plan.id}/validations`;
  const code = async (path, body, expect) => (await s.post(path, body,
    { expect })).code;
  check(await code('/v1/plans/99/validations', {}, 404) === 'plan.not_found',
    'a plan that is not there is named');
  check(await code(to, { dataset: dataset.id }, 422) === 'validation.seen',
    'data that the search chose by is refused');
  check(await code(to, { device: 'nobody' }, 409) === 'job.unsatisfiable',
    'a device that is not there is refused');
  check(await code(to, { rows: 3 }, 400) === 'request.field',
    'an unknown member is refused');
}

withService(async (s) => {
  s.startProbe();
  const { plan, dataset } = await makePlan(s);
  await checkRefusals(s, plan, dataset);
  const made = await s.post(`/v1/plans/${plan.id}/validations`,
    { max_rows: 300, budget_s: 5 });
  const done = await s.until(`/v1/validations/${made.id}`);
  checkResult(done, plan);
  const beyond = done.residual.mean.within === false;
  const profile = await s.get(`/v1/profiles/${plan.profile}`);
  check(profile.flags.includes('residual') === beyond,
    `the profile is ${beyond ? '' : 'not '}flagged`);
  const list = await s.get(`/v1/plans/${plan.id}/validations`);
  check(list.items.length === 1 && list.items[0].id === made.id,
    'the plan lists its validations');

  const again = await s.post(`/v1/plans/${plan.id}/validations`, {});
  await s.post(`/v1/validations/${again.id}:cancel`);
  const over = await s.get(`/v1/validations/${again.id}`);
  check(over.state === 'cancelled', 'a validation can be cancelled');
  await s.post(`/v1/validations/${again.id}:resume`);
  await s.post(`/v1/validations/${again.id}:cancel`);

  const cli = new Program('offramp', ['validate', `${plan.id}`, '--server',
    s.url, '--max-rows', '100', '--budget', '1']);
  const { code } = await cli.ended;
  check(code === 0 && /mean without exits/.test(cli.log), 'offramp validate');
  const taken = new Program('offramp', ['take', `${plan.id}`, '--server',
    s.url, '-o', s.path('taken')]);
  check((await taken.ended).code === 0, 'offramp take');
  const files = readdirSync(s.path('taken'));
  const first = plan.exits.find((x) => x.kept).index;
  check(['network.onnx', `segment-${first}.onnx`, 'plan.json', 'report.md',
    'front.svg', 'exits.svg'].every((f) => files.includes(f)),
  `it writes ${files.join(', ')}`);
  const run = new Program('offramp', ['run', '--plan', s.path('taken/plan.json'),
    '--model', s.path('taken/all-exits.onnx'), '--data', c.inputs, '--labels',
    c.labels, '--preprocess', JSON.stringify(c.preprocess), '-n', '100']);
  check((await run.ended).code === 0 && /100 samples/.test(run.log),
    'what is taken home runs with offramp run');
  const home = await s.model(s.path('taken/network.onnx'), 'taken');
  check(home.analysis.exits.length === plan.exits.filter((x) => x.kept)
    .length, 'the network taken home has the kept exits');
  check(/held out \| [0-9]+ \|/.test(readFileSync(s.path('taken/report.md'),
    'utf8')), 'the report tells what to expect of new data');
  check(readFileSync(s.path('taken/report.md'), 'utf8').includes('measured'),
    'the report tells what was measured');
});
