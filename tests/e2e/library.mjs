// SPDX-License-Identifier: MIT
// The search library as others get it: installed into an empty folder, found
// by pkg-config, linked by the installed example.
//   library.mjs BUILD-FOLDER CC [FLAG]...
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check } from './service.mjs';

const [build, cc, ...flags] = process.argv.slice(2);
const prefix = mkdtempSync(join(tmpdir(), 'offramp-library-'));

function run(program, args, env = {}) {
  const done = spawnSync(program, args,
    { encoding: 'utf8', env: { ...process.env, ...env } });
  if (done.status !== 0)
    throw new Error(`${program} ${args.join(' ')}:\n${done.stderr}`);
  return done.stdout;
}

// Everything below a folder, as paths.
const walk = (folder) => readdirSync(folder, { withFileTypes: true })
  .flatMap((e) => e.isDirectory() ? walk(join(folder, e.name))
    : [join(folder, e.name)]);

try {
  run('cmake', ['--install', build, '--prefix', prefix,
    '--component', 'search']);
  const files = walk(prefix);
  const named = (end) => files.find((f) => f.endsWith(end));
  check(named('/man3/offramp_search.3'), 'a man page');
  const env = { PKG_CONFIG_PATH: join(named('/offramp_search.pc'), '..') };
  const options = run('pkg-config', ['--cflags', '--libs', 'offramp_search'],
    env).trim().split(/\s+/);
  const program = join(prefix, 'example');
  run(cc, ['-Wall', '-Wextra', '-Werror', '-std=c17', ...flags,
    named('/example.c'), '-o', program, ...options]);
  const library = named('/libofframp_search.so');
  const said = run(program, [],
    { LD_LIBRARY_PATH: join(library, '..') });
  check(said.startsWith('optimal: leave at score >= 0.8, 2 of 6 samples do; ' +
    '243.3 ns a sample\n'), said.split('\n')[0]);
  check(/^one threshold for all exits: 243\.3 ns$/m.test(said),
    'and other methods beside it');

  const symbols = run('nm', ['-D', '--defined-only', library]).split('\n')
    .map((line) => line.split(/\s+/)[2]?.replace(/@.*/, ''))
    .filter((name) => name && !name.startsWith('OFFRAMP_'));
  check(symbols.includes('solve_best') && symbols.every((name) =>
    /^(solve|baseline|bootstrap|metrics|pareto|promise|status|err)/.test(name)),
  `the library shows ${symbols.length} names, all of its own`);
} finally {
  rmSync(prefix, { recursive: true, force: true });
}
