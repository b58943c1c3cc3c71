import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { BOOTSTRAP_VARIABLE, type BootstrapRequest, bootstrapStack } from '../../contracts/bootstrap.ts';
import { environmentVariables, ROOT } from '../support/local-project.ts';
import { PROD_EDITS } from '../support/prod.ts';
import { PythonPackages } from '../support/python.ts';
import type { Edit } from '../support/shipped.ts';
import { EDITS } from '../support/staging.ts';

const CHECKOV = 'checkov==3.3.30';
const ENVIRONMENTS = ['dev', 'local', 'prod', 'staging'];
/** Of these platforms' resources checkov knows rules, and something goes before them. */
const CLOUDS = ['prod', 'staging'];
const BOOTSTRAPS = CLOUDS.map(bootstrapStack);
const STACKS = [...ENVIRONMENTS, ...BOOTSTRAPS];

/** What clouds can have beyond the shipped files. */
const WITH_OPTIONS: Readonly<Record<string, readonly Edit[]>> = {
  staging: [EDITS.ownRedis],
  prod: [PROD_EDITS.ownRedis, PROD_EDITS.vertex],
};

interface Finding {
  readonly stack: string;
  readonly check: string;
  readonly resource: string;
}

interface Accepted extends Finding {
  readonly reason: string;
}

interface Report {
  readonly passed: number;
  readonly findings: readonly (Finding & { readonly name: string })[];
}

const run = promisify(execFile);
const packages = new PythonPackages();
const accepted: readonly Accepted[] = parse(
  readFileSync(join(import.meta.dirname, 'checkov-accepted.yaml'), 'utf8'),
);
const reports = new Map<string, Report>();
let project: string;

beforeAll(async () => {
  project = mkdtempSync(join(tmpdir(), 'fleet-checkov-'));
  mkdirSync(join(project, 'environments'));
  for (const stack of ENVIRONMENTS) {
    const text = readFileSync(join(ROOT, `environments/${stack}.yaml`), 'utf8');
    const edits = WITH_OPTIONS[stack] ?? [];
    const edited = edits.reduce((before, edit) => edit(before), text);
    writeFileSync(join(project, `environments/${stack}.yaml`), edited);
  }
  const main = [join(ROOT, 'dist/main.js')];
  await run(process.execPath, main, { cwd: project, env: environmentVariables() });
  const request = JSON.stringify({
    repository: 'example/fleet',
    state: 'bucket',
    bucket: true,
    provider: true,
  } satisfies BootstrapRequest);
  await run(process.execPath, main, {
    cwd: project,
    env: {
      ...environmentVariables(),
      FLEET_ENVIRONMENTS: CLOUDS.join(),
      [BOOTSTRAP_VARIABLE]: request,
      CDKTF_OUTDIR: 'bootstrap.out',
    },
  });
  await packages.install(CHECKOV);
  for (const stack of STACKS) reports.set(stack, await scan(stack));
}, 600_000);

afterAll(() => {
  packages.remove();
  rmSync(project, { recursive: true, force: true });
});

const folderOf = (stack: string) => (BOOTSTRAPS.includes(stack) ? 'bootstrap.out' : 'cdktf.out');

/** Asks nobody: checks are in the package. */
async function scan(stack: string): Promise<Report> {
  const { stdout } = await run(
    packages.program('checkov'),
    [
      ...['--file', join(project, folderOf(stack), 'stacks', stack, 'cdk.tf.json')],
      ...['--framework', 'terraform_json', '--output', 'json', '--compact', '--soft-fail', '--skip-download'],
    ],
    { maxBuffer: 64 * 1024 * 1024 },
  );
  const report = JSON.parse(stdout) as {
    passed?: number;
    summary?: { passed: number };
    results?: { failed_checks: { check_id: string; check_name: string; resource: string }[] };
  };
  return {
    passed: report.summary?.passed ?? report.passed ?? 0,
    findings: (report.results?.failed_checks ?? []).map(
      ({ check_id: check, check_name: name, resource }) => ({
        stack,
        check,
        name,
        resource,
      }),
    ),
  };
}

const same = (a: Finding, b: Finding) =>
  a.stack === b.stack && a.check === b.check && a.resource === b.resource;

test('every shipped stack is scanned', () => {
  const shipped = readdirSync(join(ROOT, 'environments')).filter((file) => file.endsWith('.yaml'));
  expect(shipped.map((file) => file.replace('.yaml', '')).toSorted()).toEqual(ENVIRONMENTS);
});

describe.each(STACKS)('%s', (stack) => {
  const report = () => reports.get(stack) ?? { passed: 0, findings: [] };

  test('fails no check but those that are accepted with a reason', () => {
    const unexpected = report().findings.filter((finding) => !accepted.some((entry) => same(entry, finding)));
    expect(unexpected).toEqual([]);
  });

  test('every accepted check still fails', () => {
    const unused = accepted
      .filter((entry) => entry.stack === stack)
      .filter((entry) => !report().findings.some((finding) => same(entry, finding)));
    expect(unused).toEqual([]);
  });
});

test.each([...CLOUDS, ...BOOTSTRAPS])('%s was really checked', (stack) => {
  expect(reports.get(stack)?.passed).toBeGreaterThan(0);
});

test('every reason is a sentence', () => {
  for (const { check, reason } of accepted) expect(reason, check).toMatch(/^[A-Z].{20,}\.$/);
});
