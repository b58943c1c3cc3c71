import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { rulesDocument } from '../../workloads/rules.ts';
import type { Discovery } from '../../workloads/topology.ts';
import { withLocalReviewer } from '../support/local-reviewer.ts';
import { shippedEnvironment, TEMPLATES } from '../support/synth.ts';

export interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface Rules {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[];
}

export interface TestFile {
  readonly tests: readonly {
    readonly alert_rule_test?: readonly {
      readonly alertname: string;
      readonly exp_alerts: readonly unknown[];
    }[];
  }[];
}

const STATIC: Discovery = { kind: 'static', address: () => ({ address: '127.0.0.1', port: 1 }) };
const EC2: Discovery = { kind: 'ec2', region: 'us-east-1' };
const GCE: Discovery = { kind: 'gce', project: 'example-project', zones: ['us-central1-a'] };

/** Rules of the shipped environments by name. */
export function shippedRules(): Record<string, string> {
  const of = (name: string, discovery: Discovery) =>
    rulesDocument(shippedEnvironment(name), { discovery }, TEMPLATES.rules).text;
  return { local: of('local', STATIC), staging: of('staging', EC2), prod: of('prod', GCE) };
}

/** An environment that has every rule: with a budget, machines of known price, a reviewer, and GPU metrics. */
const everything = shippedEnvironment(
  'local',
  (text) => `${withLocalReviewer()(text).replaceAll('machine: 8x-h100', 'machine: rented')}
machines:
  rented:
    { gpu: H100, gpus: 8, gpuMemoryGiB: 79.11, onDemand: { usdPerHour: 20, date: 2026-11-01, source: a contract } }
checks: { budget: { usdPerHour: 50 } }
`,
);
export const TESTED_RULES = parse(
  rulesDocument(everything, { discovery: EC2 }, TEMPLATES.rules).text,
) as Rules;

/** Runs promtool's tests in these files of test/workloads/rules. */
export function testRules(rules: Rules, files: readonly string[]): { passed: boolean; output: string } {
  const folder = mkdtempSync(join(tmpdir(), 'fleet-rules-'));
  try {
    writeFileSync(join(folder, 'rules.yml'), stringify(rules));
    for (const file of files) cpSync(join(import.meta.dirname, 'rules', file), join(folder, file));
    return promtool(folder, ['test', 'rules', ...files]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What promtool says of a file of rules. */
export function check(path: string): string {
  return promtool('.', ['check', 'rules', '--lint=all', '--lint-fatal', path]).output;
}

function promtool(cwd: string, args: readonly string[]): { passed: boolean; output: string } {
  try {
    return { passed: true, output: execFileSync('promtool', args, { cwd, encoding: 'utf8', stdio: 'pipe' }) };
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    return { passed: false, output: stdout + stderr };
  }
}
