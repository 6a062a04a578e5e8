// SPDX-License-Identifier: MIT
// offrampd against clients that mean it harm, byte by byte: each gets a clear
// answer, and the service goes on.  Bounded, and on loopback only.
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check, Program } from './service.mjs';

const HELD = 300, ABORTED = 20, STORMS = 5, LET_GO_MS = 60_000;
const dir = mkdtempSync(join(tmpdir(), 'offramp-hostile-'));
const db = join(dir, 's.db');
const tmp = `${db}.blobs/tmp`;
let server, url, port;

async function start() {
  server = new Program('offrampd',
    ['--db', db, '--listen', '127.0.0.1:0', '--no-worker']);
  await new Promise((up, down) => {
    server.child.stdout.on('data', up);
    server.ended.then((e) => down(new Error(JSON.stringify(e))));
  });
  url = server.log.match(/http:\S+/)[0];
  port = Number(new URL(url).port);
}

// Send these bytes and read until the server closes: the status and code.
function raw(bytes) {
  return new Promise((done, fail) => {
    const s = net.connect(port, '127.0.0.1', () => s.write(bytes));
    let text = '';
    s.setTimeout(LET_GO_MS, () => s.destroy(new Error('no answer')));
    s.on('data', (d) => { text += d; });
    s.on('error', (e) => (text ? done(text) : fail(e)));
    s.on('close', () => done(text));
  }).then((text) => `${text.slice(9, 12)} ${
    text.match(/"code":"([^"]*)"/)?.[1] ?? ''}`.trim());
}

const close = 'Connection: close\r\n';
const get = (path, more = '') =>
  `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${more}${close}\r\n`;
const post = (path, more, body) => `POST ${path} HTTP/1.1\r\n`
  + `Host: 127.0.0.1:${port}\r\nContent-Type: application/json\r\n`
  + `${more}${close}\r\n${body}`;
const json = (body) =>
  post('/v1/jobs', `Content-Length: ${body.length}\r\n`, body);
const chunked = (body) =>
  post('/v1/jobs', 'Transfer-Encoding: chunked\r\n', body);
const twice = (o) => `Origin: http://127.0.0.1:${port}${o}\r\n`;

const answers = () => [
  ['no host', `GET /v1/jobs HTTP/1.1\r\n${close}\r\n`, '403 auth.host'],
  ['a name that resolves to loopback',
    `GET /v1/jobs HTTP/1.1\r\nHost: evil.example\r\n${close}\r\n`,
    '403 auth.host'],
  ['an origin that begins like ours', get('/v1/jobs', twice('.evil.example')),
    '403 auth.origin'],
  ['our own origin', get('/v1/jobs', twice('')), '200'],
  ['a NUL behind a name', get('/style.css%00.png'), '404 request.no_route'],
  ['a NUL as a name', get('/%00'), '404 request.no_route'],
  ['a NUL in a query', get('/v1/jobs?limit=1%00'), '400 request.query'],
  ['dots', get('/%2e%2e%2f%2e%2e%2fetc%2fpasswd'), '404 request.no_route'],
  ['a line in a path', get('/v1/devices/a%0d%0aX:1'), '404 request.no_route'],
  ['bytes that are no text', get('/v1/models/%ff%fe'), '400 request.id'],
  ['a path of 200 kB', get(`/${'a'.repeat(200000)}`), '414'],
  ['a header of 200 kB', get('/healthz', `X: ${'a'.repeat(200000)}\r\n`),
    '431'],
  ['60 parameters', get(`/v1/jobs?${'x=1&'.repeat(60)}`),
    '400 request.too_many_fields'],
  ['brackets without end', json('['.repeat(30000)), '400 request.json'],
  ['a number without end', json(`{"priority":1${'0'.repeat(400)}}`),
    '400 request.json'],
  ['infinity', json('{"priority":1e999}'), '400 request.json'],
  ['a NUL in a text', json('{"name":"a\\u0000b"}'), '400 request.json'],
  ['a member twice', json('{"name":"a","name":"b"}'), '400 request.json'],
  ['a length that is too large',
    post('/v1/jobs', 'Content-Length: 99999999\r\n', '{}'),
    '413 request.too_large'],
  ['a length below zero', post('/v1/jobs', 'Content-Length: -1\r\n', '{}'),
    '400'],
  ['a length that lies', post('/v1/jobs', 'Content-Length: 1\r\n', '{}'),
    '400 request.json'],
  ['chunks over the cap',
    chunked(`${`8000\r\n${' '.repeat(0x8000)}\r\n`.repeat(6)}0\r\n\r\n`),
    '413 request.too_large'],
  ['a chunk without a size', chunked('ZZ\r\n{}\r\n0\r\n\r\n'), '400'],
  ['a chunk of 2^72', chunked('FFFFFFFFFFFFFFFFFF\r\n{}\r\n'), '413'],
];

