import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT } from './support/local-project.ts';

const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
const scripts: Record<string, string> = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).scripts;

test('the quick start is two commands', () => {
  const quickStart = readme.split('## Day to day')[0] ?? '';
  const commands = [...quickStart.matchAll(/^npm ci && npm (\w+)/gm)].map(([, script]) => script);
  expect(commands).toEqual(['start', 'test']);
  for (const script of commands) expect(scripts).toHaveProperty(script ?? '');
});

test('.ci/run calls the test command of the README', () => {
  const ci = readFileSync(join(ROOT, '.ci/run'), 'utf8');
  expect(ci).toMatch(/^npm ci\b/m);
  expect(ci).toMatch(/^npm test$/m);
});

describe('every command of the table exists', () => {
  const commands = [...readme.matchAll(/^\| `npx fleet (\w+)/gm)].map(([, command]) => command ?? '');
  const help = execFileSync(process.execPath, [join(ROOT, 'dist/fleet.js'), '--help'], { encoding: 'utf8' });
  test.each(commands)('fleet %s', (command) => {
    expect(help).toMatch(new RegExp(`^  ${command}\\b`, 'm'));
  });
});

describe('every place that it names is there', () => {
  const table = readme.split('## Where things are')[1] ?? '';
  const places = [...table.matchAll(/^\| (`[^|]+`) +\|/gm)].flatMap(([, cell]) =>
    [...(cell ?? '').matchAll(/`([^`]+)`/g)].map(([, place]) => place ?? ''),
  );
  test.each(places)('%s', (place) => {
    expect(existsSync(join(ROOT, place))).toBe(true);
  });
});
