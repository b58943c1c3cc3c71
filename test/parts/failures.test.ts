import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { PortTakenError } from '../../parts/part-error.ts';
import { reconcile } from '../../parts/reconcile.ts';
import {
  eventually,
  type Fleet,
  freePort,
  isRunning,
  leapingHost,
  openFleet,
  serverPart,
  statusOf,
  writeProgram,
} from './support.ts';

let fleet: Fleet;
let port: number;
beforeEach(async () => {
  fleet = openFleet({
    PATH: process.env.PATH,
    SECRET_SOURCE: 'hunter2-from-outside',
    UNRELATED: 'stays out',
  });
  port = await freePort();
});
afterEach(() => fleet.close());

/** A part that runs a script of one's own. */
function script(text: string, options: Parameters<Fleet['synth']>[0] = {}): string {
  const program = writeProgram(fleet.host, 'script.mjs', text);
  const ready = { url: `http://127.0.0.1:${port}/`, timeoutSeconds: 25 };
  return fleet.synth({ command: ['node', program], ready, ...options });
}

test('a taken port names the port, its holder, and the key of the environment file', async () => {
  const holder = spawn(process.execPath, [
    '-e',
    `require('http').createServer().listen(${port}, '127.0.0.1', () => console.log('listening'))`,
  ]);
  try {
    await once(holder.stdout, 'data');
    const attempt = reconcile(fleet.synth(serverPart(fleet, port)), fleet.host);
    await expect(attempt).rejects.toThrow(PortTakenError);
    await expect(attempt).rejects.toThrow(
      `server: port ${port} of 127.0.0.1 is taken by node (pid ${holder.pid}); end that program or choose another port in environments/local.yaml: gateway.port`,
    );
  } finally {
    holder.kill('SIGKILL');
  }
});

test('an address that this host does not have names the key', async () => {
  const listens = [{ address: '192.0.2.1', port, key: 'process.address' }];
  await expect(reconcile(fleet.synth(serverPart(fleet, port, { listens })), fleet.host)).rejects.toThrow(
    /cannot listen on 192\.0\.2\.1:\d+ .*environments\/local\.yaml: process\.address/,
  );
});

test('a program that dies at once fails with its exit code and its last twenty lines', async () => {
  const manifest = script(`
    for (let line = 1; line <= 30; line += 1) console.log('line ' + line);
    process.exitCode = 3;
  `);
  const error = await reconcile(manifest, fleet.host).catch((failure: Error) => failure.message);
  expect(error).toContain('server: the program ended by itself (exit code 3); last lines of ');
  expect(error).toMatch(/\n {2}line 11\n(.*\n)*.*line 30$/);
  expect(error).not.toContain('line 10\n');
});

test('lines of an earlier program are not shown for a later one', async () => {
  await expect(reconcile(script(`console.log('first'); process.exitCode = 1;`), fleet.host)).rejects.toThrow(
    'first',
  );
  const second = await reconcile(script(`process.exitCode = 1;`), fleet.host).catch(String);
  expect(second).toContain('it wrote nothing to');
});

test('a program that ends by a signal says which', async () => {
  await expect(reconcile(script(`process.kill(process.pid, 'SIGKILL');`), fleet.host)).rejects.toThrow(
    'signal SIGKILL',
  );
});

test('a missing program is named, and where to read how to install it', async () => {
  await expect(reconcile(fleet.synth({ command: ['no-such-program'] }), fleet.host)).rejects.toThrow(
    'server: there is no program no-such-program on this host; `fleet doctor` tells how to install it',
  );
});

test('a program that never serves is ended again, and the last answer is told', async () => {
  const url = `http://127.0.0.1:${port}/`;
  const manifest = script(
    `import { createServer } from 'node:http';
     createServer((_, response) => {
       console.log('pid ' + process.pid);
       response.writeHead(503).end();
     }).listen(${port}, '127.0.0.1');`,
    { ready: { url, timeoutSeconds: 60 } },
  );
  const error = await reconcile(manifest, leapingHost(fleet, 'pid ')).catch(String);
  const pid = Number(/pid (\d+)/.exec(error.toString())?.[1]);
  expect(error).toContain(`server: pid ${pid} runs, but ${url} did not answer 200 within 60 s (status 503)`);
  expect(isRunning(pid)).toBe(false);
});

test('an answer on the ready address counts only while the own program lives', async () => {
  const impostor = createServer(async (_, response) => {
    await eventually('the program has ended', () => !isRunning(fleet.instance('server').pid));
    response.end('ok');
  }).listen(port, '127.0.0.1');
  await once(impostor, 'listening');
  try {
    await expect(reconcile(script('process.exitCode = 4;'), fleet.host)).rejects.toThrow('exit code 4');
  } finally {
    impostor.close();
  }
});