// Clients that say a little and then nothing do not keep others out.
async function holdMany() {
  const held = Array.from({ length: HELD }, () => {
    const s = net.connect(port, '127.0.0.1');
    s.on('error', () => {});
    s.write(`GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nX: `);
    return s;
  });
  await Promise.all(held.map((s) => new Promise((r) => s.on('connect', r))));
  check((await fetch(`${url}/v1/jobs`)).status === 200,
    `others are served while ${HELD} requests are held`);
  const over = Date.now() + LET_GO_MS;
  await Promise.all(held.map((s) => new Promise((r) => {
    s.resume(); // what the server says is read, or its end is not seen
    s.on('close', r);
    setTimeout(r, over - Date.now()).unref();
  })));
  check(held.every((s) => s.destroyed || s.readableEnded),
    `and none of them for longer than ${LET_GO_MS / 1000} s`);
  held.forEach((s) => s.destroy());
}

function abortUpload() {
  return new Promise((done) => {
    const s = net.connect(port, '127.0.0.1', () => s.write(
      `PUT /v1/blobs/sha256:${'1'.repeat(64)} HTTP/1.1\r\n`
      + `Host: 127.0.0.1:${port}\r\nContent-Length: 1000000\r\n\r\n`
      + 'y'.repeat(50000), () => { s.destroy(); done(); }));
  });
}

const hash = (bytes) => createHash('sha256').update(bytes).digest('hex');
const kept = []; // paths of what was acknowledged

async function put(bytes) {
  const path = `/v1/blobs/sha256:${hash(bytes)}`;
  const r = await fetch(url + path, { method: 'PUT', body: bytes });
  if (r.ok) kept.push(path);
  return r.ok;
}

async function addModel(blob) {
  const r = await fetch(`${url}/v1/models`, {
    method: 'POST', headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ blob, name: 'any bytes' }),
  });
  if (r.ok) kept.push(`/v1/models/${(await r.json()).id}`);
}

// Write until the server is killed in the middle.
async function writeUntilKilled() {
  const from = kept.length;
  const writers = Array.from({ length: 4 }, async () => {
    try {
      for (;;) {
        const bytes = randomBytes(20000);
        if (await put(bytes)) await addModel(hash(bytes));
        if (kept.length > from + 30) server.child.kill('SIGKILL');
      }
    } catch { /* it is gone */ }
  });
  await Promise.all(writers);
  await server.ended;
}

try {
  await start();
  for (const [what, bytes, wanted] of answers()) {
    const got = await raw(bytes);
    check(got === wanted, `${what}: ${wanted}${got === wanted ? '' : `, ${got}`}`);
  }
  await holdMany();
  await Promise.all(Array.from({ length: ABORTED }, abortUpload));
  const same = randomBytes(100000);
  const all = await Promise.all(Array.from({ length: 20 }, () => put(same)));
  check(all.every((ok) => ok), 'one blob can be sent by many at once');
  for (let i = 0; i < STORMS; i++) {
    await writeUntilKilled();
    await start();
  }
  let lost = 0;
  for (const path of kept) lost += (await fetch(url + path)).status !== 200;
  check(lost === 0 && kept.length > 30 * STORMS,
    `${kept.length} acknowledged things outlive ${STORMS} kills`);
  check(!existsSync(tmp) || readdirSync(tmp).length === 0,
    'and nothing half sent is left');
  const end = await server.kill();
  check(end.code === 0, 'it still ends in good order');
} finally {
  server.child.kill('SIGKILL');
  rmSync(dir, { recursive: true, force: true });
}
