import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LocalProject, ROOT } from '../support/local-project.ts';

const run = promisify(execFile);
/** The version of the official Python client that the promise was checked with. */
const OPENAI_PYTHON = '3.54.0';

let project: LocalProject;
let venv: string;

beforeAll(async () => {
  venv = mkdtempSync(join(tmpdir(), 'fleet-python-'));
  await run('python3', ['-m', 'venv', venv]);
  await run(join(venv, 'bin/pip'), ['install', '--quiet', `openai==${OPENAI_PYTHON}`]);
  project = await LocalProject.create();
  const { code, stderr } = await project.fleet('up');
  if (code !== 0) throw new Error(stderr);
}, 600_000);

afterAll(async () => {
  await project?.remove();
  rmSync(venv, { recursive: true, force: true });
}, 60_000);

test.each(['models', 'chat', 'stream', 'completions', 'responses', 'wrong-key'])(
  'the official Python client: %s',
  async (name) => {
    const script = join(ROOT, 'test/verify/clients.py');
    const { stdout } = await run(join(venv, 'bin/python'), [script, name], {
      env: { ...process.env, OPENAI_BASE_URL: project.baseUrl, OPENAI_API_KEY: 'local' },
    });
    expect(stdout.trim()).toBe('ok');
  },
);
