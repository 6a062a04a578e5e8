// SPDX-License-Identifier: MIT
// `cmake --install` into an empty folder: the programs there run, find each
// other and the runtime, and have man pages.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check } from './service.mjs';

const prefix = mkdtempSync(join(tmpdir(), 'offramp-install-'));
const env = { ...process.env };
delete env.OFFRAMP_RUNTIME;

const run = (program, ...args) => spawnSync(program, args,
  { encoding: 'utf8', env });

try {
  const installed = run('cmake', '--install', process.argv[2],
    '--prefix', prefix);
  check(installed.status === 0, `installed: ${installed.stderr}`);
  for (const name of ['offrampd', 'offramp', 'offramp-probe',
    'offramp-worker']) {
    const program = join(prefix, 'bin', name);
    check(run(program, '--version').stdout.includes('0.1.0'), `${name} runs`);
    check(run(program, '--help').stdout.includes('Usage:'), 'and has help');
  }
  const page = join(prefix, 'share/man/man1/offramp-submit.1');
  check(readFileSync(page, 'utf8').includes('.SH NAME'), 'man pages');
  check(existsSync(join(prefix, 'share/man/man8/offrampd.8')), 'in 8 too');
  const record = run(join(prefix, 'bin/offramp-probe'), 'env');
  const { stable } = JSON.parse(record.stdout);
  check(stable.runtime === 'onnxruntime',
    `the installed probe has ONNX Runtime ${stable.runtime_version}`);
} finally {
  rmSync(prefix, { recursive: true, force: true });
}