test('secrets reach the program and nothing else of the caller does', async () => {
  mkdirSync(join(fleet.host.project, 'secrets'));
  writeFileSync(join(fleet.host.project, 'secrets/key'), 'hunter2-from-file\n');
  const manifest = script(
    `
    import { createServer } from 'node:http';
    createServer((_, response) => response.end(JSON.stringify(process.env))).listen(${port}, '127.0.0.1');
  `,
    {
      env: { PLACE: '{project} {toolkit} {environment} {part} {other}' },
      secretEnv: { A: { env: 'SECRET_SOURCE' }, B: { file: 'secrets/key' } },
    },
  );
  await reconcile(manifest, fleet.host);
  const env = await (await fetch(`http://127.0.0.1:${port}/`)).json();
  const { project, toolkit } = fleet.host;
  expect(env).toEqual({
    PATH: process.env.PATH,
    A: 'hunter2-from-outside',
    B: 'hunter2-from-file',
    PLACE: `${project} ${toolkit} ${project}/.fleet/local ${project}/.fleet/local/server {other}`,
    FLEET_PART: `${project}/.fleet/local/server`,
  });
});

test('no secret stands in an error, whatever the program wrote', async () => {
  const manifest = script(
    `
    import { readFileSync } from 'node:fs';
    console.log('key ' + process.env.A + ' and ' + readFileSync('hop-key', 'utf8'));
    process.exitCode = 1;
  `,
    { secretEnv: { A: { env: 'SECRET_SOURCE' } }, generates: [{ secret: 'hop-key' }] },
  );
  const error = await reconcile(manifest, fleet.host).catch(String);
  expect(error).toContain('key [secret] and [secret]');
  expect(error).not.toContain('hunter2');
});

test('no secret stands in any file of the part', async () => {
  const part = serverPart(fleet, port, { secretEnv: { A: { env: 'SECRET_SOURCE' } } });
  await reconcile(fleet.synth(part), fleet.host);
  for (const file of ['part.json', 'pid.json', 'log'])
    expect(readFileSync(fleet.path('server', file), 'utf8')).not.toContain('hunter2');
});

test.each([
  [
    'file',
    { file: 'secrets/none' },
    /A is read from .*\/secrets\/none, which does not exist; write the secret there/,
  ],
  ['variable', { env: 'NONE' }, /A is read from the environment variable NONE, which does not exist/],
])('a missing secret %s is named and leaves the old program running', async (_, source, message) => {
  const part = serverPart(fleet, port);
  const { pid } = await reconcile(fleet.synth(part), fleet.host);
  const changed = fleet.synth({ ...part, processHash: 'p2', secretEnv: { A: source } });
  await expect(reconcile(changed, fleet.host)).rejects.toThrow(message);
  expect(isRunning(pid)).toBe(true);
});

test('a document that does not fit its manifest is named and leaves the old program running', async () => {
  await reconcile(fleet.synth(serverPart(fleet, port, { version: 'v1' })), fleet.host);
  const manifest = fleet.synth(serverPart(fleet, port, { version: 'v2' }));
  writeFileSync(join(manifest, '../server.json'), '{}');
  await expect(reconcile(manifest, fleet.host)).rejects.toThrow(
    /server\.json has another text than part\.json was written for; `fleet up local`/,
  );
  expect(await statusOf(port)).toMatchObject({ version: 'v1', hangups: 0 });
});

test.each(['../outside', '/etc/passwd', 'pid.json', 'lock/x', 'log'])(
  'a document may not be called %s',
  async (file) => {
    const part = { ...serverPart(fleet, port), documents: {} };
    const manifest = fleet.synth(part);
    const text = JSON.parse(readFileSync(manifest, 'utf8'));
    writeFileSync(manifest, JSON.stringify({ ...text, documents: [{ file, sha256: '', reloadable: true }] }));
    await expect(reconcile(manifest, fleet.host)).rejects.toThrow(`a document may not be called ${file}`);
  },
);

test('a manifest that does not exist, is no JSON or has an unknown key is named', async () => {
  const manifest = fleet.synth({});
  writeFileSync(manifest, '{"nmae": 1}');
  await expect(reconcile(manifest, fleet.host)).rejects.toThrow(/part\.json: not a manifest\n.*nmae/s);
  writeFileSync(manifest, '{');
  await expect(reconcile(manifest, fleet.host)).rejects.toThrow('part.json: not valid JSON');
  rmSync(manifest);
  await expect(reconcile(manifest, fleet.host)).rejects.toThrow('there is no such manifest; `cdktf synth`');
});
