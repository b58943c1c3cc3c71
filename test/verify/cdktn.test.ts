import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
/** What the registry offers: there are no prebuilt cdktn bindings for Google and Docker yet. */
const PACKAGES = ['cdktn@0.24.0', '@cdktn/provider-aws@25.7.0'];
const ROOMS = ['contracts', 'workloads', 'templates', 'stacks', 'constructs'];
const WITHOUT_BINDINGS = ['constructs/google', 'constructs/docker'];

const run = promisify(execFile);
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fleet-cdktn-'));
  for (const room of ROOMS) cpSync(join(ROOT, room), join(folder, room), { recursive: true });
  for (const room of WITHOUT_BINDINGS) rmSync(join(folder, room), { recursive: true });
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  )) {
    const text = readFileSync(join(folder, path), 'utf8');
    writeFileSync(
      join(folder, path),
      text.replaceAll("from 'cdktf'", "from 'cdktn'").replaceAll("from '@cdktf/", "from '@cdktn/"),
    );
  }
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const kept = ['@grafana/grafana-foundation-sdk', 'constructs', 'zod', 'yaml', 'fastest-levenshtein'].map(
    (name) => `${name}@${dependencies[name]}`,
  );
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module', private: true }));
  const types = ['typescript', '@types/node'].map((name) => `${name}@${devDependencies[name]}`);
  await run(
    'npm',
    ['install', '--no-audit', '--no-fund', '--ignore-scripts', ...PACKAGES, ...kept, ...types],
    { cwd: folder },
  );
  const { compilerOptions } = JSON.parse(readFileSync(join(ROOT, 'tsconfig.json'), 'utf8'));
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ROOMS }));
}, 600_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the process and AWS platforms type-check against cdktn after the rename alone', async () => {
  const { stdout } = await run(join(folder, 'node_modules/.bin/tsc'), ['-p', folder], { cwd: folder }).catch(
    (error: unknown) => error as { stdout: string },
  );
  expect(stdout).toBe('');
});

test('nothing of cdktf is left in the copy', () => {
  const left = ROOMS.flatMap((room) =>
    readdirSync(join(folder, room), { recursive: true, encoding: 'utf8' }).map((file) => join(room, file)),
  )
    .filter((path) => path.endsWith('.ts'))
    .filter((path) => /from '(@?cdktf)/.test(readFileSync(join(folder, path), 'utf8')));
  expect(left).toEqual([]);
});
