import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '..');
const LONGEST_FILE = 300;

/** Room → rooms it may import. A package name stands for itself, `node:` is free everywhere. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  'main.ts': ['stacks', 'constructs', 'contracts', 'templates', 'cdktf'],
  stacks: ['constructs', 'workloads', 'contracts', 'cdktf', 'constructs-package'],
  constructs: ['workloads', 'contracts', 'cdktf', 'constructs-package', '@cdktf'],
  workloads: ['contracts', 'yaml', '@grafana'],
  templates: ['workloads'],
  rollout: ['contracts'],
  plan: ['contracts'],
  ask: ['contracts', 'plan', 'zod', 'fastest-levenshtein'],
  review: ['contracts', 'plan', 'octokit', 'openai', 'yaml', 'zod'],
  parts: ['contracts', 'selfsigned', 'zod'],
  services: [
    'contracts',
    'rollout',
    'review',
    '@aws-sdk',
    'google-auth-library',
    'undici',
    '@redis',
    'prom-client',
    'yaml',
    'zod',
    'commander',
    'fastest-levenshtein',
    'gpt-tokenizer',
    'octokit',
    'openai',
    '@octokit',
  ],
  cli: [
    'contracts',
    'parts',
    'workloads',
    'plan',
    'rollout',
    'ask',
    'review',
    'openai',
    'octokit',
    'commander',
    'cli-table3',
    'yaml',
    'zod',
    '@aws-sdk',
    'google-auth-library',
    'fastest-levenshtein',
    'uplot',
  ],
  contracts: ['zod', 'yaml', 'fastest-levenshtein'],
  bench: [
    'build.mjs',
    'ask',
    'contracts',
    'workloads',
    'templates',
    'services',
    'cdktf',
    'esbuild',
    'test',
    'vitest',
    'yaml',
  ],
};

const sources = readdirSync(ROOT, { recursive: true, encoding: 'utf8' }).filter(
  (path) => path.endsWith('.ts') && !/^(node_modules|dist|cdktf\.out|\.fleet|coverage)\//.test(path),
);
const product = sources.filter((path) => !path.startsWith('test/') && !path.endsWith('.config.ts'));

function importsOf(path: string): string[] {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const statements = text.matchAll(/^(?:import\s[^;'=]*|export\s[^;'=(]*\bfrom\s)'([^']+)'/gm);
  const calls = text.matchAll(/\bimport\('([^']+)'\)/g);
  return [...statements, ...calls].map(([, target]) => target ?? '');
}

function roomOf(path: string): string {
  return path.split('/')[0] ?? path;
}

/** The product's files that a file needs, directly or through others. */
function reachable(path: string, found = new Set<string>()): Set<string> {
  for (const target of importsOf(path).filter((name) => name.startsWith('.'))) {
    const next = relative(ROOT, resolve(ROOT, dirname(path), target));
    if (found.has(next) || !product.includes(next)) continue;
    found.add(next);
    reachable(next, found);
  }
  return found;
}

/** The room or package that an import leads to; undefined for what is free everywhere. */
function destination(path: string, target: string): string | undefined {
  if (target.startsWith('node:')) return undefined;
  if (target.startsWith('.')) return roomOf(relative(ROOT, resolve(ROOT, dirname(path), target)));
  return target === 'constructs' ? 'constructs-package' : roomOf(target);
}

describe('imports go one way', () => {
  test.each(product)('%s', (path) => {
    const room = roomOf(path);
    const allowed = LAYERS[room];
    expect(allowed, `${room} is no room of the design`).toBeDefined();
    const foreign = importsOf(path)
      .map((target) => destination(path, target))
      .filter((to) => to !== undefined && to !== room && !allowed?.includes(to));
    expect(foreign).toEqual([]);
  });
});

/** Folder of the gateway → folders of it that it may not import: its roles share what lies above them. */
const APART: Readonly<Record<string, readonly string[]>> = {
  edge: ['egress'],
  limits: ['egress'],
  compression: ['egress'],
  egress: ['edge', 'limits', 'compression'],
  http: ['edge', 'egress', 'limits', 'compression'],
  redis: ['edge', 'egress', 'limits', 'compression'],
  tokens: ['edge', 'egress', 'limits', 'compression'],
};

test.each(Object.entries(APART))(
  '%s of the gateway stays apart from what it does not serve',
  (folder, from) => {
    const crossing = product
      .filter((path) => path.startsWith(`services/gateway/${folder}/`))
      .flatMap((path) =>
        importsOf(path)
          .filter((target) => from.some((other) => target.startsWith(`../${other}/`)))
          .map((target) => `${path}: ${target}`),
      );
    expect(crossing).toEqual([]);
  },
);

test('a program imports no other program: what several share is in services/common', () => {
  const crossing = product
    .filter((path) => path.startsWith('services/'))
    .flatMap((path) =>
      importsOf(path)
        .filter((target) => target.startsWith('.'))
        .map((target) => relative(ROOT, resolve(ROOT, dirname(path), target)).split('/'))
        .filter(([room, program]) => room === 'services' && !['common', path.split('/')[1]].includes(program))
        .map((target) => `${path}: ${target.join('/')}`),
    );
  expect(crossing).toEqual([]);
});

test('provider packages are imported by resource, never whole', () => {
  const whole = product.flatMap((path) =>
    importsOf(path)
      .filter(
        (target) =>
          target.startsWith('@cdktf/') && !/^@cdktf\/provider-[a-z]+\/lib\/[\w-]+\/index\.js$/.test(target),
      )
      .map((target) => `${path}: ${target}`),
  );
  expect(whole).toEqual([]);
});

test('no file imports itself in a circle', () => {
  const circles = product.filter((path) => reachable(path).has(path));
  expect(circles).toEqual([]);
});

test('main.ts exports nothing', () => {
  expect(readFileSync(join(ROOT, 'main.ts'), 'utf8')).not.toMatch(/^export /m);
});

test(`no file is longer than ${LONGEST_FILE} lines`, () => {
  const long = sources.filter(
    (path) => readFileSync(join(ROOT, path), 'utf8').split('\n').length > LONGEST_FILE,
  );
  expect(long).toEqual([]);
});

test('every file of tests is collected', () => {
  const withTests = sources.filter(
    (path) =>
      path.startsWith('test/') &&
      /^\s*(test|it|describe)(\.\w+)*\(/m.test(readFileSync(join(ROOT, path), 'utf8')),
  );
  expect(withTests.filter((path) => !path.endsWith('.test.ts'))).toEqual([]);
});

test('no lint rule is switched off in a source', () => {
  const ignoring = sources.filter((path) =>
    /biome-ignore|@ts-(ignore|nocheck|expect-error)/.test(readFileSync(join(ROOT, path), 'utf8')),
  );
  expect(ignoring.filter((path) => path !== 'test/layers.test.ts')).toEqual([]);
});
